import { createTableDesk } from '../../model/interchange/table-line.ts'
import { readStaff, type StaffSheet } from './staff-sheet.ts'

/** Reads CSV and Excel files in the worker that reads lists for the directory. */
export function openStaffFiles() {
  const desk = createTableDesk()
  return {
    async read(bytes: ArrayBuffer): Promise<StaffSheet | { problem: 'refused' }> {
      const answer = await desk.read(bytes)
      const [sheet] = answer.ok ? answer.file.sheets : []
      return sheet ? readStaff(sheet.rows) : { problem: 'refused' }
    },
    close: desk.close,
  }
}
