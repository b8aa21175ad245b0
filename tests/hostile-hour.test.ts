/**
 * The attacks of one hostile hour, replayed over the real two-node network with nothing but requests anybody can make.
 * Each is named by its number; what needs a page or a partner's log is played beside the source.
 */
import { execFile, execFileSync } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import {
  caseEventType,
  caseUpdateEventType,
  deadlinesFor,
  defaultPolicy,
  type EscalationContent,
  type EscalationStage,
  escalationChainEventType,
  escalationContent,
  escalationEventType,
  escalationUpdateEventType,
  localDateTime,
  topicChannelRequest,
  topicPolicyEventType,
} from '@enlace/coordination'
import { freePorts } from '@enlace/dev-network'
import { DEMO_PASSWORD } from '@enlace/dev-network/demo'
import { call, login, MatrixRequestError, matrixRequest, type Session } from '@enlace/dev-network/matrix'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { rostersOf } from './support/coordinators.ts'
import { Someone } from './support/escalations.ts'
import { eventually, startTestNetwork, type TestNetwork } from './support/network.ts'
import { type JoinedRoom, type Partner, startPartner } from './support/partner.ts'
import { type RegistryInHand, takeRegistry } from './support/registry-in-hand.ts'

type StateEvent = { type: string; state_key: string; event_id: string; content: Record<string, unknown> }
type Address = { serverName: string; port: number }

let network: TestNetwork
/** Hostile, with a good key and a place on the list; one of its people is rightly a member of the channel of documents. */
let partner: Partner
let visitor: JoinedRoom
/** Another one, which helps it. */
let neighbour: Partner
let neighbouring: JoinedRoom
let registry: RegistryInHand | undefined
let node: Address
let nodes: Address[]
let count = 0

const VISITOR = { institution: 'gt-capmir-izabal', role: 'staff' } as const
const NEIGHBOUR = { institution: 'gt-acnur-izabal', role: 'staff' } as const

beforeAll(async () => {
  const [port, other] = await freePorts(2)
  network = await startTestNetwork({
    extraServers: [
      { server_name: `socio.localhost:${port}`, institutions: ['gt-pgn-izabal', VISITOR.institution] },
      { server_name: `vecino.localhost:${other}`, institutions: [NEIGHBOUR.institution] },
    ],
    nodeConfig: { identity_reset: 'coordinator' },
  })
  partner = await startPartner(network.dataDir, port!)
  neighbour = await startPartner(network.dataDir, other!, 'vecino')
  nodes = [network.hn, network.gt].map(({ serverName }) => ({
    serverName,
    port: Number(serverName.split(':')[1]),
  }))
  node = nodes[0]!
  const coordinator = await honduran('coordinacion.hn')
  const room = await channel(coordinator, 'documentation')
  const admit = async (server: Partner, localpart: string, who: typeof VISITOR | typeof NEIGHBOUR) => {
    server.people.set(localpart, who)
    const user_id = `@${localpart}:${server.serverName}`
    await rostersOf(network).say(who.institution, [{ userId: user_id, role: who.role }])
    const invite = () => call(coordinator, 'POST', `/rooms/${enc(room)}/invite`, { user_id })
    await eventually('its roster has come', () =>
      invite().then(
        () => true,
        () => false,
      ),
    )
    return server.join(node, room, localpart)
  }
  visitor = await admit(partner, 'visita', VISITOR)
  neighbouring = await admit(neighbour, 'vecina', NEIGHBOUR)
})
afterAll(async () => {
  await registry?.close()
  await partner?.close()
  await neighbour?.close()
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
const MINUTE = 60_000
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
  // Not open to everybody either, nor with a past that everybody reads, nor without the encryption.
  const founding = whole(coordinator)
  const openings = [
    { type: 'm.room.join_rules', content: { join_rule: 'public' } },
    { type: 'm.room.history_visibility', content: { history_visibility: 'world_readable' } },
    { type: 'm.room.encryption', content: { algorithm: 'm.none' } },
  ]
  for (const opening of openings) {
    const initial_state = founding.initial_state.map((one) =>
      one.type === opening.type ? { ...one, ...opening } : one,
    )
    await refused(call(coordinator, 'POST', '/createRoom', { ...founding, initial_state }))
  }
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

test('8.2 a partner gets nobody in who is not admitted, not even somebody who exists nowhere', async () => {
  const coordinator = await honduran('coordinacion.hn')
  const witness = await guatemalan('coordinacion.gt')
  const members = async (who: Session, room: string) =>
    Object.keys((await call(who, 'GET', `/rooms/${enc(room)}/joined_members`))['joined'] as object).sort()
  // By the front door, into the channel for children.
  const minors = await channel(coordinator, 'minors')
  const nobody = `@nadie:${partner.serverName}`
  await refused(call(coordinator, 'POST', `/rooms/${enc(minors)}/invite`, { user_id: nobody }))
  for (const version of ['10', '11', '12']) {
    const path = `/_matrix/federation/v1/make_join/${enc(minors)}/${enc(nobody)}?ver=${version}`
    const answer = await partner.request(node, 'GET', path)
    expect(answer.status).toBeGreaterThanOrEqual(400)
    expect(answer.status).toBeLessThan(500)
  }

  // By events it signs itself, where its person coordinates and the room's own rules let them invite.
  const room = visitor.roomId
  const state = (await call(coordinator, 'GET', `/rooms/${enc(room)}/state`)) as unknown as StateEvent[]
  const power = state.find((one) => one.type === 'm.room.power_levels')!
  const levels = power.content as { users: Record<string, number> }
  const setLevels = (content: object) =>
    call(coordinator, 'PUT', `/rooms/${enc(room)}/state/m.room.power_levels`, content)
  const set = await setLevels({ ...levels, users: { ...levels.users, [visitor.user]: 50 } })
  const auth = [
    String(set['event_id']),
    ...state.filter((one) => one.type === 'm.room.join_rules').map((one) => one.event_id),
  ]
  const own = state.find((one) => one.state_key === visitor.user)!.event_id
  const before = await members(coordinator, room)
  partner.people.set('ajeno', { institution: 'gt-pgn-izabal', role: 'staff' })
  await rostersOf(network).say('gt-pgn-izabal', [{ userId: `@ajeno:${partner.serverName}`, role: 'staff' }])
  partner.people.set('impostora', { institution: 'hn-sreci', role: 'coordinator' })
  let last = String(set['event_id'])
  let depth = 1_000
  for (const localpart of ['nadie', 'ajeno', 'impostora']) {
    const target = `@${localpart}:${partner.serverName}`
    const membership = (sender: string, content: object, auth_events: string[]) => {
      const { pdu, id } = visitor.event(content as Record<string, unknown>, {
        before: (draft) =>
          Object.assign(draft, {
            type: 'm.room.member',
            state_key: target,
            sender,
            auth_events,
            prev_events: [last],
            depth: depth++,
          }),
      })
      last = id
      return { pdu, id }
    }
    const invite = membership(visitor.user, { membership: 'invite' }, [...auth, own])
    const join = membership(target, { membership: 'join' }, [...auth, invite.id])
    for (const one of nodes) expect((await partner.send(one, [invite.pdu, join.pdu])).status).toBe(200)
  }
  for (const who of [coordinator, witness]) {
    expect(await members(who, room)).toEqual(before)
    const vouched = await matrixRequest(
      who.baseUrl,
      'GET',
      `/_enlace/client/v1/rooms/${enc(room)}/vouched`,
      undefined,
      who.accessToken,
    )
    const list = Object.entries(vouched['members'] as Record<string, { vouched: boolean }>)
    expect(
      list
        .filter(([, one]) => one.vouched)
        .map(([userId]) => userId)
        .sort(),
    ).toEqual(before)
  }
  await setLevels(levels)
})

test('8.3 a stolen password puts no new identity in a person’s place, and no partner changes that of another’s people', async () => {
  const coordinator = await honduran('coordinacion.hn')
  const victim = await honduran('consulado.hn')
  const thief = await honduran('consulado.hn')
  const witness = await guatemalan('coordinacion.gt')
  const master = () => {
    const { x } = generateKeyPairSync('ed25519').publicKey.export({ format: 'jwk' })
    const key = Buffer.from(x!, 'base64url').toString('base64').replace(/=+$/, '')
    return { user_id: victim.userId, usage: ['master'], keys: { [`ed25519:${key}`]: key } }
  }
  const upload = (who: Session, master_key: object, auth?: object) =>
    call(who, 'POST', '/keys/device_signing/upload', { master_key, ...(auth ? { auth } : {}) })
  const seenBy = async (who: Session) => {
    const answer = await call(who, 'POST', '/keys/query', { device_keys: { [victim.userId]: [] } })
    return (answer['master_keys'] as Record<string, { keys: object }>)[victim.userId]?.keys
  }
  const own = master()
  await upload(victim, own)
  await eventually('the other country knows them', async () => (await seenBy(witness)) !== undefined)

  const stolen = master()
  const auth = { type: 'm.login.password', user: victim.userId, password: DEMO_PASSWORD }
  expect((await refused(upload(thief, stolen))).status).toBe(401)
  expect((await refused(upload(thief, stolen, auth))).status).toBe(401)
  expect((await refused(upload(thief, stolen, { type: 'org.enlace.coordinator' }))).status).toBe(401)
  // Nobody but a coordinator of the same institution says yes, and all devices of the person are told.
  const approve = (who: Session) =>
    matrixRequest(
      who.baseUrl,
      'POST',
      `/_enlace/client/v1/identity-resets/${enc(victim.userId)}/approve`,
      {
        master_key: Object.values(stolen.keys)[0],
        auth: { type: 'm.login.password', user: who.userId, password: DEMO_PASSWORD },
      },
      who.accessToken,
    )
  for (const other of [thief, witness, await honduran('oficial.hn')])
    expect((await refused(approve(other))).status).toBe(404)
  expect((await refused(upload(thief, stolen, { type: 'org.enlace.coordinator' }))).status).toBe(401)
  for (const who of [victim, coordinator]) {
    const path = `/user/${enc(who.userId)}/account_data/org.enlace.alerts`
    expect(JSON.stringify(await call(who, 'GET', path))).toContain('identity_reset')
  }

  // A partner says it for a person of another server.
  const forged = {
    edu_type: 'm.signing_key_update',
    content: { user_id: victim.userId, master_key: master() },
  }
  for (const one of nodes) expect((await partner.send(one, [], [forged])).status).toBe(200)
  for (const who of [victim, coordinator, witness]) expect(await seenBy(who)).toEqual(own.keys)
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

test('8.8 calls are neither silenced, nor forged, nor ended by whom they do not call, from here or from a partner', async () => {
  const chief = await honduran('coordinacion.hn')
  const staff = new Someone(network.hn, 'registro.hn')
  const bystander = new Someone(network.hn, 'oficial.hn')
  const called = new Someone(network.gt, 'registro.gt')
  const room = await channel(chief, 'documentation')
  const toRenap: EscalationStage[] = [
    { level: 'focal_point', institutions: ['gt-renap'], roles: ['staff'], within_ms: 30 * MINUTE },
  ]
  const content = (about: string, more: Partial<EscalationContent> = {}) =>
    escalationContent(about, { cause: 'person', chain: toRenap, by: staff.by, ...more })
  const message = () => staff.send(room, 'm.room.encrypted', encrypted(`sobre ${count++}`))

  // Silenced: another institution's chain, and anybody's beyond what the network agreed.
  const silence = { focal_point: { skip: true, within_minutes: { high: 43_200 } } }
  for (const key of ['gt-renap', 'hn-rnp-sps', 'hn-sreci', ''])
    await refused(call(chief, 'PUT', `/rooms/${enc(room)}/state/${escalationChainEventType}/${key}`, silence))
  await refused(
    call(chief, 'PUT', `/rooms/${enc(room)}/state/${escalationChainEventType}/gt-renap`, {
      focal_point: { skip: true },
    }),
  )

  // Forged: about nothing, for a reason only a node has, and about a case by another's number.
  const about = await message()
  for (const forgery of [
    content('$nunca'),
    content(about, { cause: 'deadline_lapsed' }),
    content(about, { cause: 'acknowledgement_lapsed' }),
    content(about, { reference: 'DOC-2026-999999' }),
  ])
    await refused(staff.send(room, escalationEventType, forgery))

  // One call about one thing; it ends by whom it calls or who raised it.
  const id = await staff.raise(room, about, toRenap)
  await refused(staff.raise(room, about, toRenap))
  await refused(bystander.act(room, id, 'resolve'))
  await eventually('the call is on the other node', () => called.view(id))

  // The same from a partner, sixty times, by raw events.
  const second = await message()
  const theirs = (type: string, body: object) => {
    const { pdu, id: eventId } = visitor.event(body as Record<string, unknown>, {
      before: (draft) => Object.assign(draft, { type }),
    })
    visitor.advance(eventId, pdu.depth)
    return { pdu, eventId }
  }
  const sixty = Array.from({ length: 60 }, (_, index) =>
    theirs(
      escalationEventType,
      content(index === 1 ? '$nunca' : index === 2 ? about : second, {
        by: VISITOR,
        ...(index === 3 ? { cause: 'deadline_lapsed' } : {}),
      }),
    ),
  )
  const resolved = theirs(escalationUpdateEventType, {
    'm.relates_to': { rel_type: 'm.reference', event_id: id },
    action: 'resolve',
    by: { institution: 'gt-renap', role: 'staff' },
  })
  const events = [...sixty, resolved].map(({ pdu }) => pdu)
  for (const one of nodes)
    for (let from = 0; from < events.length; from += 50)
      expect((await partner.send(one, events.slice(from, from + 50))).status).toBe(200)
  for (const who of [staff, called]) {
    const mine = await eventually('one of the sixty is a call', async () => {
      const { escalations } = await who.enlace('GET', '/escalations')
      const all = escalations as { id: string; about_event_id: string }[]
      return all.some((one) => one.id === sixty[0]!.eventId) && all
    })
    expect(mine.filter((one) => one.about_event_id === second).map((one) => one.id)).toEqual([
      sixty[0]!.eventId,
    ])
    expect(mine.filter((one) => one.about_event_id === about).map((one) => one.id)).toEqual([id])
    expect(mine.filter((one) => one.about_event_id === '$nunca')).toEqual([])
    expect((await who.view(id))?.state).toBe('open')
  }
  expect((await called.alerts(sixty[0]!.eventId)).length).toBeLessThanOrEqual(1)
  for (const { eventId } of sixty.slice(1)) expect(await called.alerts(eventId)).toEqual([])
  await called.act(room, id, 'resolve')
  await eventually('resolved by whom it calls', async () => (await staff.view(id))?.state === 'resolved')
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

test('8.12 an envelope tells no server when, how and with how many a group comes, whoever writes it', async () => {
  const official = new Someone(network.gt, 'oficial.gt')
  const reader = await honduran('coordinacion.hn')
  const room = await channel(reader, 'returns')
  const reserved = await official.enlace('POST', '/cases/reference', { kind: 'return_notice', room_id: room })
  const arrival = Date.now() + 18 * 60 * MINUTE
  const envelope = {
    reference: String(reserved['reference']),
    kind: 'return_notice',
    priority: 'medium',
    requesting: official.by.institution,
    responsible: 'hn-camr-omoa',
    receiving: ['hn-camr-omoa'],
    ...deadlinesFor(
      { kind: 'return_notice', priority: 'medium', country: 'HN', expectedArrival: arrival },
      Date.now(),
      {},
    ),
    by: official.by,
  }
  const counts = { adults: 30, families: 4, unaccompanied_children: 2, medical_needs: 1 }
  const telling = {
    counts,
    arrival: { expected_ts: arrival, route: 'agua_caliente', transport: 'official_vehicle' },
    minor: true,
    route: 'agua_caliente',
    expected: arrival,
  }
  for (const [key, value] of Object.entries(telling))
    await refused(official.send(room, caseEventType, { ...envelope, [key]: value }))
  const id = await official.send(room, caseEventType, envelope)
  await refused(
    official.send(room, caseUpdateEventType, {
      'm.relates_to': { rel_type: 'm.reference', event_id: id },
      step: 'cancel',
      by: official.by,
      counts,
    }),
  )
  const seen = await eventually('the envelope is in the other country', () =>
    call(reader, 'GET', `/rooms/${enc(room)}/event/${enc(id)}`).catch(() => undefined),
  )
  expect(seen['content']).toEqual(envelope)
  // The end of the day, which every group of that day has.
  expect([envelope.deadline, envelope.acknowledge_by]).not.toContain(arrival)
  expect(localDateTime(envelope.deadline)).toMatch(/T00:00$/)

  // A partner's, of a client that says it all: nobody is shown the case.
  const { pdu, id: loose } = visitor.event(
    { ...envelope, kind: 'birth_certificate', reference: 'DOC-2026-990077', counts, by: VISITOR },
    { before: (draft) => Object.assign(draft, { type: caseEventType }) },
  )
  await partner.send(node, [pdu])
  await refused(call(reader, 'GET', `/rooms/${enc(visitor.roomId)}/event/${enc(loose)}`))

  for (const { dataDir } of [network.hn, network.gt])
    for (const word of ['agua_caliente', 'official_vehicle', 'expected_ts']) {
      const found = execFileSync('sh', ['-c', 'grep -rlaF -- "$1" "$2" || true', 'sh', word, dataDir])
      expect(found.toString(), word).toBe('')
    }
})

test('8.5 a suspended server is shut out, its people with it, and another one passes nothing of it on', async () => {
  registry = await takeRegistry(network)
  const coordinator = await honduran('coordinacion.hn')
  const witness = await guatemalan('coordinacion.gt')
  const room = visitor.roomId
  const members = async (who: Session) =>
    Object.keys((await call(who, 'GET', `/rooms/${enc(room)}/joined_members`))['joined'] as object)
  for (const who of [coordinator, witness])
    expect(await members(who)).toEqual(expect.arrayContaining([visitor.user, neighbouring.user]))

  registry.publish({
    alter({ servers }) {
      servers.find((one) => one.server_name === partner.serverName)!.status = 'suspended'
    },
  })
  for (const who of [coordinator, witness])
    await eventually('its person is out', async () => !(await members(who)).includes(visitor.user))
  const path = `/_matrix/federation/v1/query/profile?user_id=${enc(coordinator.userId)}`
  // Each node reads the list for itself; the first removes its people on both.
  for (const one of nodes)
    await eventually('it is shut out', async () => (await partner.request(one, 'GET', path)).status === 403)

  const asMessage = { before: (draft: object) => Object.assign(draft, { type: 'm.room.encrypted' }) }
  const smuggled = visitor.event(encrypted('de contrabando'), asMessage)
  const honest = neighbouring.event(encrypted('del vecino'), asMessage)
  expect((await partner.send(node, [smuggled.pdu])).status).toBe(403)
  for (const one of nodes) expect((await neighbour.send(one, [smuggled.pdu, honest.pdu])).status).toBe(200)
  for (const who of [coordinator, witness]) {
    const page = await eventually('what the listed one says itself arrives', async () => {
      const text = JSON.stringify(await call(who, 'GET', `/rooms/${enc(room)}/messages?dir=b&limit=50`))
      return text.includes(honest.id) && text
    })
    expect(page).not.toContain(smuggled.id)
    await refused(call(who, 'GET', `/rooms/${enc(room)}/event/${enc(smuggled.id)}`))
  }
  // Nothing goes there any more.
  const after = encrypted('después de la suspensión')
  await say(coordinator, room, 'm.room.encrypted', after)
  const heard = ({ received }: Partner) => JSON.stringify(received).includes(after.ciphertext)
  await eventually('the listed one has it', () => heard(neighbour))
  expect(heard(partner)).toBe(false)
})

test('8.9 a list that lives longer than a day is not taken, and what is not signed admits nobody', async () => {
  registry ??= await takeRegistry(network)
  const coordinator = await honduran('coordinacion.hn')
  const path = `/_matrix/federation/v1/query/profile?user_id=${enc(coordinator.userId)}`
  const open = async () => (await partner.request(node, 'GET', path)).status
  const restore = (list: { servers: { server_name: string; status: string }[] }) => {
    list.servers.find((one) => one.server_name === partner.serverName)!.status = 'active'
  }
  registry.publish({
    alter({ servers }) {
      servers.find((one) => one.server_name === partner.serverName)!.status = 'suspended'
    },
  })
  await eventually('suspended', async () => (await open()) === 403)
  // Whoever had the key for a moment signs for a week.
  registry.publish({ hours: 24 * 7, alter: restore })
  await eventually('the node has looked at it', async () =>
    (await readFile(join(network.dataDir, 'hn.log'), 'utf8')).includes('lives-too-long'),
  )
  expect(await open()).toBe(403)

  // The directory is answered by somebody else: a shelter is a court. Kind and country are what the list signs.
  registry.tell(({ institutions }) => {
    institutions.find((one) => one.key === 'gt-casa-del-migrante-entre-rios')!.kind = 'judicial'
  })
  // And one is placed by the list without being said what it is.
  registry.publish({
    alter(list) {
      restore(list)
      delete list.institutions[NEIGHBOUR.institution]
    },
  })
  await eventually('a list of a day is taken', async () => (await open()) === 200)
  await network.hn.process.stop()
  await network.hn.restart()
  const again = await honduran('coordinacion.hn')
  const minors = await channel(again, 'minors')
  const shelter = `@albergue.gt:${network.gt.serverName}`
  await refused(call(again, 'POST', `/rooms/${enc(minors)}/invite`, { user_id: shelter }))
  const vouched = await eventually('members are judged again', async () => {
    const answer = await matrixRequest(
      network.hn.baseUrl,
      'GET',
      `/_enlace/client/v1/rooms/${enc(neighbouring.roomId)}/vouched`,
      undefined,
      again.accessToken,
    )
    const members = answer['members'] as Record<string, { vouched: boolean }>
    return members[neighbouring.user]?.vouched !== true && members
  })
  expect(vouched[again.userId]).toMatchObject({ vouched: true })
})
