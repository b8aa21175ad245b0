import { type CaseStatus, caseFamilies, familyOf } from '@enlace/coordination'
import type { BoardRow } from '../../model/cases/records.ts'

export interface BoardColumn {
  status: CaseStatus
  rows: readonly BoardRow[]
}

/** Statuses of all families in one order, which keeps the order of each family. */
const mixedOrder: readonly CaseStatus[] = [
  'sent',
  'identified',
  'acknowledged',
  'accepted',
  'in_protective_care',
  'before_court',
  'in_process',
  'awaiting_information',
  'return_ordered',
  'documented',
  'issued',
  'arrived',
  'transfer_arranged',
  'handed_over',
  'delivered',
  'received',
  'reunified',
  'done',
  'follow_up',
  'closed',
  'rejected',
  'revoked',
]

/** Columns that have cases, from what was asked to what is over; rows keep their order. */
export function columnsOf(rows: readonly BoardRow[]): BoardColumn[] {
  const byStatus = new Map<CaseStatus, BoardRow[]>()
  for (const row of rows) {
    const list = byStatus.get(row.status)
    if (list) list.push(row)
    else byStatus.set(row.status, [row])
  }
  const families = new Set(rows.map((row) => familyOf(row.kind)))
  const [only] = families
  const order = families.size === 1 && only ? caseFamilies[only].statuses : mixedOrder
  return order.flatMap((status) => {
    const its = byStatus.get(status)
    return its ? [{ status, rows: its }] : []
  })
}

export type Arrow = 'ArrowUp' | 'ArrowDown' | 'ArrowLeft' | 'ArrowRight' | 'Home' | 'End'

/**
 * The case the keyboard moves to. In columns, left and right go to the same height in the next one; in a list (`columns`
 * under each other) they do nothing, and up and down run through all cases.
 */
export function moveFocus(
  columns: readonly BoardColumn[],
  from: string | undefined,
  key: Arrow,
  layout: 'columns' | 'list',
): string | undefined {
  const all = columns.flatMap((column) => column.rows)
  if (all.length === 0) return undefined
  let column = columns.findIndex((one) => one.rows.some((row) => row.id === from))
  if (column < 0) return all[0]!.id
  const row = columns[column]!.rows.findIndex((one) => one.id === from)
  if (key === 'Home') return layout === 'list' ? all[0]!.id : columns[column]!.rows[0]!.id
  if (key === 'End') return (layout === 'list' ? all : columns[column]!.rows).at(-1)!.id
  if (key === 'ArrowLeft' || key === 'ArrowRight') {
    if (layout === 'list') return from
    column = Math.min(columns.length - 1, Math.max(0, column + (key === 'ArrowLeft' ? -1 : 1)))
    const rows = columns[column]!.rows
    return rows[Math.min(row, rows.length - 1)]!.id
  }
  const step = key === 'ArrowUp' ? -1 : 1
  if (layout === 'columns') return columns[column]!.rows[row + step]?.id ?? from
  const at = all.findIndex((one) => one.id === from)
  return all[at + step]?.id ?? from
}
