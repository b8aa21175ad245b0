import type { Room } from 'matrix-js-sdk'
import { type Failure, failureOf } from '../../lib/failure.ts'
import { forgetShared, readShared, type SharedThing } from '../../model/phone/shared-things.ts'
import type { Session } from '../../model/session/types.ts'

export type { SharedThing } from '../../model/phone/shared-things.ts'

export { forgetShared, readShared }

/**
 * Sends a text and waits until the server has it.
 *
 * @returns its event, or why it is not there yet
 */
export async function sendAndKnow(
  session: Pick<Session, 'outbox'>,
  room: Room,
  text: string,
): Promise<{ eventId: string } | { failure: Failure }> {
  const { entries } = session.outbox
  const before = new Set(entries.get().map((one) => one.txnId))
  await session.outbox.send(room.roomId, { msgtype: 'm.text', body: text })
  const txnId = entries.get().find((one) => one.roomId === room.roomId && !before.has(one.txnId))?.txnId
  return new Promise((done) => {
    const look = () => {
      const entry = entries.get().find((one) => one.txnId === txnId)
      // The sync may bring it before the answer does.
      const eventId = entry ? entry.eventId : eventOf(room, txnId)
      if (eventId) done({ eventId })
      else if (entry?.failure) done({ failure: entry.failure })
      else if (!entry) done({ failure: { kind: 'cancelled' } })
      else return
      stop()
    }
    const stop = entries.subscribe(look)
    look()
  })
}

const eventOf = (room: Room, txnId: string | undefined): string | undefined =>
  room
    .getLiveTimeline()
    .getEvents()
    .findLast((event) => txnId !== undefined && event.getUnsigned().transaction_id === txnId)
    ?.getId()

/** Of what is tried again, what has gone already. */
const gone = new WeakSet<File>()

/** Hands it to what is sent next in the channel; gone from where it waited once that has all of it. */
export async function sendShared(
  session: Pick<Session, 'outbox'>,
  room: Pick<Room, 'roomId'>,
  thing: SharedThing,
  caption: string,
): Promise<Failure | { kind: 'file_too_large'; name: string } | undefined> {
  try {
    for (const file of thing.files) {
      if (gone.has(file)) continue
      if ((await session.outbox.sendFile(room.roomId, file)) === 'too_large')
        return { kind: 'file_too_large', name: file.name }
      gone.add(file)
    }
    if (caption.trim() !== '')
      await session.outbox.send(room.roomId, { msgtype: 'm.text', body: caption.trim() })
    await forgetShared(thing.id)
    return undefined
  } catch (error) {
    return failureOf(error)
  }
}
