/** Two real nodes: who is on duty at one is known at the other, also while it is away, and can be written to. */
import { conversationEventType } from '@enlace/coordination'
import type { InstitutionSummary } from '@enlace/directory'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Directory } from '../directory/types.ts'
import { directoryOf } from '../testing/node.ts'
import { eventually, type FederatedNode, type FederatedWorld, federatedWorld } from '../testing/world.ts'
import type { DutyNow } from './types.ts'

const BASE = '/_enlace/client/v1/duty'
const institutions = {
  'hn-sreci': { kind: 'consular', country: 'HN' },
  'gt-renap': { kind: 'civil_registry', country: 'GT' },
} as const

type Person = Awaited<ReturnType<FederatedNode['register']>>
let world: FederatedWorld
let hn: FederatedNode
let gt: FederatedNode
let consul: Person
let outsider: Person
let registrar: Person
let relief: Person
let chief: Person
let wall = 0
const servers = new Map<string, string>()

/** The directory knows which server hosts whom once both run. */
function directory(): Directory {
  const base = directoryOf(institutions)
  const placed = (one: InstitutionSummary | undefined) =>
    one && { ...one, server_name: servers.get(one.key) ?? null }
  return {
    ...base,
    institution: (key) => placed(base.institution(key)),
    all: () => base.all().flatMap((one) => placed(one) ?? []),
  }
}
const clock = { now: () => Date.now() + wall, monotonic: () => performance.now() + wall }

beforeAll(async () => {
  world = await federatedWorld()
  const overrides = { directory, clock: () => clock }
  ;[hn, gt] = await Promise.all([
    world.node('hn', { institutions: ['hn-sreci'] }, { overrides }),
    world.node('gt', { institutions: ['gt-renap'] }, { overrides }),
  ])
  servers.set('hn-sreci', hn.serverName).set('gt-renap', gt.serverName)
  const place = async (
    at: FederatedNode,
    name: string,
    institution?: string,
    role?: 'staff' | 'coordinator',
  ) => {
    const person = await at.register(name)
    if (institution && role) await at.ctx.accounts.setPosition(person.userId, { institution, role })
    return person
  }
  consul = await place(hn, 'consul', 'hn-sreci', 'staff')
  outsider = await place(hn, 'cualquiera')
  registrar = await place(gt, 'registro', 'gt-renap', 'staff')
  relief = await place(gt, 'relevo', 'gt-renap', 'staff')
  chief = await place(gt, 'jefa', 'gt-renap', 'coordinator')
  await plan(registrar)
})
afterAll(() => world?.close())

async function plan(who: Person, position: object = {}): Promise<void> {
  const { revision } = await gt.call('GET', `${BASE}/book`, { token: chief.token })
  await gt.call('PUT', `${BASE}/book`, {
    token: chief.token,
    body: {
      revision,
      plan: {
        positions: [
          {
            key: 'registro',
            name: { es: 'Registro civil, de turno', en: 'Civil registry, on duty' },
            ...position,
          },
          { key: 'interna', name: { es: 'Interna', en: 'Internal' }, published: false },
        ],
        turns: ['registro', 'interna'].map((key) => ({
          position: key,
          user_id: who.userId,
          weekdays: [1, 2, 3, 4, 5, 6, 7],
          from: '00:00',
          to: '00:00',
        })),
      },
    },
  })
}
const now = async () =>
  (await hn.call('GET', `${BASE}/now?institution=gt-renap&topic=documentation`, {
    token: consul.token,
  })) as unknown as DutyNow
const write = (who: Person, body: object, allowed = false) =>
  hn.call('POST', `${BASE}/write`, { token: who.token, body, allowed })
const later = () => {
  wall += 60_000
}

test('who is on duty at a partner is known here; what it keeps to itself is not', async () => {
  const said = await now()
  expect(said).toMatchObject({ source: 'live', away: false })
  expect(said.positions).toMatchObject([{ key: 'registro', on_duty: [{ user_id: registrar.userId }] }])
})

test('whoever is on duty is written to: a room that is encrypted, closed, and says what it is', async () => {
  const answer = await write(consul, { institution: 'gt-renap', position: 'registro' })
  expect(answer).toMatchObject({ invited: [registrar.userId], existing: false })
  const room = String(answer['room_id'])
  const state = await hn.ctx.rooms.currentState(room)
  expect(state.get('m.room.encryption')?.pdu.content).toEqual({ algorithm: 'm.megolm.v1.aes-sha2' })
  expect(state.get(conversationEventType)?.pdu.content).toMatchObject({ institution: 'gt-renap' })
  expect(state.get('m.room.name')).toBeUndefined()
  await gt.call('POST', `/join/${encodeURIComponent(room)}`, { token: registrar.token, body: {} })
  await eventually('both inside', async () => (await hn.ctx.rooms.members(room, 'join')).length === 2)

  const path = `/rooms/${encodeURIComponent(room)}`
  for (const [node, person] of [
    [hn, consul],
    [gt, registrar],
  ] as const) {
    const clear = { token: person.token, body: { msgtype: 'm.text', body: 'María' }, allowed: true }
    expect((await node.call('PUT', `${path}/send/m.room.message/t1`, clear)).status).toBe(403)
    const named = { token: person.token, body: { name: 'María' }, allowed: true }
    expect((await node.call('PUT', `${path}/state/m.room.name`, named)).status).toBe(403)
    const other = { version: 1, kind: 'duty', institution: 'gt-otra', position: 'x' }
    const changed = { token: person.token, body: other, allowed: true }
    expect((await node.call('PUT', `${path}/state/${conversationEventType}`, changed)).status).toBe(403)
  }

  // Written to again it is the same one; who has taken over is called in too.
  expect(await write(consul, { institution: 'gt-renap', position: 'registro' })).toMatchObject({
    room_id: room,
    existing: true,
    invited: [],
    present: [registrar.userId],
  })
  await plan(relief)
  later()
  expect(await write(consul, { institution: 'gt-renap', position: 'registro' })).toMatchObject({
    room_id: room,
    invited: [relief.userId],
  })
  // Those inside are vouched for by both nodes; an outsider whom somebody brings in is not.
  const { members } = await hn.ctx.policy.vouched(room)
  expect(members.get(registrar.userId)).toEqual({ vouched: true })
  const invited = await hn.call('POST', `${path}/invite`, {
    token: consul.token,
    body: { user_id: outsider.userId },
    allowed: true,
  })
  expect(invited.status).toBe(403)
})

test('each refusal says why, and what to do instead', async () => {
  const rule = async (who: Person, body: object) => (await write(who, body, true))['org.enlace.rule']
  expect(await rule(outsider, { institution: 'gt-renap' })).toBe('duty.institution')
  expect(await rule(consul, { institution: 'gt-renap', position: 'interna' })).toBe('duty.no_position')
  expect(await rule(consul, { institution: 'hn-sreci' })).toBe('duty.none')
  const missing = await write(consul, { institution: 'gt-nadie' }, true)
  expect(missing.status).toBe(404)
})

test('while its node is away the last that it said counts, and that is said; writing explains itself', async () => {
  await plan(registrar)
  later()
  expect((await now()).positions[0]?.on_duty).toMatchObject([{ user_id: registrar.userId }])
  await gt.stop()
  later()
  const said = await now()
  expect(said).toMatchObject({ source: 'copy', away: true })
  expect(said.as_of_ts).toBeGreaterThan(0)
  expect(said.positions[0]?.on_duty).toMatchObject([{ user_id: registrar.userId }])
  await gt.start()
  later()
  await eventually('it is back', async () => {
    later()
    return (await now()).source === 'live'
  })
})
