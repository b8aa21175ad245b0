import { failureOf } from '../../lib/failure.ts'
import { createStore } from '../../lib/store.ts'
import { everyWhileSeen } from '../../lib/while-seen.ts'
import type { Session } from '../../model/session/types.ts'
import { fetchStatus } from '../../model/status/status-api.ts'
import type { StatusModel, StatusState } from './types.ts'

const AGAIN_MS = 60_000

export function createStatus(session: Pick<Session, 'request'>): StatusModel {
  const state = createStore<StatusState>({ looking: true })
  let closed = false

  async function load(): Promise<void> {
    state.update((was) => ({ ...was, looking: true }))
    try {
      const status = await fetchStatus(session.request)
      if (!closed) state.set({ status, looking: false })
    } catch (error) {
      // What was seen last stays on the page, with the reason why it is not newer.
      if (!closed) state.update((was) => ({ ...was, failure: failureOf(error), looking: false }))
    }
  }
  void load()
  const stop = everyWhileSeen(AGAIN_MS, () => void load())
  return {
    state,
    load,
    close() {
      closed = true
      stop()
    },
  }
}
