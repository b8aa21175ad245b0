import {
  conversationEventType,
  corridorEventType,
  defaultPolicy,
  topicPolicyEventType,
} from '@enlace/coordination'
import type { MatrixClient, Room } from 'matrix-js-sdk'
import { describe, expect, test } from 'vitest'
import { roomKind } from './room-kind.ts'

const CORRIDOR = '!corredor:hn'
const CHANNEL = '!ninez:hn'
const MEGOLM = { algorithm: 'm.megolm.v1.aes-sha2' }
type State = Record<string, object>

const corridor: State = {
  'm.room.create': { type: 'm.space' },
  [corridorEventType]: { version: 1 },
  [`m.space.child ${CHANNEL}`]: { via: ['hn'] },
}
const channel: State = {
  'm.room.encryption': MEGOLM,
  'm.room.join_rules': { join_rule: 'invite' },
  'm.room.history_visibility': { history_visibility: 'joined' },
  [topicPolicyEventType]: defaultPolicy('minors', { corridor: CORRIDOR }),
  [`m.space.parent ${CORRIDOR}`]: { via: ['hn'], canonical: true },
}

/** What a room with this state is, to somebody who is, or is not, in the corridor. */
function kind(
  state: State,
  more: { corridor?: State; inCorridor?: string; membership?: string; remembered?: object } = {},
) {
  const room = (roomId: string, its: State, membership: string) =>
    ({
      roomId,
      getMyMembership: () => membership,
      currentState: {
        getStateEvents: (type: string, key: string) => {
          const content = its[key === '' ? type : `${type} ${key}`]
          return content && { getContent: () => content }
        },
      },
    }) as unknown as Room
  const rooms = [
    room(CHANNEL, state, more.membership ?? 'join'),
    room(CORRIDOR, more.corridor ?? corridor, more.inCorridor ?? 'join'),
  ]
  const client = {
    getRoom: (id: string) => rooms.find((one) => one.roomId === id) ?? null,
    getUserId: () => '@ana:hn',
  }
  const encryption = state['m.room.encryption'] ?? more.remembered
  const valid = (encryption as { algorithm?: string } | undefined)?.algorithm ? encryption : more.remembered
  return roomKind(client as unknown as MatrixClient, () => valid, rooms[0]!)
}
const without = (state: State, key: string): State => {
  const { [key]: _gone, ...rest } = state
  return rest
}

test('a channel that its corridor lists is one', () => {
  expect(kind(channel)).toEqual({ kind: 'channel', topic: 'minors', corridor: CORRIDOR })
})

describe('hostile: a false channel (8.1)', () => {
  test('without encryption is an open room, whatever policy it carries', () => {
    expect(kind(without(channel, 'm.room.encryption'))).toEqual({ kind: 'open' })
  })

  test('that no corridor lists, or one that this person is not in, is a private room', () => {
    const unlisted = without(corridor, `m.space.child ${CHANNEL}`)
    expect(kind(channel, { corridor: unlisted })).toMatchObject({ kind: 'private', fault: 'not_listed' })
    expect(kind(channel, { inCorridor: 'invite' })).toMatchObject({ kind: 'private' })
    expect(kind(channel, { corridor: without(corridor, corridorEventType) })).toMatchObject({
      kind: 'private',
      fault: 'not_a_corridor',
    })
  })

  test('in name only is a private room', () => {
    expect(kind({ 'm.room.encryption': MEGOLM, 'm.room.name': { name: 'Niñez' } })).toEqual({
      kind: 'private',
    })
  })

  test('that anybody may enter is none', () => {
    expect(kind({ ...channel, 'm.room.join_rules': { join_rule: 'public' } })).toMatchObject({
      kind: 'private',
    })
  })

  test('to which one is invited has a look only if a corridor of one’s own lists it', () => {
    const stripped = { [topicPolicyEventType]: channel[topicPolicyEventType]! }
    expect(kind(stripped, { membership: 'invite' })).toMatchObject({ kind: 'channel', topic: 'minors' })
    const unlisted = without(corridor, `m.space.child ${CHANNEL}`)
    expect(kind(stripped, { membership: 'invite', corridor: unlisted })).toEqual({ kind: 'private' })
  })
})

test('a channel whose encryption was redacted is one still, by what this device remembers', () => {
  expect(kind({ ...channel, 'm.room.encryption': {} }, { remembered: MEGOLM })).toMatchObject({
    kind: 'channel',
  })
})

describe('a conversation', () => {
  const said = (content: object): State => ({
    'm.room.encryption': MEGOLM,
    [conversationEventType]: { version: 1, ...content },
  })

  test('is with the other of the two, also before one has accepted', () => {
    const state = said({ kind: 'direct', between: ['@ana:hn', '@bea:gt'] })
    expect(kind(state)).toEqual({ kind: 'direct', other: '@bea:gt' })
    expect(kind(state, { membership: 'invite' })).toEqual({ kind: 'direct', other: '@bea:gt' })
    expect(kind(said({ kind: 'group' }))).toEqual({ kind: 'group' })
  })

  test('between two others, or that is not encrypted, is none', () => {
    expect(kind(said({ kind: 'direct', between: ['@bea:gt', '@carla:gt'] }))).toEqual({ kind: 'private' })
    expect(kind(without(said({ kind: 'group' }), 'm.room.encryption'))).toEqual({ kind: 'open' })
  })
})
