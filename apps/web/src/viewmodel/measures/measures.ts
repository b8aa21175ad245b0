import { failureOf } from '../../lib/failure.ts'
import { createStore } from '../../lib/store.ts'
import { fetchMeasures, type MeasureQuery, measuresCsv } from '../../model/measures/measures-api.ts'
import type { Session } from '../../model/session/types.ts'
import type { MeasuresChoice, MeasuresModel, MeasuresState } from './types.ts'

const DAY_MS = 86_400_000

export function measureQuery({ group, days, family }: MeasuresChoice, now: number): MeasureQuery {
  return { group, ...(days > 0 ? { from: now - days * DAY_MS } : {}), ...(family ? { family } : {}) }
}

/** What the page of measures shows. Only the answer to the last question counts. */
export function createMeasures(
  session: Pick<Session, 'request' | 'tokens' | 'baseUrl'>,
  now: () => number = Date.now,
  first: MeasuresChoice = { group: 'kind', days: 90 },
): MeasuresModel {
  const state = createStore<MeasuresState>({ choice: first })
  let asked = 0

  async function load(): Promise<void> {
    asked += 1
    const mine = asked
    const { choice } = state.get()
    state.set({ choice })
    try {
      const measures = await fetchMeasures(session.request, measureQuery(choice, now()))
      if (mine === asked) state.set({ choice, measures })
    } catch (error) {
      if (mine === asked) state.set({ choice, failure: failureOf(error) })
    }
  }
  void load()

  return {
    state,
    load,
    choose(change) {
      state.update((before) => ({ ...before, choice: { ...before.choice, ...change } }))
      void load()
    },
    async csv() {
      const { choice } = state.get()
      try {
        const content = await measuresCsv(session, measureQuery(choice, now()))
        return { content, name: `medidas-${choice.group}.csv` }
      } catch (error) {
        state.update((before) => ({ ...before, failure: failureOf(error) }))
        return undefined
      }
    },
    close() {
      asked += 1
    },
  }
}
