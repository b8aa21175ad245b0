import { failureOf } from '../../lib/failure.ts'
import { createStore } from '../../lib/store.ts'
import type { Session } from '../../model/session/types.ts'
import { createUpkeepApi } from '../../model/upkeep/upkeep-api.ts'
import type { HistoryModel, ListModel, ListState, OverdueModel, SuggestionsModel } from './types.ts'

/** Lists of upkeep: an entry's history, one's own suggestions, what is to be verified. */

function listOf<T>(fetch: () => Promise<T>): ListModel<T> & { run(work: () => Promise<T>): Promise<void> } {
  let closed = false
  const state = createStore<ListState<T>>({ found: undefined, busy: false })
  const set = (fields: Partial<ListState<T>>) => !closed && state.set({ ...state.get(), ...fields })
  async function run(work: () => Promise<T>): Promise<void> {
    set({ busy: true, failure: undefined })
    try {
      set({ found: await work(), busy: false })
    } catch (error) {
      set({ failure: failureOf(error), busy: false })
    }
  }
  void run(fetch)
  return {
    state,
    run,
    load: () => run(fetch),
    close() {
      closed = true
    },
  }
}

export function createHistory(session: Pick<Session, 'request'>, key: string): HistoryModel {
  const api = createUpkeepApi(session.request)
  const list = listOf(async () => {
    const [answer, history] = await Promise.all([api.entry(key), api.history(key)])
    return { ...history, name: answer.institution.name, entry: answer.book?.entry ?? answer.entry }
  })
  return {
    ...list,
    async more() {
      const { found } = list.state.get()
      if (found?.before === undefined) return
      await list.run(async () => {
        const { changes, before } = await api.history(key, found.before)
        return { ...found, changes: [...found.changes, ...changes], before }
      })
    },
  }
}

export function createSuggestions(session: Pick<Session, 'request'>): SuggestionsModel {
  const api = createUpkeepApi(session.request)
  const list = listOf(() => api.suggestions())
  return {
    ...list,
    withdraw: ({ institution, id }) =>
      list.run(async () => {
        await api.withdraw(institution, id)
        return api.suggestions()
      }),
  }
}

export function createOverdue(session: Pick<Session, 'request'>): OverdueModel {
  const api = createUpkeepApi(session.request)
  return listOf(() => api.overdue())
}
