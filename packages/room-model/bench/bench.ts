/**
 * What the room model costs: `node packages/room-model/bench/bench.ts`. Resolution of N conflicting events in each version,
 * and the work of one event: hash, sign, verify, authorise.
 */
import { pathToFileURL } from 'node:url'
import {
  authEventTypesFor,
  checkAuth,
  eventId,
  finishEvent,
  generateSigningKey,
  type Pdu,
  parsePdu,
  type RoomVersionId,
  resolveState,
  roomIdOf,
  roomVersion,
  stateKeyOf,
  verifyPduSignature,
} from '../src/index.ts'

export type Measure = { name: string; perSecond: number }

const SERVER = 'bench.example'
const CREATOR = `@creator:${SERVER}`
const key = generateSigningKey('ed25519:bench')

/** A public room and two states of it that differ in `conflicts` memberships, under different power levels. */
function forkedRoom(id: RoomVersionId, conflicts: number) {
  const v = roomVersion(id)!
  const events = new Map<string, Pdu>()
  let clock = 1
  let roomId = `!bench:${SERVER}`
  const add = (
    state: Map<string, string>,
    type: string,
    sender: string,
    stateKey: string,
    content: object,
  ) => {
    const shape = { type, sender, state_key: stateKey, content: content as Pdu['content'] }
    const auth = authEventTypesFor(shape, v).flatMap(([one, of]) => state.get(stateKeyOf(one, of)) ?? [])
    const isHashed = v.roomIdIsCreateHash && type === 'm.room.create'
    const draft = {
      ...(isHashed ? {} : { room_id: roomId }),
      ...shape,
      origin_server_ts: clock++,
      depth: clock,
      prev_events: type === 'm.room.create' ? [] : [[...events.keys()].at(0)!],
      auth_events: auth,
    }
    const made = finishEvent(draft, v, SERVER, key)
    events.set(made.eventId, made.pdu)
    if (type === 'm.room.create') roomId = roomIdOf(made.pdu, v)
    return new Map(state).set(stateKeyOf(type, stateKey), made.eventId)
  }
  let state = add(new Map(), 'm.room.create', CREATOR, '', { room_version: id, creator: CREATOR })
  state = add(state, 'm.room.member', CREATOR, CREATOR, { membership: 'join' })
  const users = v.creatorsHavePower ? {} : { [CREATOR]: 100 }
  state = add(state, 'm.room.power_levels', CREATOR, '', { users })
  state = add(state, 'm.room.join_rules', CREATOR, '', { join_rule: 'public' })
  const left = add(state, 'm.room.power_levels', CREATOR, '', { users, ban: 60 })
  const right = add(state, 'm.room.power_levels', CREATOR, '', { users, ban: 70 })
  for (let i = 0; i < conflicts / 2; i++) {
    const user = `@user${i}:${SERVER}`
    for (const side of [left, right]) {
      const made = add(side, 'm.room.member', user, user, { membership: 'join', displayname: `${i}` })
      side.set(stateKeyOf('m.room.member', user), made.get(stateKeyOf('m.room.member', user))!)
    }
  }
  return { v, events, sets: [left, right] }
}

function measure(name: string, milliseconds: number, operation: () => unknown): Measure {
  operation()
  let done = 0
  const started = performance.now()
  let elapsed = 0
  while (elapsed < milliseconds) {
    operation()
    done++
    elapsed = performance.now() - started
  }
  return { name, perSecond: Number(((done * 1000) / elapsed).toPrecision(3)) }
}

export function benchRoomModel(milliseconds = 1_000): Measure[] {
  const out: Measure[] = []
  for (const id of ['10', '11', '12'] as const)
    for (const conflicts of [100, 1_000, 10_000]) {
      const { v, events, sets } = forkedRoom(id, conflicts)
      out.push(
        measure(`version ${id}: resolve ${conflicts} conflicting events`, milliseconds, () =>
          resolveState(v, sets, (one) => events.get(one)),
        ),
      )
    }
  const { v, events, sets } = forkedRoom('12', 100)
  const pdu = [...events.values()].at(-1)!
  const raw = JSON.stringify(pdu)
  const lookup = (type: string, stateKey: string) =>
    events.get(sets[0]!.get(stateKeyOf(type, stateKey)) ?? '')
  const { hashes: _h, signatures: _s, ...draft } = pdu
  out.push(measure('parse and check the shape of an event', milliseconds, () => parsePdu(JSON.parse(raw), v)))
  out.push(measure('event ID', milliseconds, () => eventId(pdu, v)))
  out.push(measure('authorise', milliseconds, () => checkAuth(pdu, lookup, v)))
  out.push(measure('hash and sign', milliseconds, () => finishEvent(draft, v, SERVER, key)))
  out.push(
    measure('verify a signature', milliseconds, () =>
      verifyPduSignature(pdu, v, SERVER, key.keyId, key.publicKeyBase64),
    ),
  )
  return out
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href)
  for (const { name, perSecond } of benchRoomModel()) console.log(`${name.padEnd(48)} ${perSecond}/s`)
