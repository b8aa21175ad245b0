import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  type ChannelFault,
  channelFaultText,
  corridorEventType,
  recogniseChannel,
  recogniseFounding,
  type StateLookup,
  weakensEncryption,
} from './channel-recognition.ts'
import { corridorSpaceRequest, type StateEventContent, spaceChild, topicChannelRequest } from './channels.ts'
import { topicPolicyEventType } from './policy.ts'

const roomId = '!canal'
const space = '!corredor'
const team = { creator: '@coordinacion:hn', coordinators: [] }
type State = Record<string, unknown>
const keyOf = (type: string, stateKey = '') => `${type}|${stateKey}`

function stateOf(events: readonly StateEventContent[], create: object = {}): State {
  const state: State = { [keyOf('m.room.create')]: create }
  for (const { type, state_key, content } of events) state[keyOf(type, state_key)] = content
  return state
}

const channel = () =>
  stateOf(topicChannelRequest('minors', { ...team, corridor: space, via: ['hn'] }).initial_state)
function corridor(): State {
  const { initial_state, creation_content } = corridorSpaceRequest({ ...team, name: 'Corredor' })
  return stateOf([...initial_state, spaceChild(roomId, ['hn'])], creation_content)
}
const lookup =
  (state: State): StateLookup =>
  (type, stateKey) =>
    state[keyOf(type, stateKey)]

const recognise = (room: State, of: State | undefined = corridor(), ask = recogniseChannel) =>
  ask({
    roomId,
    state: lookup(room),
    corridor: (id) => (id === space && of ? lookup(of) : undefined),
  })
const without = (state: State, key: string) => {
  const { [key]: _gone, ...rest } = state
  return rest
}

const policyKey = keyOf(topicPolicyEventType)
const encryptionKey = keyOf('m.room.encryption')
const parentKey = keyOf('m.space.parent', space)
const childKey = keyOf('m.space.child', roomId)
const megolm = 'm.megolm.v1.aes-sha2'

describe('recogniseChannel', () => {
  it('recognises what a coordinator founds, once its corridor lists it', () => {
    expect(recognise(channel())).toMatchObject({ recognised: true, topic: 'minors', corridor: space })
    const unlisted = without(corridor(), childKey)
    expect(recognise(channel(), unlisted)).toEqual({ recognised: false, fault: 'not_listed' })
    expect(recognise(channel(), unlisted, recogniseFounding)).toMatchObject({ recognised: true })
  })

  const room = (key: string, value: unknown) => () => recognise({ ...channel(), [key]: value })
  const from = (key: string, value: unknown) => () => recognise(channel(), { ...corridor(), [key]: value })
  it.each<[string, ChannelFault, () => unknown]>([
    ['no policy', 'no_policy', () => recognise(without(channel(), policyKey))],
    ['a redacted policy', 'policy', room(policyKey, {})],
    [
      'a policy with a criterion nobody knows',
      'policy',
      room(policyKey, { topic: 'minors', admits: { x: 1 } }),
    ],
    ['no encryption', 'encryption', () => recognise(without(channel(), encryptionKey))],
    ['redacted encryption', 'encryption', room(encryptionKey, {})],
    ['another algorithm', 'encryption', room(encryptionKey, { algorithm: 'm.olm.v1.curve25519-aes-sha2' })],
    ['text beside the algorithm', 'encryption', room(encryptionKey, { algorithm: megolm, note: 'María' })],
    ['keys for ever', 'encryption', room(encryptionKey, { algorithm: megolm, rotation_period_ms: 1e12 })],
    ['keys for ever', 'encryption', room(encryptionKey, { algorithm: megolm, rotation_period_msgs: 1e9 })],
    ['public joining', 'join_rule', room(keyOf('m.room.join_rules'), { join_rule: 'public' })],
    ['a join rule nobody knows', 'join_rule', room(keyOf('m.room.join_rules'), { join_rule: 'open' })],
    ['a join rule without a rule', 'join_rule', room(keyOf('m.room.join_rules'), {})],
    [
      'reading by everybody',
      'world_readable',
      room(keyOf('m.room.history_visibility'), { history_visibility: 'world_readable' }),
    ],
    ['no parent', 'no_corridor', () => recognise(without(channel(), parentKey))],
    ['a parent that was taken away', 'no_corridor', room(parentKey, {})],
    ['a parent beside others', 'no_corridor', room(parentKey, { via: ['hn'] })],
    ['a corridor not known here', 'corridor_unknown', () => recogniseAlone()],
    ['an ordinary room as corridor', 'not_a_corridor', from(keyOf('m.room.create'), {})],
    [
      'a space that is no corridor',
      'not_a_corridor',
      () => recognise(channel(), without(corridor(), keyOf(corridorEventType))),
    ],
    ['a redacted mark', 'not_a_corridor', from(keyOf(corridorEventType), {})],
    ['a child taken away', 'not_listed', from(childKey, {})],
    ['a child without a server', 'not_listed', from(childKey, { via: [] })],
  ])('does not recognise %s: %s', (_name, fault, ask) => {
    expect(ask()).toEqual({ recognised: false, fault })
    expect(channelFaultText(fault).es).toContain('coordinación')
    expect(channelFaultText(fault).en).toContain('coordination')
  })
  const recogniseAlone = () =>
    recogniseChannel({ roomId, state: lookup(channel()), corridor: () => undefined })

  it('a room that names itself, or a corridor other than its parent, has none', () => {
    const request = topicChannelRequest('minors', { ...team, corridor: roomId, via: ['hn'] })
    const own = { ...stateOf(request.initial_state), ...corridor() }
    const sources = { roomId, state: lookup(own), corridor: () => lookup(own) }
    expect(recogniseChannel(sources)).toEqual({ recognised: false, fault: 'no_corridor' })
    const other = topicChannelRequest('minors', { ...team, corridor: '!otro', via: ['hn'] })
    const mixed = { ...channel(), [policyKey]: stateOf(other.initial_state)[policyKey] }
    expect(recognise(mixed)).toEqual({ recognised: false, fault: 'no_corridor' })
  })

  it('whatever the state says: no exception, and nothing unencrypted, open or unlisted is recognised', () => {
    const keys = [...Object.keys(channel())]
    const spaceKeys = Object.keys(corridor())
    const anything = fc.oneof(fc.constant(undefined), fc.constant({}), fc.jsonValue(), fc.object())
    const change = (of: string[]) => fc.dictionary(fc.constantFrom(...of), anything)
    fc.assert(
      fc.property(change(keys), change(spaceKeys), (inRoom, inSpace) => {
        const state = { ...channel(), ...inRoom }
        const parent = { ...corridor(), ...inSpace }
        if (!recognise(state, parent).recognised) return
        expect(state[encryptionKey]).toMatchObject({ algorithm: megolm })
        expect(['invite', 'knock', 'restricted', 'knock_restricted', undefined]).toContain(
          (state[keyOf('m.room.join_rules')] as { join_rule?: string } | undefined)?.join_rule,
        )
        expect(state[keyOf('m.room.history_visibility')] ?? {}).not.toMatchObject({
          history_visibility: 'world_readable',
        })
        expect(parent[childKey]).toMatchObject({ via: expect.anything() })
      }),
    )
  })
})

describe('weakensEncryption', () => {
  const day = { algorithm: megolm, rotation_period_ms: 86_400_000, rotation_period_msgs: 50 }
  it.each<[unknown, unknown, boolean]>([
    [undefined, { algorithm: megolm }, false],
    [day, day, false],
    [day, { ...day, rotation_period_ms: 3_600_000 }, false],
    [day, { ...day, rotation_period_ms: 604_800_000 }, true],
    [day, { ...day, rotation_period_msgs: 51 }, true],
    [day, { algorithm: megolm }, true],
    [day, {}, true],
    [{}, { algorithm: megolm }, false],
    [day, { algorithm: 'none' }, true],
  ])('%j to %j: %s', (before, after, weaker) => {
    expect(weakensEncryption(before, after)).toBe(weaker)
  })
})
