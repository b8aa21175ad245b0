/** A stolen password must not be enough to take somebody's place among those who get the keys. */
import { generateKeyPairSync } from 'node:crypto'
import { restartCode } from '@enlace/coordination'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { runOrder } from '../operator/run-command.ts'
import { PASSWORD, startTestNode, type TestNode } from '../testing/node.ts'

const DAY = 24 * 3_600_000 + 60_000
type Json = Record<string, unknown>
type Person = { userId: string; token: string }

let node: TestNode
let passed = 0
beforeAll(async () => {
  const clock = { now: () => Date.now() + passed, monotonic: () => performance.now() + passed }
  // As a node is when nothing is said.
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
  return { userId: body['user_id'] as string, token: body['access_token'] as string }
}

function newMaster({ userId }: Person) {
  const { x } = generateKeyPairSync('ed25519').publicKey.export({ format: 'jwk' })
  const key = Buffer.from(x!, 'base64url').toString('base64').replace(/=+$/, '')
  return { key, master_key: { user_id: userId, usage: ['master'], keys: { [`ed25519:${key}`]: key } } }
}
type Master = ReturnType<typeof newMaster>

const upload = ({ token }: Person, { master_key }: Master, auth?: Json) =>
  node.call('POST', '/keys/device_signing/upload', { token, body: { master_key, ...(auth ? { auth } : {}) } })
const password = (who: Person) => ({ type: 'm.login.password', user: who.userId, password: PASSWORD })
const COORDINATOR = { type: 'org.enlace.coordinator' }
const decide = (verb: string, by: Person, userId: string, master_key: string, more: Json = {}) =>
  node.call('POST', `/_enlace/client/v1/identity-resets/${userId}/${verb}`, {
    token: by.token,
    body: { master_key, auth: password(by), ...more },
  })
const approve = (by: Person, userId: string, master_key: string, more: Json = {}) =>
  decide('approve', by, userId, master_key, more)
const resetsOf = async (who: Person) =>
  (await node.call('GET', '/_enlace/client/v1/identity-resets', { token: who.token })).body as Record<
    string,
    Json[]
  >
const waitingFor = async (who: Person) => (await resetsOf(who))['resets']!
const alertsOf = async ({ userId }: Person) =>
  ((await node.ctx.accountData.get(userId, 'org.enlace.alerts'))?.['alerts'] ?? []) as Json[]
const masterOf = async (who: Person) => {
  const { body } = await node.call('POST', '/keys/query', {
    token: who.token,
    body: { device_keys: { [who.userId]: [] } },
  })
  return Object.values((body['master_keys'] as Record<string, { keys: Json }>)[who.userId]?.keys ?? {})[0]
}

describe('hostile: a new identity with a stolen password (8.3)', () => {
  let ana: Person
  let coordinator: Person
  let foreign: Person
  const keys: Record<string, Master> = {}

  test('the first identity is free; another waits after the right password, and everybody concerned is told', async () => {
    ana = await person('ana', 'hn-a')
    coordinator = await person('coordina', 'hn-a', 'coordinator')
    foreign = await person('ajena', 'hn-b', 'coordinator')
    keys['first'] = newMaster(ana)
    expect((await upload(ana, keys['first'])).status).toBe(200)
    keys['own'] = newMaster(ana)
    const question = await upload(ana, keys['own'])
    expect([question.status, question.body['flows']]).toEqual([
      401,
      [{ stages: ['m.login.password', 'org.enlace.coordinator'] }],
    ])
    // Without the password nothing is asked of anybody.
    expect((await upload(ana, keys['own'], COORDINATOR)).status).toBe(401)
    expect((await upload(ana, keys['own'], { ...password(ana), password: 'otra' })).body['errcode']).toBe(
      'M_FORBIDDEN',
    )
    expect([await waitingFor(coordinator), await alertsOf(coordinator)]).toEqual([[], []])

    const right = await upload(ana, keys['own'], password(ana))
    expect([right.status, right.body]).toMatchObject([
      401,
      {
        completed: ['m.login.password'],
        params: { 'org.enlace.coordinator': { by: 'coordinator', master_key: keys['own'].key } },
      },
    ])
    expect((await upload(ana, keys['own'], COORDINATOR)).status).toBe(401)
    expect(await masterOf(ana)).toBe(keys['first'].key)
    for (const one of [coordinator, ana])
      expect(await alertsOf(one)).toMatchObject([{ kind: 'identity_reset', urgent: true }])
    expect(await alertsOf(foreign)).toEqual([])
  })

  test('only a coordinator of the same institution approves, one key of one device, and the thief gets nothing by it', async () => {
    const thief = await signIn('ana')
    keys['stolen'] = newMaster(ana)
    expect((await upload(thief, keys['stolen'], password(ana))).status).toBe(401)
    expect((await waitingFor(coordinator)).map((one) => one['master_key']).sort()).toEqual(
      [keys['own']!.key, keys['stolen'].key].sort(),
    )
    for (const by of [ana, thief, foreign])
      expect([await waitingFor(by), (await approve(by, ana.userId, keys['own']!.key)).status]).toEqual([
        [],
        404,
      ])
    expect((await approve(coordinator, ana.userId, 'x')).status).toBe(404)
    expect((await approve(coordinator, coordinator.userId, keys['own']!.key)).status).toBe(404)

    expect((await approve(coordinator, ana.userId, keys['own']!.key)).status).toBe(200)
    expect((await upload(thief, keys['stolen'], COORDINATOR)).status).toBe(401)
    expect((await upload(thief, keys['own']!, COORDINATOR)).status).toBe(401)
    expect(await masterOf(ana)).toBe(keys['first']!.key)
    expect((await upload(ana, keys['own']!, COORDINATOR)).status).toBe(200)
    expect(await masterOf(ana)).toBe(keys['own']!.key)
    // Used up; and the person is told that it has happened.
    expect((await upload(ana, newMaster(ana), COORDINATOR)).status).toBe(401)
    expect((await alertsOf(ana)).map((one) => one['kind'])).toContain('identity_reset')
  })

  test('what nobody approves in a day is over, and so is an approval nobody used', async () => {
    keys['late'] = newMaster(ana)
    await upload(ana, keys['late'], password(ana))
    passed += DAY
    expect((await approve(coordinator, ana.userId, keys['late'].key)).status).toBe(404)
    ana = await signIn('ana')
    coordinator = await signIn('coordina')
    const late = await upload(ana, keys['late'], COORDINATOR)
    expect(late.body).not.toHaveProperty('completed', ['m.login.password'])
    await upload(ana, keys['late'], password(ana))
    expect((await approve(coordinator, ana.userId, keys['late'].key)).status).toBe(200)
    passed += DAY
    ana = await signIn('ana')
    expect((await upload(ana, keys['late'], COORDINATOR)).status).toBe(401)
    // Asking without end is not alerting without end.
    const asked: number[] = []
    for (let index = 0; index < 8; index++)
      asked.push((await upload(ana, newMaster(ana), password(ana))).status)
    expect(asked.slice(-2)).toEqual([429, 429])
  })

  test('where nobody else coordinates the operator approves, and is not fooled by two', async () => {
    const sola = await person('sola', 'hn-c', 'coordinator')
    await upload(sola, newMaster(sola))
    const next = newMaster(sola)
    const right = await upload(sola, next, password(sola))
    expect(right.body['params']).toMatchObject({ 'org.enlace.coordinator': { by: 'operator' } })
    expect((await approve(sola, sola.userId, next.key)).status).toBe(404)
    const thief = await signIn('sola')
    const stolen = newMaster(sola)
    await upload(thief, stolen, password(sola))
    const operator = (command: string, input: Json = {}) =>
      runOrder(node.ctx, { area: 'accounts', command, input: { name: 'sola', ...input } })
    for (const wrong of [{}, { code: '1234 5678 9012 3456' }, { code: '' }])
      await expect(operator('approve-reset', wrong)).rejects.toMatchObject({
        errcode: 'M_INVALID_PARAM',
      })
    const code = (await restartCode(sola.userId, next.key)).replaceAll(' ', '')
    await operator('approve-reset', { code })
    expect(await operator('refuse-reset')).toMatchObject({ refused: [{}] })
    expect((await upload(thief, stolen, COORDINATOR)).body['errcode']).toBe('M_FORBIDDEN')
    expect((await upload(sola, next, COORDINATOR)).status).toBe(200)
    await expect(operator('approve-reset', { code })).rejects.toMatchObject({ errcode: 'M_NOT_FOUND' })
  })
})
