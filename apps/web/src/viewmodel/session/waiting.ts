/** What waits on this device to be sent, of every kind: counted in one place, for all that would lose it. */
import type { ReadableStore } from '../../lib/store.ts'
import type { WaitingCounts } from '../../lib/waiting.ts'
import type { Session } from '../../model/session/types.ts'

type Counted = Pick<Session, 'outbox' | 'caseDrafts' | 'database'>

/** Messages also where the device had no room to keep them. */
export function waitingIn(session: Counted): WaitingCounts {
  const messages = session.outbox.entries.get().filter(({ state }) => state !== 'accepted').length
  const cases = session.caseDrafts.all.get().length
  return {
    ...(messages > 0 ? { messages } : {}),
    ...(cases > 0 ? { cases } : {}),
    ...session.database.waiting.get(),
  }
}

/** What changes when that does. */
export const waitingSources = (session: Counted): readonly ReadableStore<unknown>[] => [
  session.outbox.entries,
  session.caseDrafts.all,
  session.database.waiting,
]

/** Whether something could not be sent and is not tried again by itself. */
export const isStuck = (session: Counted): boolean =>
  session.outbox.entries.get().some(({ state }) => state === 'failed') ||
  session.caseDrafts.all.get().some(({ sending }) => !sending)
