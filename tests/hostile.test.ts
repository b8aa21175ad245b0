import { createHmac, generateKeyPairSync } from 'node:crypto'
import { freePorts } from '@enlace/dev-network'
import { DEMO_PASSWORD } from '@enlace/dev-network/demo'
import { call, login, MatrixRequestError, matrixRequest, type Session } from '@enlace/dev-network/matrix'
import jwt from 'jsonwebtoken'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { eventually, startTestNetwork, type TestNetwork } from './support/network.ts'
import { type JoinedRoom, type Partner, startPartner } from './support/partner.ts'

/** What people and servers with bad intentions, or broken programs, send. Each gets a clear error and nothing is lost. */
let network: TestNetwork
let partner: Partner
let stranger: Partner
let registrar: Session
let node: { serverName: string; port: number }

beforeAll(async () => {
  const [port, other] = await freePorts(2)
  network = await startTestNetwork({
    nodeConfig: { rate_limits: 'off' },
    extraServers: [{ server_name: `socio.localhost:${port}`, institutions: ['gt-pgn-izabal'] }],
  })
  partner = await startPartner(network.dataDir, port!)
  stranger = await startPartner(network.dataDir, other!)
  registrar = await login(network.hn.baseUrl, 'registro.hn', DEMO_PASSWORD)
  node = { serverName: network.hn.serverName, port: Number(network.hn.serverName.split(':')[1]) }
})

afterAll(async () => {
  await partner?.close()
  await stranger?.close()
  await network?.dispose()
})

async function refused(promise: Promise<unknown>): Promise<MatrixRequestError> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  expect(error).toBeInstanceOf(MatrixRequestError)
  const refusal = error as MatrixRequestError
  expect(refusal.status).toBeGreaterThanOrEqual(400)
  expect(refusal.status).toBeLessThan(500)
  expect(refusal.message).not.toMatch(/node_modules|\.ts:\d|at Object/)
  return refusal
}

const whoami = (token: string) =>
  matrixRequest(network.hn.baseUrl, 'GET', '/_matrix/client/v3/account/whoami', undefined, token)

describe('signing in', () => {
  test('a wrong password, and a name that does not exist, get the same answer', async () => {
    const wrong = await refused(login(network.hn.baseUrl, 'registro.hn', 'no-es-esta'))
    const unknown = await refused(login(network.hn.baseUrl, 'nadie.hn', 'no-es-esta'))
    expect([wrong.status, wrong.errcode]).toEqual([403, 'M_FORBIDDEN'])
    expect([unknown.status, unknown.errcode, unknown.message]).toEqual([
      wrong.status,
      wrong.errcode,
      wrong.message,
    ])
  })

  test('forged, altered and expired tokens are refused', async () => {
    const claims = jwt.decode(registrar.accessToken) as jwt.JwtPayload
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const header = jwt.decode(registrar.accessToken, { complete: true })!.header
    const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
    const [head, body, signature] = registrar.accessToken.split('.')
    const forged = {
      'another key': jwt.sign(claims, privateKey, { algorithm: 'ES256', header }),
      'no algorithm': `${part({ ...header, alg: 'none' })}.${body}.`,
      'a symmetric algorithm': (() => {
        const data = `${part({ ...header, alg: 'HS256' })}.${body}`
        return `${data}.${createHmac('sha256', 'key').update(data).digest('base64url')}`
      })(),
      'another user': `${head}.${part({ ...claims, sub: `@oficial.hn:${network.hn.serverName}` })}.${signature}`,
      'a later expiry': `${head}.${part({ ...claims, exp: (claims.exp ?? 0) + 86_400 })}.${signature}`,
      nonsense: 'nonsense',
    }
    for (const [name, token] of Object.entries(forged)) {
      const refusal = await refused(whoami(token))
      expect([name, refusal.status, refusal.errcode]).toEqual([name, 401, 'M_UNKNOWN_TOKEN'])
    }
    expect((await whoami(registrar.accessToken))['user_id']).toBe(registrar.userId)
  })

  test('a token of the other node is not good here', async () => {
    const court = await login(network.gt.baseUrl, 'juzgado.gt', DEMO_PASSWORD)
    expect((await refused(whoami(court.accessToken))).status).toBe(401)
  })

  test('logging out ends the session at once', async () => {
    const session = await login(network.hn.baseUrl, 'registro.hn', DEMO_PASSWORD)
    await whoami(session.accessToken)
    await call(session, 'POST', '/logout', {})
    expect((await refused(whoami(session.accessToken))).errcode).toBe('M_UNKNOWN_TOKEN')
  })
})

describe('requests of a client', () => {
  const put = (body: string) =>
    fetch(`${network.hn.baseUrl}/_matrix/client/v3/rooms/!x/send/m.room.message/1`, {
      method: 'PUT',
      headers: { Authorization: `Bearer ${registrar.accessToken}`, 'Content-Type': 'application/json' },
      body,
    })

  test('malformed JSON, a body that is no object, deep nesting, and a body too large', async () => {
    const cases: [string, string, number, string][] = [
      ['malformed', '{"body": ', 400, 'M_NOT_JSON'],
      ['not an object', '[1,2]', 400, 'M_BAD_JSON'],
      ['too large', JSON.stringify({ body: 'x'.repeat(3_000_000) }), 413, 'M_TOO_LARGE'],
    ]
    for (const [name, body, status, errcode] of cases) {
      const response = await put(body)
      const answer = (await response.json()) as { errcode: string; error: string }
      expect([name, response.status, answer.errcode]).toEqual([name, status, errcode])
      expect(answer.error).not.toMatch(/node_modules|\n\s+at /)
    }
    const deep = await put(`${'{"a":'.repeat(20_000)}1${'}'.repeat(20_000)}`)
    expect(deep.status).toBeGreaterThanOrEqual(400)
    expect(deep.status).toBeLessThan(500)
    expect((await fetch(`${network.hn.baseUrl}/healthz`)).status).toBe(200)
  })

  test('an event over 64 KiB is refused, and the room goes on', async () => {
    const { room_id } = await call(registrar, 'POST', '/createRoom', { preset: 'private_chat' })
    const room = encodeURIComponent(String(room_id))
    const refusal = await refused(
      call(registrar, 'PUT', `/rooms/${room}/send/m.room.message/big`, {
        msgtype: 'm.text',
        body: 'x'.repeat(70_000),
      }),
    )
    expect(refusal.errcode).toBe('M_TOO_LARGE')
    await call(registrar, 'PUT', `/rooms/${room}/send/m.room.message/small`, {
      msgtype: 'm.text',
      body: 'bien',
    })
  })

  test('the same transaction repeated is one event', async () => {
    const { room_id } = await call(registrar, 'POST', '/createRoom', { preset: 'private_chat' })
    const path = `/rooms/${encodeURIComponent(String(room_id))}/send/m.room.message/txn-1`
    const answers = await Promise.all(
      Array.from({ length: 5 }, () => call(registrar, 'PUT', path, { msgtype: 'm.text', body: 'una vez' })),
    )
    expect(new Set(answers.map((answer) => answer['event_id'])).size).toBe(1)
  })
})

describe('the channel for children', () => {
  test('a shelter is not admitted: the refusal names the rule and whom to ask, in both languages', async () => {
    const coordinator = await login(network.hn.baseUrl, 'coordinacion.hn', DEMO_PASSWORD)
    const alias = encodeURIComponent(`#minors:${network.hn.serverName}`)
    const room = encodeURIComponent(
      String((await call(coordinator, 'GET', `/directory/room/${alias}`))['room_id']),
    )
    const response = await fetch(`${network.hn.baseUrl}/_matrix/client/v3/rooms/${room}/invite`, {
      method: 'POST',
      headers: { Authorization: `Bearer ${coordinator.accessToken}`, 'Content-Type': 'application/json' },
      body: JSON.stringify({ user_id: `@albergue.gt:${network.gt.serverName}` }),
    })
    const answer = (await response.json()) as Record<string, unknown>
    expect([response.status, answer['errcode']]).toEqual([403, 'M_FORBIDDEN'])
    expect(answer['org.enlace.rule']).toBeTypeOf('string')
    expect(answer['org.enlace.contact']).toBeTruthy()
    expect(answer['org.enlace.message']).toMatchObject({ es: expect.any(String), en: expect.any(String) })

    const shelter = await login(network.gt.baseUrl, 'albergue.gt', DEMO_PASSWORD)
    await refused(
      call(shelter, 'POST', `/join/${alias}?server_name=${encodeURIComponent(network.hn.serverName)}`, {}),
    )
    await refused(call(shelter, 'GET', `/rooms/${room}/messages?dir=b`))
    await refused(call(shelter, 'GET', `/rooms/${room}/state`))
  })

  test('a member without rights can neither invite, nor remove, nor change the policy', async () => {
    const alias = encodeURIComponent(`#minors:${network.hn.serverName}`)
    const room = encodeURIComponent(
      String((await call(registrar, 'GET', `/directory/room/${alias}`))['room_id']),
    )
    const guest = `@registro.gt:${network.gt.serverName}`
    await refused(call(registrar, 'POST', `/rooms/${room}/kick`, { user_id: guest }))
    await refused(call(registrar, 'POST', `/rooms/${room}/ban`, { user_id: guest }))
    await refused(call(registrar, 'PUT', `/rooms/${room}/state/org.enlace.topic.policy/`, { admits: {} }))
    await refused(call(registrar, 'PUT', `/rooms/${room}/state/m.room.power_levels/`, { users_default: 100 }))
    const outsider = await refused(
      call(registrar, 'POST', `/rooms/${room}/invite`, { user_id: `@recepcion.hn:${network.hn.serverName}` }),
    )
    expect(outsider.status).toBe(403)
  })
})

describe('a server', () => {
  test('that is not on the list is refused, both ways', async () => {
    const answer = await stranger.request(
      node,
      'GET',
      '/_matrix/federation/v1/query/profile?user_id=%40registro.hn%3Ax',
    )
    expect(answer.status).toBe(403)
    expect(answer.body['org.enlace.rule']).toBeTypeOf('string')
    const { room_id } = await call(registrar, 'POST', '/createRoom', { preset: 'private_chat' })
    await refused(
      call(registrar, 'POST', `/rooms/${encodeURIComponent(String(room_id))}/invite`, {
        user_id: `@alguien:${stranger.serverName}`,
      }),
    )
    await refused(call(registrar, 'POST', `/join/${encodeURIComponent(`#sala:${stranger.serverName}`)}`, {}))
    expect(stranger.received).toEqual([])
  })

  test('without a signature, with another’s name, or for another destination is refused', async () => {
    const path = '/_matrix/federation/v1/query/profile?user_id=%40registro.hn%3Ax'
    const attempts = {
      unsigned: await partner.request(node, 'GET', path, undefined, { authorization: '' }),
      garbled: await partner.request(node, 'GET', path, undefined, { authorization: 'X-Matrix origin=' }),
      'another’s name': await partner.request(node, 'GET', path, undefined, {
        signAs: network.gt.serverName,
      }),
      'another destination': await partner.request(node, 'GET', path, undefined, {
        destinationName: network.gt.serverName,
      }),
    }
    for (const [name, answer] of Object.entries(attempts)) expect([name, answer.status]).toEqual([name, 401])
  })

  test('cannot read a room it is not in, and cannot tell that it exists', async () => {
    const { room_id } = await call(registrar, 'POST', '/createRoom', { preset: 'private_chat' })
    const there = encodeURIComponent(String(room_id))
    const nowhere = encodeURIComponent('!nopenopenopenopenopenopenopenopenopenopenope')
    const event = encodeURIComponent('$nopenopenopenopenopenopenopenopenopenopenope')
    for (const path of [
      (room: string) => `/_matrix/federation/v1/state_ids/${room}?event_id=${event}`,
      (room: string) => `/_matrix/federation/v1/state/${room}?event_id=${event}`,
      (room: string) => `/_matrix/federation/v1/backfill/${room}?v=${event}&limit=10`,
      (room: string) => `/_matrix/federation/v1/event_auth/${room}/${event}`,
    ]) {
      const [real, unreal] = [
        await partner.request(node, 'GET', path(there)),
        await partner.request(node, 'GET', path(nowhere)),
      ]
      expect(real.status).toBeGreaterThanOrEqual(400)
      expect(real.status).toBeLessThan(500)
      expect([real.status, real.body['errcode']]).toEqual([unreal.status, unreal.body['errcode']])
    }
  })
})

describe('events of a partner', () => {
  let room: JoinedRoom
  let transaction = 0

  const deliver = (pdus: unknown[], txnId = `t${++transaction}`) =>
    partner.request(node, 'PUT', `/_matrix/federation/v1/send/${txnId}`, {
      origin: partner.serverName,
      origin_server_ts: Date.now(),
      pdus,
    })

  const bodies = async () => {
    const page = await call(
      registrar,
      'GET',
      `/rooms/${encodeURIComponent(room.roomId)}/messages?dir=b&limit=100`,
    )
    return (page['chunk'] as { type: string; content: { body?: string } }[])
      .filter((event) => event.type === 'm.room.message')
      .map((event) => event.content.body)
  }

  beforeAll(async () => {
    const { room_id } = await call(registrar, 'POST', '/createRoom', { preset: 'public_chat' })
    room = await partner.join(node, String(room_id), 'visitante')
  })

  test('well-formed ones arrive', async () => {
    const good = room.event({ msgtype: 'm.text', body: 'bueno' })
    const answer = await deliver([good.pdu])
    expect(answer).toMatchObject({ status: 200, body: { pdus: { [good.id]: {} } } })
    room.advance(good.id, good.pdu.depth)
    await eventually('the event shows', async () => (await bodies()).includes('bueno'))
  })

  test('a bad signature, a sender of another server, a wrong hash: none does harm, and the good one beside them arrives', async () => {
    const unsigned = room.event(
      { body: 'sin firma' },
      { after: (pdu) => Object.assign(pdu, { signatures: {} }) },
    )
    const broken = room.event(
      { body: 'firma rota' },
      { after: (pdu) => Object.assign(pdu, { origin_server_ts: Number(pdu['origin_server_ts']) + 1 }) },
    )
    const impostor = room.event(
      { body: 'impostor' },
      { before: (draft) => Object.assign(draft, { sender: registrar.userId }) },
    )
    const altered = room.event(
      { body: 'antes de alterar' },
      { after: (pdu) => Object.assign(pdu, { content: { body: 'alterado' } }) },
    )
    const powerless = room.event(
      { name: 'tomado' },
      { before: (draft) => Object.assign(draft, { type: 'm.room.name', state_key: '' }) },
    )
    const malformed = { type: 'm.room.message', room_id: room.roomId }
    const good = room.event({ msgtype: 'm.text', body: 'entre los malos' })
    const answer = await deliver([
      unsigned.pdu,
      broken.pdu,
      impostor.pdu,
      altered.pdu,
      powerless.pdu,
      malformed,
      good.pdu,
    ])
    expect(answer.status).toBe(200)
    room.advance(good.id, good.pdu.depth)
    const shown = await eventually('the good one shows', async () => {
      const all = await bodies()
      return all.includes('entre los malos') && all
    })
    for (const bad of ['sin firma', 'firma rota', 'impostor', 'alterado', 'antes de alterar'])
      expect(shown).not.toContain(bad)
    const state = await call(registrar, 'GET', `/rooms/${encodeURIComponent(room.roomId)}/state`)
    expect(JSON.stringify(state)).not.toContain('tomado')
  })

  test('a transaction sent again changes nothing', async () => {
    const good = room.event({ msgtype: 'm.text', body: 'una sola vez' })
    const first = await deliver([good.pdu], 'repetida')
    const again = await deliver([good.pdu], 'repetida')
    expect(again).toEqual(first)
    await deliver([good.pdu], 'otra')
    room.advance(good.id, good.pdu.depth)
    expect((await bodies()).filter((body) => body === 'una sola vez')).toHaveLength(1)
  })

  test('too many events, no JSON, and a body too large are refused', async () => {
    const good = room.event({ body: 'x' })
    expect((await deliver(Array.from({ length: 51 }, () => good.pdu))).status).toBe(400)
    const path = '/_matrix/federation/v1/send/malo'
    expect((await partner.request(node, 'PUT', path, {}, { rawBody: '{' })).status).toBe(400)
    const huge = await partner
      .request(node, 'PUT', path, {}, { rawBody: `"${'x'.repeat(60_000_000)}"` })
      .catch(() => ({ status: 413 }))
    expect(huge.status).toBe(413)
  })
})
