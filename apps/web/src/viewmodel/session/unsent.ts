/** What waits to be sent where it would be lost: where it is, and sending it first. */
import { countWaiting } from '../../lib/own-database.ts'
import { plainName } from '../../lib/plain-name.ts'
import { totalOf } from '../../lib/waiting.ts'
import { isKeyKept } from '../../model/session/key-mark.ts'
import { currentSeat } from '../../model/session/stored-session.ts'
import type { Session } from '../../model/session/types.ts'
import type { Waiting } from './types.ts'

/** Channels in which messages wait to be sent, in the order in which they were written. */
export function unsentIn(
  session: Pick<Session, 'outbox' | 'client'>,
): { roomId: string; name: string | undefined; count: number }[] {
  const counts = new Map<string, number>()
  for (const { roomId, state } of session.outbox.entries.get())
    if (state !== 'accepted') counts.set(roomId, (counts.get(roomId) ?? 0) + 1)
  return [...counts].map(([roomId, count]) => {
    const name = session.client.getRoom(roomId)?.name
    return { roomId, name: name === undefined ? undefined : plainName(name), count }
  })
}

/** Tries all of it now, also what belongs to a page that is not open. */
export function sendNow(session: Session): void {
  for (const one of session.outbox.entries.get()) if (one.state === 'failed') session.outbox.retry(one.txnId)
  session.outbox.wake()
  session.caseDrafts.wake()
  session.gestures.wake()
  void sendOfPages(session, true)
}

/**
 * Queues of pages that are fetched when they are opened: sent whenever there is a network, whether or not their page is open.
 *
 * @returns stops it
 */
export function keepSending(session: Session): () => void {
  let over = false
  let stop = () => {}
  const look = () => {
    if (session.connection.get() !== 'online') return
    void sendOfPages(session, false).then((next) => {
      stop()
      stop = next
      if (over) next()
    })
  }
  const stops = [session.connection.subscribe(look)]
  look()
  return () => {
    over = true
    stop()
    for (const one of stops) one()
  }
}

/** @returns lets go of what it holds, which closes by itself when all is sent */
async function sendOfPages(session: Session, isAsked: boolean): Promise<() => void> {
  const { meetings = 0, publications = 0 } = session.database.waiting.get()
  if (meetings + publications === 0) return () => {}
  const { sendQueues } = await import('./send-queues.ts')
  return sendQueues(session, isAsked)
}

/** What of somebody who is not at work now would be lost with what this browser keeps of them. */
export type LostHere = Omit<Waiting, 'userId'>

export async function lostHere(): Promise<LostHere> {
  const seat = currentSeat()
  if (!seat) return { counts: {}, keyKept: true }
  return { counts: await countWaiting(seat.userId), keyKept: isKeyKept(seat.userId) }
}

export const losesNothing = ({ counts, keyKept }: LostHere): boolean =>
  keyKept && counts !== undefined && totalOf(counts) === 0
