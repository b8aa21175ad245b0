import { type MatrixEvent, MatrixEventEvent, RoomEvent } from 'matrix-js-sdk'
import { coalesce } from '../../lib/store.ts'
import type { Session } from '../../model/session/types.ts'
import { viewOf } from '../../model/timeline/event-view.ts'
import { askable } from '../../model/timeline/timeline-items.ts'

/** What the person's own backup gives back is not asked of others: it gets this long. */
const PATIENCE_MS = 8_000

/** Asks colleagues of the own institution by itself for what this device cannot open, and answers them by the signed roster. */
export function keepHistoryOpen(session: Session): () => void {
  const { client, history, encryption } = session
  let closed = false
  void import('../institution/institutions.ts').then(({ institutionsOf }) => {
    if (closed) return
    const { rosterWord, rosterRole, check } = institutionsOf(session)
    history.readRosters(rosterWord)
    session.envelope.readRosters(async (userId, institution) => {
      const role = await rosterRole(userId, institution)
      if (role !== 'unknown') return role
      // Right after the start nothing was read yet.
      await check().catch(() => undefined)
      return rosterRole(userId, institution)
    })
  })

  const isShut = (event: MatrixEvent): boolean => {
    const body = event.isDecryptionFailure() ? viewOf(event)?.body : undefined
    return body?.type === 'undecryptable' && askable.includes(body.reason)
  }
  const look = coalesce(() => {
    if (closed) return
    for (const room of client.getRooms()) {
      if (room.getMyMembership() !== 'join') continue
      if (room.getLiveTimeline().getEvents().some(isShut))
        void history.askQuietly(room.roomId).catch(() => undefined)
    }
  }, PATIENCE_MS)
  const onEvent = (event: MatrixEvent) => {
    if (event.isEncrypted()) look()
  }
  client.on(MatrixEventEvent.Decrypted, onEvent)
  client.on(RoomEvent.Timeline, onEvent)
  const stops = [encryption.state, session.people.version].map((one) => one.subscribe(look))
  look()
  return () => {
    closed = true
    look.cancel()
    client.off(MatrixEventEvent.Decrypted, onEvent)
    client.off(RoomEvent.Timeline, onEvent)
    for (const stop of stops) stop()
  }
}
