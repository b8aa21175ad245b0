import { type Failure, failureOf } from '../../lib/failure.ts'
import { createStore, type ReadableStore } from '../../lib/store.ts'
import { type CaseRetention, fetchCaseRetention } from '../../model/retention/retention-api.ts'
import type { Session } from '../../model/session/types.ts'

export type { CaseRetention } from '../../model/retention/retention-api.ts'

export interface CaseRetentionModel {
  readonly state: ReadableStore<{ record?: CaseRetention; failure?: Failure }>
  close(): void
}

/** Until when a case stays, what stops its deletion, and who has confirmed it. */
export function createCaseRetention(
  session: Pick<Session, 'request' | 'cases' | 'erasures' | 'connection'>,
  caseId: string,
): CaseRetentionModel {
  const state = createStore<{ record?: CaseRetention; failure?: Failure }>({})
  let closed = false
  async function refresh(): Promise<void> {
    try {
      const record = await fetchCaseRetention(session.request, caseId)
      if (!closed) state.set({ record })
    } catch (error) {
      // What was read before stays: without a connection it does not change either.
      if (!closed && !state.get().record) state.set({ failure: failureOf(error) })
    }
  }
  let status = session.cases.known.get().get(caseId)?.status
  const stops = [
    session.cases.known.subscribe(() => {
      const now = session.cases.known.get().get(caseId)?.status
      if (now === status) return
      status = now
      void refresh()
    }),
    session.erasures.version.subscribe(() => void refresh()),
    session.connection.subscribe(() => {
      if (session.connection.get() === 'online') void refresh()
    }),
  ]
  void refresh()
  return {
    state,
    close() {
      closed = true
      for (const stop of stops) stop()
    },
  }
}
