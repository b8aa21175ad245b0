import type { Hold } from '../../lib/hold.ts'
import { coalesce, createStore, type ReadableStore } from '../../lib/store.ts'
import type { Session } from '../../model/session/types.ts'

export interface HoldWatch {
  readonly hold: ReadableStore<Hold | undefined>
  close(): void
}

/** What holds back sending to a room, looked at when the room is opened and whenever it may have changed. */
export function watchHold(session: Session, roomId: string): HoldWatch {
  const { trust, connection, people } = session
  const hold = createStore<Hold | undefined>(trust.holdOf(roomId))
  let closed = false
  let asking = false
  let again = false
  async function look(): Promise<void> {
    // News that come while it is being looked at are looked at too.
    again = true
    if (asking || closed) return
    asking = true
    while (again && !closed) {
      again = false
      // Without a connection what was known stays: nothing is sent then either.
      await trust.check(roomId).catch(() => undefined)
    }
    asking = false
    if (!closed) hold.set(trust.holdOf(roomId))
  }
  const lookSoon = coalesce(() => void look(), 150, 600)
  const stops = [trust.version, connection, people.version].map((one) => one.subscribe(lookSoon))
  void look()
  return {
    hold,
    close() {
      closed = true
      lookSoon.cancel()
      for (const stop of stops) stop()
    },
  }
}
