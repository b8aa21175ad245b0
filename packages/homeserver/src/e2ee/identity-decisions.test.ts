/** What coordinators, operators and the person decide about a new identity, and what becomes of it. */
import { confirmationText, identityConfirmationType, restartCode } from '@enlace/coordination'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { crossKey, deviceKeys, newPair, type Pair, signed } from '../testing/keys.ts'
import { directoryOf, PASSWORD, startTestNode, type TestNode } from '../testing/node.ts'

type Json = Record<string, unknown>
type Person = { userId: string; token: string; deviceId: string; localpart: string }

const BASE = '/_enlace/client/v1'
let node: TestNode
let count = 0
beforeAll(async () => {
  const institutions = Array.from({ length: 20 }, (_, index) => `hn-${index + 1}`)
  const known = Object.fromEntries(
    institutions.map((key) => [key, { country: 'HN', kind: 'shelter' } as const]),
  )
  node = await startTestNode({ institutions }, { overrides: { directory: () => directoryOf(known) } })
})
afterAll(() => node?.close())

let ana: Person
let coordinator: Person
beforeEach(async () => {
  const institution = `hn-${++count}`
  ana = await person(`ana${count}`, institution, 'staff')
  coordinator = await person(`coordina${count}`, institution, 'coordinator')
})

async function person(
  localpart: string,
  institution: string,
  role: 'staff' | 'coordinator',
): Promise<Person> {
  await node.ctx.accounts.create({ localpart, password: PASSWORD, institution, role })
  return signIn(localpart)
}
async function signIn(localpart: string): Promise<Person> {
  const { body } = await node.login(localpart)
  return {
    userId: body['user_id'] as string,
    token: body['access_token'] as string,
    deviceId: body['device_id'] as string,
    localpart,
  }
}
const as = (who: Person, method: string, path: string, body?: Json) =>
  node.call(method, path, { token: who.token, ...(body ? { body } : {}) })
const password = ({ userId }: Person) => ({ type: 'm.login.password', user: userId, password: PASSWORD })
const master = (who: Person, pair = newPair()) => ({ pair, key: crossKey(who.userId, 'master', pair) })
const upload = (who: Person, key: Json, auth?: Json) =>
  as(who, 'POST', '/keys/device_signing/upload', { master_key: key, ...(auth ? { auth } : {}) })

/** An identity whose owner has confirmed this device. */
async function identity(who: Person): Promise<{ pair: Pair; device: Pair }> {
  const { pair, key } = master(who)
  const selfSigning = newPair()
  const { pair: device, keys } = deviceKeys(who)
  await as(who, 'POST', '/keys/upload', { device_keys: keys })
  const self_signing_key = signed(
    crossKey(who.userId, 'self_signing', selfSigning),
    who.userId,
    pair.publicKey,
    pair,
  )
  expect(
    (await as(who, 'POST', '/keys/device_signing/upload', { master_key: key, self_signing_key })).status,
  ).toBe(200)
  await as(who, 'POST', '/keys/signatures/upload', {
    [who.userId]: { [who.deviceId]: signed(keys, who.userId, selfSigning.publicKey, selfSigning) },
  })
  return { pair, device }
}

/** Asks with the right password. */
async function ask(who: Person) {
  const next = master(who)
  const answer = await upload(who, next.key, password(who))
  expect(answer.status).toBe(401)
  return { ...next, masterKey: next.pair.publicKey, session: answer.body['session'] as string }
}
const decide = (verb: 'approve' | 'refuse', by: Person, userId: string, masterKey: string, more: Json = {}) =>
  as(by, 'POST', `${BASE}/identity-resets/${userId}/${verb}`, {
    master_key: masterKey,
    auth: password(by),
    ...more,
  })
const resets = async (who: Person) =>
  (await as(who, 'GET', `${BASE}/identity-resets`)).body as Record<'resets' | 'decided' | 'own', Json[]>
const again = (who: Person, key: Json, session: string) =>
  upload(who, key, { type: 'org.enlace.coordinator', session })
const alertKinds = async ({ userId }: Person) =>
  (((await node.ctx.accountData.get(userId, 'org.enlace.alerts'))?.['alerts'] ?? []) as Json[]).length

describe('hostile: who decides about a new identity (8.3)', () => {
  beforeEach(() => identity(ana))

  test('a coordinator’s open session does not: the password is asked for', async () => {
    const { key, masterKey, session } = await ask(ana)
    for (const auth of [undefined, { ...password(coordinator), password: 'otra' }, password(ana)])
      expect((await decide('approve', coordinator, ana.userId, masterKey, { auth })).status).toBe(401)
    expect((await again(ana, key, session)).status).toBe(401)
    expect((await decide('approve', coordinator, ana.userId, masterKey)).status).toBe(200)
    expect((await again(ana, key, session)).status).toBe(200)
  })

  test('a coordinator’s stolen password does not either: their own identity has not signed that session', async () => {
    await identity(coordinator)
    const { masterKey } = await ask(ana)
    const thief = await signIn(coordinator.localpart)
    const refused = await decide('approve', thief, ana.userId, masterKey)
    expect([refused.status, refused.body]).toMatchObject([
      403,
      { 'org.enlace.message': { es: expect.stringMatching(/Confirme primero este dispositivo/) } },
    ])
    expect((await resets(coordinator)).resets).toHaveLength(1)
    expect((await decide('approve', coordinator, ana.userId, masterKey)).status).toBe(200)
  })

  test('what was refused is over, says so, and stands in the record with who did it', async () => {
    const { key, masterKey, session } = await ask(ana)
    expect((await decide('refuse', coordinator, ana.userId, masterKey)).status).toBe(200)
    expect((await decide('approve', coordinator, ana.userId, masterKey)).status).toBe(404)
    const refused = await again(ana, key, session)
    expect([refused.status, refused.body]).toMatchObject([
      401,
      { errcode: 'M_FORBIDDEN', params: { 'org.enlace.coordinator': { state: 'refused' } } },
    ])
    const { decided, resets: waiting } = await resets(coordinator)
    expect(waiting).toEqual([])
    expect(decided).toMatchObject([
      {
        user_id: ana.userId,
        state: 'refused',
        decided_by: coordinator.userId,
        decided_ts: expect.any(Number),
      },
    ])
    expect(await resets(ana)).toMatchObject({ resets: [], decided: [], own: [] })
  })

  test('the device that asked may give up; another key from it takes the place of the first', async () => {
    const first = await ask(ana)
    const second = await ask(ana)
    expect((await resets(coordinator)).resets.map((one) => one['master_key'])).toEqual([second.masterKey])
    expect((await decide('approve', coordinator, ana.userId, first.masterKey)).status).toBe(404)
    await as(ana, 'POST', `${BASE}/identity-resets/withdraw`, {})
    expect((await resets(coordinator)).resets).toEqual([])
    expect((await decide('approve', coordinator, ana.userId, second.masterKey)).status).toBe(404)
  })

  test('“it was not me” on a confirmed device ends the one that asked, and nobody asks again for a day', async () => {
    const thief = await signIn(ana.localpart)
    const { masterKey } = await ask(thief)
    expect((await resets(ana)).own).toMatchObject([{ device_id: thief.deviceId, state: 'waiting' }])
    const before = await alertKinds(coordinator)
    const answer = await as(ana, 'POST', `${BASE}/identity-resets/not-me`, {})
    expect(answer.body).toEqual({ ended: [thief.deviceId], told: 1 })
    expect((await as(thief, 'GET', '/account/whoami')).status).toBe(401)
    expect((await as(ana, 'GET', '/account/whoami')).status).toBe(200)
    expect((await decide('approve', coordinator, ana.userId, masterKey)).status).toBe(404)
    expect((await resets(coordinator)).decided.map((one) => one['state']).sort()).toEqual([
      'denied',
      'reported',
    ])
    // The alert about the request is settled; that about the answer is there.
    expect(await alertKinds(coordinator)).toBeGreaterThanOrEqual(before)

    const back = await signIn(ana.localpart)
    const refused = await upload(back, master(back).key, password(back))
    expect([refused.status, refused.body]).toMatchObject([
      403,
      { 'org.enlace.message': { es: expect.stringMatching(/No fui yo/), en: expect.any(String) } },
    ])
  })

  test('a thief who says so first ends nobody: it is a doubt the coordinator sees', async () => {
    const thief = await signIn(ana.localpart)
    const { masterKey } = await ask(ana)
    expect((await as(thief, 'POST', `${BASE}/identity-resets/not-me`, {})).body).toEqual({
      ended: [],
      told: 1,
    })
    expect((await as(ana, 'GET', '/account/whoami')).status).toBe(200)
    expect((await resets(coordinator)).resets).toMatchObject([{ master_key: masterKey, doubted: true }])
    expect((await decide('approve', coordinator, ana.userId, masterKey)).status).toBe(200)
  })
})

describe('a coordinator’s signed confirmation (8.3)', () => {
  const confirmation = (about: Person, masterKey: string, more: Json = {}) => ({
    type: identityConfirmationType,
    user_id: about.userId,
    master_key: masterKey,
    institution: `hn-${count}`,
    confirmed_by: coordinator.userId,
    confirmed_ts: 1_790_000_000_000,
    ...more,
  })
  const see = (who: Person) => as(who, 'GET', `${BASE}/identity-confirmations/${ana.userId}`)

  test('is kept once the identity is there, for those who share a room', async () => {
    await identity(ana)
    const { pair, device } = await identity(coordinator)
    for (const [keyId, key] of [
      [pair.publicKey, pair],
      [coordinator.deviceId, device],
    ] as const) {
      const { key: next, masterKey, session } = await ask(ana)
      const statement = confirmation(ana, masterKey)
      const proof = signed(statement, coordinator.userId, keyId, key)
      expect(
        (await decide('approve', coordinator, ana.userId, masterKey, { confirmation: proof })).status,
      ).toBe(200)
      expect((await again(ana, next, session)).status).toBe(200)
      expect((await see(coordinator)).status).toBe(404)
      const room = await as(ana, 'POST', '/createRoom', { preset: 'public_chat' })
      await as(coordinator, 'POST', `/join/${encodeURIComponent(String(room.body['room_id']))}`, {})
      expect((await see(coordinator)).body).toEqual({ confirmation: proof })
      await as(coordinator, 'POST', `/rooms/${encodeURIComponent(String(room.body['room_id']))}/leave`, {})
      expect((await see(coordinator)).status).toBe(404)
    }
  })

  test('hostile: about somebody or something else, by nobody or by another, it is refused and nothing is approved', async () => {
    await identity(ana)
    const { pair } = await identity(coordinator)
    const { masterKey } = await ask(ana)
    const sign = (body: Json, by: Pair = pair) => signed(body, coordinator.userId, by.publicKey, by)
    const wrong: [Json, string][] = [
      [sign(confirmation(ana, masterKey, { user_id: coordinator.userId })), 'M_INVALID_PARAM'],
      [sign(confirmation(ana, 'A'.repeat(43))), 'M_INVALID_PARAM'],
      [sign(confirmation(ana, masterKey, { institution: 'gt-otra' })), 'M_INVALID_PARAM'],
      [sign(confirmation(ana, masterKey, { confirmed_by: ana.userId })), 'M_INVALID_PARAM'],
      [sign(confirmation(ana, masterKey), newPair()), 'M_INVALID_SIGNATURE'],
      [{ ...confirmation(ana, masterKey), signatures: {} }, 'M_INVALID_SIGNATURE'],
      [{ ...sign(confirmation(ana, masterKey)), note: 'Ana' }, 'M_BAD_JSON'],
    ]
    for (const [given, errcode] of wrong) {
      const answer = await decide('approve', coordinator, ana.userId, masterKey, { confirmation: given })
      expect([answer.status, answer.body['errcode']]).toEqual([400, errcode])
    }
    expect((await resets(coordinator)).resets).toHaveLength(1)
    const right = sign(confirmation(ana, masterKey))
    expect(confirmationText(right as never)).toContain(masterKey)
    expect(
      (await decide('approve', coordinator, ana.userId, masterKey, { confirmation: right })).status,
    ).toBe(200)
  })
})

describe('clients that do not know the stage (8.3)', () => {
  const page = async (session?: string) => {
    const query = session === undefined ? '' : `?session=${encodeURIComponent(session)}`
    const answer = await fetch(
      `${node.url}/_matrix/client/v3/auth/org.enlace.coordinator/fallback/web${query}`,
    )
    return {
      type: answer.headers.get('content-type'),
      policy: answer.headers.get('content-security-policy'),
      text: (await answer.text()).replace(/<\/?span>/g, ''),
    }
  }

  test('show its page: who decides, the code, and the sign to go on; then they come back with the session', async () => {
    await identity(ana)
    const { key, masterKey, session } = await ask(ana)
    const waiting = await page(session)
    expect(waiting.type).toMatch(/^text\/html/)
    expect(waiting.policy).toContain("frame-ancestors 'none'")
    expect(waiting.text).toContain(await restartCode(ana.userId, masterKey))
    expect(waiting.text).toMatch(
      /la coordinación de su institución[\s\S]*the coordination of your institution/,
    )
    expect(waiting.text).not.toContain('<script')
    expect((await upload(ana, key, { session })).status).toBe(401)
    await decide('approve', coordinator, ana.userId, masterKey)
    const done = await page(session)
    expect(done.text).toContain('authDone')
    expect(done.text).not.toContain(await restartCode(ana.userId, masterKey))
    expect((await upload(ana, key, { session })).status).toBe(200)
  })

  test('hostile: without the session, or after a refusal, the page tells nothing', async () => {
    await identity(ana)
    const { masterKey, session } = await ask(ana)
    await decide('refuse', coordinator, ana.userId, masterKey)
    for (const text of [(await page()).text, (await page('"><script>')).text, (await page(session)).text]) {
      expect(text).not.toContain('<script')
      expect(text).not.toContain(await restartCode(ana.userId, masterKey))
    }
  })
})
