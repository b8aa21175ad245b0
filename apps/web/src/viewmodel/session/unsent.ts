import { countKept } from '../../lib/own-database.ts'
import { plainName } from '../../lib/plain-name.ts'
import { isKeyKept } from '../../model/session/key-mark.ts'
import { currentSeat } from '../../model/session/stored-session.ts'
import type { Session } from '../../model/session/types.ts'

/** Channels in which something waits to be sent, in the order in which it was written. */
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

/**
 * What of somebody who is not at work now is in this browser alone: how many messages wait (undefined: it is not known), and whether
 * their recovery key is known to be kept.
 */
export async function lostHere(): Promise<{ count: number | undefined; keyKept: boolean }> {
  const seat = currentSeat()
  if (!seat) return { count: 0, keyKept: true }
  return { count: await countKept(seat.userId, 'outbox'), keyKept: isKeyKept(seat.userId) }
}
