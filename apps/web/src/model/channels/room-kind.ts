import {
  type ChannelFault,
  type Conversation,
  isCorridor,
  parseTopicPolicy,
  recogniseChannel,
  recogniseConversation,
  type StateLookup,
  topicPolicyEventType,
} from '@enlace/coordination'
import type { MatrixClient, Room } from 'matrix-js-sdk'

/** What a room is, whatever it calls itself. */
export type RoomKind =
  | { kind: 'channel'; topic: string; corridor: string }
  /** With whoever is on duty at an institution: encrypted, and among people of the network. */
  | { kind: 'conversation'; institution: string; position: string }
  /** Between this person and somebody else of the network. */
  | { kind: 'direct'; other: string }
  /** A few people of the network. */
  | { kind: 'group' }
  /** Encrypted, and no channel of the network. `fault`: it says that it is one, and this is why it is not. */
  | { kind: 'private'; fault?: ChannelFault }
  /** Not encrypted: nothing is written there. */
  | { kind: 'open' }

/** @param encryptionOf the encryption a room has or had: what was redacted counts as it was */
export function roomKind(
  client: MatrixClient,
  encryptionOf: (roomId: string) => unknown,
  room: Room,
): RoomKind {
  const { roomId } = room
  const plain = lookup(room)
  const state: StateLookup = (type, key) =>
    type === 'm.room.encryption' && key === '' ? (encryptionOf(roomId) ?? plain(type, key)) : plain(type, key)
  const found = recogniseChannel({ roomId, state, corridor: (id) => joinedRoom(client, id) })
  if (found.recognised) return { kind: 'channel', topic: found.topic, corridor: found.corridor }
  const conversation = recogniseConversation(state)
  if (found.fault === 'no_policy' && conversation) {
    const kind = ofConversation(conversation, client.getUserId() ?? '')
    if (kind) return kind
  }
  if (room.getMyMembership() === 'invite') return invited(client, roomId, plain) ?? { kind: 'private' }
  if (encryptionOf(roomId) === undefined) return { kind: 'open' }
  return found.fault === 'no_policy' ? { kind: 'private' } : { kind: 'private', fault: found.fault }
}

function ofConversation(said: Conversation, own: string): RoomKind | undefined {
  if (said.kind === 'duty')
    return { kind: 'conversation', institution: said.institution, position: said.position }
  if (said.kind === 'group') return { kind: 'group' }
  const other = said.between.find((one) => one !== own)
  return said.between.includes(own) && other !== undefined ? { kind: 'direct', other } : undefined
}

/** Of a room one is invited to, only a few facts are known; that a corridor lists it no inviter can pretend. */
function invited(client: MatrixClient, roomId: string, state: StateLookup): RoomKind | undefined {
  const parsed = parseTopicPolicy(state(topicPolicyEventType, ''))
  const corridor = parsed.ok ? parsed.policy.corridor : undefined
  if (!parsed.ok || corridor === undefined) return undefined
  const its = joinedRoom(client, corridor)
  const link = its?.('m.space.child', roomId)
  const listed =
    typeof link === 'object' && link !== null && Array.isArray((link as { via?: unknown }).via) && its
  return listed && isCorridor(its) ? { kind: 'channel', topic: parsed.policy.topic, corridor } : undefined
}

/** Only a corridor that this person is in: of another, anybody may have told anything. */
function joinedRoom(client: MatrixClient, roomId: string): StateLookup | undefined {
  const room = client.getRoom(roomId)
  return room?.getMyMembership() === 'join' ? lookup(room) : undefined
}

const lookup =
  (room: Room): StateLookup =>
  (type, key) =>
    room.currentState.getStateEvents(type, key)?.getContent()
