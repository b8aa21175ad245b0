import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { crossKey, deviceKeys, newPair, signed } from '../testing/keys.ts'
import { PASSWORD, startTestNode, type TestNode } from '../testing/node.ts'

type Json = Record<string, unknown>
type User = Awaited<ReturnType<TestNode['register']>>

let node: TestNode
let count = 0
beforeAll(async () => {
  // Where an institution leaves it at the password; what is so by default has tests of its own.
  node = await startTestNode({ identity_reset: 'password' })
})
afterAll(() => node.close())
beforeEach(() => {
  node.edus.length = 0
  node.partner.sharing = () => []
})

const newUser = (prefix = 'u') => node.register(`${prefix}${++count}`)

const upload = (user: User, body: Json) => node.call('POST', '/keys/upload', { token: user.token, body })
const query = async (user: User, ...users: string[]) =>
  (
    await node.call('POST', '/keys/query', {
      token: user.token,
      body: { device_keys: Object.fromEntries(users.map((one) => [one, []])) },
    })
  ).body as Record<string, Record<string, Json>>
const claim = async (user: User, target: User, algorithm = 'signed_curve25519') =>
  (
    await node.call('POST', '/keys/claim', {
      token: user.token,
      body: { one_time_keys: { [target.userId]: { [target.deviceId]: algorithm } } },
    })
  ).body as { one_time_keys: Record<string, Record<string, Record<string, unknown>>>; failures: Json }

const oneTimeKeys = (from: number, to: number) =>
  Object.fromEntries(
    Array.from({ length: to - from }, (_, index) => [
      `signed_curve25519:K${from + index}`,
      { key: `key${from + index}`, signatures: {} },
    ]),
  )

describe('device keys', () => {
  test('are uploaded, asked for, and told apart from those of nobody', async () => {
    const [ana, beto] = [await newUser(), await newUser()]
    const { keys } = deviceKeys(ana)
    expect((await upload(ana, { device_keys: keys })).body).toEqual({
      one_time_key_counts: { signed_curve25519: 0 },
    })
    const answer = await query(beto, ana.userId, beto.userId, '@nadie:hn.example')
    expect(answer['device_keys']![ana.userId]).toEqual({ [ana.deviceId]: { ...keys, unsigned: {} } })
    expect(answer['device_keys']![beto.userId]).toEqual({})
    expect(answer['device_keys']).not.toHaveProperty('@nadie:hn.example')
  })

  test('of another device, another user, without a shape or with a bad signature are refused', async () => {
    const [ana, beto] = [await newUser(), await newUser()]
    const mine = deviceKeys(ana)
    const bad: [Json, string][] = [
      [{ ...mine.keys, user_id: beto.userId }, 'M_BAD_JSON'],
      [{ ...mine.keys, device_id: 'OTHER' }, 'M_BAD_JSON'],
      [{ user_id: ana.userId, device_id: ana.deviceId }, 'M_BAD_JSON'],
      [{ ...mine.keys, algorithms: ['m.olm.v1.curve25519-aes-sha2'] }, 'M_INVALID_SIGNATURE'],
      [{ ...mine.keys, extra: 1.5 }, 'M_INVALID_SIGNATURE'],
    ]
    for (const [device_keys, errcode] of bad) {
      const answer = await upload(ana, { device_keys })
      expect([answer.status, answer.body['errcode']]).toEqual([400, errcode])
    }
    expect((await query(ana, ana.userId))['device_keys']![ana.userId]).toEqual({})
  })

  test('that change take one-time and fallback keys of the old identity along', async () => {
    const ana = await newUser()
    await upload(ana, {
      device_keys: deviceKeys(ana).keys,
      one_time_keys: oneTimeKeys(0, 3),
      fallback_keys: { 'signed_curve25519:F': { key: 'f', fallback: true } },
    })
    const answer = await upload(ana, { device_keys: deviceKeys(ana).keys })
    expect(answer.body).toEqual({ one_time_key_counts: { signed_curve25519: 0 } })
    expect((await claim(ana, ana)).one_time_keys).toEqual({})
  })

  test('and everything of a device go when it is logged out', async () => {
    const [ana, beto] = [await newUser(), await newUser()]
    await upload(ana, { device_keys: deviceKeys(ana).keys, one_time_keys: oneTimeKeys(0, 2) })
    await node.call('POST', '/logout', { token: ana.token })
    expect((await query(beto, ana.userId))['device_keys']![ana.userId]).toEqual({})
    expect((await claim(beto, ana)).one_time_keys).toEqual({})
  })
})

describe('one-time keys', () => {
  test('are given out once each, in order of upload, however many ask at once', async () => {
    const [ana, beto] = [await newUser(), await newUser()]
    await upload(ana, { one_time_keys: oneTimeKeys(10, 12) })
    await upload(ana, { one_time_keys: oneTimeKeys(0, 20) })
    const claimed = async () =>
      Object.keys((await claim(beto, ana)).one_time_keys[ana.userId]?.[ana.deviceId] ?? {})
    const first = [...(await claimed()), ...(await claimed())]
    expect(new Set(first)).toEqual(new Set(['signed_curve25519:K10', 'signed_curve25519:K11']))
    const rest = (await Promise.all(Array.from({ length: 23 }, claimed))).flat()
    expect(rest).toHaveLength(18)
    expect(new Set([...first, ...rest]).size).toBe(20)
  })

  test('uploaded again, also after one was claimed, are not given out twice', async () => {
    const [ana, beto] = [await newUser(), await newUser()]
    await upload(ana, { one_time_keys: oneTimeKeys(0, 2) })
    const first = await claim(beto, ana)
    const again = await upload(ana, { one_time_keys: oneTimeKeys(0, 3) })
    expect(again.body).toEqual({ one_time_key_counts: { signed_curve25519: 2 } })
    const rest = [await claim(beto, ana), await claim(beto, ana), await claim(beto, ana)]
    const ids = [first, ...rest].flatMap(({ one_time_keys }) =>
      Object.keys(one_time_keys[ana.userId]?.[ana.deviceId] ?? {}),
    )
    expect(ids.sort()).toEqual(['signed_curve25519:K0', 'signed_curve25519:K1', 'signed_curve25519:K2'])
    const changed = await upload(ana, { one_time_keys: { 'signed_curve25519:K1': { key: 'other' } } })
    expect([changed.status, changed.body['errcode']]).toEqual([400, 'M_INVALID_PARAM'])
  })

  test('that run out leave the fallback key, which says that it was used', async () => {
    const [ana, beto] = [await newUser(), await newUser()]
    const fallback = { key: 'fall', fallback: true, signatures: {} }
    await upload(ana, { fallback_keys: { 'signed_curve25519:F1': fallback } })
    expect(await node.ctx.deviceKeys.counts(ana.userId, ana.deviceId)).toEqual({
      oneTimeKeyCounts: { signed_curve25519: 0 },
      unusedFallbackTypes: ['signed_curve25519'],
    })
    for (let index = 0; index < 2; index++) {
      expect((await claim(beto, ana)).one_time_keys[ana.userId]![ana.deviceId]).toEqual({
        'signed_curve25519:F1': fallback,
      })
    }
    expect((await node.ctx.deviceKeys.counts(ana.userId, ana.deviceId)).unusedFallbackTypes).toEqual([])
    await upload(ana, { fallback_keys: { 'signed_curve25519:F1': fallback } })
    expect((await node.ctx.deviceKeys.counts(ana.userId, ana.deviceId)).unusedFallbackTypes).toEqual([])
    await upload(ana, { fallback_keys: { 'signed_curve25519:F2': fallback } })
    expect((await node.ctx.deviceKeys.counts(ana.userId, ana.deviceId)).unusedFallbackTypes).toEqual([
      'signed_curve25519',
    ])
  })

  test('are limited in number', async () => {
    const ana = await newUser()
    expect((await upload(ana, { one_time_keys: oneTimeKeys(0, 1001) })).status).toBe(400)
  })
})

describe('cross-signing', () => {
  async function setUp(user: User) {
    const [master, selfSigning, userSigning] = [newPair(), newPair(), newPair()]
    const body = {
      master_key: crossKey(user.userId, 'master', master),
      self_signing_key: signed(
        crossKey(user.userId, 'self_signing', selfSigning),
        user.userId,
        master.publicKey,
        master,
      ),
      user_signing_key: signed(
        crossKey(user.userId, 'user_signing', userSigning),
        user.userId,
        master.publicKey,
        master,
      ),
    }
    return { master, selfSigning, userSigning, body }
  }
  const send = (user: User, body: Json) =>
    node.call('POST', '/keys/device_signing/upload', { token: user.token, body })

  test('the first upload and its repetition are free, a change needs the password', async () => {
    const [ana, beto] = [await newUser(), await newUser()]
    const first = await setUp(ana)
    expect((await send(ana, first.body)).status).toBe(200)
    expect((await send(ana, first.body)).status).toBe(200)
    const second = await setUp(ana)
    expect((await send(ana, second.body)).status).toBe(401)
    const auth = {
      type: 'm.login.password',
      identifier: { type: 'm.id.user', user: ana.userId },
      password: PASSWORD,
    }
    expect((await send(ana, { ...second.body, auth })).status).toBe(200)
    const seen = await query(beto, ana.userId)
    expect(seen['master_keys']![ana.userId]).toEqual(second.body.master_key)
    expect(seen['user_signing_keys']).toEqual({})
    expect((await query(ana, ana.userId))['user_signing_keys']![ana.userId]).toEqual(
      second.body.user_signing_key,
    )
  })

  test('keys not signed by the master key, without it, or of another user are refused', async () => {
    const ana = await newUser()
    const { body, selfSigning } = await setUp(ana)
    expect((await send(ana, { self_signing_key: body.self_signing_key })).body['errcode']).toBe(
      'M_MISSING_PARAM',
    )
    const unsigned = { ...body, self_signing_key: crossKey(ana.userId, 'self_signing', selfSigning) }
    expect((await send(ana, unsigned)).body['errcode']).toBe('M_INVALID_SIGNATURE')
    const foreign = { master_key: { ...body.master_key, user_id: '@otro:hn.example' } }
    expect((await send(ana, foreign)).body['errcode']).toBe('M_INVALID_PARAM')
    const login = await node.login(ana.userId, {
      device_id: body.master_key.keys ? Object.values(body.master_key.keys)[0] : '',
    })
    expect(login.status).toBe(200)
    expect((await send(ana, body)).status).toBe(403)
  })

  test('a device cannot take the id of a cross-signing key', async () => {
    const ana = await newUser()
    const { body, master } = await setUp(ana)
    await send(ana, body)
    expect((await node.login(ana.userId, { device_id: master.publicKey })).body['errcode']).toBe(
      'M_FORBIDDEN',
    )
  })

  test('signatures are checked one by one, and seen by those who may', async () => {
    const [ana, beto, celia] = [await newUser(), await newUser(), await newUser()]
    const device = deviceKeys(ana)
    await upload(ana, { device_keys: device.keys })
    const mine = await setUp(ana)
    const theirs = await setUp(beto)
    await send(ana, mine.body)
    await send(beto, theirs.body)
    const signDevice = signed(device.keys, ana.userId, mine.selfSigning.publicKey, mine.selfSigning)
    const signBeto = signed(theirs.body.master_key, ana.userId, mine.userSigning.publicKey, mine.userSigning)
    const answer = await node.call('POST', '/keys/signatures/upload', {
      token: ana.token,
      body: {
        [ana.userId]: {
          [ana.deviceId]: signDevice,
          NOSUCH: signDevice,
          [mine.master.publicKey]: signed(mine.body.master_key, ana.userId, ana.deviceId, device.pair),
        },
        [beto.userId]: { [theirs.master.publicKey]: signBeto },
        [celia.userId]: { nokey: signBeto },
      },
    })
    expect(answer.body).toEqual({
      failures: {
        [ana.userId]: { NOSUCH: { errcode: 'M_NOT_FOUND', error: expect.any(String) } },
        [celia.userId]: { nokey: { errcode: 'M_NOT_FOUND', error: expect.any(String) } },
      },
    })
    const forged = {
      ...signDevice,
      signatures: { [ana.userId]: { [`ed25519:${mine.selfSigning.publicKey}`]: 'AAAA' } },
    }
    const bad = await node.call('POST', '/keys/signatures/upload', {
      token: ana.token,
      body: { [ana.userId]: { [ana.deviceId]: forged } },
    })
    expect(bad.body).toMatchObject({
      failures: { [ana.userId]: { [ana.deviceId]: { errcode: 'M_INVALID_SIGNATURE' } } },
    })

    const seenByCelia = await query(celia, ana.userId, beto.userId)
    const signatures = (key: unknown) =>
      (key as { signatures?: Record<string, Json> } | undefined)?.signatures
    const seenDevice = (seenByCelia['device_keys']![ana.userId] as Record<string, Json>)[ana.deviceId]
    expect(signatures(seenDevice)).toEqual(signDevice.signatures)
    // Whom Ana has verified is hers to know.
    expect(signatures(seenByCelia['master_keys']![beto.userId])).toBeUndefined()
    const seenByAna = await query(ana, beto.userId)
    expect(signatures(seenByAna['master_keys']![beto.userId])).toEqual(signBeto.signatures)
    const federated = await node.ctx.deviceKeys.queryLocal({ [beto.userId]: [] }, undefined)
    expect(signatures((federated['master_keys'] as Json)[beto.userId])).toBeUndefined()
    expect(federated).not.toHaveProperty('user_signing_keys')
  })
})

describe('send-to-device', () => {
  const send = (user: User, txn: string, messages: Json) =>
    node.call('PUT', `/sendToDevice/m.test/${txn}`, { token: user.token, body: { messages } })
  const pull = (user: User, from: number) =>
    node.ctx.toDevice.pull(user.userId, user.deviceId, from, node.ctx.stream.stable, 100)

  test('arrives once, stays until acknowledged, and is not sent twice for one transaction', async () => {
    const [ana, beto] = [await newUser(), await newUser()]
    const messages = { [beto.userId]: { [beto.deviceId]: { n: 1 }, NOSUCH: { n: 2 } } }
    await Promise.all([send(ana, 't1', messages), send(ana, 't1', messages)])
    await send(ana, 't1', messages)
    const first = await pull(beto, 0)
    expect(first.events).toEqual([{ type: 'm.test', sender: ana.userId, content: { n: 1 } }])
    const lost = await pull(beto, 0)
    expect(lost.events).toEqual(first.events)
    expect((await pull(beto, first.upTo)).events).toEqual([])
    await send(ana, 't1', messages)
    expect((await pull(beto, first.upTo)).events).toEqual([])
    await send(ana, 't2', messages)
    expect((await pull(beto, first.upTo)).events).toHaveLength(1)
  })

  test('to * reaches every device; a limited answer loses nothing', async () => {
    const ana = await newUser()
    const beto = await newUser()
    const second = (await node.login(beto.userId)).body
    const other = {
      ...beto,
      token: second['access_token'] as string,
      deviceId: second['device_id'] as string,
    }
    for (let index = 0; index < 5; index++)
      await send(ana, `m${index}`, { [beto.userId]: { '*': { index } } })
    expect((await pull(other, 0)).events).toHaveLength(5)
    const { toDevice, stream } = node.ctx
    const got: unknown[] = []
    let from = 0
    for (let round = 0; round < 5; round++) {
      const page = await toDevice.pull(beto.userId, beto.deviceId, from, stream.stable, 2)
      got.push(...page.events.map((event) => (event['content'] as { index: number }).index))
      from = page.upTo
    }
    expect(got).toEqual([0, 1, 2, 3, 4])
  })

  test('goes to partners as EDUs of bounded size with stable ids', async () => {
    const ana = await newUser()
    const big = Object.fromEntries(
      Array.from({ length: 40 }, (_, index) => [`D${index}`, { pad: 'x'.repeat(4_000) }]),
    )
    await send(ana, 'fed', { '@x:gt.example': big, '@y:otro.example': { '*': { a: 1 } } })
    const edus = node.edus.filter(({ edu_type }) => edu_type === 'm.direct_to_device')
    const toGt = edus.filter(({ destinations }) => destinations[0] === 'gt.example')
    expect(toGt.length).toBeGreaterThan(2)
    const devices = toGt.flatMap(({ content }) =>
      Object.keys((content['messages'] as Record<string, Json>)['@x:gt.example'] ?? {}),
    )
    expect(devices.sort()).toEqual(Object.keys(big).sort())
    for (const { content } of edus) {
      expect(JSON.stringify(content).length).toBeLessThan(64 * 1024)
      expect((content['message_id'] as string).length).toBeLessThanOrEqual(32)
    }
    expect(new Set(edus.map(({ content }) => content['message_id'])).size).toBe(edus.length)
  })

  test('for a device that never syncs does not pile up for ever', async () => {
    const ana = await newUser()
    const Waiting = node.ctx.db.connection.model('to_device_messages')
    const docs = Array.from({ length: 20_010 }, (_, index) => ({
      _id: `old${index}`,
      user_id: ana.userId,
      device_id: ana.deviceId,
      pos: index + 1,
      json: '{}',
    }))
    await Waiting.collection.insertMany(docs as never[])
    await node.ctx.toDevice.trim()
    const left = await Waiting.find({ user_id: ana.userId }).sort({ pos: 1 }).limit(1).lean()
    expect(left[0]).toMatchObject({ pos: 11 })
    expect(await Waiting.countDocuments({ user_id: ana.userId })).toBe(20_000)
  })

  test('from a partner is taken once, and only in the name of its own people', async () => {
    const ana = await newUser()
    const edu = (sender: string, message_id = 'm1') => ({
      sender,
      type: 'm.room_key_request',
      message_id,
      messages: { [ana.userId]: { [ana.deviceId]: { hello: 1 } } },
    })
    await node.ctx.toDevice.receive('gt.example', edu('@z:hn.example'))
    await node.ctx.toDevice.receive('gt.example', { sender: 5 })
    expect((await pull(ana, 0)).events).toEqual([])
    await node.ctx.toDevice.receive('gt.example', edu('@z:gt.example'))
    await node.ctx.toDevice.receive('gt.example', edu('@z:gt.example'))
    expect((await pull(ana, 0)).events).toHaveLength(1)
  })
})

describe('key backup', () => {
  const ask = (user: User, method: string, path: string, body?: Json) =>
    node.call(method, `/room_keys${path}`, { token: user.token, ...(body ? { body } : {}) })
  const key = (is_verified: boolean, first_message_index: number, forwarded_count: number) => ({
    is_verified,
    first_message_index,
    forwarded_count,
    session_data: { ciphertext: `${first_message_index}/${forwarded_count}` },
  })
  const auth_data = { public_key: 'abc' }

  test('versions are made, read, changed and removed', async () => {
    const ana = await newUser()
    expect((await ask(ana, 'GET', '/version')).body['errcode']).toBe('M_NOT_FOUND')
    const made = await ask(ana, 'POST', '/version', { algorithm: 'm.x', auth_data })
    expect(made.body).toEqual({ version: '1' })
    expect((await ask(ana, 'GET', '/version')).body).toEqual({
      algorithm: 'm.x',
      auth_data,
      count: 0,
      etag: '0',
      version: '1',
    })
    expect((await ask(ana, 'PUT', '/version/1', { algorithm: 'm.y', auth_data })).body['errcode']).toBe(
      'M_INVALID_PARAM',
    )
    expect((await ask(ana, 'PUT', '/version/1', { algorithm: 'm.x', auth_data, version: '2' })).status).toBe(
      400,
    )
    expect((await ask(ana, 'PUT', '/version/1', { algorithm: 'm.x', auth_data: { v: 2 } })).status).toBe(200)
    expect((await ask(ana, 'GET', '/version/1')).body['auth_data']).toEqual({ v: 2 })
    await ask(ana, 'POST', '/version', { algorithm: 'm.x', auth_data })
    const old = await ask(ana, 'PUT', '/keys/!r:hn/s?version=1', key(true, 0, 0))
    expect([old.status, old.body]).toMatchObject([
      403,
      {
        errcode: 'M_WRONG_ROOM_KEYS_VERSION',
        error: expect.any(String),
        current_version: '2',
        'org.enlace.request_id': expect.any(String),
      },
    ])
    expect((await ask(ana, 'DELETE', '/version/2')).status).toBe(200)
    expect((await ask(ana, 'GET', '/version/2')).status).toBe(404)
    expect((await ask(ana, 'GET', '/version')).body['version']).toBe('1')
    expect((await ask(ana, 'POST', '/version', { algorithm: 'm.x', auth_data })).body['version']).toBe('3')
  })

  test('a stored key gives way only to a better one', async () => {
    const ana = await newUser()
    await ask(ana, 'POST', '/version', { algorithm: 'm.x', auth_data })
    const put = async (value: ReturnType<typeof key>) => {
      await ask(ana, 'PUT', '/keys/!r:hn/s?version=1', value)
      return (await ask(ana, 'GET', '/keys/!r:hn/s?version=1')).body
    }
    const base = key(false, 10, 5)
    expect(await put(base)).toEqual(base)
    for (const worse of [key(false, 11, 0), key(false, 10, 6), key(false, 10, 5)])
      expect(await put(worse)).toEqual(base)
    const better = [
      key(false, 10, 4),
      key(false, 9, 9),
      key(true, 20, 20),
      key(true, 20, 19),
      key(true, 3, 30),
    ]
    for (const one of better) expect(await put(one)).toEqual(one)
    for (const worse of [key(false, 0, 0), key(true, 4, 0)])
      expect(await put(worse)).toEqual(key(true, 3, 30))
  })

  test('count and etag follow what is stored; rooms and all can be read and removed', async () => {
    const ana = await newUser()
    await ask(ana, 'POST', '/version', { algorithm: 'm.x', auth_data })
    const one = key(true, 0, 0)
    const rooms = { '!a:hn': { sessions: { s1: one, s2: one } }, '!b:hn': { sessions: { s3: one } } }
    const first = await ask(ana, 'PUT', '/keys?version=1', { rooms })
    expect(first.body).toMatchObject({ count: 3 })
    const same = await ask(ana, 'PUT', '/keys?version=1', { rooms })
    expect(same.body).toEqual(first.body)
    const mixed = await ask(ana, 'PUT', '/keys/!a:hn?version=1', { sessions: { s1: one, s4: one } })
    expect(mixed.body['count']).toBe(4)
    expect(mixed.body['etag']).not.toBe(first.body['etag'])
    expect((await ask(ana, 'GET', '/keys?version=1')).body).toEqual({
      rooms: { '!a:hn': { sessions: { s1: one, s2: one, s4: one } }, '!b:hn': { sessions: { s3: one } } },
    })
    expect((await ask(ana, 'GET', '/keys/!none:hn?version=1')).body).toEqual({ sessions: {} })
    expect((await ask(ana, 'GET', '/keys/!none:hn/s?version=1')).status).toBe(404)
    expect((await ask(ana, 'DELETE', '/keys/!a:hn/s1?version=1')).body['count']).toBe(3)
    expect((await ask(ana, 'DELETE', '/keys/!a:hn?version=1')).body['count']).toBe(1)
    expect((await ask(ana, 'DELETE', '/keys?version=1')).body['count']).toBe(0)
  })

  test('one person cannot read the backup of another, and odd ids harm nothing', async () => {
    const [ana, beto] = [await newUser(), await newUser()]
    await ask(ana, 'POST', '/version', { algorithm: 'm.x', auth_data })
    await ask(ana, 'PUT', '/keys/__proto__/polluted?version=1', key(true, 0, 0))
    expect((await ask(ana, 'GET', '/keys/__proto__/polluted?version=1')).status).toBe(200)
    expect(({} as Json)['polluted']).toBeUndefined()
    expect((await ask(beto, 'GET', '/keys?version=1')).status).toBe(404)
  })
})
