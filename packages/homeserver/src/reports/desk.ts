/** What coordinators do about reports: look, take, take the message away, decide. */
import { randomUUID } from 'node:crypto'
import type { Context } from '../context.ts'
import { MatrixError, notFound, policyRefusal } from '../errors.ts'
import { createKeyedQueue } from '../lib/in-turn.ts'
import { checkNotLastCoordinator } from '../people/last-coordinator.ts'
import { accessPerson, belongsTo } from '../people/managed.ts'
import { coordinated } from '../people/people-routes.ts'
import { redactMessage } from '../rooms/routes/send.ts'
import { KEPT_MS } from './decisions.ts'
import { evidenceIn } from './evidence.ts'
import { sendOutcome } from './partners.ts'
import type { Decisions, DeskReport, ReportDesk, ReportDoc, ReportModels, ReportOutcome } from './types.ts'

const DAY_MS = 24 * 3_600_000
/** The encrypted copy of a message is kept so long after the decision: an appeal may need it. */
export const EVIDENCE_MS = 90 * DAY_MS
const MAX_SHOWN = 500
const MAX_TO_ASK = 5

const deskView = (doc: ReportDoc): DeskReport => {
  const {
    _id,
    institution: _i,
    received_ts: _r,
    evidence: _e,
    evidence_until: _u,
    forget_ts: _f,
    ...rest
  } = doc
  return { id: _id, ...rest }
}

export function createDesk(ctx: Context, { Filed, Report }: ReportModels, decisions: Decisions): ReportDesk {
  const inTurn = createKeyedQueue()

  /** @throws M_NOT_FOUND alike for what is not there, another institution's, and about the one who asks */
  async function access(coordinator: string, id: string): Promise<ReportDoc> {
    const institution = await coordinated(ctx, coordinator)
    const doc = await Report.findById(id).lean()
    if (doc?.institution === institution && doc.about !== coordinator) return doc
    throw notFound('No hay tal aviso en su institución. / There is no such report in your institution.')
  }

  async function set(id: string, change: Partial<ReportDoc>): Promise<DeskReport> {
    await Report.updateOne({ _id: id }, { $set: change })
    return deskView((await Report.findById(id).lean())!)
  }
  const settle = (id: string) => ctx.alerts.settle(`report/${id}/`, 'resolved')
  const facts = (doc: ReportDoc, more: Record<string, string> = {}) => ({
    report: doc.ref,
    kind: doc.kind,
    ...more,
  })

  async function oursAndHere({ institution, about }: ReportDoc) {
    const account =
      about !== undefined && ctx.accounts.isLocal(about) ? await ctx.accounts.get(about) : undefined
    return account && (await belongsTo(ctx, institution, account)) ? account : undefined
  }

  async function mayRemove(doc: ReportDoc, userId: string): Promise<boolean> {
    if (doc.room_id === undefined || doc.event_id === undefined) return false
    if ((await ctx.rooms.membership(doc.room_id, userId))?.membership !== 'join') return false
    return ctx.rooms.mayRedact(doc.room_id, userId)
  }

  /** People of the room who can take the message away: those of this node first, because they are colleagues. */
  async function whomToAsk({ room_id }: ReportDoc): Promise<string[]> {
    if (room_id === undefined) return []
    const found: string[] = []
    const members = [...(await ctx.rooms.members(room_id, 'join'))]
    members.sort((a, b) => Number(ctx.accounts.isLocal(b)) - Number(ctx.accounts.isLocal(a)))
    for (const userId of members) {
      if (found.length >= MAX_TO_ASK) break
      if (await ctx.rooms.mayRedact(room_id, userId)) found.push(userId)
    }
    return found
  }

  async function tellReporter(doc: ReportDoc, outcome: ReportOutcome, reason: string): Promise<void> {
    if (doc.origin !== ctx.serverName) return sendOutcome(ctx, doc, outcome)
    // The own coordination says why; what another institution says of its people stays there.
    const told = doc.reporter !== undefined && outcome === 'none' ? { reason } : {}
    await noteOutcome(ctx, { Filed }, doc.ref, (desk) => desk.institution === doc.institution, outcome, told)
  }

  return {
    async list(coordinator) {
      const institution = await coordinated(ctx, coordinator)
      // Index {institution, filed_ts}.
      const docs = await Report.find({ institution }).sort({ filed_ts: -1 }).limit(MAX_SHOWN).lean()
      return docs.filter(({ about }) => about !== coordinator).map(deskView)
    },

    async open(coordinator, id) {
      const doc = await access(coordinator, id)
      const may_remove = await mayRemove(doc, coordinator)
      const decision = await decisions.get(id)
      return {
        ...deskView(doc),
        evidence: evidenceIn(doc.evidence),
        ours: (await oursAndHere(doc)) !== undefined,
        may_remove,
        ask: may_remove ? [] : await whomToAsk(doc),
        ...(decision ? { decision } : {}),
      }
    },

    take: (coordinator, id) =>
      inTurn(id, async () => {
        const doc = await access(coordinator, id)
        if (doc.state === 'decided') throw alreadyDecided(doc)
        return set(id, { state: 'taken', taken_by: coordinator, taken_ts: ctx.clock.now() })
      }),

    remove: (requester, id) =>
      inTurn(id, async () => {
        const doc = await access(requester.userId, id)
        if (doc.removed_ts !== undefined) return deskView(doc)
        if (!(await mayRemove(doc, requester.userId))) throw cannotRemove(await whomToAsk(doc))
        const { room_id, event_id } = doc
        const carried = [event_id!]
        await redactMessage(
          ctx,
          requester,
          { roomId: room_id!, eventId: event_id!, txnId: `report-${randomUUID()}` },
          {},
        )
        // A file goes with its message where this node keeps it; a partner hears of it.
        await ctx.media.removeCarriedBy(carried)
        await ctx.audit.record({
          act: 'report.removed',
          by: requester.userId,
          room: room_id,
          institution: doc.institution,
          facts: facts(doc, { event: event_id! }),
        })
        return set(id, { removed_by: requester.userId, removed_ts: ctx.clock.now() })
      }),

    decide: (coordinator, id, { act, reason }) =>
      inTurn(id, async () => {
        const doc = await access(coordinator, id)
        if (doc.state === 'decided') throw alreadyDecided(doc)
        const { institution } = doc
        const removed = doc.removed_ts !== undefined
        let outcome: ReportOutcome = removed ? 'removed' : 'none'
        if (act !== 'close') {
          const account = await oursAndHere(doc)
          if (!account) await accessPerson(ctx, institution, '')
          const { userId } = account!
          if (act === 'warn') {
            await decisions.warn({ id, institution, user_id: userId, reason, by: coordinator })
            outcome = 'warned'
          } else {
            if (!account!.suspended && (await ctx.policy.coordinates(institution, userId)))
              await checkNotLastCoordinator(ctx, institution, userId)
            await ctx.accounts.suspend(userId, coordinator, reason)
            await ctx.audit.record({ act: 'account.suspend', by: coordinator, on: userId, institution })
            const suspended = await ctx.accounts.get(userId)
            if (suspended) await decisions.ofSuspension(suspended)
            outcome = 'suspended'
          }
        }
        const decided_ts = ctx.clock.now()
        await ctx.audit.record({
          act: 'report.decided',
          by: coordinator,
          institution,
          facts: facts(doc, { result: outcome }),
        })
        const done = await set(id, {
          state: 'decided',
          outcome,
          reason_text: reason,
          decided_by: coordinator,
          decided_ts,
          evidence_until: decided_ts + EVIDENCE_MS,
          forget_ts: decided_ts + KEPT_MS,
        })
        await settle(id)
        await tellReporter(doc, outcome, reason)
        return done
      }),
  }
}

/** What a desk decided, for the reporter: once, whatever is repeated. */
export async function noteOutcome(
  ctx: Context,
  { Filed }: Pick<ReportModels, 'Filed'>,
  ref: string,
  which: (desk: { server: string; institution?: string }) => boolean,
  outcome: ReportOutcome,
  more: { reason?: string } = {},
): Promise<void> {
  const filed = await Filed.findById(ref).lean()
  const index = filed?.desks.findIndex((desk) => which(desk) && desk.outcome === undefined) ?? -1
  if (!filed || index < 0) return
  const decided_ts = ctx.clock.now()
  const desks = filed.desks.map((desk, at) =>
    at === index ? { ...desk, outcome, decided_ts, ...more } : desk,
  )
  await Filed.updateOne({ _id: ref }, { $set: { desks, forget_ts: decided_ts + KEPT_MS } })
  await ctx.alerts.raise({
    key: `report-outcome/${ref}/${index}/`,
    userId: filed.reporter,
    urgent: false,
    kind: 'report',
    roomId: '',
    eventId: '',
  })
}

const alreadyDecided = ({ institution }: ReportDoc) =>
  policyRefusal('report.decided', institution, {
    es: 'Este aviso ya está resuelto.',
    en: 'This report has been decided.',
  })

const cannotRemove = (ask: readonly string[]) =>
  new MatrixError(403, 'M_FORBIDDEN', 'You cannot remove what others wrote in this room.', {
    'org.enlace.rule': 'report.cannot_remove',
    'org.enlace.ask': ask,
    'org.enlace.message': {
      es: 'Usted no puede retirar mensajes de ese canal. Pídalo a quienes lo coordinan.',
      en: 'You cannot remove messages of that channel. Ask those who coordinate it.',
    },
  })
