import { createHmac, generateKeyPairSync } from 'node:crypto'
import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import jwt from 'jsonwebtoken'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { PASSWORD, startTestNode, type TestNode } from '../testing/node.ts'
import { BROWSER_FLOWS } from '../testing/oauth.ts'

let node: TestNode
beforeAll(async () => {
  node = await startTestNode()
})
afterAll(() => node.close())

const whoami = (token: string) => node.call('GET', '/account/whoami', { token })
const refresh = (refresh_token: string) => node.call('POST', '/refresh', { body: { refresh_token } })

describe('register', () => {
  test('without auth tells the flows, with them makes an account', async () => {
    const challenge = await node.call('POST', '/register', { body: {} })
    expect(challenge.status).toBe(401)
    expect(challenge.body).toMatchObject({
      flows: [{ stages: ['m.login.dummy'] }],
      session: expect.any(String),
    })
    expect(challenge.body).not.toHaveProperty('errcode')
    const made = await node.call('POST', '/_matrix/client/r0/register', {
      body: {
        username: 'Registro-1',
        password: PASSWORD,
        device_id: 'DEV',
        auth: { type: 'm.login.dummy', session: challenge.body['session'] },
      },
    })
    expect(made.body).toMatchObject({ user_id: '@registro-1:hn.example', device_id: 'DEV' })
    expect((await whoami(made.body['access_token'] as string)).body).toEqual({
      user_id: '@registro-1:hn.example',
      device_id: 'DEV',
      is_guest: false,
    })
  })

  test('a user name is taken once, also by two at the same time', async () => {
    const tries = await Promise.all(
      [1, 2, 3].map(() =>
        node.call('POST', '/register', {
          body: { username: 'once', password: PASSWORD, auth: { type: 'm.login.dummy' } },
        }),
      ),
    )
    expect(tries.map(({ status }) => status).sort()).toEqual([200, 400, 400])
    const again = await node.call('POST', '/register', { body: { username: 'ONCE', password: PASSWORD } })
    expect(again.body['errcode']).toBe('M_USER_IN_USE')
    expect((await node.call('GET', '/register/available?username=once')).body['errcode']).toBe(
      'M_USER_IN_USE',
    )
    expect((await node.call('GET', '/register/available?username=twice')).body).toEqual({ available: true })
  })

  test.each(['us:er', 'us er', 'usér', '', '_x', "o'x", 'a'.repeat(256)])(
    'refuses a user name such as %.20s',
    async (username) => {
      const answer = await node.call('POST', '/register', {
        body: { username, password: PASSWORD, auth: { type: 'm.login.dummy' } },
      })
      expect([answer.status, answer.body['errcode']]).toEqual([400, 'M_INVALID_USERNAME'])
    },
  )

  test.each([
    'corta',
    'once letras',
    'enlace-demo',
    'Enlace-Demo2026',
    'aaaaaaaaaaaa',
    'abcabcabcabcabcabcabcabc',
    'debil-user',
    'debil-user-2024!',
    'contraseña123',
    'Contraseña2024',
    'contrasen\u0303a123',
    'c0ntr4señ4123',
    'honduras2024',
    'Guatemala2025!',
    'tegucigalpa24',
    'password1234',
    'bienvenidos2024',
    'qwertyuiop12',
    'qwertyuiopasdfghjklñ',
    '1qaz2wsx3edc',
    'ñlkjhgfdsa09876',
    '123456789012345678901234',
    'x'.repeat(2000),
  ])('refuses a password such as %.24s, and says what to change', async (password) => {
    const answer = await node.call('POST', '/register', {
      body: { username: 'debil-user', password, auth: { type: 'm.login.dummy' } },
    })
    expect([answer.status, answer.body['errcode']]).toEqual([400, 'M_WEAK_PASSWORD'])
    expect(answer.body['org.enlace.message']).toEqual({ es: expect.any(String), en: expect.any(String) })
  })

  test("refuses the institution's name, and takes what is hard to guess, however its accents are written", async () => {
    const { accounts } = node.ctx
    const create = (localpart: string, password: string) =>
      accounts.create({ localpart, password, institution: 'hn-rnp-sps' })
    await expect(create('nombre1', 'HN-RNP-SPS-2024')).rejects.toMatchObject({ errcode: 'M_WEAK_PASSWORD' })
    for (const [index, password] of [
      'grapa ñandú 7',
      'Xk3!vuelo-Tq9',
      'mi perro come tortillas a las 5',
    ].entries())
      await create(`fuerte${index}`, password)
    await create('acentos', 'ñandú y grapa 7')
    for (const form of ['NFC', 'NFD'])
      expect((await node.login('acentos', { password: 'ñandú y grapa 7'.normalize(form) })).status).toBe(200)
    // Copied from a page, or typed with another keyboard; set like that and typed as it should be.
    for (const copied of ['ñandú\u00a0y\u202fgrapa 7', 'ñandú y grapa ７', 'ñandú　y　grapa　7'])
      expect((await node.login('acentos', { password: copied })).status, copied).toBe(200)
    expect((await node.login('acentos', { password: 'ñanduygrapa7' })).status).toBe(403)
    await create('copiada', 'ñandú\u00a0y\u00a0grapa ７')
    expect((await node.login('copiada', { password: 'ñandú y grapa 7' })).status).toBe(200)
  })

  test('a hash made of a password as it was typed, before forms were made one, still opens', async () => {
    const { argon2Sync } = await import('node:crypto')
    const typed = 'ñandú y grapa 7'.normalize('NFD')
    const nonce = Buffer.from('sal de la prueba')
    const tag = argon2Sync('argon2id', {
      message: Buffer.from(typed),
      nonce,
      parallelism: 1,
      tagLength: 32,
      memory: 64,
      passes: 1,
    })
    const text = (bytes: Buffer) => bytes.toString('base64').replace(/=+$/, '')
    await node.register('antigua')
    await node.ctx.db.connection
      .collection<{ _id: string }>('accounts')
      .updateOne(
        { _id: '@antigua:hn.example' },
        { $set: { password_hash: `$argon2id$v=19$m=64,t=1,p=1$${text(nonce)}$${text(tag)}` } },
      )
    expect((await node.login('antigua', { password: typed })).status).toBe(200)
    expect((await node.login('antigua', { password: 'otra y grapa 7' })).status).toBe(403)
  })

  test('inhibit_login makes no session, guests are refused', async () => {
    const made = await node.call('POST', '/register', {
      body: { username: 'later', password: PASSWORD, inhibit_login: true, auth: { type: 'm.login.dummy' } },
    })
    expect(made.body).toEqual({ user_id: '@later:hn.example', home_server: 'hn.example' })
    const guest = await node.call('POST', '/register?kind=guest', { body: {} })
    expect([guest.status, guest.body['errcode']]).toEqual([403, 'M_FORBIDDEN'])
  })
})

describe('login', () => {
  test('by user name, user id and the older form; the flows are told', async () => {
    await node.register('entra')
    expect((await node.call('GET', '/login')).body).toEqual({
      flows: [{ type: 'm.login.password' }, ...BROWSER_FLOWS],
    })
    for (const user of ['entra', '@entra:hn.example', '@Entra:hn.example']) {
      expect((await node.login(user)).body).toMatchObject({
        user_id: '@entra:hn.example',
        home_server: 'hn.example',
      })
    }
    const older = await node.call('POST', '/login', {
      body: { type: 'm.login.password', user: 'entra', password: PASSWORD },
    })
    expect(older.status).toBe(200)
  })

  test('wrong password, unknown user and foreign user get the same answer', async () => {
    await node.register('existe')
    const answers = await Promise.all([
      node.login('existe', { password: 'otra cosa' }),
      node.login('no-existe'),
      node.login('@existe:gt.example'),
      node.login('x', { identifier: { type: 'm.id.thirdparty', medium: 'email', address: 'a@b.c' } }),
    ])
    for (const { status, body } of answers) {
      expect(status).toBe(403)
      // Each request has an id of its own; nothing else tells them apart.
      expect({ ...body, 'org.enlace.request_id': '' }).toEqual({
        ...answers[0]!.body,
        'org.enlace.request_id': '',
      })
      expect(body['errcode']).toBe('M_FORBIDDEN')
    }
    expect((await node.call('POST', '/login', { body: { type: 'm.login.token' } })).status).toBe(400)
  })

  test('on the same device ends its earlier session and makes no second device', async () => {
    const { token, deviceId } = await node.register('mismo')
    const again = await node.login('mismo', { device_id: deviceId, initial_device_display_name: 'no' })
    expect(again.body['device_id']).toBe(deviceId)
    expect((await whoami(token)).body).toMatchObject({ errcode: 'M_UNKNOWN_TOKEN', soft_logout: false })
    const devices = await node.call('GET', '/devices', { token: again.body['access_token'] as string })
    expect(devices.body['devices']).toHaveLength(1)
  })
})

describe('access tokens', () => {
  const forge = (claims: object, key: jwt.Secret, algorithm: jwt.Algorithm) =>
    jwt.sign(claims, key, {
      algorithm,
      issuer: 'hn.example',
      audience: 'access',
      subject: '@forja:hn.example',
    })

  test('none, another key, another algorithm, changed or expired ones open nothing', async () => {
    const { token } = await node.register('forja')
    const claims = jwt.decode(token) as Record<string, unknown>
    const { sub: _s, aud: _a, iss: _i, ...rest } = claims
    const pem = await readFile(join(node.ctx.config.data_dir, 'token-key.pem'), 'utf8')
    const { createPublicKey } = await import('node:crypto')
    const publicPem = createPublicKey(pem).export({ type: 'spki', format: 'pem' }).toString()
    const other = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({
      type: 'pkcs8',
      format: 'pem',
    })
    const [header, payload, signature] = token.split('.') as [string, string, string]
    const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
    const hs256 = `${encode({ alg: 'HS256', typ: 'JWT' })}.${payload}`
    const bad = {
      none: `${encode({ alg: 'none', typ: 'JWT' })}.${payload}.`,
      'wrong key': forge(rest, other, 'ES256'),
      'public key as HMAC secret': `${hs256}.${createHmac('sha256', publicPem).update(hs256).digest('base64url')}`,
      'other user': `${header}.${encode({ ...claims, sub: '@existe:hn.example' })}.${signature}`,
      'no signature': `${header}.${payload}.`,
      garbage: 'not-a-token',
      huge: 'x'.repeat(5_000),
    }
    for (const [name, forged] of Object.entries(bad)) {
      const answer = await whoami(forged)
      expect([name, answer.status, answer.body['errcode']]).toEqual([name, 401, 'M_UNKNOWN_TOKEN'])
      expect(answer.body['soft_logout']).toBe(false)
    }
    const expired = jwt.sign({ ...rest, exp: Math.floor(Date.now() / 1000) - 1 }, pem, {
      algorithm: 'ES256',
      issuer: 'hn.example',
      audience: 'access',
      subject: '@forja:hn.example',
    })
    expect((await whoami(expired)).body).toMatchObject({ errcode: 'M_UNKNOWN_TOKEN', soft_logout: true })
    expect((await whoami(token)).status).toBe(200)
    expect((await node.call('GET', '/account/whoami')).body['errcode']).toBe('M_MISSING_TOKEN')
  })

  test('live 15 minutes, are ES256, and the key is readable by the node alone', async () => {
    const { token } = await node.register('quince', { refresh_token: true })
    const { header, payload } = jwt.decode(token, { complete: true }) as jwt.Jwt
    expect(header.alg).toBe('ES256')
    const { exp, iat } = payload as jwt.JwtPayload
    expect(exp! - iat!).toBe(900)
    const { mode } = await stat(join(node.ctx.config.data_dir, 'token-key.pem'))
    expect(mode & 0o777).toBe(0o600)
  })

  test('end at once on logout, cached or not', async () => {
    const { token } = await node.register('sale')
    expect((await whoami(token)).status).toBe(200)
    expect((await node.call('POST', '/logout', { token })).status).toBe(200)
    expect((await whoami(token)).body).toMatchObject({ errcode: 'M_UNKNOWN_TOKEN', soft_logout: false })
    const tokens = await Promise.all(
      [1, 2].map(async () => (await node.login('sale')).body['access_token'] as string),
    )
    for (const one of tokens) expect((await whoami(one)).status).toBe(200)
    await node.call('POST', '/logout/all', { token: tokens[0]! })
    for (const one of tokens) expect((await whoami(one)).status).toBe(401)
  })
})

describe('a client that does not refresh', () => {
  test('gets a token without an end, until it is revoked or nobody used it for thirty days', async () => {
    let passed = 0
    const clock = { now: () => Date.now() + passed, monotonic: () => performance.now() + passed }
    const slow = await startTestNode({}, { overrides: { clock: () => clock } })
    const day = 24 * 3_600_000
    const asks = async (token: string) => (await slow.call('GET', '/account/whoami', { token })).body
    try {
      const made = await slow.call('POST', '/register', {
        body: { username: 'bot', password: PASSWORD, auth: { type: 'm.login.dummy' } },
      })
      expect(made.body).not.toHaveProperty('expires_in_ms')
      expect(made.body).not.toHaveProperty('refresh_token')
      const token = made.body['access_token'] as string
      expect(jwt.decode(token)).not.toHaveProperty('exp')
      // Used now and then it goes on far beyond thirty days, through a restart as well.
      for (const days of [1, 29, 29, 29]) {
        passed += days * day
        expect(await asks(token)).toMatchObject({ device_id: made.body['device_id'] })
        await expect
          .poll(async () => (await slow.ctx.devices.list('@bot:hn.example'))[0]?.lastSeenTs)
          .toBeGreaterThan(clock.now() - day)
        await slow.reopen('tokens')
      }
      passed += 31 * day
      expect(await asks(token)).toMatchObject({ errcode: 'M_UNKNOWN_TOKEN', soft_logout: true })
      const again = await slow.login('bot')
      expect(await asks(again.body['access_token'] as string)).toMatchObject({ user_id: '@bot:hn.example' })
      await slow.call('POST', '/logout', { token: again.body['access_token'] as string })
      expect(await asks(again.body['access_token'] as string)).toMatchObject({ soft_logout: false })
    } finally {
      await slow.close()
    }
  })
})

describe('refresh tokens', () => {
  const start = async (localpart: string) => {
    const { token, refreshToken } = await node.register(localpart, { refresh_token: true })
    return { access: token, refresh: refreshToken! }
  }

  test('rotate; an answer that was lost can be asked for again', async () => {
    const first = await start('rota')
    const lost = await refresh(first.refresh)
    expect(lost.body).toMatchObject({ access_token: expect.any(String), expires_in_ms: 900_000 })
    const second = await refresh(first.refresh)
    expect(second.status).toBe(200)
    expect((await whoami(second.body['access_token'] as string)).status).toBe(200)
    const third = await refresh(second.body['refresh_token'] as string)
    expect(third.status).toBe(200)
  })

  test('an old one, once its successor was used, ends the session softly', async () => {
    const first = await start('robo')
    const second = await refresh(first.refresh)
    expect((await whoami(second.body['access_token'] as string)).status).toBe(200)
    const stolen = await refresh(first.refresh)
    expect(stolen.body).toMatchObject({ errcode: 'M_UNKNOWN_TOKEN', soft_logout: true })
    expect((await whoami(second.body['access_token'] as string)).status).toBe(401)
    expect((await refresh(second.body['refresh_token'] as string)).status).toBe(401)
    // The device is still there: signing in on it goes on with its keys.
    expect((await node.login('robo')).status).toBe(200)
  })

  test('of two made from the same one, only the one that was used goes on', async () => {
    const first = await start('gemelos')
    const [a, b] = await Promise.all([refresh(first.refresh), refresh(first.refresh)])
    expect((await whoami(a!.body['access_token'] as string)).status).toBe(200)
    // The access token of the other one ends with it, and does not end the session.
    expect((await whoami(b!.body['access_token'] as string)).body).toMatchObject({
      errcode: 'M_UNKNOWN_TOKEN',
      soft_logout: true,
    })
    expect((await whoami(a!.body['access_token'] as string)).status).toBe(200)
    expect((await refresh(b!.body['refresh_token'] as string)).status).toBe(401)
    expect((await whoami(a!.body['access_token'] as string)).status).toBe(401)
  })

  test('are no access tokens, nor the other way round, and end with the device', async () => {
    const { access, refresh: token } = await start('trueque')
    expect((await whoami(token)).status).toBe(401)
    expect((await refresh(access)).status).toBe(401)
    await node.call('POST', '/logout', { token: access })
    expect((await refresh(token)).body).toMatchObject({ errcode: 'M_UNKNOWN_TOKEN', soft_logout: false })
  })

  test('the access token of a lost sibling stays lost in the generations after', async () => {
    const first = await start('trillizos')
    const [a, lost] = await Promise.all([refresh(first.refresh), refresh(first.refresh)])
    const access = (answer: { body: Record<string, unknown> }) => answer.body['access_token'] as string
    expect((await whoami(access(a!))).status).toBe(200)
    // The one before is still on its way with somebody's request.
    expect((await whoami(first.access)).status).toBe(200)
    const third = await refresh(a!.body['refresh_token'] as string)
    expect((await whoami(access(third))).status).toBe(200)
    expect((await whoami(access(lost!))).status).toBe(401)
    expect((await whoami(access(a!))).status).toBe(200)
    expect((await whoami(first.access)).status).toBe(401)
    expect((await whoami(access(third))).status).toBe(200)
  })

  test('are given only to those who ask', async () => {
    expect((await node.register('sinrefresh')).refreshToken).toBeUndefined()
  })
})

describe('passwords', () => {
  const auth = (user: string, password = PASSWORD) => ({ type: 'm.login.password', user, password })

  test('change with the old one, ending other sessions unless told not to', async () => {
    const { userId, token } = await node.register('cambia')
    const other = (await node.login('cambia')).body['access_token'] as string
    const change = (body: object) => node.call('POST', '/account/password', { token, body })
    expect((await change({ new_password: 'otra contraseña, y nueva' })).status).toBe(401)
    const wrong = await change({
      new_password: 'otra contraseña, y nueva',
      auth: auth(userId, 'mal mal mal'),
    })
    expect([wrong.status, wrong.body['errcode']]).toEqual([401, 'M_FORBIDDEN'])
    const weak = await change({ new_password: 'abc', auth: auth(userId) })
    expect(weak.body['errcode']).toBe('M_WEAK_PASSWORD')
    expect((await change({ new_password: 'otra contraseña, y nueva', auth: auth(userId) })).status).toBe(200)
    expect((await whoami(token)).status).toBe(200)
    expect((await whoami(other)).status).toBe(401)
    expect((await node.login('cambia')).status).toBe(403)
    const kept = (await node.login('cambia', { password: 'otra contraseña, y nueva' })).body[
      'access_token'
    ] as string
    await change({
      new_password: 'otra más nueva',
      logout_devices: false,
      auth: auth(userId, 'otra contraseña, y nueva'),
    })
    expect((await whoami(kept)).status).toBe(200)
  })

  test("another person's password does not confirm", async () => {
    const { token } = await node.register('victima')
    await node.register('intruso')
    const answer = await node.call('POST', '/account/password', {
      token,
      body: { new_password: 'tomada por otro', auth: auth('@intruso:hn.example') },
    })
    expect(answer.status).toBe(401)
  })

  test('a closed account cannot come back', async () => {
    const { userId, token } = await node.register('cierra')
    expect(
      (
        await node.call('POST', '/account/deactivate', {
          token,
          body: { auth: auth(userId, 'wrong_password') },
        })
      ).status,
    ).toBe(401)
    const closed = await node.call('POST', '/account/deactivate', { token, body: { auth: auth(userId) } })
    expect(closed.body).toEqual({ id_server_unbind_result: 'success' })
    expect((await whoami(token)).status).toBe(401)
    expect((await node.login('cierra')).status).toBe(403)
    const again = await node.call('POST', '/register', { body: { username: 'cierra', password: PASSWORD } })
    expect(again.body['errcode']).toBe('M_USER_IN_USE')
  })

  test('what an erased account said is hidden from those who come later, not from those who were there', async () => {
    const [gone, there] = [await node.register('olvido'), await node.register('testigo')]
    const { body: room } = await node.call('POST', '/createRoom', {
      token: there.token,
      body: { preset: 'public_chat' },
    })
    const path = `/rooms/${encodeURIComponent(room['room_id'] as string)}`
    await node.call('POST', `${path}/join`, { token: gone.token, body: {} })
    const sent = await node.call('PUT', `${path}/send/m.room.message/1`, {
      token: gone.token,
      body: { msgtype: 'm.text', body: 'palabras mías' },
    })
    await node.call('PUT', `/user/${gone.userId}/account_data/hn.nota`, {
      token: gone.token,
      body: { nota: 'mía' },
    })
    const keep = await node.call('POST', '/account/deactivate', {
      token: gone.token,
      body: { auth: auth(gone.userId), erase: true },
    })
    expect(keep.status).toBe(200)
    const late = await node.register('tarde')
    await node.call('POST', `${path}/join`, { token: late.token, body: {} })
    const read = async (token: string) => {
      const one = await node.call(
        'GET',
        `${path}/event/${encodeURIComponent(sent.body['event_id'] as string)}`,
        {
          token,
        },
      )
      const page = await node.call('GET', `${path}/messages?dir=b&limit=50`, { token })
      const sync = await node.call('GET', '/sync?timeout=0', { token })
      return [one, page, sync].map(({ bytes }) => bytes.toString().includes('palabras mías'))
    }
    expect(await read(there.token)).toEqual([true, true, true])
    expect(await read(late.token)).toEqual([false, false, false])
    const events = async (server: string) => {
      const event = (await node.ctx.rooms.event(sent.body['event_id'] as string))!
      return JSON.stringify(await node.ctx.rooms.visibleToServer(server, [event]))
    }
    expect(await events('gt.example')).not.toContain('palabras')
    expect(await events('hn.example')).toContain('palabras')
    expect(await node.ctx.accountData.get(gone.userId, 'hn.nota')).toBeUndefined()
    const members = await node.call('GET', `${path}/joined_members`, { token: there.token })
    expect(Object.keys(members.body['joined'] as object).sort()).toEqual([late.userId, there.userId].sort())
  })
})

describe('devices', () => {
  const auth = (user: string) => ({
    type: 'm.login.password',
    identifier: { type: 'm.id.user', user },
    password: PASSWORD,
  })

  test('are listed, renamed and removed, the latter with the password', async () => {
    const { userId, token } = await node.register('aparatos')
    await node.login('aparatos', { device_id: 'TEL', initial_device_display_name: 'teléfono' })
    expect((await node.call('GET', '/devices/TEL', { token })).body).toMatchObject({
      device_id: 'TEL',
      display_name: 'teléfono',
    })
    await node.call('PUT', '/devices/TEL', { token, body: { display_name: 'de la oficina' } })
    expect((await node.call('GET', '/devices/TEL', { token })).body['display_name']).toBe('de la oficina')
    for (const method of ['GET', 'PUT']) {
      expect(
        (await node.call(method, '/devices/OTRO', { token, ...(method === 'PUT' ? { body: {} } : {}) }))
          .status,
      ).toBe(404)
    }
    const challenge = await node.call('DELETE', '/devices/TEL', { token, body: {} })
    expect(challenge.status).toBe(401)
    const session = challenge.body['session']
    // A session is for one operation: that of another device does not pass.
    const misused = await node.call('POST', '/delete_devices', {
      token,
      body: { devices: ['TEL'], auth: { ...auth(userId), session } },
    })
    expect(misused.status).toBe(401)
    expect(
      (await node.call('DELETE', '/devices/TEL', { token, body: { auth: { ...auth(userId), session } } }))
        .status,
    ).toBe(200)
    expect((await node.call('GET', '/devices/TEL', { token })).status).toBe(404)
  })

  test('several go at once, and only own ones', async () => {
    const { userId, token } = await node.register('varios')
    const victim = await node.register('ajeno', { device_id: 'AJENO' })
    for (const device_id of ['A', 'B']) await node.login('varios', { device_id })
    await node.call('POST', '/delete_devices', {
      token,
      body: { devices: ['A', 'B', 'AJENO'], auth: auth(userId) },
    })
    expect((await node.call('GET', '/devices', { token })).body['devices']).toHaveLength(1)
    expect((await whoami(victim.token)).status).toBe(200)
  })
})

test('failed logins are slowed down per account and address, and right ones are not counted', async () => {
  const limited = await startTestNode({ rate_limits: 'on' })
  try {
    await limited.ctx.accounts.create({ localpart: 'lento', password: PASSWORD })
    const { checkPassword } = limited.ctx.accounts
    const here = { address: '198.51.100.1' }
    for (let index = 0; index < 20; index++)
      expect(await checkPassword('@lento:hn.example', PASSWORD, here)).toBe('right')
    for (let index = 0; index < 8; index++)
      expect(await checkPassword('@lento:hn.example', 'mal', here)).toBe('wrong')
    await expect(checkPassword('@lento:hn.example', PASSWORD, here)).rejects.toMatchObject({
      errcode: 'M_LIMIT_EXCEEDED',
      extra: { retry_after_ms: expect.any(Number) },
    })
    expect(await checkPassword('@lento:hn.example', PASSWORD, { address: '203.0.113.1' })).toBe('right')
  } finally {
    await limited.close()
  }
})

test('registration by token and closed registration', async () => {
  const byToken = await startTestNode({ registration: 'token', registration_token: 'un-token-bien-largo' })
  try {
    const attempt = (token: string) =>
      byToken.call('POST', '/register', {
        body: { username: 'conv', password: PASSWORD, auth: { type: 'm.login.registration_token', token } },
      })
    expect((await attempt('otro')).body['errcode']).toBe('M_FORBIDDEN')
    expect(
      (await byToken.call('POST', '/register', { body: { auth: { type: 'm.login.dummy' } } })).status,
    ).toBe(401)
    expect((await attempt('un-token-bien-largo')).status).toBe(200)
  } finally {
    await byToken.close()
  }
  const closed = await startTestNode(
    { registration: 'closed' },
    { overrides: { runtime: () => ({ allowDemoPassword: true, escalationPace: 1 }) } },
  )
  try {
    const answer = await closed.call('POST', '/register', { body: {} })
    expect([answer.status, answer.body['errcode']]).toEqual([403, 'M_FORBIDDEN'])
    await closed.ctx.accounts.create({ localpart: 'oficial.hn', password: 'enlace-demo' })
    expect((await closed.login('oficial.hn', { password: 'enlace-demo' })).status).toBe(200)
  } finally {
    await closed.close()
  }
})

test('what was being read while somebody was suspended does not come back as it was', async () => {
  const ana = await node.register('leida')
  const Account = node.ctx.db.connection.model('accounts')
  const { promise: gate, resolve: go } = Promise.withResolvers<void>()
  const read = Account.findById.bind(Account)
  const slow = vi.spyOn(Account, 'findById').mockImplementationOnce(((id: string) => ({
    lean: async () => {
      const found = await read(id).lean()
      await gate
      return found
    },
  })) as never)
  // Nothing of it is in memory after a write.
  await node.ctx.accounts.setLeaving(ana.userId, null)
  const reading = node.ctx.accounts.get(ana.userId)
  await expect.poll(() => slow.mock.calls.length).toBeGreaterThan(0)
  await node.ctx.accounts.suspend(ana.userId, '@jefa:hn.example', 'perdió el teléfono')
  go()
  await reading
  slow.mockRestore()
  expect((await node.ctx.accounts.get(ana.userId))?.suspended).toBeDefined()
  expect((await whoami(ana.token)).status).toBe(403)
})
