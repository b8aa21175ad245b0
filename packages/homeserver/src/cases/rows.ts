/** Rows of cases, on disk and in memory. */
import type { CaseRow } from '@enlace/coordination'
import type { StoredEvent } from '../rooms/types.ts'
import type { BoardEntry, CaseDoc, CaseModels, Judged, Rows } from './types.ts'

/** Rows held in memory, about 1.5 KiB each: all open ones, then the ended ones that changed last. */
const MAX_ROWS = 50_000
const PAGE = 500

export async function openRows({ Case }: Pick<CaseModels, 'Case'>): Promise<Rows> {
  const rows = new Map<string, BoardEntry>()
  await load()

  async function load(): Promise<void> {
    // Served by {ended, changed_ts}, both times.
    for (const ended of [false, true]) {
      const cursor = Case.find({ ended }, { row: 1, root_pos: 1 })
        .sort({ changed_ts: -1 })
        .limit(MAX_ROWS - rows.size)
        .lean()
        .cursor({ batchSize: PAGE })
      for await (const doc of cursor)
        rows.set(doc._id, { row: JSON.parse(doc.row) as CaseRow, rootPos: doc.root_pos })
      if (rows.size >= MAX_ROWS) return
    }
  }

  function dropOldestEnded(): void {
    let oldest: BoardEntry | undefined
    for (const entry of rows.values()) {
      if (!hasEnded(entry.row)) continue
      if (!oldest || entry.row.changed_ts < oldest.row.changed_ts) oldest = entry
    }
    if (oldest) rows.delete(oldest.row.id)
  }

  return {
    row: (caseId) => rows.get(caseId)?.row,
    entries: () => rows.values(),

    async ended(after, upToTs, limit) {
      // Served by {ended, changed_ts, _id}, both times.
      const find = (changed_ts: object | number, id: object, most: number) =>
        Case.find({ ended: true, changed_ts, ...id }, { row: 1 })
          .sort({ changed_ts: 1, _id: 1 })
          .limit(most)
          .lean()
      const same = after && after.ts <= upToTs ? await find(after.ts, { _id: { $gt: after.id } }, limit) : []
      const range = { ...(after ? { $gt: after.ts } : {}), $lte: upToTs }
      const later = same.length < limit ? await find(range, {}, limit - same.length) : []
      return [...same, ...later].map(({ row }) => JSON.parse(row) as CaseRow)
    },

    async judged(caseId) {
      const doc = await Case.findById(caseId, { seen: 1, unbelieved: 1 }).lean()
      return doc ? { seen: new Set(doc.seen), unbelieved: new Set(doc.unbelieved) } : undefined
    },

    async holding(eventId) {
      // Served by {seen}.
      return (await Case.findOne({ seen: eventId }, { _id: 1 }).lean())?._id
    },

    async keep(row: CaseRow, root: StoredEvent, { seen, unbelieved }: Judged) {
      const next: Omit<CaseDoc, '_id'> = {
        room_id: root.roomId,
        root_pos: root.pos ?? 0,
        row: JSON.stringify(row),
        ended: hasEnded(row),
        opened_ts: row.opened_ts,
        changed_ts: row.changed_ts,
        seen: [...seen],
        unbelieved: [...unbelieved],
      }
      await Case.updateOne({ _id: row.id }, { $set: next }, { upsert: true })
      rows.set(row.id, { row, rootPos: next.root_pos })
      if (rows.size > MAX_ROWS) dropOldestEnded()
    },

    async drop(caseId) {
      rows.delete(caseId)
      await Case.deleteOne({ _id: caseId })
    },
  }
}

const hasEnded = (row: CaseRow) => row.status === 'closed' || row.status === 'revoked'
