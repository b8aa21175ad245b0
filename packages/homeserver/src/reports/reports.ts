import { serverNameOf } from '@enlace/room-model'
import type { Context } from '../context.ts'
import { notFound } from '../errors.ts'
import { createKeyedQueue } from '../lib/in-turn.ts'
import { createDecisions } from './decisions.ts'
import { createDesk, noteOutcome } from './desk.ts'
import { createFiling } from './filing.ts'
import { openReportModels } from './models.ts'
import {
  deskId,
  MAX_OF_PARTNER_ABOUT_ONE,
  MAX_OF_PARTNER_PER_HOUR,
  notCredible,
  outcomeSchema,
  reportSchema,
  sharesRoom,
} from './partners.ts'
import type { Reports } from './types.ts'

const HOUR_MS = 3_600_000

export async function createReports(ctx: Context): Promise<Reports> {
  const models = await openReportModels(ctx.db)
  const { Filed, Report } = models
  const decisions = createDecisions(ctx, models)
  const filing = createFiling(ctx, models)
  const inTurn = createKeyedQueue()

  async function tooMany(origin: string, eventId: string | undefined): Promise<boolean> {
    const since = ctx.clock.now() - HOUR_MS
    // Index {origin, received_ts}, {event_id, origin}.
    if ((await Report.countDocuments({ origin, received_ts: { $gt: since } })) >= MAX_OF_PARTNER_PER_HOUR)
      return true
    return (
      eventId !== undefined &&
      (await Report.countDocuments({ event_id: eventId, origin })) >= MAX_OF_PARTNER_ABOUT_ONE
    )
  }

  return {
    readers: filing.readers,
    file: filing.file,
    filedBy: filing.filedBy,
    resume: filing.resume,
    desk: createDesk(ctx, models, decisions),
    decisions,

    receive: (origin, content) =>
      inTurn(origin, async () => {
        const parsed = reportSchema.safeParse(content)
        const why = parsed.success ? await notCredible(ctx, origin, parsed.data) : 'not a report'
        if (!parsed.success || why !== undefined) {
          ctx.log.warn({ origin, why }, 'a report of a partner was not taken')
          return
        }
        const { id, kind, reason, about, room_id, event_id, filed_ts, disclosed, reporter, institution } =
          parsed.data
        const place = await ctx.policy.placeOf(about)
        if (place.institution === undefined) return
        if (await Report.exists({ _id: deskId(origin, id, place.institution) })) return
        if (await tooMany(origin, event_id)) {
          ctx.log.warn({ origin }, 'a partner reports more than is taken')
          return
        }
        const event = event_id === undefined ? undefined : await ctx.rooms.event(event_id)
        await filing.putOn(place.institution, {
          ref: id,
          origin,
          kind,
          reason,
          about,
          disclosed: disclosed && reporter !== undefined,
          // Its clock does not put it above all others for ever.
          filed_ts: Math.min(filed_ts, ctx.clock.now()),
          ...(reporter === undefined ? {} : { reporter }),
          ...(institution === undefined ? {} : { reporter_institution: institution }),
          ...(room_id === undefined ? {} : { room_id }),
          ...(event_id === undefined ? {} : { event_id }),
          ...(event === undefined ? {} : { sent_ts: event.pdu.origin_server_ts }),
        })
      }),

    async receiveOutcome(origin, content) {
      const parsed = outcomeSchema.safeParse(content)
      if (!parsed.success) return
      await noteOutcome(ctx, models, parsed.data.id, ({ server }) => server === origin, parsed.data.outcome)
    },

    async readersFor(origin, about) {
      // One answer for who is not there and who is in no room with them.
      if (!ctx.accounts.isLocal(about) || !(await sharesRoom(ctx, origin, about)))
        throw notFound('Esa persona no está aquí. / There is nobody such here.')
      const { institution } = await ctx.policy.placeOf(about)
      if (institution === undefined) return { coordinators: [] }
      const coordinators = (await filing.coordinatorsOf(institution, about)).filter(
        (one) => serverNameOf(one) === ctx.serverName,
      )
      return { institution, coordinators }
    },

    async erased(eventIds) {
      // Index {event_id, origin}.
      await Report.updateMany({ event_id: { $in: eventIds } }, { $unset: { evidence: 1 } })
    },

    async trim() {
      const now = ctx.clock.now()
      // Indexes {evidence_until}, {forget_ts}.
      await Report.updateMany(
        { evidence_until: { $lte: now } },
        { $unset: { evidence: 1, evidence_until: 1 } },
      )
      await Report.deleteMany({ forget_ts: { $lte: now } })
      await Filed.deleteMany({ forget_ts: { $lte: now } })
      await decisions.trim()
      await filing.resume()
    },
  }
}
