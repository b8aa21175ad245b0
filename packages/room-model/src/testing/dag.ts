/** Random rooms: events of several users on forks and merges, each allowed by the state before it. */
import fc from 'fast-check'
import { checkAuth } from '../auth/check.ts'
import type { Pdu } from '../pdu.ts'
import { stateKeyOf } from '../pdu.ts'
import { resolveState } from '../resolution/resolve.ts'
import type { RoomVersion } from '../versions.ts'
import { type Draft, joinRules, member, powerLevels, TestRoom, topic } from './room.ts'

export const ALICE = '@alice:one.example'
export const BOB = '@bob:two.example'
export const CAROL = '@carol:two.example'
export const DAVE = '@dave:three.example'
const USERS = [ALICE, BOB, CAROL, DAVE]

export type Step = {
  kind: 'topic' | 'power' | 'ban' | 'kick' | 'unban' | 'leave' | 'join' | 'invite' | 'rules' | 'message'
  actor: number
  target: number
  level: number
  /** Which earlier events it follows, counted back from the latest. */
  parents: number[]
  /** Small, so that timestamps collide. */
  ts: number
}

export const anyStep: fc.Arbitrary<Step> = fc.record({
  kind: fc.constantFrom(
    'topic',
    'power',
    'power',
    'ban',
    'kick',
    'unban',
    'leave',
    'join',
    'invite',
    'rules',
    'message',
  ),
  actor: fc.constantFrom(0, 0, 1, 1, 2, 3),
  target: fc.nat(3),
  level: fc.constantFrom(0, 10, 49, 50, 51, 100),
  parents: fc.array(fc.nat(7), { minLength: 1, maxLength: 3 }),
  ts: fc.nat(30),
})

function draftOf(step: Step, current: Pdu | undefined): Draft & { stateKey?: string } {
  const [actor, target] = [USERS[step.actor]!, USERS[step.target]!]
  switch (step.kind) {
    case 'topic':
      return topic(actor, `topic ${step.level}`)
    case 'power': {
      const content = structuredClone(current?.content ?? {})
      const users = { ...(content['users'] as object), [target]: step.level }
      return powerLevels(actor, { ...content, users })
    }
    case 'ban':
      return member(target, 'ban', actor)
    case 'kick':
    case 'unban':
      return member(target, 'leave', actor)
    case 'leave':
      return member(actor, 'leave')
    case 'join':
      return member(actor, 'join', actor, { displayname: `name ${step.level}` })
    case 'invite':
      return member(target, 'invite', actor)
    case 'rules':
      return joinRules(actor, step.level > 49 ? 'public' : 'invite')
    case 'message':
      return { type: 'm.room.message', sender: actor }
  }
}

export type Dag = {
  room: TestRoom
  /** In the order they were made. */
  ids: string[]
  stateAfter: Map<string, ReadonlyMap<string, string>>
}

/** Makes a room of three members under Alice, then takes the steps the rules allow. */
export function growDag(v: RoomVersion, steps: readonly Step[]): Dag {
  const room = new TestRoom(v, ALICE)
  const stateAfter = new Map<string, ReadonlyMap<string, string>>([[room.createId, room.initial()]])
  const ids = [room.createId]
  const append = (prev: string[], draft: Draft): boolean => {
    const before = resolveState(
      v,
      prev.map((id) => stateAfter.get(id)!),
      room.get,
    )
    const id = room.add({ ...draft, prev }, before)
    if (!checkAuth(room.get(id)!, room.lookup(before), v).allowed) return room.events.delete(id)
    const after = new Map(before)
    if (draft.stateKey !== undefined) after.set(stateKeyOf(draft.type, draft.stateKey), id)
    stateAfter.set(id, after)
    if (!ids.includes(id)) ids.push(id)
    return true
  }
  const users = { [BOB]: 50, [CAROL]: 50, ...(v.creatorsHavePower ? {} : { [ALICE]: 100 }) }
  const opening: Draft[] = [
    member(ALICE, 'join'),
    powerLevels(ALICE, { users, events: { 'm.room.power_levels': 50, 'm.room.topic': 10 } }),
    joinRules(ALICE, 'public'),
    member(BOB, 'join'),
    member(CAROL, 'join'),
    member(DAVE, 'join'),
  ]
  for (const draft of opening)
    if (!append([ids.at(-1)!], { ...draft, ts: 1 })) throw new Error('the opening of the room is not allowed')
  for (const step of steps) {
    const parents = [...new Set(step.parents.map((back) => ids[Math.max(0, ids.length - 1 - back)]!))]
    const levels = stateAfter.get(parents[0]!)!.get(stateKeyOf('m.room.power_levels', ''))
    const current = levels === undefined ? undefined : room.get(levels)
    append(parents, { ...draftOf(step, current), ts: 10 + step.ts })
  }
  return { room, ids, stateAfter }
}
