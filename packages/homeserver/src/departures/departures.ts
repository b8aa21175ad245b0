/** Leaving an institution in one act: what will happen, the act, and the steps that follow from it until all are done. */
import { randomUUID } from 'node:crypto'
import type { Context } from '../context.ts'
import { forbidden, MatrixError, notFound, policyRefusal } from '../errors.ts'
import { isDuplicateKey } from '../lib/duplicate-key.ts'
import { createKeyedQueue } from '../lib/in-turn.ts'
import { isLastCoordinator, otherCoordinators } from '../people/last-coordinator.ts'
import { belongsTo } from '../people/managed.ts'
import { coordinated } from '../people/people-routes.ts'
import { callsHeldBy, casesHeldBy, colleaguesOf, keepsKey, roomsOf } from './holdings.ts'
import { openDepartureModel } from './models.ts'
import { createSteps } from './steps.ts'
import {
  type DepartureDoc,
  type DeparturePlan,
  type Departures,
  type DepartureView,
  departureSteps,
} from './types.ts'

const AGAIN_MS = 15_000
const SHOWN_MS = 90 * 24 * 3_600_000
const MAX_SHOWN = 200

export async function createDepartures(ctx: Context): Promise<Departures> {
  const model = await openDepartureModel(ctx.db)
  const steps = createSteps(ctx)
  const inTurn = createKeyedQueue()
  let closed = false

  /** The institution both are of; somebody else's people are not there. @throws M_NOT_FOUND, M_FORBIDDEN */
  async function institutionFor(requester: string, userId: string): Promise<string> {
    if (requester === userId) {
      const place = await placeOf(userId)
      if (place !== undefined) return place
      throw policyRefusal('institution.none', '', {
        es: 'Su cuenta no pertenece a una institución: no hay nada que dejar.',
        en: 'Your account is of no institution: there is nothing to leave.',
      })
    }
    const institution = await coordinated(ctx, requester)
    // A roster alone does not do: whoever signs one could close the accounts of other institutions' people.
    const account = ctx.accounts.isLocal(userId) ? await ctx.accounts.get(userId) : undefined
    if (account && (await belongsTo(ctx, institution, account))) return institution
    // Somebody whose departure is under way belongs nowhere any more.
    const open = await model.findOne({ user_id: userId, state: 'open' }).lean()
    if (open?.institution === institution) return institution
    throw notFound('Esa persona no es de su institución. / That person is not of your institution.')
  }

  /** By the roster; by what the operator noted, until there is one. */
  async function placeOf(userId: string): Promise<string | undefined> {
    if (!ctx.accounts.isLocal(userId)) return undefined
    const account = await ctx.accounts.get(userId)
    if (!account || account.deactivated) return undefined
    return (await ctx.policy.placeOf(userId)).institution ?? account.institution
  }

  const roleOf = async (userId: string) =>
    (await ctx.policy.placeOf(userId)).role ?? (await ctx.accounts.get(userId))?.role

  /** Another roster of this node names the person: the account goes on with that. */
  async function staysWith(userId: string, institution: string): Promise<boolean> {
    if (!ctx.policy.byRosters) return false
    for (const key of ctx.federation.institutionsAt(ctx.serverName))
      if (key !== institution && (await ctx.policy.rosterEntry(key, userId))) return true
    return false
  }

  async function plan(requester: string, userId: string): Promise<DeparturePlan> {
    const institution = await institutionFor(requester, userId)
    const open = await model.findOne({ user_id: userId, state: 'open' }).lean()
    const role = open?.role ?? (await roleOf(userId))
    const [shifts, cases, calls, rooms, colleagues, hadKey, stays, profile] = await Promise.all([
      ctx.duty.heldBy(institution, userId),
      casesHeldBy(ctx, institution, userId),
      callsHeldBy(ctx, userId),
      roomsOf(ctx, userId),
      colleaguesOf(ctx, institution, userId),
      keepsKey(ctx, institution, userId, role),
      staysWith(userId, institution),
      ctx.profiles.get(userId),
    ])
    const known = new Set(colleagues.map((one) => one.user_id))
    const name = profile?.['displayname']
    return {
      user_id: userId,
      name: open?.name ?? (typeof name === 'string' ? name : userId),
      institution,
      ...(role === undefined ? {} : { role }),
      account: open?.account ?? (stays ? 'stays' : 'closes'),
      shifts,
      cases: await Promise.all(
        cases.map(async (one) => ({
          ...one,
          members: (await ctx.rooms.members(one.room_id, 'join')).filter((member) => known.has(member)),
        })),
      ),
      calls,
      rooms,
      colleagues,
      // Of a departure under way the account is shut: what it was when it began counts.
      last_coordinator: open
        ? role === 'coordinator' && (await otherCoordinators(ctx, institution, userId)).length === 0
        : await isLastCoordinator(ctx, institution, userId),
      had_key: hadKey,
      ...(open ? { departure: await view(open) } : {}),
    }
  }

  async function view(doc: DepartureDoc): Promise<DepartureView> {
    return {
      id: doc._id,
      user_id: doc.user_id,
      name: doc.name,
      institution: doc.institution,
      by: doc.by,
      own: doc.by === doc.user_id,
      started_ts: doc.started_ts,
      state: doc.state,
      account: doc.account,
      had_key: doc.had_key,
      ...(doc.successor === undefined ? {} : { successor: doc.successor }),
      ...(doc.shifts_to === undefined ? {} : { shifts_to: doc.shifts_to }),
      cases: doc.cases.map(({ case_id, reference, to }) => ({ case_id, reference, to })),
      steps: departureSteps.map((step) => ({
        step,
        ...(doc.steps[step] === undefined ? {} : { done_ts: doc.steps[step] }),
        ...(doc.problems[step] === undefined ? {} : { problem: doc.problems[step] }),
      })),
      undoable: isUndoable(doc),
    }
  }

  const isUndoable = (doc: DepartureDoc) =>
    doc.state === 'open' &&
    doc.account === 'closes' &&
    doc.steps.roster === undefined &&
    doc.publication === undefined &&
    ctx.policy.byRosters

  /** What is not done yet, in order; a step that has to wait holds up those after it that end something for good. */
  const work = (id: string): Promise<DepartureDoc> =>
    inTurn(id, async () => {
      let doc = await read(id)
      for (const step of departureSteps) {
        if (closed || doc.state !== 'open') return doc
        if (doc.steps[step] !== undefined) continue
        // The account is closed when everything before is done: until then the departure can be taken up, or back.
        if (step === 'account' && departureSteps.some((one) => one !== step && doc.steps[one] === undefined))
          break
        const outcome = await steps[step](doc).catch((error: unknown) => {
          ctx.log.error({ err: error, departure: id, step }, 'a step of a departure failed')
          return again
        })
        if (outcome === 'done')
          doc = await set(id, { [`steps.${step}`]: ctx.clock.now() }, { [`problems.${step}`]: 1 })
        else if ('refused' in outcome)
          doc = await set(id, { [`problems.${step}`]: outcome.refused }, { publication: 1 })
        else doc = await set(id, { [`problems.${step}`]: outcome })
        // Nobody is taken out of a room while a case in it has no new owner.
        if (outcome !== 'done' && (step === 'sessions' || step === 'cases' || step === 'shifts')) break
      }
      if (departureSteps.every((one) => doc.steps[one] !== undefined)) {
        await ctx.audit.record({ ...actOf(doc), facts: { departure: id, state: 'done' } })
        doc = await set(id, { state: 'done' }, { publication: 1 })
      }
      return doc
    })

  async function read(id: string): Promise<DepartureDoc> {
    const doc = await model.findById(id).lean()
    if (!doc) throw notFound('No existe esa salida. / There is no such departure.')
    return doc
  }

  async function set(id: string, values: Record<string, unknown>, away: Record<string, 1> = {}) {
    await model.updateOne(
      { _id: id },
      { $set: values, ...(Object.keys(away).length > 0 ? { $unset: away } : {}) },
    )
    return read(id)
  }

  const actOf = ({ by, user_id, institution }: DepartureDoc) =>
    ({ act: 'account.leave', by, on: user_id, institution }) as const

  /** Nothing is left without an owner. @throws M_INVALID_PARAM */
  function handedOver(known: DeparturePlan, wishes: Parameters<Departures['start']>[2]) {
    const can = new Set(known.colleagues.map((one) => one.user_id))
    const check = (to: string | undefined, what: { es: string; en: string }): string => {
      if (to !== undefined && can.has(to)) return to
      throw new MatrixError(400, 'M_INVALID_PARAM', `Falta a quién entregar ${what.es}. / ${what.en}`, {
        'org.enlace.rule': 'departure.unowned',
        'org.enlace.message': {
          es: `Elija a una persona activa de la institución para ${what.es}.`,
          en: `Choose somebody active of the institution for ${what.en}.`,
        },
      })
    }
    const { turns, overrides, swaps } = known.shifts
    const cases = known.cases.map(({ members: _, ...one }) => ({
      ...one,
      to: check(wishes.cases?.[one.case_id] ?? wishes.cases_to, {
        es: `el caso ${one.reference}`,
        en: `the case ${one.reference}`,
      }),
    }))
    const shifts =
      turns.length + overrides.length + swaps.length > 0
        ? check(wishes.shifts_to, { es: 'los turnos', en: 'the shifts' })
        : wishes.shifts_to
    const successor = known.last_coordinator
      ? check(wishes.successor, { es: 'la coordinación', en: 'the coordination' })
      : undefined
    const casesTo = wishes.cases_to ?? cases[0]?.to
    return {
      cases,
      ...(shifts !== undefined && can.has(shifts) ? { shifts_to: shifts } : {}),
      ...(casesTo !== undefined && can.has(casesTo) ? { cases_to: casesTo } : {}),
      ...(successor === undefined ? {} : { successor }),
    }
  }

  async function start(...[requester, userId, wishes]: Parameters<Departures['start']>) {
    const known = await plan(requester, userId)
    const handed = handedOver(known, wishes)
    const publication =
      wishes.publication === undefined ? {} : { publication: JSON.stringify(wishes.publication) }
    if (known.departure) {
      // Somebody else is named for what is left, or the roster was signed meanwhile.
      const before = await read(known.departure.id)
      const still = new Set(handed.cases.map(({ case_id, side }) => `${case_id} ${side}`))
      const kept = before.cases.filter(({ case_id, side }) => !still.has(`${case_id} ${side}`))
      await set(before._id, { ...handed, cases: [...kept, ...handed.cases], ...publication })
      return view(await work(known.departure.id))
    }
    if (handed.successor !== undefined && wishes.publication === undefined && ctx.policy.byRosters)
      throw policyRefusal('departure.successor_unsigned', '', {
        es: 'Usted es la última persona que coordina: firme primero, con la clave de la institución, la lista en que su sucesora o sucesor coordina.',
        en: 'You are the last to coordinate: first sign, with the institution’s key, the roster in which your successor coordinates.',
      })
    const doc: DepartureDoc = {
      _id: randomUUID(),
      user_id: userId,
      name: known.name,
      institution: known.institution,
      ...(known.role === undefined ? {} : { role: known.role }),
      by: requester,
      started_ts: ctx.clock.now(),
      state: 'open',
      account: known.account,
      had_key: known.had_key,
      ...handed,
      ...publication,
      steps: {},
      problems: {},
    }
    // Nobody leaves unrecorded: a log that cannot be written stops it before it begins.
    await ctx.audit.record({ ...actOf(doc), facts: { departure: doc._id, state: 'begun' } })
    try {
      await model.create(doc)
    } catch (error) {
      if (!isDuplicateKey(error)) throw error
      return start(requester, userId, wishes)
    }
    return view(await work(doc._id))
  }

  async function resume(): Promise<void> {
    // Served by {state, started_ts}.
    const open = await model.find({ state: 'open' }, { _id: 1 }).sort({ started_ts: 1 }).limit(500).lean()
    for (const { _id } of open) if (!closed) await work(_id)
  }

  let resuming: Promise<void> | undefined
  const resumeSoon = () => {
    resuming ??= resume()
      .catch((error: unknown) => ctx.log.error({ err: error }, 'departures could not be taken up'))
      .finally(() => {
        resuming = undefined
      })
  }
  const timer = setInterval(resumeSoon, AGAIN_MS)
  timer.unref()
  ctx.federation.onInstitutionChange(resumeSoon)

  return {
    plan,
    start,
    resume,

    async undo(requester, id) {
      const known = await model.findById(id).lean()
      const institution = await coordinated(ctx, requester)
      if (known?.institution !== institution)
        throw notFound('No existe esa salida. / There is no such departure.')
      return inTurn(id, async () => {
        const doc = await read(id)
        if (doc.state === 'undone') return view(doc)
        if (!isUndoable(doc))
          throw forbidden(
            'La lista firmada ya no incluye a esta persona: la salida no se puede deshacer. Invítela de nuevo, con otra cuenta. / The signed roster does not name this person any more: the departure cannot be undone. Invite them again, with another account.',
          )
        await ctx.audit.record({ ...actOf(doc), by: requester, facts: { departure: id, state: 'undone' } })
        await ctx.accounts.setLeaving(doc.user_id, null)
        const done = await set(id, { state: 'undone' })
        await ctx.policy.personChanged(doc.user_id)
        return view(done)
      })
    },

    async list(requester) {
      const institution = await coordinated(ctx, requester)
      // Served by {institution, started_ts}.
      const docs = await model
        .find({ institution, started_ts: { $gt: ctx.clock.now() - SHOWN_MS } })
        .sort({ started_ts: -1 })
        .limit(MAX_SHOWN)
        .lean()
      return Promise.all(docs.map(view))
    },

    async close() {
      closed = true
      clearInterval(timer)
      await resuming
    },
  }
}

const again = {
  es: 'Algo falló en este paso. Se vuelve a intentar por sí solo.',
  en: 'Something failed in this step. It is tried again by itself.',
}
