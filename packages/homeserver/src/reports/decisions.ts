/** Warnings and suspensions with their reasons, and the one appeal that each allows. */
import { createHash, randomBytes } from 'node:crypto'
import type { AccountRecord } from '../accounts/types.ts'
import type { Context } from '../context.ts'
import { forbidden, notFound, policyRefusal } from '../errors.ts'
import { createKeyedQueue } from '../lib/in-turn.ts'
import { otherCoordinators } from '../people/last-coordinator.ts'
import { coordinated } from '../people/people-routes.ts'
import type { Decision, DecisionDoc, Decisions, DeskDecision, ReportModels } from './types.ts'

const DAY_MS = 24 * 3_600_000
/** From the last word on it. */
export const KEPT_MS = 365 * DAY_MS
const TOKEN_MS = 3_600_000
const MAX_SHOWN = 200

const hash = (...parts: string[]) => createHash('sha256').update(parts.join('\n')).digest('base64url')
const read = ({ _id, waits: _w, forget_ts: _f, ...rest }: DecisionDoc): Decision => ({ id: _id, ...rest })

export function createDecisions(ctx: Context, { Decision: Doc, AppealToken }: ReportModels): Decisions {
  const now = () => ctx.clock.now()
  const inTurn = createKeyedQueue()
  const get = async (id: string) => {
    const doc = await Doc.findById(id).lean()
    return doc ? read(doc) : undefined
  }
  const alert = (userId: string, key: string) =>
    ctx.alerts.raise({ key: `${key}/`, userId, urgent: false, kind: 'report', roomId: '', eventId: '' })

  /**
   * Who may answer: a coordinator who has not decided before, and is not the one concerned. Where there is nobody else, the same
   * one does, and it is said so.
   */
  async function answerers(decision: Decision): Promise<{ others: string[]; same: boolean }> {
    const all = await otherCoordinators(ctx, decision.institution, decision.user_id)
    const others = all.filter((one) => one !== decision.by)
    return { others, same: others.length === 0 }
  }
  async function forDesk(coordinator: string, decision: Decision): Promise<DeskDecision> {
    if (!decision.appeal || decision.answer || decision.user_id === coordinator)
      return { ...decision, answerable: 'no' }
    const { others, same } = await answerers(decision)
    if (others.includes(coordinator)) return { ...decision, answerable: 'yes' }
    // Whoever else decided it is no coordinator any more, or an operator: then there is nobody before whom to appeal twice.
    return { ...decision, answerable: same && decision.by === coordinator ? 'same_person' : 'no' }
  }

  /** A suspension may have been lifted anywhere: then there is nothing left to appeal against. */
  async function current(decision: Decision): Promise<Decision> {
    if (decision.kind === 'warning' || decision.lifted_ts !== undefined) return decision
    const account = await ctx.accounts.get(decision.user_id)
    const inForce = account?.suspended && (await ofSuspension(account))
    if (inForce && inForce.id === decision.id) return inForce
    const lifted_ts = now()
    await Doc.updateOne({ _id: decision.id }, { $set: { lifted_ts } })
    return { ...decision, lifted_ts }
  }

  async function appeal(userId: string, id: string, words: string): Promise<Decision> {
    const found = await get(id)
    const known = found && (await current(found))
    if (known?.user_id !== userId)
      throw notFound('No hay tal decisión sobre usted. / No such decision about you.')
    const ts = now()
    const done = await Doc.updateOne(
      { _id: id, appeal: { $exists: false }, lifted_ts: { $exists: false } },
      { $set: { appeal: { ts, words }, waits: true, forget_ts: ts + KEPT_MS } },
    )
    if (done.matchedCount === 0)
      throw policyRefusal('report.appealed', known.institution, {
        es: 'Esta decisión ya se recurrió, o ya no está en vigor. Se recurre una sola vez.',
        en: 'This decision was appealed already, or is no longer in force. It can be appealed once.',
      })
    const decision = (await get(id))!
    await ctx.audit.record({
      act: 'report.appealed',
      by: userId,
      on: userId,
      institution: decision.institution,
      facts: { decision: id, kind: decision.kind },
    })
    const { others } = await answerers(decision)
    for (const one of others.length > 0 ? others : [decision.by].filter((by) => by.startsWith('@')))
      await alert(one, `appeal/${id}/${one}`)
    return decision
  }

  /**
   * A suspension shuts an account, so it is the matter of the institution that has the account now, whoever began it: the
   * coordination of a former one neither sees nor lifts it. Of whoever has none, it stays with the last.
   */
  async function ofSuspension(account: AccountRecord): Promise<Decision | undefined> {
    const { suspended, userId } = account
    if (!suspended) return undefined
    // The same one however often it is looked for: a suspension of the operator or of the people's page has no other beginning.
    const id = hash('suspension', userId, String(suspended.sinceTs))
    const now = account.institution ?? (await ctx.policy.placeOf(userId)).institution
    const institution = now ?? (await get(id))?.institution
    if (institution === undefined) return undefined
    await Doc.updateOne(
      { _id: id },
      {
        $set: { institution },
        $setOnInsert: {
          user_id: userId,
          kind: 'suspension',
          reason: suspended.reason,
          by: suspended.by,
          ts: suspended.sinceTs,
          forget_ts: suspended.sinceTs + KEPT_MS,
        },
      },
      { upsert: true },
    )
    return get(id)
  }

  return {
    get,
    ofSuspension,
    appeal,

    async warn({ id, ...rest }) {
      const ts = now()
      await Doc.updateOne(
        { _id: id },
        { $setOnInsert: { ...rest, kind: 'warning', ts, forget_ts: ts + KEPT_MS } },
        { upsert: true },
      )
      await ctx.audit.record({
        act: 'report.warned',
        by: rest.by,
        on: rest.user_id,
        institution: rest.institution,
        facts: { decision: id },
      })
      await alert(rest.user_id, `warning/${id}`)
    },

    async ofUser(userId) {
      // Index {user_id, ts}.
      const docs = await Doc.find({ user_id: userId }).sort({ ts: -1 }).limit(MAX_SHOWN).lean()
      return Promise.all(docs.map((doc) => current(read(doc))))
    },

    async acknowledge(userId, id) {
      const done = await Doc.updateOne(
        { _id: id, user_id: userId, kind: 'warning', acknowledged_ts: { $exists: false } },
        { $set: { acknowledged_ts: now() } },
      )
      if (done.matchedCount === 0 && (await get(id))?.user_id !== userId)
        throw notFound('No hay tal decisión sobre usted. / No such decision about you.')
      await ctx.alerts.settle(`warning/${id}/`, 'acknowledged')
    },

    async offer(account) {
      const decision = await ofSuspension(account)
      if (!decision) return undefined
      if (decision.appeal) return { decision }
      const token = randomBytes(32).toString('base64url')
      await AppealToken.create({
        _id: hash(token),
        decision: decision.id,
        user_id: account.userId,
        expires: new Date(now() + TOKEN_MS),
      })
      return { decision, token }
    },

    async appealWith(token, words) {
      const doc = await AppealToken.findById(hash(token)).lean()
      if (!doc || doc.expires.getTime() <= now())
        throw forbidden('El permiso para recurrir ya venció: ingrese otra vez. / Sign in again to appeal.')
      const account = await ctx.accounts.get(doc.user_id)
      // What was lifted meanwhile, or begun anew, is another matter.
      if (!account?.suspended || (await ofSuspension(account))?.id !== doc.decision)
        throw forbidden('Esa suspensión ya no está en vigor. / That suspension is no longer in force.')
      const done = await appeal(doc.user_id, doc.decision, words)
      await AppealToken.deleteOne({ _id: doc._id })
      return done
    },

    async list(coordinator) {
      const institution = await coordinated(ctx, coordinator)
      // Index {institution, ts}.
      const docs = await Doc.find({ institution }).sort({ ts: -1 }).limit(MAX_SHOWN).lean()
      const theirs = docs.map(read).filter((one) => one.user_id !== coordinator)
      const now = await Promise.all(theirs.map(current))
      const still = now.filter((one) => one.institution === institution)
      return Promise.all(still.map((one) => forDesk(coordinator, one)))
    },

    answer: (coordinator, id, { outcome, reason }) =>
      inTurn(id, async () => {
        const institution = await coordinated(ctx, coordinator)
        const found = await get(id)
        const known = found && (await current(found))
        if (known?.institution !== institution || known.user_id === coordinator)
          throw notFound('No hay tal decisión en su institución. / No such decision in your institution.')
        const { answerable } = await forDesk(coordinator, known)
        if (answerable === 'no')
          throw policyRefusal('report.not_answerable', institution, {
            es: 'Esta apelación la resuelve otra persona de la coordinación, o ya está resuelta.',
            en: 'Another coordinator answers this appeal, or it has been answered.',
          })
        const same_person = answerable === 'same_person'
        const on = known.user_id
        await ctx.audit.record({
          act: 'report.appeal_decided',
          by: coordinator,
          on,
          institution,
          facts: { decision: id, kind: known.kind, result: outcome, same_person },
        })
        const { lifted_ts } = known
        // Before it is written that it is undone: a crash in between leaves an appeal to answer, not somebody shut out.
        if (outcome === 'undone' && known.kind === 'suspension' && lifted_ts === undefined) {
          await ctx.audit.record({ act: 'account.restore', by: coordinator, on, institution })
          await ctx.accounts.restore(on)
        }
        const ts = now()
        await Doc.updateOne(
          { _id: id },
          {
            $set: {
              answer: { ts, by: coordinator, outcome, reason, same_person },
              forget_ts: ts + KEPT_MS,
              ...(outcome === 'undone' ? { lifted_ts: ts } : {}),
            },
            $unset: { waits: 1 },
          },
        )
        await ctx.alerts.settle(`appeal/${id}/`, 'resolved')
        await alert(on, `appeal-answer/${id}`)
        return forDesk(coordinator, (await get(id))!)
      }),

    async trim() {
      // Index {forget_ts}.
      await Doc.deleteMany({ forget_ts: { $lte: now() }, waits: { $ne: true } })
    },
  }
}
