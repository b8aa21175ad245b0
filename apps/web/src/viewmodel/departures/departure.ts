import { failureOf } from '../../lib/failure.ts'
import { createStore } from '../../lib/store.ts'
import { onceSeen } from '../../lib/while-seen.ts'
import {
  type Departure,
  type DeparturePlan,
  departureIn,
  fetchPlan,
  leavePath,
  undoDeparture,
  type Wishes,
} from '../../model/departures/departures-api.ts'
import { institutionsOf } from '../institution/institutions.ts'
import type { OfficeModel } from '../institution/types.ts'
import type { Session } from '../session/types.ts'
import { askWithProof } from '../session/with-proof.ts'
import type { Chosen, DepartureModel, DepartureState, StartOutcome, StartProblem } from './types.ts'

const LOOK_MS = 4_000

const hasShifts = ({ shifts }: DeparturePlan) =>
  shifts.turns.length + shifts.overrides.length + shifts.swaps.length > 0

/** What nobody was named for. */
export function missingOf(plan: DeparturePlan, chosen: Chosen, signs: boolean): DepartureState['missing'] {
  const known = new Set(plan.colleagues.map((one) => one.user_id))
  const named = (to: string | undefined) => to !== undefined && known.has(to)
  const missing: DepartureState['missing'][number][] = []
  if (hasShifts(plan) && !named(chosen.shiftsTo)) missing.push('shifts')
  if (plan.cases.some(({ case_id }) => !named(chosen.cases[case_id] ?? chosen.casesTo))) missing.push('cases')
  if (plan.last_coordinator) {
    if (!named(chosen.successor)) missing.push('successor')
    if (!signs) missing.push('signature')
    else if (!chosen.keyGiven) missing.push('key')
  }
  return missing
}

/** One person leaves the institution: what will happen, to whom things go, the act, and how it goes on. */
export function createDeparture(session: Session, userId: string): DepartureModel {
  const { request } = session
  const own = userId === session.userId
  const institutions = institutionsOf(session)
  let office: OfficeModel | undefined
  let plan: DeparturePlan | undefined
  let departure: Departure | undefined
  let chosen: Chosen = { cases: {}, keyGiven: false }
  let signs = false
  let loading = true
  let failure: DepartureState['failure']
  let closed = false
  let stopWaiting: (() => void) | undefined

  const snapshot = (): DepartureState => ({
    userId,
    own,
    loading,
    ...(failure ? { failure } : {}),
    ...(plan ? { plan } : {}),
    ...(departure ? { departure } : {}),
    chosen,
    signs,
    missing: plan ? missingOf(plan, chosen, signs) : [],
  })
  const state = createStore<DepartureState>(snapshot())
  const show = () => {
    if (!closed) state.set(snapshot())
  }

  async function look(): Promise<void> {
    try {
      plan = await fetchPlan(request, userId)
      departure = plan.departure ?? departure
      failure = undefined
      if (!office) {
        office = institutions.office(plan.institution)
        await office.load()
        office.state.subscribe(() => {
          signs = office?.state.get().key.kind === 'good' && office.state.get().threshold === 1
          show()
        })
      }
      signs = office.state.get().key.kind === 'good' && office.state.get().threshold === 1
    } catch (error) {
      // Whoever has left is nobody's any more: what was told last stands.
      if (!departure) failure = failureOf(error)
    }
    loading = false
    show()
    stopWaiting?.()
    if (!closed && departure?.state === 'open' && !own) stopWaiting = onceSeen(LOOK_MS, () => void look())
  }

  async function signed() {
    if (!signs || !office) return {}
    const made = await office.signDeparture({
      leaver: userId,
      successor: plan?.last_coordinator ? chosen.successor : departure?.successor,
    })
    return typeof made === 'string' ? { outcome: made } : { publication: made }
  }

  async function send(
    post: (path: string, wishes: Wishes) => Promise<{ answer?: unknown; problem?: StartProblem }>,
  ): Promise<StartOutcome> {
    const { outcome, publication } = await signed()
    // Without the signed roster a successor would be nobody's word: the last one stays until it can be signed.
    if (outcome !== undefined && plan?.last_coordinator) return { unsigned: outcome }
    const wishes: Wishes = {
      ...(chosen.shiftsTo === undefined ? {} : { shifts_to: chosen.shiftsTo }),
      ...(chosen.casesTo === undefined ? {} : { cases_to: chosen.casesTo }),
      ...(Object.keys(chosen.cases).length > 0 ? { cases: { ...chosen.cases } } : {}),
      ...(chosen.successor === undefined ? {} : { successor: chosen.successor }),
      ...(publication === undefined ? {} : { publication }),
    }
    const { answer, problem } = await post(leavePath(userId), wishes)
    if (problem !== undefined) return { problem }
    departure = departureIn(answer)
    show()
    if (!own) await look()
    return outcome === undefined ? {} : { unsigned: outcome }
  }
  /** What has begun is not asked for a proof again. */
  const goOn = async () =>
    (await send(async (path, wishes) => ({ answer: await request('POST', path, wishes) }))).unsigned

  return {
    state,
    load: look,
    choose(part) {
      chosen = { ...chosen, ...part }
      show()
    },
    start: (proof) => send((path, wishes) => askWithProof(session, 'POST', path, wishes, proof)),
    sign: goOn,
    async undo() {
      if (!departure) return
      departure = await undoDeparture(request, departure.id)
      await look()
    },
    office: () => office,
    close() {
      closed = true
      stopWaiting?.()
      office?.close()
    },
  }
}
