import { type MatrixEvent, MatrixEventEvent, RoomEvent } from 'matrix-js-sdk'
import { coalesce } from '../../lib/store.ts'
import type { Session } from '../../model/session/types.ts'
import { viewOf } from '../../model/timeline/event-view.ts'
import { askable } from '../../model/timeline/timeline-items.ts'

/** What the person's own backup gives back is not asked of others: it gets this long. */
const PATIENCE_MS = 8_000

/** Of a room, what is shut beside its timeline: so much is looked at, which is more than one page of a case shows. */
const MAX_APART = 500

/** Asks colleagues of the own institution by itself for what this device cannot open, and answers them by the signed roster. */
export function keepHistoryOpen(session: Session): () => void {
  let closed = false
  void import('../institution/institutions.ts').then(({ institutionsOf }) => {
    if (closed) return
    const { rosterWord, rosterRole, check } = institutionsOf(session)
    session.history.readRosters(rosterWord)
    session.envelope.readRosters(async (userId, institution) => {
      const role = await rosterRole(userId, institution)
      if (role !== 'unknown') return role
      // Right after the start nothing was read yet.
      await check().catch(() => undefined)
      return rosterRole(userId, institution)
    })
  })
  const stop = askForClosed(session)
  return () => {
    closed = true
    stop()
  }
}

/** Of what others can open: those events say so themselves. */
export function isShut(event: MatrixEvent): boolean {
  const body = event.isDecryptionFailure() ? viewOf(event)?.body : undefined
  return body?.type === 'undecryptable' && askable.includes(body.reason)
}

/**
 * Asks for the rooms of which something is shut: in their timelines, or fetched apart from them, as the form, the notes and the
 * documents of a case that is older than what the timeline has.
 */
export function askForClosed(
  { client, history, encryption, people }: Pick<Session, 'client' | 'history' | 'encryption' | 'people'>,
  patienceMs = PATIENCE_MS,
): () => void {
  let closed = false
  const apart = new Map<string, Set<MatrixEvent>>()
  const look = coalesce(() => {
    if (closed) return
    for (const room of client.getRooms()) {
      if (room.getMyMembership() !== 'join') continue
      const beside = [...(apart.get(room.roomId) ?? [])].filter(isShut)
      apart.set(room.roomId, new Set(beside))
      if (beside.length > 0 || room.getLiveTimeline().getEvents().some(isShut))
        void history.askQuietly(room.roomId).catch(() => undefined)
    }
  }, patienceMs)
  const onEvent = (event: MatrixEvent) => {
    if (!event.isEncrypted()) return
    const roomId = event.getRoomId()
    if (roomId && isShut(event)) {
      const all = apart.get(roomId) ?? new Set()
      if (all.size < MAX_APART) apart.set(roomId, all.add(event))
    }
    look()
  }
  client.on(MatrixEventEvent.Decrypted, onEvent)
  client.on(RoomEvent.Timeline, onEvent)
  const stops = [encryption.state, people.version].map((one) => one.subscribe(look))
  look()
  return () => {
    closed = true
    look.cancel()
    client.off(MatrixEventEvent.Decrypted, onEvent)
    client.off(RoomEvent.Timeline, onEvent)
    for (const stop of stops) stop()
  }
}
