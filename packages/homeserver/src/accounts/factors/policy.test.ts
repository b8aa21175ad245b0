/** Who must have a second factor, until when, and what is left to whoever has none. */
import { expect, onTestFinished, test } from 'vitest'
import { startTestNode } from '../../testing/node.ts'
import {
  addPasskey,
  addTotp,
  codeOf,
  FACTORS,
  ORIGIN,
  secondStep,
  stepOf,
  withPassword,
} from '../../testing/sign-in.ts'

const DAY_MS = 24 * 3_600_000

async function start(sign_in: Record<string, unknown>) {
  let skew = 0
  const node = await startTestNode(
    { public_base_url: ORIGIN, institutions: ['hn-uno', 'hn-dos'], sign_in },
    { overrides: { clock: () => ({ now: () => Date.now() + skew, monotonic: () => performance.now() }) } },
  )
  onTestFinished(() => node.close())
  return {
    node,
    later: (ms: number) => {
      skew += ms
    },
    async person(localpart: string, role: 'official' | 'coordinator' | 'staff', institution = 'hn-uno') {
      const person = await node.register(localpart)
      await node.ctx.accounts.setPosition(person.userId, { role, institution })
      return person
    },
  }
}

test('an official is asked, then must: after the deadline only adding one is left, and with it all is as before', async () => {
  const { node, later, person } = await start({ deadline_days: 10 })
  const ana = await person('ana', 'official')
  const staff = await person('bea', 'staff')
  const factors = () => node.call('GET', FACTORS, { token: ana.token })
  const rooms = (token: string) => node.call('GET', '/joined_rooms', { token })
  const asked = await factors()
  expect(asked.body).toMatchObject({ must: true, overdue: false, deadline_ts: expect.any(Number) })
  expect((await rooms(ana.token)).status).toBe(200)
  later(11 * DAY_MS)
  expect((await rooms(staff.token)).status).toBe(200)
  const refused = await rooms(ana.token)
  expect(refused.status).toBe(403)
  expect(refused.body).toMatchObject({ errcode: 'M_FORBIDDEN', 'org.enlace.rule': 'second_factor.required' })
  expect((await factors()).body).toMatchObject({ must: true, overdue: true })
  const again = await node.login('ana')
  expect(again.body).toMatchObject({ 'org.enlace.second_factor_due': true })
  const token = again.body['access_token'] as string
  expect((await rooms(token)).status).toBe(403)
  expect((await node.call('PUT', '/devices/X', { token, body: {} })).status).toBe(403)
  await addTotp(node, { ...ana, token })
  expect((await rooms(token)).status).toBe(200)
  expect((await rooms(ana.token)).status).toBe(200)
})

test('the last factor of whoever must have one stays until there is another, also of two removed at once', async () => {
  const { node, person } = await start({ second_factor: { coordinator: 'required' } })
  const ana = await person('ana', 'coordinator')
  expect((await node.call('GET', '/joined_rooms', { token: ana.token })).status).toBe(403)
  const { secret } = await addTotp(node, ana)
  const last = await withPassword(node, ana, 'DELETE', `${FACTORS}/totp`)
  expect(last.body).toMatchObject({ errcode: 'M_FORBIDDEN', 'org.enlace.rule': 'second_factor.last' })
  const { passkey } = await addPasskey(node, ana)
  const both = await Promise.all(
    ['totp', `passkeys/${passkey.id}`].map((what) => withPassword(node, ana, 'DELETE', `${FACTORS}/${what}`)),
  )
  expect(both.map(({ status }) => status).sort()).toEqual([200, 403])
  expect(stepOf(await node.login('ana')).methods).toContain(both[0]?.status === 200 ? 'passkey' : 'totp')
  expect(secret).toHaveLength(32)
})

test('each institution of a node may decide for itself, and each role', async () => {
  const { node, person } = await start({
    second_factor: { official: 'asked', staff: 'required' },
    by_institution: { 'hn-dos': { official: 'required', staff: 'optional' } },
  })
  const statusOf = async (name: string, role: 'official' | 'staff', institution: string) =>
    (await node.call('GET', '/joined_rooms', { token: (await person(name, role, institution)).token })).status
  expect(await statusOf('a', 'official', 'hn-uno')).toBe(200)
  expect(await statusOf('b', 'staff', 'hn-uno')).toBe(403)
  expect(await statusOf('c', 'official', 'hn-dos')).toBe(403)
  expect(await statusOf('d', 'staff', 'hn-dos')).toBe(200)
})

test('hostile: whoever has the password guesses codes from everywhere; the person signs in all the same', async () => {
  const node = await startTestNode({
    rate_limits: 'on',
    registration: 'token',
    registration_token: 'un-token-bien-largo',
  })
  onTestFinished(() => node.close())
  const ask = async (address: string, body: Record<string, unknown>, cookie = '') => {
    const answer = await fetch(`${node.url}/_matrix/client/v3/login`, {
      method: 'POST',
      headers: { 'x-forwarded-for': address, ...(cookie ? { cookie } : {}) },
      body: JSON.stringify(body),
    })
    return {
      status: answer.status,
      headers: answer.headers,
      body: (await answer.json()) as Record<string, unknown>,
    }
  }
  const { userId } = await node.ctx.accounts.create({ localpart: 'ana', password: 'una contraseña larga' })
  const password = { type: 'm.login.password', user: 'ana', password: 'una contraseña larga' }
  const first = await ask('192.0.2.1', password)
  const cookie = first.headers.getSetCookie()[0]!.split(';')[0]!
  const { secret, codes } = await addTotp(node, {
    userId,
    token: first.body['access_token'] as string,
    deviceId: first.body['device_id'] as string,
  })
  const guess = async (address: string, code: string, more = '') => {
    const step = await ask(address, password, more)
    if (step.status === 429) return 429
    const { session } = stepOf(step)
    return (await ask(address, { type: 'org.enlace.second_factor', session, code }, more)).status
  }
  // A right password each time does not clear the wrong codes.
  const house: number[] = []
  for (let index = 0; index < 12; index++) house.push(await guess('198.18.0.1', '000000'))
  expect(house.filter((status) => status === 429)).toHaveLength(4)
  const everywhere: number[] = []
  for (let index = 0; index < 24; index++) everywhere.push(await guess(`203.0.${index}.9`, '000000'))
  expect(everywhere.filter((status) => status === 403)).toHaveLength(12)
  expect(everywhere.slice(-5)).toEqual([429, 429, 429, 429, 429])
  // The browser that has been here before, and the codes on paper from anywhere.
  expect(await guess('198.51.100.7', codeOf(secret, node.ctx.clock.now() + 30_000), cookie)).toBe(200)
  const { session } = stepOf(await ask('198.51.100.8', password))
  const paper = { type: 'org.enlace.second_factor', session, recovery_code: codes[0] }
  expect((await ask('198.51.100.8', paper)).status).toBe(200)
  expect((await secondStep(node, session, { recovery_code: codes[0] })).status).toBe(403)
}, 60_000)

test('a lock is what the own institution’s coordinators say, and only they say it', async () => {
  const { node, person } = await start({})
  const chief = await person('jefa', 'coordinator')
  const ana = await person('ana', 'staff')
  const foreign = await person('otra', 'coordinator', 'hn-dos')
  const rule = async (token: string) =>
    (await node.call('GET', '/_enlace/client/v1/lock-rule', { token })).body
  const set = (token: string, body: Record<string, unknown>) =>
    node.call('PUT', '/_enlace/client/v1/institution/lock-rule', { token, body })
  expect(await rule(ana.token)).toEqual({ required: 'no', idle_minutes: null })
  expect((await set(ana.token, { required: 'no', idle_minutes: 60 })).status).toBe(403)
  for (const idle_minutes of [0, 61, 1.5, '5'])
    expect((await set(chief.token, { required: 'always', idle_minutes })).status).toBe(400)
  expect((await set(chief.token, { required: 'shared', idle_minutes: 5 })).status).toBe(200)
  expect((await set(foreign.token, { required: 'no', idle_minutes: null })).status).toBe(200)
  expect(await rule(ana.token)).toEqual({ required: 'shared', idle_minutes: 5 })
  expect(await rule(foreign.token)).toEqual({ required: 'no', idle_minutes: null })
  const { entries } = await node.ctx.audit.find({ institution: 'hn-uno', group: 'factor' })
  expect(entries.map(({ act, by }) => [act, by])).toContainEqual(['lock.rule', chief.userId])
})
