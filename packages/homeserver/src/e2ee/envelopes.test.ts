/** The institution's envelope as the node carries it: who may ask, who may release, what it tells whom. */
import { generateKeyPairSync } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { PASSWORD, startTestNode, type TestNode } from '../testing/node.ts'

const BASE = '/_enlace/client/v1/envelopes'
const HOUR = 3_600_000
type Json = Record<string, unknown>
type Person = { userId: string; token: string; deviceId: string }

let node: TestNode
let passed = 0
beforeAll(async () => {
  const clock = { now: () => Date.now() + passed, monotonic: () => performance.now() + passed }
  node = await startTestNode({}, { overrides: { clock: () => clock } })
})
afterAll(() => node?.close())

async function person(localpart: string, institution: string, role = 'staff'): Promise<Person> {
  await node.ctx.accounts.create({
    localpart,
    password: PASSWORD,
    institution,
    role: role as 'staff' | 'coordinator',
  })
  return signIn(localpart)
}
async function signIn(localpart: string): Promise<Person> {
  const { body } = await node.login(localpart)
  return {
    userId: body['user_id'] as string,
    token: body['access_token'] as string,
    deviceId: body['device_id'] as string,
  }
}
const point = () => {
  const { x, y } = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ format: 'jwk' })
  return Buffer.concat([Buffer.of(4), Buffer.from(x!, 'base64url'), Buffer.from(y!, 'base64url')]).toString(
    'base64url',
  )
}
const call = (who: Person, method: 'GET' | 'POST', path: string, body?: Json) =>
  node.call(method, path, { token: who.token, ...(body ? { body } : {}) })
const password = (who: Person) => ({ type: 'm.login.password', user: who.userId, password: PASSWORD })
const ask = (who: Person, publicKey = point()) =>
  call(who, 'POST', `${BASE}/asks`, { envelope: 'envelope-1', public_key: publicKey })
const seen = async (who: Person) =>
  (await call(who, 'GET', BASE)).body as { coordinators: string[]; own: Json[]; asks: Json[] }
const release = (by: Person, one: Json, more: Json = {}) =>
  call(by, 'POST', `${BASE}/asks/${String(one['id'])}/release`, {
    public_key: one['public_key'],
    sealed: 'parte-sellada-de-prueba-1234',
    auth: password(by),
    ...more,
  })
/** A device that the person's identity signs, as the node knows it. */
const confirmed = new Set<string>()
const actsOf = async (institution: string) =>
  (await node.ctx.audit.find({ institution, group: 'account', limit: 100 })).entries

describe('the institution’s envelope on the node', () => {
  let ana: Person
  let first: Person
  let second: Person
  let foreign: Person

  beforeAll(async () => {
    ana = await person('ana', 'hn-a')
    first = await person('primera', 'hn-a', 'coordinator')
    second = await person('segunda', 'hn-a', 'coordinator')
    foreign = await person('ajena', 'hn-b', 'coordinator')
    const { deviceKeys } = node.ctx
    const before = deviceKeys.isSignedByOwner.bind(deviceKeys)
    deviceKeys.isSignedByOwner = async (userId, deviceId) =>
      confirmed.has(`${userId} ${deviceId}`) || before(userId, deviceId)
    for (const one of [first, second, foreign]) confirmed.add(`${one.userId} ${one.deviceId}`)
  })

  test('who asks is shown to the coordinators of the institution and to nobody else', async () => {
    const { status, body } = await ask(ana)
    expect(status).toBe(200)
    expect(body).toMatchObject({ user_id: ana.userId, state: 'waiting', releases: [] })
    for (const one of [first, second])
      expect((await seen(one)).asks).toEqual([expect.objectContaining({ id: body['id'] })])
    expect((await seen(foreign)).asks).toEqual([])
    expect((await seen(ana)).asks).toEqual([])
    expect((await seen(ana)).coordinators).toEqual([first.userId, second.userId])
    const alerts = (await node.ctx.accountData.get(first.userId, 'org.enlace.alerts'))?.['alerts'] as Json[]
    expect(alerts.map((one) => one['kind'])).toContain('envelope')
  })

  test('a coordinator of another institution, or one who is not, releases and refuses nothing', async () => {
    const [one] = (await seen(ana)).own
    for (const who of [foreign, ana]) {
      expect((await release(who, one!)).status).toBe(404)
      expect((await call(who, 'POST', `${BASE}/asks/${String(one!['id'])}/refuse`, {})).status).toBe(404)
    }
  })

  test('a password alone releases nothing, nor does a session without it; nor another key', async () => {
    const [one] = (await seen(first)).asks
    expect((await release(first, one!, { auth: undefined })).status).toBe(401)
    expect((await release(first, one!, { auth: { ...password(first), password: 'otra' } })).status).toBe(401)
    const stolen = await signIn('primera')
    expect((await release(stolen, one!)).status).toBe(403)
    expect((await release(first, one!, { public_key: point() })).status).toBe(404)
    expect((await seen(first)).asks[0]).toMatchObject({ releases: [] })
  })

  test('each gives one part, which only the device that asked is shown', async () => {
    const [one] = (await seen(first)).asks
    expect((await release(first, one!)).status).toBe(200)
    expect((await release(first, one!)).status).toBe(404)
    const elsewhere = await signIn('ana')
    expect((await seen(elsewhere)).own[0]).toMatchObject({ releases: [] })
    const forSecond = (await seen(second)).asks[0]!['releases'] as Json[]
    expect(forSecond).toEqual([{ by: first.userId, ts: expect.any(Number) }])
    expect((await seen(ana)).own[0]!['releases']).toEqual([
      expect.objectContaining({ by: first.userId, sealed: 'parte-sellada-de-prueba-1234' }),
    ])
    // Not with one part, and not from another device.
    const opened = `${BASE}/asks/${String(one!['id'])}/opened`
    expect((await call(ana, 'POST', opened, {})).status).toBe(404)
    expect((await release(second, one!)).status).toBe(200)
    expect((await call(elsewhere, 'POST', opened, {})).status).toBe(404)
    expect((await call(ana, 'POST', opened, {})).status).toBe(200)
    expect((await seen(ana)).own[0]).toMatchObject({ state: 'opened', releases: [] })
    expect((await seen(first)).asks).toEqual([])
  })

  test('the log says who asked, released and opened, and nothing of what', async () => {
    const acts = await actsOf('hn-a')
    expect(acts.map(({ act, by, on }) => [act, by, on]).reverse()).toEqual(
      expect.arrayContaining([
        ['envelope.asked', ana.userId, ana.userId],
        ['envelope.released', first.userId, ana.userId],
        ['envelope.released', second.userId, ana.userId],
        ['envelope.opened', ana.userId, ana.userId],
      ]),
    )
    expect(JSON.stringify(acts)).not.toContain('parte-sellada')
  })

  test('refused is over; what was released is gone from the disk', async () => {
    const { body } = await ask(ana)
    await release(first, body)
    expect((await call(second, 'POST', `${BASE}/asks/${String(body['id'])}/refuse`, {})).status).toBe(200)
    expect((await seen(ana)).own[0]).toMatchObject({ state: 'refused', refused_by: second.userId })
    expect((await release(first, body)).status).toBe(404)
    const kept = await node.ctx.db.connection.collection('envelope_asks').find({}).toArray()
    expect(JSON.stringify(kept)).not.toContain('parte-sellada')
  })

  test('who is struck from the coordination in between releases nothing', async () => {
    const { body } = await ask(ana)
    await node.ctx.accounts.setPosition(second.userId, { institution: 'hn-a', role: 'staff' })
    expect((await release(second, body)).status).toBe(404)
    await node.ctx.accounts.setPosition(second.userId, { institution: 'hn-a', role: 'coordinator' })
  })

  test('after two days nobody can release any more; nobody asks more than five times in an hour', async () => {
    const [one] = (await seen(first)).asks
    passed += 49 * HOUR
    expect((await release(first, one!)).status).toBe(404)
    for (let n = 0; n < 5; n += 1) expect((await ask(ana)).status).toBe(200)
    expect((await ask(ana)).status).toBe(429)
    // Of those five from one device the newest alone waits.
    expect((await seen(first)).asks).toHaveLength(1)
  })

  test('where there are not two coordinators beside the person nothing is asked', async () => {
    const answer = await ask(first)
    expect(answer.status).toBe(403)
    expect(answer.body['org.enlace.message']).toMatchObject({ es: expect.stringMatching(/dos personas/) })
  })

  test('what people’s devices say of keys is taken for rooms they are in', async () => {
    const [beto, carla] = [await node.register('beto'), await node.register('carla')]
    const given = (who: { token: string }, room_id: string, user_id: string) =>
      node.call('POST', '/_enlace/client/v1/key-acts', {
        token: who.token,
        body: { act: 'keys_given', room_id, user_id },
      })
    const made = await node.call('POST', '/createRoom', {
      token: beto.token,
      body: { preset: 'public_chat' },
    })
    const room = String(made.body['room_id'])
    expect((await given(beto, room, carla.userId)).status).toBe(403)
    const join = `/join/${encodeURIComponent(room)}`
    expect((await node.call('POST', join, { token: carla.token, body: {} })).status).toBe(200)
    expect((await given(beto, room, carla.userId)).status).toBe(200)
    expect((await given(foreign, room, carla.userId)).status).toBe(403)
    expect((await given(beto, '!none:hn', carla.userId)).status).toBe(403)
    const { entries } = await node.ctx.audit.find({ group: 'channel' })
    expect(entries.map(({ act, by, on }) => [act, by, on])).toContainEqual([
      'channel.keys',
      beto.userId,
      carla.userId,
    ])
    const said = { act: 'recovery_used', way: 'sheet', key: 'EsTc LW2K' }
    expect((await call(ana, 'POST', '/_enlace/client/v1/key-acts', said)).status).toBe(200)
    expect(JSON.stringify(await actsOf('hn-a'))).not.toContain('EsTc')
  })
})
