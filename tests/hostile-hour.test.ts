/**
 * The attacks of one hostile hour, replayed over the real two-node network with nothing but requests anybody can make.
 * Each is named by its number; what needs a page or a partner's log is played beside the source.
 */
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { defaultPolicy, topicChannelRequest, topicPolicyEventType } from '@enlace/coordination'
import { freePorts } from '@enlace/dev-network'
import { DEMO_PASSWORD } from '@enlace/dev-network/demo'
import { call, login, MatrixRequestError, matrixRequest, type Session } from '@enlace/dev-network/matrix'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { eventually, startTestNetwork, type TestNetwork } from './support/network.ts'
import { type Partner, startPartner } from './support/partner.ts'

type StateEvent = { type: string; state_key: string; event_id: string; content: Record<string, unknown> }

let network: TestNetwork
let partner: Partner
let node: { serverName: string; port: number }
let count = 0

beforeAll(async () => {
  const [port] = await freePorts(1)
  network = await startTestNetwork({
    extraServers: [{ server_name: `socio.localhost:${port}`, institutions: ['gt-pgn-izabal'] }],
  })
  partner = await startPartner(network.dataDir, port!)
  node = { serverName: network.hn.serverName, port: Number(network.hn.serverName.split(':')[1]) }
})
afterAll(async () => {
  await partner?.close()
  await network?.dispose()
})

const enc = encodeURIComponent
const cipher = (text: string) => Buffer.from(text).toString('base64').replaceAll('=', '')
const honduran = (name: string) => login(network.hn.baseUrl, name, DEMO_PASSWORD)
const guatemalan = (name: string) => login(network.gt.baseUrl, name, DEMO_PASSWORD)
async function channel(who: Session, name: string): Promise<string> {
  return String(
    (await call(who, 'GET', `/directory/room/${enc(`#${name}:${network.hn.serverName}`)}`))['room_id'],
  )
}
const say = (who: Session, room: string, type: string, content: object) =>
  call(who, 'PUT', `/rooms/${enc(room)}/send/${type}/hora${count++}`, content)
const encrypted = (text: string) => ({ algorithm: 'm.megolm.v1.aes-sha2', ciphertext: cipher(text) })

/** Refused by a rule, with a sentence: not by an accident. */
async function refused(attempt: Promise<unknown>): Promise<MatrixRequestError> {
  const error = await attempt.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  expect(error).toBeInstanceOf(MatrixRequestError)
  const refusal = error as MatrixRequestError
  expect(refusal.status).toBeGreaterThanOrEqual(400)
  expect(refusal.status).toBeLessThan(500)
  return refusal
}

test('8.1 nobody makes a false channel for children: not without encryption, nor without a corridor, nor as staff', async () => {
  const staff = await honduran('registro.hn')
  const coordinator = await honduran('coordinacion.hn')
  const space = String(
    (
      await call(
        coordinator,
        'GET',
        `/directory/room/${enc(`#puerto-barrios-corinto:${network.hn.serverName}`)}`,
      )
    )['room_id'],
  )
  const policy = defaultPolicy('minors', { corridor: space })
  const bare = {
    name: 'Niñez y adolescencia',
    preset: 'private_chat',
    initial_state: [{ type: topicPolicyEventType, state_key: '', content: policy }],
  }
  const whole = (who: Session) =>
    topicChannelRequest('minors', {
      creator: who.userId,
      coordinators: [],
      corridor: space,
      via: [node.serverName],
    })
  await refused(call(staff, 'POST', '/createRoom', bare))
  await refused(call(coordinator, 'POST', '/createRoom', bare))
  await refused(call(staff, 'POST', '/createRoom', whole(staff)))
  const open = whole(coordinator)
  await refused(call(coordinator, 'POST', '/createRoom', { ...open, preset: 'public_chat' }))
  // A room of one's own does not become a channel afterwards, and takes no cases.
  const own = String((await call(staff, 'POST', '/createRoom', { preset: 'private_chat' }))['room_id'])
  await refused(call(staff, 'PUT', `/rooms/${enc(own)}/state/${topicPolicyEventType}/`, policy))
  await refused(
    matrixRequest(
      network.hn.baseUrl,
      'POST',
      '/_enlace/client/v1/cases/reference',
      { kind: 'birth_certificate', room_id: own },
      staff.accessToken,
    ),
  )
})

test('8.2 a partner gets nobody into the channel for children, not even somebody who exists nowhere', async () => {
  const coordinator = await honduran('coordinacion.hn')
  const minors = await channel(coordinator, 'minors')
  const members = async () =>
    Object.keys((await call(coordinator, 'GET', `/rooms/${enc(minors)}/joined_members`))['joined'] as object)
  const before = await members()
  const nobody = `@nadie:${partner.serverName}`
  await refused(call(coordinator, 'POST', `/rooms/${enc(minors)}/invite`, { user_id: nobody }))
  for (const version of ['10', '11', '12']) {
    const path = `/_matrix/federation/v1/make_join/${enc(minors)}/${enc(nobody)}?ver=${version}`
    const answer = await partner.request(node, 'GET', path)
    expect(answer.status).toBeGreaterThanOrEqual(400)
    expect(answer.status).toBeLessThan(500)
  }
  expect(await members()).toEqual(before)
})

test('8.4 nothing readable gets into a channel, in whatever disguise', async () => {
  const writer = await honduran('registro.hn')
  const room = await channel(writer, 'documentation')
  const forgeries: [type: string, content: object][] = [
    ['m.room.message', { msgtype: 'm.text', body: 'soy la coordinación' }],
    ['m.room.encrypted', { algorithm: 'm.none', body: 'soy la coordinación' }],
    ['m.room.encrypted', { ...encrypted('x'), body: 'soy la coordinación' }],
    ['m.room.encrypted', { ...encrypted('x'), ciphertext: 'soy la coordinación' }],
    ['m.sticker', { body: 'soy la coordinación', url: 'mxc://x/y', info: {} }],
  ]
  for (const [type, content] of forgeries) await refused(say(writer, room, type, content))
  const good = await say(writer, room, 'm.room.encrypted', encrypted('bien'))
  for (const { baseUrl, name } of [
    { baseUrl: network.hn.baseUrl, name: 'coordinacion.hn' },
    { baseUrl: network.gt.baseUrl, name: 'coordinacion.gt' },
  ]) {
    const reader = await login(baseUrl, name, DEMO_PASSWORD)
    const shown = await eventually('the good one arrives', async () => {
      const page = JSON.stringify(await call(reader, 'GET', `/rooms/${enc(room)}/messages?dir=b&limit=100`))
      return page.includes(String(good['event_id'])) && page
    })
    expect(shown).not.toContain('soy la coordinación')
  }
})

test('8.6 whoever was removed reads nothing of what comes after', async () => {
  const coordinator = await honduran('coordinacion.hn')
  const room = await channel(coordinator, 'documentation')
  const removed = await guatemalan('albergue.gt')
  const before = await say(coordinator, room, 'm.room.encrypted', encrypted('antes'))
  await eventually('it is read while a member', async () => {
    const page = JSON.stringify(await call(removed, 'GET', `/rooms/${enc(room)}/messages?dir=b&limit=20`))
    return page.includes(String(before['event_id']))
  })
  await call(coordinator, 'POST', `/rooms/${enc(room)}/kick`, { user_id: removed.userId })
  const witness = await guatemalan('coordinacion.gt')
  const after = String((await say(coordinator, room, 'm.room.encrypted', encrypted('después')))['event_id'])
  await eventually('it is on the other node', async () => {
    const page = JSON.stringify(await call(witness, 'GET', `/rooms/${enc(room)}/messages?dir=b&limit=20`))
    return page.includes(after)
  })
  await refused(call(removed, 'GET', `/rooms/${enc(room)}/event/${enc(after)}`))
  await refused(call(removed, 'GET', `/rooms/${enc(room)}/context/${enc(after)}`))
  await refused(call(removed, 'GET', `/rooms/${enc(room)}/joined_members`))
  const page = await call(removed, 'GET', `/rooms/${enc(room)}/messages?dir=b&limit=100`)
  expect(JSON.stringify(page)).not.toContain(after)
  const sync = await call(removed, 'GET', '/sync?timeout=0')
  expect(JSON.stringify(sync)).not.toContain(after)
})

test('8.7 what carries a channel is not deleted, not by a coordinator of either country', async () => {
  for (const coordinator of [await honduran('coordinacion.hn'), await guatemalan('coordinacion.gt')]) {
    const room = await channel(coordinator, 'minors')
    const state = async () =>
      (await call(coordinator, 'GET', `/rooms/${enc(room)}/state`)) as unknown as StateEvent[]
    const before = await state()
    for (const type of ['m.room.encryption', 'org.enlace.topic.policy']) {
      const { event_id, content } = before.find((one) => one.type === type)!
      await refused(
        call(coordinator, 'PUT', `/rooms/${enc(room)}/redact/${enc(event_id)}/hora${count++}`, {}),
      )
      await refused(call(coordinator, 'PUT', `/rooms/${enc(room)}/state/${type}/`, {}))
      expect((await state()).find((one) => one.type === type)).toMatchObject({ event_id, content })
    }
  }
})

test('8.10 the operator shuts somebody out of the running node, and it counts at once', async () => {
  const gone = await honduran('recepcion.hn')
  const whoami = () =>
    matrixRequest(network.hn.baseUrl, 'GET', '/_matrix/client/v3/account/whoami', undefined, gone.accessToken)
  await whoami()
  const main = fileURLToPath(new URL('../apps/homeserver/src/main.ts', import.meta.url))
  await promisify(execFile)(process.execPath, [
    main,
    '--config',
    network.hn.configFile,
    'account',
    'deactivate',
    'recepcion.hn',
  ])
  expect((await refused(whoami())).status).toBe(401)
  expect((await refused(honduran('recepcion.hn'))).status).toBe(403)
})

test('8.11 nobody keeps the official on duty out by failing to sign in as them', async () => {
  const guess = (index: number) =>
    fetch(`${network.hn.baseUrl}/_matrix/client/v3/login`, {
      method: 'POST',
      headers: {
        'Content-Type': 'application/json',
        // One household with all the addresses it wants, and many households.
        'X-Forwarded-For':
          index % 2 ? `2001:db8:1:1::${index.toString(16)}` : `2001:db8:${index.toString(16)}::1`,
      },
      body: JSON.stringify({
        type: 'm.login.password',
        identifier: { type: 'm.id.user', user: 'oficial.hn' },
        password: `adivinada ${index}`,
      }),
    }).then((answer) => answer.status)
  const answers = await Promise.all(Array.from({ length: 80 }, (_, index) => guess(index + 1)))
  expect(answers.filter((status) => status !== 403 && status !== 429)).toEqual([])
  // One household is slowed down, whatever address of its own it takes.
  expect(answers.filter((_, index) => index % 2 === 0)).toContain(429)
  expect((await honduran('oficial.hn')).userId).toBe(`@oficial.hn:${network.hn.serverName}`)
})
