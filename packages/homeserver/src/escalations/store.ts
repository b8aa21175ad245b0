/** Records of escalations on disk, and in memory which ones are open about what. */
import { growingCache } from '../lib/cache.ts'
import type {
  EscalationDoc,
  EscalationModels,
  EscalationRow,
  EscalationStore,
  OpenCall,
  OpenEscalation,
} from './types.ts'

type OpenRecord = OpenEscalation & {
  about: string
  raisedAt: number
  call: OpenCall
  /** Raised by this node itself, for a case whose time lapsed. */
  automatic: boolean
}

const PAGE = 500

export async function createEscalationStore(models: EscalationModels): Promise<EscalationStore> {
  const open = new Map<string, OpenRecord>()
  const byEvent = new Map<string, Set<string>>()
  const about = new Map<string, OpenEscalation>()
  const recorded = growingCache<string, number>(5_000)

  function note(row: EscalationRow): void {
    const { escalation, id, nextStepTs, aboutEventId } = row
    if (!open.has(id)) recorded.set(aboutEventId, (recorded.get(aboutEventId) ?? 0) + 1)
    forget(id)
    if (escalation.state === 'resolved') return
    open.set(id, {
      id,
      state: escalation.state,
      step: escalation.step,
      ...(nextStepTs === undefined ? {} : { next_step_ts: Math.round(nextStepTs) }),
      about: aboutEventId,
      raisedAt: escalation.raisedAt,
      call: {
        id,
        raisedBy: escalation.raisedBy,
        raisedAt: escalation.raisedAt,
        begun: escalation.chain.slice(0, escalation.step + 1),
        rungAt: row.anchor.ts,
      },
      automatic: row.here && escalation.cause !== 'person',
    })
    const ids = byEvent.get(aboutEventId) ?? new Set()
    byEvent.set(aboutEventId, ids.add(id))
    choose(aboutEventId)
  }

  function forget(id: string): void {
    const before = open.get(id)
    if (!before) return
    open.delete(id)
    byEvent.get(before.about)?.delete(id)
    choose(before.about)
  }

  /** The newest one nobody has answered; else the newest. */
  function choose(eventId: string): void {
    const candidates = [...(byEvent.get(eventId) ?? [])].map((id) => open.get(id)!)
    candidates.sort(
      (a, b) => Number(b.state === 'open') - Number(a.state === 'open') || b.raisedAt - a.raisedAt,
    )
    const [best] = candidates
    if (best) {
      const { id, state, step, next_step_ts } = best
      about.set(eventId, { id, state, step, ...(next_step_ts === undefined ? {} : { next_step_ts }) })
    } else {
      about.delete(eventId)
      byEvent.delete(eventId)
    }
  }

  const parse = (doc: Pick<EscalationDoc, 'row'>) => JSON.parse(doc.row) as EscalationRow

  return {
    about: about as ReadonlyMap<string, OpenEscalation>,
    openCallsOn: (eventId) =>
      [...(byEvent.get(eventId) ?? [])].flatMap((id) => {
        const record = open.get(id)
        return record?.state === 'open' ? [record.call] : []
      }),
    recordedAbout: (eventId) => recorded.get(eventId) ?? 0,
    /** Raised by this node itself and not resolved: escalation and case. */
    *automatic(): Generator<{ id: string; caseId: string }> {
      for (const { automatic, id, about: caseId } of open.values()) if (automatic) yield { id, caseId }
    },
    automaticAbout: (caseId: string): string[] =>
      [...(byEvent.get(caseId) ?? [])].filter((id) => open.get(id)?.automatic),

    async row(id: string): Promise<EscalationRow | undefined> {
      const doc = await models.Escalation.findById(id, { row: 1 }).lean()
      return doc ? parse(doc) : undefined
    },

    async keep(row: EscalationRow): Promise<void> {
      const { escalation } = row
      const doc: Omit<EscalationDoc, '_id'> = {
        room_id: row.roomId,
        about: row.aboutEventId,
        here: row.here,
        state: escalation.state,
        raised_ts: escalation.raisedAt,
        ...(escalation.acknowledgedAt === undefined ? {} : { acknowledged_ts: escalation.acknowledgedAt }),
        cause: escalation.cause,
        ...(row.wakeTs === undefined ? {} : { wake_ts: row.wakeTs }),
        anchor_ts: row.anchor.ts,
        seen: row.seen,
        row: JSON.stringify(row),
      }
      await models.Escalation.replaceOne({ _id: row.id }, doc, { upsert: true })
      note(row)
    },

    async drop(id: string): Promise<void> {
      await models.Escalation.deleteOne({ _id: id })
      forget(id)
    },

    /** Every record that is not resolved, when the node starts. */
    async *unresolved(): AsyncGenerator<EscalationRow> {
      // Served by {state, raised_ts}.
      for (const state of ['open', 'acknowledged'] as const) {
        const cursor = models.Escalation.find({ state }, { row: 1 }).lean().cursor({ batchSize: PAGE })
        for await (const doc of cursor) {
          const row = parse(doc)
          note(row)
          yield row
        }
      }
    },

    /** Those to look at by now, the longest waiting first. */
    async waking(now: number, limit: number): Promise<string[]> {
      // Served by {wake_ts}.
      const docs = await models.Escalation.find({ wake_ts: { $lte: now } }, { _id: 1 })
        .sort({ wake_ts: 1 })
        .limit(limit)
        .lean()
      return docs.map((doc) => doc._id)
    },

    async holding(eventId: string): Promise<string | undefined> {
      // Served by {seen}.
      return (await models.Escalation.findOne({ seen: eventId }, { _id: 1 }).lean())?._id
    },

    /** Of a room: those not resolved and the recent ones, newest first. */
    async ofRoom(roomId: string, since: number, limit: number): Promise<EscalationRow[]> {
      // Served by {room_id, raised_ts}.
      const docs = await models.Escalation.find(
        {
          room_id: roomId,
          $or: [{ raised_ts: { $gte: since } }, { state: { $in: ['open', 'acknowledged'] } }],
        },
        { row: 1 },
      )
        .sort({ raised_ts: -1 })
        .limit(limit)
        .lean()
      return docs.map(parse)
    },

    async raisedSince(since: number, limit: number): Promise<EscalationRow[]> {
      const out: EscalationRow[] = []
      // Served by {state, raised_ts}.
      for (const state of ['open', 'acknowledged', 'resolved'] as const) {
        const docs = await models.Escalation.find({ state, raised_ts: { $gte: since } }, { row: 1 })
          .sort({ raised_ts: -1 })
          .limit(limit)
          .lean()
        out.push(...docs.map(parse))
      }
      return out
    },

    async aboutAny(eventIds: readonly string[]): Promise<EscalationRow[]> {
      const out: EscalationRow[] = []
      for (let from = 0; from < eventIds.length; from += PAGE) {
        // Served by {about}.
        const docs = await models.Escalation.find(
          { about: { $in: eventIds.slice(from, from + PAGE) } },
          { row: 1 },
        ).lean()
        out.push(...docs.map(parse))
      }
      return out
    },
  }
}
