import { tableLimits } from './limits.ts'
import { readTextTable } from './text-table.ts'
import type { TableRead } from './types.ts'
import { readWorkbook } from './workbook.ts'

const startsWith = (bytes: Uint8Array, ...beginning: number[]) =>
  beginning.every((byte, at) => bytes[at] === byte)

/** Reads a table from a file by what it contains, whatever it is called. Never throws: whoever sent it may mean harm. */
export function readTable(bytes: Uint8Array): TableRead {
  if (bytes.length === 0) return { ok: false, refusal: 'empty' }
  if (bytes.length > tableLimits.fileBytes) return { ok: false, refusal: 'too_large' }
  // A compound file: Excel before 2007, and any workbook under a password.
  if (startsWith(bytes, 0xd0, 0xcf, 0x11, 0xe0)) return { ok: false, refusal: 'old_excel' }
  if (startsWith(bytes, 0x50, 0x4b)) return readWorkbook(bytes)
  return readTextTable(bytes)
}
