/** CSV as RFC 4180 has it, one difference apart that other programs do not notice: `""` is an empty text, nothing is none. */

/** A cell; undefined where there is nothing between the separators. */
export type Cell = string | undefined

/** Reads CSV. Line ends may be of any kind, a byte order mark is passed over. */
export function parseCsv(text: string, separator = ','): Cell[][] {
  const rows: Cell[][] = []
  let row: Cell[] = []
  let at = text.startsWith('\uFEFF') ? 1 : 0
  const endRow = () => {
    // An empty line is no row.
    if (row.length > 1 || row[0] !== undefined) rows.push(row)
    row = []
  }
  while (at < text.length) {
    let cell: Cell
    if (text[at] === '"') {
      let end = at + 1
      let value = ''
      for (;;) {
        const quote = text.indexOf('"', end)
        if (quote < 0) {
          value += text.slice(end)
          end = text.length
          break
        }
        value += text.slice(end, quote)
        end = quote + 1
        if (text[end] !== '"') break
        value += '"'
        end += 1
      }
      const rest = endOfCell(text, end, separator)
      cell = value + text.slice(end, rest)
      at = rest
    } else {
      const end = endOfCell(text, at, separator)
      cell = end > at ? text.slice(at, end) : undefined
      at = end
    }
    row.push(cell)
    if (at >= text.length) break
    if (text[at] === separator) {
      at += 1
      if (at >= text.length) row.push(undefined)
      continue
    }
    if (text[at] === '\r' && text[at + 1] === '\n') at += 1
    at += 1
    endRow()
  }
  endRow()
  return rows
}

function endOfCell(text: string, from: number, separator: string): number {
  let at = from
  while (at < text.length && text[at] !== separator && text[at] !== '\n' && text[at] !== '\r') at += 1
  return at
}

export function writeCsv(rows: ReadonlyArray<readonly Cell[]>): string {
  return rows.map((row) => `${row.map(quoted).join(',')}\r\n`).join('')
}

const quoted = (cell: Cell): string => {
  if (cell === undefined) return ''
  return cell === '' || /[",\r\n]|^\s|\s$|^\uFEFF/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell
}
