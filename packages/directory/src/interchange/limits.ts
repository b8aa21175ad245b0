/** What a table may be: far more than any office's list, and little enough for a phone. */
export const tableLimits = {
  fileBytes: 15_000_000,
  /** all parts of a workbook that are read, unpacked */
  unpackedBytes: 120_000_000,
  rows: 20_000,
  columns: 200,
  sheets: 50,
  /** a cell's text; longer ones are cut here and refused later as too long */
  cellLength: 5_000,
} as const
