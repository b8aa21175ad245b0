/** Factories of rooms and events for tests: real hashes and identifiers, no signatures. */
import { authEventTypesFor } from '../auth/selection.ts'
import { contentHash, eventId, roomIdOf } from '../hashes.ts'
import type { JsonObject } from '../json.ts'
import { type Pdu, stateKeyOf } from '../pdu.ts'
import type { StateLookup } from '../power.ts'
import { type RoomVersion, type RoomVersionId, roomVersion } from '../versions.ts'

export const version = (id: RoomVersionId): RoomVersion => roomVersion(id)!
export const allVersions = (['10', '11', '12'] as const).map(version)

export type Draft = {
  type: string
  sender: string
  stateKey?: string
  content?: JsonObject
  ts?: number
  prev?: string[]
  /** Chosen from the state by the selection algorithm, where not given. */
  auth?: string[]
  depth?: number
  extra?: Record<string, unknown>
}

/** A DAG of events under construction, and the state a test last made. */
export class TestRoom {
  readonly v: RoomVersion
  readonly events = new Map<string, Pdu>()
  readonly createId: string
  readonly roomId: string
  #clock = 1_000

  constructor(
    v: RoomVersion,
    creator = '@alice:one.example',
    content: JsonObject = {},
    roomId = '!room:one.example',
  ) {
    this.v = v
    this.roomId = roomId
    const create = this.build({
      type: 'm.room.create',
      sender: creator,
      stateKey: '',
      content: { room_version: v.id, ...(v.creatorIsSender ? {} : { creator }), ...content },
      prev: [],
      auth: [],
      depth: 1,
    })
    if (v.roomIdIsCreateHash) delete create.room_id
    create.hashes = { sha256: contentHash(create) }
    this.createId = eventId(create, v)
    this.roomId = roomIdOf(create, v)
    this.events.set(this.createId, create)
  }

  get = (id: string): Pdu | undefined => this.events.get(id)

  /** An event that is not put into the DAG. */
  build(draft: Draft): Pdu {
    const pdu = {
      room_id: this.roomId,
      type: draft.type,
      sender: draft.sender,
      ...(draft.stateKey === undefined ? {} : { state_key: draft.stateKey }),
      content: draft.content ?? {},
      origin_server_ts: draft.ts ?? this.#clock++,
      depth: draft.depth ?? 2,
      prev_events: draft.prev ?? [this.createId],
      auth_events: draft.auth ?? [],
      signatures: {},
      ...draft.extra,
    }
    return { ...pdu, hashes: { sha256: contentHash(pdu) } }
  }

  /** Puts an event into the DAG, whether or not the rules allow it; its auth events come from `state`. */
  add(draft: Draft, state: ReadonlyMap<string, string> = new Map()): string {
    const shape = { ...draft, state_key: draft.stateKey, content: draft.content ?? {} }
    const auth =
      draft.auth ??
      authEventTypesFor(shape, this.v).flatMap(([type, key]) => state.get(stateKeyOf(type, key)) ?? [])
    const pdu = this.build({ ...draft, auth })
    const id = eventId(pdu, this.v)
    this.events.set(id, pdu)
    return id
  }

  /** Adds a state event on top of a state and returns the state after it. */
  after(state: ReadonlyMap<string, string>, draft: Draft & { stateKey: string }): Map<string, string> {
    return new Map(state).set(stateKeyOf(draft.type, draft.stateKey), this.add(draft, state))
  }

  initial(): Map<string, string> {
    return new Map([[stateKeyOf('m.room.create', ''), this.createId]])
  }

  lookup(state: ReadonlyMap<string, string>): StateLookup {
    return (type, key) => {
      const id = state.get(stateKeyOf(type, key))
      return id === undefined ? undefined : this.events.get(id)
    }
  }
}

export const member = (userId: string, membership: string, sender = userId, more: JsonObject = {}) => ({
  type: 'm.room.member',
  sender,
  stateKey: userId,
  content: { membership, ...more },
})
export const powerLevels = (sender: string, content: JsonObject) => ({
  type: 'm.room.power_levels',
  sender,
  stateKey: '',
  content,
})
export const joinRules = (sender: string, rule: string) => ({
  type: 'm.room.join_rules',
  sender,
  stateKey: '',
  content: { join_rule: rule },
})
export const topic = (sender: string, text: string) => ({
  type: 'm.room.topic',
  sender,
  stateKey: '',
  content: { topic: text },
})
