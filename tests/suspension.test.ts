/**
 * What becomes of a suspended server at every entry point of the table, on both nodes of a running network,
 * with the time it took; and the same for its readmission. Inward the played server asks; outward somebody here acts, and it
 * counts what reaches the played server.
 */
import { randomUUID } from 'node:crypto'
import { freePorts } from '@enlace/dev-network'
import { DEMO_PASSWORD } from '@enlace/dev-network/demo'
import { call, login, matrixRequest, type Session } from '@enlace/dev-network/matrix'
import { federationEntryPoints } from '@enlace/homeserver/entry-points'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { decide, rostersOf } from './support/coordinators.ts'
import { eventually, startTestNetwork, type TestNetwork } from './support/network.ts'
import { type JoinedRoom, type Partner, startPartner } from './support/partner.ts'

const PROMISED_MS = 60_000
const ARRIVES_MS = 3_000
const enc = encodeURIComponent
const INSTITUTION = 'gt-capmir-izabal'

let network: TestNetwork
let partner: Partner
let chief: Session
let member: JoinedRoom
let plain: JoinedRoom
let count = 0
const next = () => `n${count++}`

beforeAll(async () => {
  const [port] = await freePorts(1)
  network = await startTestNetwork({
    nodeConfig: { rate_limits: 'off' },
    extraServers: [{ server_name: `socio.localhost:${port}`, institutions: [INSTITUTION] }],
  })
  partner = await startPartner(network.dataDir, port!)
  chief = await login(network.hn.baseUrl, 'coordinacion.hn', DEMO_PASSWORD)
  const user = `@visita:${partner.serverName}`
  await rostersOf(network).say(
    INSTITUTION,
    [user, at('llamada')].map((userId) => ({ userId, role: 'staff' })),
  )
  const alias = enc(`#documentation:${network.hn.serverName}`)
  const channel = String((await call(chief, 'GET', `/directory/room/${alias}`))['room_id'])
  const { room_id } = await call(chief, 'POST', '/createRoom', { preset: 'private_chat' })
  const enter = async (room: string) => {
    await eventually('invited', () =>
      call(chief, 'POST', `/rooms/${enc(room)}/invite`, { user_id: user }).then(
        () => true,
        () => false,
      ),
    )
    return partner.join(addressOf('hn'), room, 'visita')
  }
  member = await enter(channel)
  plain = await enter(String(room_id))
})
afterAll(async () => {
  await partner?.close()
  await network?.dispose()
})

const addressOf = (key: 'hn' | 'gt') => {
  const { serverName } = network[key]
  return { serverName, port: Number(serverName.split(':')[1]) }
}

type Probe = {
  entryPoint: string
  way: 'inward' | 'outward' | 'members'
  /** Whether it passes now. */
  passes(): Promise<boolean>
}

const FED = '/_matrix/federation/v1'

/** The played server asks; it is let through when no rule of the list is named, whatever else is wrong with it. */
function inward(
  key: 'hn' | 'gt',
  entryPoint: string,
  method: string,
  path: () => string,
  body?: unknown,
): Probe {
  return {
    entryPoint: `${entryPoint} (${key})`,
    way: 'inward',
    async passes() {
      const answer = await partner.request(addressOf(key), method, path(), body)
      return !String(answer.body['org.enlace.rule'] ?? '').startsWith('federation-list.')
    },
  }
}

/**
 * Somebody here does something that names the token; it passes when that reaches the played server.
 * @param waits it is not sent within the request: by what it is known when it arrives
 */
function outward(
  entryPoint: string,
  act: (token: string) => Promise<unknown>,
  waits?: (token: string) => string,
): Probe {
  return {
    entryPoint,
    way: 'outward',
    async passes() {
      const token = next()
      const before = partner.received.length
      const arrived = () =>
        partner.received.slice(before).some(({ path, body }) => {
          const all = `${decodeURIComponent(path)} ${JSON.stringify(body ?? '')}`
          return waits ? all.includes(waits(token)) : new RegExp(`\\b${token}\\b`).test(all)
        })
      await act(token).catch(() => undefined)
      return waits ? eventually('it arrives', arrived, ARRIVES_MS).catch(() => false) : arrived()
    },
  }
}

const at = (token: string) => `@${token}:${partner.serverName}`
const enlace = (path: string) =>
  matrixRequest(chief.baseUrl, 'GET', `/_enlace/client/v1${path}`, undefined, chief.accessToken)

function probes(): Probe[] {
  const room = () => enc(plain.roomId)
  let typing = false
  const someone = enc(`@nadie:${network.hn.serverName}`)
  const both = (entryPoint: string, method: string, path: () => string, body?: unknown) => [
    inward('hn', entryPoint, method, path, body),
    inward('gt', entryPoint, method, path, body),
  ]
  return [
    ...both('send', 'PUT', () => `${FED}/send/${next()}`, { origin: partner.serverName, pdus: [], edus: [] }),
    ...both('join', 'GET', () => `${FED}/make_join/${room()}/${enc(at('x'))}?ver=12`),
    ...both('leave', 'GET', () => `${FED}/make_leave/${room()}/${enc(at('x'))}`),
    ...both('knock', 'GET', () => `${FED}/make_knock/${room()}/${enc(at('x'))}?ver=12`),
    ...both('invite', 'PUT', () => `/_matrix/federation/v2/invite/${room()}/${enc('$x')}`, {}),
    ...both('backfill', 'GET', () => `${FED}/backfill/${room()}?v=${enc('$x')}&limit=1`),
    ...both('state', 'GET', () => `${FED}/state_ids/${room()}?event_id=${enc('$x')}`),
    ...both('keys', 'GET', () => `/_matrix/key/v2/query/${partner.serverName}`),
    ...both('devices', 'GET', () => `${FED}/user/devices/${someone}`),
    ...both('profile', 'GET', () => `${FED}/query/profile?user_id=${someone}`),
    ...both('directory', 'GET', () => `${FED}/publicRooms`),
    ...both('media', 'GET', () => `${FED}/media/download/x`),
    ...both('trust', 'GET', () => '/_enlace/federation/v1/trust-versions'),
    ...both('duty', 'GET', () => '/_enlace/federation/v1/duty/hn-sreci'),
    ...both('retention', 'GET', () => `/_enlace/federation/v1/retention/${room()}/${enc('$x')}`),
    ...both('report', 'GET', () => `/_enlace/federation/v1/report-readers/${enc(chief.userId)}`),
    ...both('audit', 'POST', () => '/_enlace/federation/v1/audit/head', {}),
    ...both('restored', 'POST', () => '/_enlace/federation/v1/restored', {
      made_ts: 1,
      restored_ts: 2,
      from: '~',
    }),
    ...both(
      'suggestion',
      'GET',
      () => `/_enlace/federation/v1/directory/hn-sreci/suggestions/${randomUUID()}?user_id=${enc(at('x'))}`,
    ),
    outward(
      'send',
      (token) =>
        call(chief, 'PUT', `/rooms/${room()}/send/m.room.message/${token}`, {
          msgtype: 'm.text',
          body: token,
        }),
      (token) => `"${token}"`,
    ),
    outward(
      'to-device',
      (token) =>
        call(chief, 'PUT', `/sendToDevice/x.${token}/${token}`, {
          messages: { [member.user]: { '*': { token } } },
        }),
      (token) => `"${token}"`,
    ),
    outward(
      'edu',
      () => {
        typing = !typing
        const path = `/rooms/${room()}/typing/${enc(chief.userId)}`
        return call(chief, 'PUT', path, { typing, timeout: 30_000 })
      },
      () => 'm.typing',
    ),
    outward('join', (token) =>
      call(chief, 'POST', `/join/${enc(`!${token}:${partner.serverName}`)}?via=${partner.serverName}`, {}),
    ),
    outward('knock', (token) =>
      call(chief, 'POST', `/knock/${enc(`!${token}:${partner.serverName}`)}?via=${partner.serverName}`, {}),
    ),
    // Who stands on no roster is invited by nobody, whatever the list says of their server.
    outward('invite', (token) =>
      call(chief, 'POST', `/rooms/${room()}/invite`, { user_id: at('llamada'), reason: token }),
    ),
    outward('devices', (token) => call(chief, 'POST', '/keys/query', { device_keys: { [at(token)]: [] } })),
    outward('profile', (token) => call(chief, 'GET', `/profile/${enc(at(token))}`)),
    outward('directory', (token) =>
      call(chief, 'GET', `/directory/room/${enc(`#${token}:${partner.serverName}`)}`),
    ),
    outward('media', (token) =>
      matrixRequest(
        chief.baseUrl,
        'GET',
        `/_matrix/client/v1/media/download/${partner.serverName}/${token}`,
        undefined,
        chief.accessToken,
      ),
    ),
    {
      entryPoint: 'member',
      way: 'members',
      async passes() {
        const { members } = await enlace(`/rooms/${room()}/vouched`)
        return (members as Record<string, { vouched: boolean }>)[plain.user]?.vouched === true
      },
    },
    {
      entryPoint: 'room ACL of the channel',
      way: 'members',
      async passes() {
        const acl = await call(chief, 'GET', `/rooms/${enc(member.roomId)}/state/m.room.server_acl`).catch(
          () => undefined,
        )
        return !((acl?.['deny'] as string[] | undefined) ?? []).includes('socio.localhost')
      },
    },
  ]
}

/** What the table covers otherwise: in a transaction, by what others bring, or as part of another question. */
const ELSEWHERE: Record<string, string> = {
  relayed: 'policy/vouching.test.ts, tests/hostile-hour.test.ts',
  version: 'federation/client.test.ts: asked of the list before anything is sent',
}

type Row = { probe: Probe; ms: number }

async function until(passing: boolean, all: readonly Probe[]): Promise<Row[]> {
  const began = performance.now()
  const rows: Row[] = []
  let left = [...all]
  await eventually(
    `everything is ${passing ? 'open' : 'closed'}: ${left.length} left`,
    async () => {
      const still: Probe[] = []
      for (const probe of left)
        if ((await probe.passes()) === passing) rows.push({ probe, ms: performance.now() - began })
        else still.push(probe)
      left = still
      return left.length === 0
    },
    PROMISED_MS,
  ).catch((error: unknown) => {
    throw new Error(`still not: ${left.map(({ entryPoint, way }) => `${way} ${entryPoint}`).join(', ')}`, {
      cause: error,
    })
  })
  return rows
}

function print(title: string, rows: readonly Row[]): void {
  const lines = rows
    .map(
      ({ probe, ms }) =>
        `  ${probe.way.padEnd(8)} ${probe.entryPoint.padEnd(26)} ${(ms / 1_000).toFixed(1).padStart(6)} s`,
    )
    .sort()
  console.info([title, ...lines].join('\n'))
}

const memberships = async (room: string, user: string) => {
  const { chunk } = await call(chief, 'GET', `/rooms/${enc(room)}/members`)
  return (chunk as { state_key: string; content: { membership: string } }[]).find(
    (one) => one.state_key === user,
  )?.content.membership
}

test('9.4: every entry point is closed to a suspended server within a minute, and open again after its readmission', async () => {
  const all = probes()
  const covered = new Set(all.map(({ entryPoint }) => entryPoint.split(' ')[0]))
  expect(federationEntryPoints.filter((one) => !covered.has(one) && !(one in ELSEWHERE))).toEqual([])
  expect((await until(true, all)).length).toBe(all.length)

  await decide(network, 'suspend', partner.serverName)
  const closed = await until(false, all)
  print('closed after the suspension was published', closed)
  expect(closed.length).toBe(all.length)
  await eventually(
    'its member is out of the channel',
    async () => (await memberships(member.roomId, member.user)) === 'leave',
  )

  await decide(network, 'readmit', partner.serverName)
  // Its people were taken out of every room: what only members get comes when somebody has invited them again.
  const forMembers = (probe: Probe) =>
    probe.way !== 'inward' && ['send', 'edu', 'member'].includes(probe.entryPoint)
  const opened = await until(
    true,
    all.filter((probe) => !forMembers(probe)),
  )
  await call(chief, 'POST', `/rooms/${enc(plain.roomId)}/invite`, { user_id: plain.user })
  await partner.join(addressOf('hn'), plain.roomId, 'visita')
  const returned = await until(true, all.filter(forMembers))
  print('open after the readmission was published', opened)
  print('open after its people were invited again', returned)
  expect(opened.length + returned.length).toBe(all.length)
})
