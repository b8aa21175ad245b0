import { reactionSchema } from '@enlace/coordination'
import type { MatrixEvent, Room } from 'matrix-js-sdk'
import { plainName } from '../../lib/plain-name.ts'
import { isSealed } from '../trust/outgoing-gate.ts'
import type { Gesture, Reaction } from './types.ts'

const MAX_KEYS = 30
const MAX_KEY = 32

/** One person's sign on a message. */
export interface Annotation {
  id: string
  sender: string
  ts: number
  key: string
}

/**
 * A reaction as it came. In the clear, as Matrix sends them: a pictograph and nothing else, so no server can put words
 * into a mouth by it. In ciphertext: whatever short sign somebody chose.
 */
export function annotationOf(event: MatrixEvent): Annotation | undefined {
  const id = event.getId()
  const sender = event.getSender()
  if (!id || !sender || event.status !== null || event.isRedacted() || event.isDecryptionFailure())
    return undefined
  if (event.getType() !== 'm.reaction') return undefined
  const wire = event.getWireContent()
  if (event.getWireType() === 'm.reaction') {
    if (!reactionSchema.safeParse(wire).success) return undefined
  } else if (!isSealed(wire) || event.getClearContent() === null) return undefined
  const relation: unknown = event.getContent()['m.relates_to']
  const key =
    typeof relation === 'object' && relation !== null && 'key' in relation ? relation.key : undefined
  if (typeof key !== 'string' || key.length > MAX_KEY) return undefined
  const shown = event.getWireType() === 'm.reaction' ? key : plainName(key)
  return shown.trim() === '' ? undefined : { id, sender, ts: event.getTs(), key: shown }
}

/** Those that this device has. Of a part of the channel far from its end, they may not be all. */
export function annotationsOn(room: Pick<Room, 'relations'>, eventId: string): Annotation[] {
  const found = room.relations.getChildEventsForEvent(eventId, 'm.annotation', 'm.reaction')
  return (found?.getRelations() ?? []).flatMap((event) => annotationOf(event) ?? [])
}

/**
 * What stands under a message: each sign once per person, in the order in which signs first came; with what this person
 * has just done. Pure.
 */
export function reactionsOf(
  annotations: readonly Annotation[],
  gestures: readonly Gesture[],
  me: string,
): Reaction[] {
  const goes = new Set(
    gestures.filter((one) => one.act.kind === 'remove' && one.state !== 'failed').map((one) => one.eventId),
  )
  const byKey = new Map<string, Reaction>()
  const put = (key: string, sender: string, own: { eventId?: string; gestureId?: string }) => {
    const before = byKey.get(key)
    if (!before && byKey.size >= MAX_KEYS) return
    const reaction = before ?? { key, users: [], own: undefined }
    byKey.set(key, {
      key,
      users: reaction.users.includes(sender) ? reaction.users : [...reaction.users, sender],
      own: sender === me ? { ...reaction.own, ...own } : reaction.own,
    })
  }
  for (const one of [...annotations].sort((a, b) => a.ts - b.ts))
    if (!goes.has(one.id)) put(one.key, one.sender, { eventId: one.id })
  for (const one of gestures)
    if (one.act.kind === 'react' && (one.sent === undefined || !goes.has(one.sent)))
      put(one.act.key, me, { gestureId: one.id, ...(one.sent ? { eventId: one.sent } : {}) })
  return [...byKey.values()]
}
