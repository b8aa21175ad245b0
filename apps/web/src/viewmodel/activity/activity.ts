import { failureOf } from '../../lib/failure.ts'
import { createStore } from '../../lib/store.ts'
import {
  type ActivityQuery,
  exportActivity,
  fetchActivity,
  fetchChain,
  verifyActivity,
} from '../../model/activity/activity-api.ts'
import type { Session } from '../../model/session/types.ts'
import type { ActivityFilter, ActivityModel, ActivityState } from './types.ts'

const PAGE = 50
const DAY_MS = 86_400_000
const NO_FILTER: ActivityFilter = { group: '', person: '', outcome: '', case: '', from: '', to: '' }

/** The day begins where the person is. */
const startOf = (day: string): number | undefined => {
  const ts = day === '' ? Number.NaN : new Date(`${day}T00:00:00`).getTime()
  return Number.isNaN(ts) ? undefined : ts
}

/** @param userId whoever searches: a name without a server is somebody of the same one */
export function activityQuery(filter: ActivityFilter, userId: string): ActivityQuery {
  const to = startOf(filter.to)
  const name = filter.person.trim().replace(/^@/, '')
  const person = name === '' || name.includes(':') ? name : `${name}${userId.slice(userId.indexOf(':'))}`
  return {
    group: filter.group,
    person: person === '' ? '' : `@${person}`,
    outcome: filter.outcome,
    case: filter.case.trim(),
    from_ts: startOf(filter.from),
    to_ts: to === undefined ? undefined : to + DAY_MS - 1,
  }
}

/** The activity log of the institution, and whether it holds. Only the answer to the last question counts. */
export function createActivity(
  session: Pick<Session, 'request' | 'tokens' | 'baseUrl' | 'userId'>,
): ActivityModel {
  const state = createStore<ActivityState>({ filter: NO_FILTER, acts: {}, groups: {} })
  let asked = 0

  async function load(before?: number): Promise<void> {
    asked += 1
    const mine = asked
    const shown = before === undefined ? [] : (state.get().entries ?? [])
    if (before === undefined)
      state.update(({ entries: _entries, next: _next, failure: _failure, ...rest }) => rest)
    try {
      const query = { ...activityQuery(state.get().filter, session.userId), limit: PAGE, before }
      const { entries, next, acts, groups } = await fetchActivity(session.request, query)
      if (mine !== asked) return
      state.update(({ next: _next, failure: _failure, ...rest }) => ({
        ...rest,
        entries: [...shown, ...entries],
        acts,
        groups,
        ...(next === null ? {} : { next }),
      }))
    } catch (error) {
      if (mine === asked) state.update((was) => ({ ...was, failure: failureOf(error) }))
    }
  }

  async function loadChain(): Promise<void> {
    const chain = await fetchChain(session.request).catch(() => undefined)
    if (chain) state.update((was) => ({ ...was, chain }))
  }

  void load()
  void loadChain()

  return {
    state,
    load: () => load(),
    async older() {
      const { next } = state.get()
      if (next !== undefined) await load(next)
    },
    choose(change) {
      state.update((was) => ({ ...was, filter: { ...was.filter, ...change } }))
      void load()
    },
    clear() {
      state.update((was) => ({ ...was, filter: NO_FILTER }))
      void load()
    },
    async verify() {
      const verdict = await verifyActivity(session)
      state.update((was) => ({ ...was, verdict }))
      await loadChain()
    },
    async file(format, language) {
      const query = { ...activityQuery(state.get().filter, session.userId), format, lang: language }
      return { content: await exportActivity(session, query), name: `actividad.${format}` }
    },
    close() {
      asked += 1
    },
  }
}
