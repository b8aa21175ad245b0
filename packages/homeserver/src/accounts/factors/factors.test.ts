/** Second factors through the node: what opens an account, and each way to get around it. */

import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { softPasskey } from '../../testing/authenticator.ts'
import { PASSWORD, startTestNode, type TestNode } from '../../testing/node.ts'
import { BROWSER_FLOWS } from '../../testing/oauth.ts'
import {
  addPasskey,
  addTotp,
  challenge,
  codeOf,
  FACTORS,
  ORIGIN,
  secondStep,
  stepOf,
  withPasskey,
  withPassword,
} from '../../testing/sign-in.ts'
import { relyingParty } from './passkeys.ts'

const STEP_MS = 30_000
let skew = 0
let node: TestNode
beforeAll(async () => {
  node = await startTestNode(
    { public_base_url: ORIGIN },
    { overrides: { clock: () => ({ now: () => Date.now() + skew, monotonic: () => performance.now() }) } },
  )
})
afterAll(() => node?.close())

/** The app's next code: the one before has been used. */
function nextCode(secret: string): string {
  skew += 2 * STEP_MS
  return codeOf(secret, node.ctx.clock.now())
}

describe('codes of an app', () => {
  test('count from the first code on, each once, within thirty seconds of now', async () => {
    const ana = await node.register('ana')
    const { secret, code, uri, codes } = await addTotp(node, ana)
    expect(uri).toMatch(/^otpauth:\/\/totp\/Enlace:ana%3Ahn\.example\?/)
    expect(new Set(codes).size).toBe(10)

    const refused = await node.login('ana')
    expect([refused.status, refused.body['errcode']]).toEqual([403, 'M_FORBIDDEN'])
    const { session, methods } = stepOf(refused)
    expect(methods).toEqual(['totp', 'recovery_code'])
    // The code that confirmed the app was used by that.
    const replayed = await secondStep(node, session, { code })
    expect([replayed.status, stepOf(replayed).problem]).toEqual([403, 'used'])
    const fresh = nextCode(secret)
    // Two at the same time: one counts.
    const both = await Promise.all([1, 2].map(() => secondStep(node, session, { code: fresh })))
    expect(both.map(({ status }) => status).sort()).toEqual([200, 403])
    // The one before that, and one of long ago.
    for (const ago of [1, 4]) {
      const old = await secondStep(node, session, {
        code: codeOf(secret, node.ctx.clock.now() - ago * STEP_MS),
      })
      expect(old.status).toBe(403)
    }
    const spaced = nextCode(secret)
    const typed = await secondStep(node, stepOf(await node.login('ana')).session, {
      code: ` ${spaced.slice(0, 3)} ${spaced.slice(3)} `,
    })
    expect(typed.status).toBe(200)
  })

  test('the database has neither the secret nor a code that works', async () => {
    const { secret, codes } = await addTotp(node, await node.register('sellada'))
    const found = await node.ctx.db.connection.collection('second_factors').find({}).toArray()
    const dump = JSON.stringify(found)
    expect(dump).not.toContain(secret)
    for (const code of codes) {
      expect(dump).not.toContain(code)
      expect(dump).not.toContain(code.replaceAll('-', ''))
    }
  })

  test('a sealed secret put into another account opens nothing', async () => {
    const thief = await node.register('intrusa')
    const mine = await addTotp(node, thief)
    await addTotp(node, await node.register('ajena'))
    const rows = node.ctx.db.connection.collection<{ _id: string; totp: { secret: string } }>(
      'second_factors',
    )
    const row = await rows.findOne({ _id: '@intrusa:hn.example' })
    await rows.updateOne({ _id: '@ajena:hn.example' }, { $set: { 'totp.secret': row!.totp.secret } })
    const { session } = stepOf(await node.login('ajena'))
    expect((await secondStep(node, session, { code: nextCode(mine.secret) })).status).not.toBe(200)
  })
})

test('a recovery code counts once, however it is typed; a new set ends the one before', async () => {
  const bea = await node.register('bea')
  const { codes } = await addTotp(node, bea)
  const use = async (recovery_code: string) =>
    (await secondStep(node, stepOf(await node.login('bea')).session, { recovery_code })).status
  expect(await use(codes[0]!.toLowerCase().replaceAll('-', ' '))).toBe(200)
  expect(await use(codes[0]!)).toBe(403)
  const both = await Promise.all([use(codes[1]!), use(codes[1]!)])
  expect(both.sort()).toEqual([200, 403])
  const renewed = await withPassword(node, bea, 'POST', `${FACTORS}/recovery-codes`)
  expect(renewed.status).toBe(200)
  expect(await use(codes[2]!)).toBe(403)
  expect(await use((renewed.body['recovery_codes'] as string[])[9]!)).toBe(200)
  const { body } = await node.call('GET', FACTORS, { token: bea.token })
  expect(body['recovery_codes']).toMatchObject({ left: 9 })
})

describe('passkeys', () => {
  test('alone they sign in, and after a password', async () => {
    const carla = await node.register('carla')
    const { passkey } = await addPasskey(node, carla)
    expect((await node.call('GET', '/login')).body).toEqual({
      flows: [{ type: 'm.login.password' }, { type: 'org.enlace.passkey' }, ...BROWSER_FLOWS],
    })
    const options = await challenge(node)
    expect(options).toMatchObject({ rpId: 'chat.hn.example', userVerification: 'required' })
    expect(options).not.toHaveProperty('allowCredentials')
    const alone = await withPasskey(node, passkey.get(options))
    expect(alone.body).toMatchObject({ user_id: '@carla:hn.example' })

    const step = stepOf(await node.login('carla'))
    expect(step.methods).toEqual(['passkey', 'recovery_code'])
    const second = await secondStep(node, step.session, { passkey: passkey.get(step.passkey!) })
    expect(second.status).toBe(200)
  })

  test('an app of the telephone has an origin that is no address, and counts where the node names it', () => {
    const app = 'android:apk-key-hash:c2luLW9yaWdlbg'
    const party = relyingParty({
      public_base_url: 'https://chat.hn.example/x',
      sign_in: { origins: [app, 'https://web.hn.example/y'] },
    } as never)
    expect(party).toEqual({
      id: 'chat.hn.example',
      origins: ['https://chat.hn.example', app, 'https://web.hn.example'],
    })
  })

  test('hostile: a replay, another page, another host, no fingerprint, a copy, another person, another use', async () => {
    const dora = await node.register('dora')
    const { passkey } = await addPasskey(node, dora)
    const other = await addPasskey(node, await node.register('elsa'))
    const used = passkey.get(await challenge(node))
    expect((await withPasskey(node, used)).status).toBe(200)
    const twice = passkey.get(await challenge(node))
    expect(
      (await Promise.all([1, 2].map(() => withPasskey(node, twice)))).map((one) => one.status).sort(),
    ).toEqual([200, 403])
    const options = await challenge(node)
    const step = stepOf(await node.login('dora'))
    const foreign = stepOf(await node.login('elsa'))
    const attempts = {
      replay: used,
      'another page': passkey.get(options, { origin: 'https://chat.hn.example.evil.example' }),
      'another host': passkey.get(options, { rpId: 'evil.example' }),
      'no fingerprint': passkey.get(options, { userVerified: false }),
      'a copy, whose counter is behind': passkey.get(options, { counter: 1 }),
      'another person': passkey.get(options, {
        counter: 50,
        userHandle: Buffer.from('x').toString('base64url'),
      }),
      'a challenge for a second step': passkey.get(step.passkey!, { counter: 51 }),
      'a challenge made elsewhere': passkey.get({
        ...options,
        challenge: Buffer.alloc(54).toString('base64url'),
      }),
      'a key nobody registered': softPasskey(ORIGIN).get(options),
    }
    for (const [name, response] of Object.entries(attempts)) {
      const { status, body } = await withPasskey(node, response)
      expect([name, status, body['error']]).toEqual([
        name,
        403,
        'That passkey was not accepted. Sign in with your password.',
      ])
    }
    const signed = other.passkey.get(await challenge(node))
    expect((await withPasskey(node, { ...signed, id: passkey.id, rawId: passkey.id })).status).toBe(403)
    // Elsa's own passkey is no second step of Dora's, and one step's challenge none of the other's.
    expect((await secondStep(node, step.session, { passkey: other.passkey.get(step.passkey!) })).status).toBe(
      403,
    )
    expect(
      (await secondStep(node, step.session, { passkey: passkey.get(foreign.passkey!, { counter: 60 }) }))
        .status,
    ).toBe(403)
    skew += 6 * 60_000
    expect((await withPasskey(node, passkey.get(options, { counter: 70 }))).status).toBe(403)
    expect((await withPasskey(node, passkey.get(await challenge(node), { counter: 80 }))).status).toBe(200)
  })

  test('hostile: registering needs this page, this person, this device, once', async () => {
    const fany = await node.register('fany')
    const begin = async () => (await withPassword(node, fany, 'POST', `${FACTORS}/passkeys`)).body
    const confirm = async (response: unknown, token = fany.token) =>
      (await node.call('POST', `${FACTORS}/passkeys/confirm`, { token, body: { name: 'x', response } }))
        .status
    const options = await begin()
    expect(JSON.stringify(options)).not.toContain(Buffer.from(fany.userId).toString('base64url'))
    const key = () => softPasskey(ORIGIN)
    expect(await confirm(key().create(options, { origin: 'https://otra.example' }))).toBe(403)
    expect(await confirm(key().create(options, { rpId: 'otra.example' }))).toBe(403)
    expect(await confirm(key().create(options, { userVerified: false }))).toBe(403)
    const stranger = await node.register('gina')
    expect(await confirm(key().create(options), stranger.token)).toBe(403)
    const elsewhere = await node.login('fany')
    expect(await confirm(key().create(options), elsewhere.body['access_token'] as string)).toBe(403)
    expect(await confirm(key().create(options))).toBe(200)
    expect(await confirm(key().create(options))).toBe(403)
    const unconfirmed = await node.call('POST', `${FACTORS}/passkeys`, { token: fany.token, body: {} })
    expect(unconfirmed.status).toBe(401)
  })

  test('are listed, renamed and removed, by their owner', async () => {
    const hilda = await node.register('hilda')
    const { passkey } = await addPasskey(node, hilda)
    const path = `${FACTORS}/passkeys/${passkey.id}`
    const other = await node.register('irma')
    expect((await node.call('PUT', path, { token: other.token, body: { name: 'mía' } })).status).toBe(404)
    expect((await withPassword(node, other, 'DELETE', path)).status).toBe(404)
    expect((await node.call('PUT', path, { token: hilda.token, body: { name: 'oficina' } })).status).toBe(200)
    expect((await node.call('GET', FACTORS, { token: hilda.token })).body).toMatchObject({
      passkeys: [{ id: passkey.id, name: 'oficina' }],
      must: false,
    })
    expect((await withPassword(node, hilda, 'DELETE', path)).status).toBe(200)
    expect((await node.login('hilda')).status).toBe(200)
    expect((await withPasskey(node, passkey.get(await challenge(node)))).status).toBe(403)
  })
})

describe('hostile: around the second step', () => {
  test('nothing tells, before the right password, whether an account is there or has a second step', async () => {
    await addTotp(node, await node.register('julia'))
    await node.register('kena')
    const answers = await Promise.all(
      ['julia', 'kena', 'nadie'].map(async (user) => {
        const { status, body } = await node.login(user, { password: 'otra que no es' })
        return { status, ...body, 'org.enlace.request_id': '' }
      }),
    )
    expect(answers[1]).toEqual(answers[0])
    expect(answers[2]).toEqual(answers[0])
  })

  test('the first step alone opens nothing; it ends with time, with the password, and is for its account', async () => {
    const lia = await node.register('lia')
    const { secret } = await addTotp(node, lia)
    const { body } = await node.login('lia')
    expect(body).not.toHaveProperty('access_token')
    const { session } = stepOf({ body })
    expect((await node.call('GET', '/account/whoami', { token: session })).status).toBe(401)
    for (const changed of [`${session}x`, session.replace(/^[^.]+/, 'AAAA'), 'a.b.c.d', '']) {
      const answer = await secondStep(node, changed, { code: nextCode(secret) })
      expect([answer.status, stepOf(answer).problem]).toEqual([403, 'expired'])
    }
    expect((await secondStep(node, session, {})).status).toBe(400)
    skew += 6 * 60_000
    expect(stepOf(await secondStep(node, session, { code: nextCode(secret) })).problem).toBe('expired')
    const before = stepOf(await node.login('lia')).session
    await node.ctx.accounts.setPassword(lia.userId, 'otra contraseña bien larga')
    expect(stepOf(await secondStep(node, before, { code: nextCode(secret) })).problem).toBe('expired')
    await node.ctx.accounts.setPassword(lia.userId, PASSWORD)
    const again = stepOf(await node.login('lia')).session
    await node.ctx.accounts.deactivate(lia.userId)
    expect((await secondStep(node, again, { code: nextCode(secret) })).status).toBe(403)
  })

  test('without a public address of the node a passkey still keeps the password from opening the account', async () => {
    const mara = await node.register('mara')
    await addPasskey(node, mara)
    const { passkeysOffered } = node.ctx.factors
    expect(passkeysOffered).toBe(true)
    const methods = node.ctx.factors.methods
    Object.assign(node.ctx.factors, { methods: async () => [] })
    try {
      expect((await node.login('mara')).status).toBe(403)
    } finally {
      Object.assign(node.ctx.factors, { methods })
    }
  })
})

describe('what must not be done by whoever finds it open', () => {
  test('asks for the factor again, unless it was given on this device within five minutes', async () => {
    const nora = await node.register('nora')
    const { secret } = await addTotp(node, nora)
    const path = '/_enlace/client/v1/sessions/end-others'
    // Just added: it was given.
    expect((await withPassword(node, nora, 'POST', path)).status).toBe(200)
    skew += 6 * 60_000
    const asked = await withPassword(node, nora, 'POST', path)
    expect(asked.status).toBe(401)
    expect(asked.body).toMatchObject({
      completed: ['m.login.password'],
      flows: [{ stages: ['m.login.password', 'org.enlace.second_factor'] }],
      params: { 'org.enlace.second_factor': { methods: ['totp', 'recovery_code'] } },
    })
    const give = (auth: Record<string, unknown>, token = nora.token, to = path) =>
      node.call('POST', to, { token, body: { auth } })
    const { session } = asked.body
    expect((await give({ type: 'org.enlace.second_factor', session, code: '000000' })).status).toBe(401)
    // The password's word is for this act; and without the password the code is nothing.
    const elsewhere = { type: 'org.enlace.second_factor', session, code: nextCode(secret), new_password: 'x' }
    expect((await give(elsewhere, nora.token, '/account/password')).status).toBe(401)
    const blank = await node.call('POST', path, { token: nora.token, body: {} })
    const early = { type: 'org.enlace.second_factor', session: blank.body['session'], code: nextCode(secret) }
    expect((await give(early)).status).toBe(401)
    expect((await give({ type: 'org.enlace.second_factor', session, code: nextCode(secret) })).status).toBe(
      200,
    )
    expect((await withPassword(node, nora, 'DELETE', '/devices/NADA')).status).toBe(200)
    // What was given on this device counts on no other.
    const other = await secondStep(node, stepOf(await node.login('nora')).session, { code: nextCode(secret) })
    skew += 6 * 60_000
    const confirm = (token: string) =>
      node.call('POST', `${FACTORS}/confirm`, { token, body: { code: nextCode(secret) } })
    expect((await confirm(other.body['access_token'] as string)).status).toBe(200)
    expect((await withPassword(node, nora, 'DELETE', '/devices/NADA')).status).toBe(401)
    expect((await confirm(nora.token)).status).toBe(200)
    expect((await withPassword(node, nora, 'DELETE', `${FACTORS}/totp`)).status).toBe(200)
    expect((await node.login('nora')).status).toBe(200)
  })

  test('a passkey alone confirms, for that act', async () => {
    const olga = await node.register('olga')
    const { passkey } = await addPasskey(node, olga)
    skew += 6 * 60_000
    const ask = (path: string, auth?: unknown) =>
      node.call('POST', path, { token: olga.token, body: { auth } })
    const path = '/_enlace/client/v1/sessions/end-others'
    const asked = await ask(path)
    const offered = asked.body['params'] as Record<string, { passkey: Record<string, unknown> }>
    const given = passkey.get(offered['org.enlace.passkey']!.passkey)
    const auth = { type: 'org.enlace.passkey', session: asked.body['session'], passkey: given }
    expect((await ask(`${FACTORS}/recovery-codes`, { ...auth, session: undefined })).status).toBe(401)
    expect((await ask(path, auth)).status).toBe(200)
    expect((await ask(path, auth)).status).toBe(401)
  })
})
