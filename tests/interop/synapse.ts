/**
 * Synapse, the Matrix homeserver in Python, as a partner in tests: on loopback, with SQLite, under the test's own
 * certificate authority. `ENLACE_SYNAPSE` names the Python of a virtual environment that has `matrix-synapse`.
 */

import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { connect, createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { freePort } from '@enlace/embedded-mongo/free-ports'
import {
  eventually,
  type FederatedNode,
  type FederatedWorld,
} from '../../packages/homeserver/src/testing/world.ts'

const python = process.env['ENLACE_SYNAPSE']
export const withoutSynapse = python === undefined
/** Names a suite, and says why it steps aside where it does. */
export const interop = (name: string) =>
  withoutSynapse ? `${name} (ENLACE_SYNAPSE names no Python that has matrix-synapse)` : name

export type Json = Record<string, unknown>
export type Event = { event_id: string; type: string; sender: string; state_key?: string; content: Json }
export type Server = {
  name: string
  baseUrl: string
  /** A client-server request. @throws Error with the status and body when the answer is not 2xx */
  call(method: string, path: string, token?: string, body?: unknown): Promise<Json>
  stop(): Promise<void>
  start(): Promise<void>
}
export type Person = { server: Server; userId: string; deviceId: string; token: string }

export const enc = encodeURIComponent
let counter = 0
export const next = () => counter++

/** The way to a server's public port, which a test can cut and heal. */
export type Link = { port: number; cut(): void; heal(): void; close(): Promise<void> }

export async function link(target: number): Promise<Link> {
  const open = new Set<Socket>()
  let whole = true
  const server = createServer((near) => {
    if (!whole) {
      near.destroy()
      return
    }
    const far = connect(target, '127.0.0.1')
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      open.add(one)
      one.on('error', () => other.destroy())
      one.on('close', () => {
        open.delete(one)
        other.destroy()
      })
    }
    near.pipe(far).pipe(near)
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const drop = () => {
    for (const socket of open) socket.destroy()
  }
  return {
    port: (server.address() as { port: number }).port,
    cut() {
      whole = false
      drop()
    },
    heal() {
      whole = true
    },
    async close() {
      drop()
      await new Promise((done) => server.close(done))
    },
  }
}

/** @param way where partners reach it, when that is not its own port */
export async function startSynapse(
  world: FederatedWorld,
  way?: { federationPort: number; link: Link },
): Promise<Server> {
  const port = way?.federationPort ?? (await freePort())
  const clientPort = await freePort()
  const name = `localhost:${way?.link.port ?? port}`
  const file = (part: string) => join(world.folder, `synapse-${part}`)
  const { cert, key } = await world.authority.issue(['localhost', '127.0.0.1'])
  await writeFile(file('tls.crt'), cert)
  await writeFile(file('tls.key'), key)
  await writeFile(file('log.yaml'), JSON.stringify(logging(process.env['ENLACE_SYNAPSE_LOG'] ?? file('log'))))
  const fast = { per_second: 10_000, burst_count: 10_000 }
  const listener = { type: 'http', bind_addresses: ['127.0.0.1'] }
  // YAML reads JSON.
  const config = {
    server_name: name,
    listeners: [
      { ...listener, port, tls: true, resources: [{ names: ['federation'] }] },
      { ...listener, port: clientPort, tls: false, resources: [{ names: ['client', 'media'] }] },
    ],
    pid_file: file('pid'),
    log_config: file('log.yaml'),
    tls_certificate_path: file('tls.crt'),
    tls_private_key_path: file('tls.key'),
    federation_custom_ca_list: [world.caFile],
    // A partner that comes back is tried again at once.
    federation: {
      destination_min_retry_interval: 250,
      destination_max_retry_interval: 500,
      max_short_retries: 0,
      max_long_retries: 0,
    },
    ip_range_blacklist: [],
    trusted_key_servers: [],
    suppress_key_server_warning: true,
    database: { name: 'sqlite3', args: { database: file('db') } },
    media_store_path: file('media'),
    signing_key_path: file('signing.key'),
    macaroon_secret_key: 'not a secret',
    form_secret: 'not a secret',
    report_stats: false,
    enable_registration: true,
    enable_registration_without_verification: true,
    allow_public_rooms_over_federation: true,
    room_list_publication_rules: [{ action: 'allow' }],
    bcrypt_rounds: 4,
    presence: { enabled: false },
    rc_message: fast,
    rc_registration: fast,
    rc_login: { address: fast, account: fast, failed_attempts: fast },
    rc_joins: { local: fast, remote: fast },
    rc_joins_per_room: fast,
    rc_invites: { per_room: fast, per_user: fast, per_issuer: fast },
    rc_media_create: fast,
    rc_key_requests: fast,
  }
  await writeFile(file('config.yaml'), JSON.stringify(config))
  const args = ['-m', 'synapse.app.homeserver', '-c', file('config.yaml')]
  execFileSync(python!, [...args, '--generate-keys'], { cwd: world.folder, stdio: 'ignore' })

  let running: ChildProcess | undefined
  const baseUrl = `http://127.0.0.1:${clientPort}`
  const server: Server = {
    name,
    baseUrl,
    async call(method, path, token, body) {
      const answer = await fetch(`${baseUrl}${path.startsWith('/_') ? '' : '/_matrix/client/v3'}${path}`, {
        method,
        headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      })
      const json = (await answer.json()) as Json
      if (!answer.ok) throw new Error(`synapse ${method} ${path}: ${answer.status} ${JSON.stringify(json)}`)
      return json
    },
    async start() {
      const process = spawn(python!, args, { cwd: world.folder, stdio: ['ignore', 'ignore', 'pipe'] })
      running = process
      let complaint = ''
      process.stderr.on('data', (chunk: Buffer) => {
        complaint = (complaint + chunk.toString()).slice(-4_000)
      })
      await eventually(
        'Synapse listens',
        () => {
          if (process.exitCode !== null) throw new Error(`Synapse does not start: ${complaint}`)
          return server.call('GET', '/_matrix/client/versions').catch(() => undefined)
        },
        60_000,
      )
    },
    async stop() {
      const process = running
      running = undefined
      if (!process || process.exitCode !== null) return
      process.kill('SIGTERM')
      await once(process, 'exit')
    },
  }
  await server.start()
  return server
}

const logging = (filename: string) => ({
  version: 1,
  formatters: { line: { format: '%(asctime)s %(levelname)s %(name)s %(request)s %(message)s' } },
  handlers: { file: { class: 'logging.FileHandler', filename, formatter: 'line' } },
  root: { level: 'INFO', handlers: ['file'] },
  disable_existing_loggers: false,
})

export const asServer = (node: FederatedNode): Server => ({
  name: node.serverName,
  baseUrl: node.clientUrl,
  call: (method, path, token, body) => node.call(method, path, { token, body }),
  start: () => node.start(),
  stop: () => node.stop(),
})

export const PASSWORD = 'una contraseña larga'

export async function register(server: Server): Promise<Person> {
  const answer = await server.call('POST', '/register', undefined, {
    username: `u${next()}`,
    password: PASSWORD,
    auth: { type: 'm.login.dummy' },
  })
  return {
    server,
    userId: String(answer['user_id']),
    deviceId: String(answer['device_id']),
    token: String(answer['access_token']),
  }
}

export const as = (person: Person, method: string, path: string, body?: unknown) =>
  person.server.call(method, path, person.token, body)

export const create = async (person: Person, body: Json) =>
  String((await as(person, 'POST', '/createRoom', body))['room_id'])

export const enter = (person: Person, room: string, via: Server) =>
  as(person, 'POST', `/join/${enc(room)}?via=${enc(via.name)}&server_name=${enc(via.name)}`, {})

export const act = (person: Person, room: string, action: string, body: Json = {}) =>
  as(person, 'POST', `/rooms/${enc(room)}/${action}`, body)

export const setState = (person: Person, room: string, type: string, content: Json, key = '') =>
  as(person, 'PUT', `/rooms/${enc(room)}/state/${enc(type)}/${enc(key)}`, content)

export const getState = (person: Person, room: string, type: string, key = ''): Promise<Json | undefined> =>
  as(person, 'GET', `/rooms/${enc(room)}/state/${enc(type)}/${enc(key)}`).catch(() => undefined)

/** The whole current state: `type|state_key` to the id of its event. */
export async function stateIds(person: Person, room: string): Promise<Record<string, string>> {
  const events = (await as(person, 'GET', `/rooms/${enc(room)}/state`)) as unknown as Record<string, Event>
  return Object.fromEntries(
    Object.values(events)
      .filter((event) => typeof event === 'object')
      .map((event) => [`${event.type}|${event.state_key}`, event.event_id] as const)
      .sort(([one], [other]) => (one < other ? -1 : 1)),
  )
}

export async function say(person: Person, room: string, body: string): Promise<string> {
  const path = `/rooms/${enc(room)}/send/m.room.message/t${next()}`
  return String((await as(person, 'PUT', path, { msgtype: 'm.text', body }))['event_id'])
}

/** The texts of a room as a person reads them, oldest first. */
export async function heard(person: Person, room: string, limit = 100): Promise<string[]> {
  const answer = await as(person, 'GET', `/rooms/${enc(room)}/messages?dir=b&limit=${limit}`)
  return (answer['chunk'] as Event[])
    .flatMap((event) => (event.type === 'm.room.message' ? [String(event.content['body'])] : []))
    .reverse()
}

export const hears = (person: Person, room: string, body: string) =>
  eventually(`${person.userId} hears ${body}`, async () => (await heard(person, room)).includes(body), 30_000)

/** Waits until a member's state is `membership` as this person's server sees it. */
export const sees = (person: Person, room: string, member: Person, membership: string) =>
  eventually(`${person.userId} sees ${member.userId} as ${membership}`, async () => {
    const answer = await as(person, 'GET', `/rooms/${enc(room)}/members?membership=${membership}`)
    return (answer['chunk'] as Event[]).some((event) => event.state_key === member.userId)
  })

/** A first sync. Synapse keeps the answer of one for a while: a filter nobody used before makes it a new one. */
export const sync = (person: Person) =>
  as(
    person,
    'GET',
    `/sync?timeout=0&filter=${enc(JSON.stringify({ room: { timeline: { limit: 100 + next() } } }))}`,
  )

export async function section(
  person: Person,
  kind: 'join' | 'invite' | 'knock',
  room: string,
): Promise<Json | undefined> {
  const rooms = (await sync(person))['rooms'] as Record<string, Record<string, Json>> | undefined
  return rooms?.[kind]?.[room]
}
