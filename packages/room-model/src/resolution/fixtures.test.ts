/**
 * Resolution of small rooms, each a file in `fixtures/`: who did what after which events, and the state that must come of it.
 * The first six are those that servers have had in common since room version 2; the others came up here.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import type { JsonObject } from '../json.ts'
import { stateKeyOf } from '../pdu.ts'
import { allVersions, type Draft, joinRules, member, powerLevels, TestRoom } from '../testing/room.ts'
import type { RoomVersion } from '../versions.ts'
import type { StateMap } from './auth-chain.ts'
import { resolveState } from './resolve.ts'

interface FixtureEvent {
  id: string
  /** people go by their first name */
  sender: string
  type: string
  state_key?: string
  content: JsonObject
  /** events it follows; `START` is the last of the room's opening */
  after: string[]
  /** absent: the events' clocks agree with their order in the file */
  origin_server_ts?: number
}

interface Fixture {
  about: string
  events: FixtureEvent[]
  /** the branches that are resolved: the states after these events */
  ends: string[]
  /** what is other than at `START`: by type and state key, the ID of the event that stands */
  expected: Record<string, string>
}

const people: Record<string, string> = {
  alice: '@alice:one.example',
  bob: '@bob:two.example',
  charlie: '@charlie:two.example',
  dave: '@dave:three.example',
  ella: '@ella:three.example',
}
const personOf = (name: string) => people[name] ?? name

/** Users of power levels by their full IDs; without creators, where those may not be listed. */
function contentOf({ type, content }: FixtureEvent, v: RoomVersion): JsonObject {
  if (type !== 'm.room.power_levels') return content
  const listed = Object.entries(content['users'] as Record<string, number>).filter(
    ([name]) => !(v.creatorsHavePower && name === 'alice'),
  )
  return { ...content, users: Object.fromEntries(listed.map(([name, level]) => [personOf(name), level])) }
}

/** Alice's public room with Bob, Charlie and Dave, in which only Alice has power. */
function open(v: RoomVersion) {
  const room = new TestRoom(v, personOf('alice'))
  const users = v.creatorsHavePower ? {} : { [personOf('alice')]: 100 }
  const state = [
    member(personOf('alice'), 'join'),
    powerLevels(personOf('alice'), { users }),
    joinRules(personOf('alice'), 'public'),
    ...['bob', 'charlie', 'dave'].map((name) => member(personOf(name), 'join')),
  ].reduce<StateMap>((before, draft) => room.after(before, draft), room.initial())
  return { room, state }
}

function resolved(
  fixture: Fixture,
  v: RoomVersion,
): { there: Record<string, string>; wanted: Record<string, string> } {
  const { room, state: start } = open(v)
  const after = new Map<string, StateMap>([['START', start]])
  const nameOf = new Map([...start.values()].map((id) => [id, `START: ${room.get(id)!.type}`]))
  const stateOf = (ids: readonly string[]) =>
    resolveState(
      v,
      ids.map((id) => after.get(id)!),
      room.get,
    )
  fixture.events.forEach((event, index) => {
    const before = stateOf(event.after)
    const draft: Draft = {
      type: event.type,
      sender: personOf(event.sender),
      content: contentOf(event, v),
      ts: event.origin_server_ts ?? 10_000 + index,
      ...(event.state_key === undefined ? {} : { stateKey: personOf(event.state_key) }),
    }
    const id = room.add(draft, before)
    nameOf.set(id, event.id)
    const state = new Map(before)
    if (draft.stateKey !== undefined) state.set(stateKeyOf(draft.type, draft.stateKey), id)
    after.set(event.id, state)
  })
  const named = (state: StateMap) =>
    Object.fromEntries([...state].map(([key, id]) => [key, nameOf.get(id) ?? id]))
  const wanted = named(start)
  for (const [key, name] of Object.entries(fixture.expected)) {
    const [type = '', person = ''] = key.split(' ')
    wanted[stateKeyOf(type, personOf(person))] = name
  }
  return { there: named(stateOf(fixture.ends)), wanted }
}

const folder = new URL('./fixtures/', import.meta.url)
const fixtures = readdirSync(folder).map((file) => ({
  name: file.replace('.json', ''),
  fixture: JSON.parse(readFileSync(new URL(file, folder), 'utf8')) as Fixture,
}))

describe.each(allVersions)('room version $id', (v) => {
  test.each(fixtures)('$name', ({ fixture }) => {
    const { there, wanted } = resolved(fixture, v)
    expect(there).toEqual(wanted)
    expect(resolved({ ...fixture, ends: fixture.ends.toReversed() }, v).there).toEqual(wanted)
  })
})
