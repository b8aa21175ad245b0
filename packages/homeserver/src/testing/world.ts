/** For tests: a throw-away certificate authority, and whole nodes that federate with each other over TLS on loopback. */
import 'reflect-metadata'
import { sign, webcrypto } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer as createTlsServer, type Server } from 'node:https'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  canonicalJson,
  eventId as eventIdOf,
  finishEvent,
  generateSigningKey,
  type Pdu,
  type RoomVersion,
  roomVersion,
  type SigningKey,
  signJson,
} from '@enlace/room-model'
import * as x509 from '@peculiar/x509'
import { Agent, request } from 'undici'
import { vi } from 'vitest'
import { parseConfig } from '../config.ts'
import type { Context } from '../context.ts'
import { guardedConnector } from '../federation/addresses.ts'
import { createHomeserver, type Homeserver, type NodeOverrides } from '../index.ts'

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const
const DAY_MS = 24 * 3_600_000

export type TestAuthority = {
  pem: string
  /** A certificate for these host names and addresses, with its key, both PEM. */
  issue(hosts: readonly string[]): Promise<{ cert: string; key: string }>
}

export async function testAuthority(): Promise<TestAuthority> {
  const keys = await generate()
  const root = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: serial(),
    name: 'CN=Test authority',
    ...validity(),
    keys,
    signingAlgorithm: ALGORITHM,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
    ],
  })
  return {
    pem: root.toString('pem'),
    async issue(hosts) {
      const own = await generate()
      const certificate = await x509.X509CertificateGenerator.create({
        serialNumber: serial(),
        subject: `CN=${hosts[0]}`,
        issuer: root.subject,
        ...validity(),
        publicKey: own.publicKey,
        signingKey: keys.privateKey,
        signingAlgorithm: ALGORITHM,
        extensions: [
          new x509.BasicConstraintsExtension(false),
          new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
          new x509.SubjectAlternativeNameExtension(
            hosts.map((value) => ({ type: /^[\d.]+$|:/.test(value) ? 'ip' : 'dns', value })),
          ),
        ],
      })
      const der = await webcrypto.subtle.exportKey('pkcs8', own.privateKey)
      return { cert: certificate.toString('pem'), key: x509.PemConverter.encode(der, 'PRIVATE KEY') }
    },
  }
}

const generate = () => webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify'])
const validity = () => ({
  notBefore: new Date(Date.now() - DAY_MS),
  notAfter: new Date(Date.now() + DAY_MS),
})
function serial(): string {
  const bytes = Buffer.from(webcrypto.getRandomValues(new Uint8Array(16)))
  bytes[0]! &= 0x7f
  return bytes.toString('hex')
}

/** A port nobody listens on now. */
export async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const { port } = server.address() as { port: number }
  await new Promise((done) => server.close(done))
  return port
}

export type FederatedNode = {
  ctx: Context
  serverName: string
  clientUrl: string
  dataDir: string
  /** A client-server request. @throws Error with the status and body when it is not 2xx, unless `allowed` */
  call(
    method: string,
    path: string,
    options?: { token?: string; body?: unknown; allowed?: boolean },
  ): Promise<Record<string, unknown> & { status: number }>
  register(localpart: string): Promise<{ userId: string; token: string; deviceId: string }>
  /** Stops the node; `start` runs it again on the same data. */
  stop(): Promise<void>
  start(): Promise<void>
}

export type FederatedWorld = {
  authority: TestAuthority
  caFile: string
  folder: string
  /** `publicPort`: where partners reach the node, and `port` its own, when the two differ. */
  node(
    name: string,
    config?: Record<string, unknown>,
    more?: { ports?: { port: number; publicPort: number }; overrides?: NodeOverrides },
  ): Promise<FederatedNode>
  close(): Promise<void>
}

/** Nodes `NAME.localhost:PORT` (or `localhost:PORT`) that know each other's authority. Everything goes with `close`. */
export async function federatedWorld(): Promise<FederatedWorld> {
  const folder = await mkdtemp(join(tmpdir(), 'enlace-federation-'))
  const authority = await testAuthority()
  const caFile = join(folder, 'ca.pem')
  await writeFile(caFile, authority.pem)
  const running = new Set<Homeserver>()

  async function node(
    name: string,
    config: Record<string, unknown> = {},
    more?: { ports?: { port: number; publicPort: number }; overrides?: NodeOverrides },
  ): Promise<FederatedNode> {
    const port = more?.ports?.port ?? (await freePort())
    // Other implementations ask the system's resolver, which need not know names below `localhost`.
    const host = name === 'localhost' ? name : `${name}.localhost`
    const { cert, key } = await authority.issue([host])
    const files = { cert: join(folder, `${name}.crt`), key: join(folder, `${name}.key`) }
    await writeFile(files.cert, cert)
    await writeFile(files.key, key)
    const dataDir = join(folder, name)
    const clientPort = await freePort()
    const { federation, ...rest } = config
    const parsed = parseConfig({
      server_name: `${host}:${more?.ports?.publicPort ?? port}`,
      data_dir: dataDir,
      listeners: [
        { port: clientPort, serves: ['client'] },
        { port, serves: ['federation'], tls: files },
      ],
      federation: {
        list: 'open',
        trusted_ca: [caFile],
        allow_private_addresses: true,
        ...(federation as Record<string, unknown> | undefined),
      },
      registration: 'open',
      rate_limits: 'off',
      password_hash: { memory_kib: 64, passes: 1 },
      log_level: process.env['ENLACE_TEST_LOG'] ?? 'silent',
      ...rest,
    })
    let homeserver: Homeserver
    const self: FederatedNode = {
      get ctx() {
        return homeserver.ctx
      },
      serverName: parsed.server_name,
      clientUrl: `http://127.0.0.1:${clientPort}`,
      dataDir,
      async call(method, path, { token, body, allowed } = {}) {
        const url = `${self.clientUrl}${path.startsWith('/_') ? path : `/_matrix/client/v3${path}`}`
        const answer = await fetch(url, {
          method,
          headers: {
            'content-type': 'application/json',
            ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
          },
          ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        })
        const json = (await answer.json()) as Record<string, unknown>
        if (!answer.ok && !allowed)
          throw new Error(`${method} ${path}: ${answer.status} ${JSON.stringify(json)}`)
        return { ...json, status: answer.status }
      },
      async register(localpart) {
        const answer = await self.call('POST', '/register', {
          body: {
            username: localpart,
            password: 'una contraseña larga',
            auth: { type: 'm.login.dummy' },
          },
        })
        return {
          userId: String(answer['user_id']),
          token: String(answer['access_token']),
          deviceId: String(answer['device_id']),
        }
      },
      async stop() {
        running.delete(homeserver)
        await homeserver.close()
      },
      async start() {
        homeserver = await createHomeserver(parsed, { overrides: more?.overrides })
        running.add(homeserver)
      },
    }
    await self.start()
    return self
  }

  return {
    authority,
    caFile,
    folder,
    node,
    async close() {
      await Promise.all([...running].map((one) => one.close()))
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** Waits until `probe` gives something, with the test runner's own polling. @throws Error that says what never happened */
export async function eventually<T>(
  what: string,
  probe: () => Promise<T | undefined | false> | T | undefined | false,
  timeoutMs = 60_000,
): Promise<T> {
  const given = await vi.waitUntil(
    async () => {
      const found = await probe()
      return found !== undefined && found !== false && { found }
    },
    { timeout: timeoutMs, interval: 25, message: `never happened: ${what}` },
  )
  return given.found
}

type Json = Record<string, unknown>
export type PartnerRoom = {
  roomId: string
  version: RoomVersion
  state: Map<string, Pdu>
  heads: string[]
  depth: number
}

/** An answer of a partner that is a refusal. */
export class Refused {
  readonly status: number
  readonly body: Json

  constructor(status: number, body: Json) {
    this.status = status
    this.body = body
  }
}

/** A partner server as a test wants it: its own key, whatever answers and requests, right or wrong. */
export class FakePartner {
  readonly serverName: string
  readonly key: SigningKey
  /** Answers to requests by `METHOD /path` without the query; else 404. */
  readonly answers = new Map<string, (body: unknown, url: URL) => unknown>()
  /** Answers to what `answers` does not name. */
  fallback: ((method: string, path: string, body: unknown) => unknown) | undefined
  /** Requests received, newest last. */
  readonly asked: { method: string; url: URL; body: unknown }[] = []
  #server: Server
  #agent: Agent

  private constructor(serverName: string, server: Server, agent: Agent) {
    this.serverName = serverName
    this.key = generateSigningKey('ed25519:test')
    this.#server = server
    this.#agent = agent
  }

  static async start(world: FederatedWorld, name: string): Promise<FakePartner> {
    const host = `${name}.localhost`
    const server = createTlsServer(await world.authority.issue([host]))
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
    const { port } = server.address() as { port: number }
    const connect = guardedConnector({
      allowPrivate: true,
      authorities: [world.authority.pem],
      timeoutMs: 5_000,
    })
    const self = new FakePartner(`${host}:${port}`, server, new Agent({ connect }))
    self.answers.set('GET /_matrix/key/v2/server', () => self.keys())
    server.on('request', (req, res) => {
      const chunks: Buffer[] = []
      req.on('data', (chunk: Buffer) => chunks.push(chunk))
      req.on('end', () => {
        const url = new URL(req.url ?? '/', 'https://x')
        const text = Buffer.concat(chunks).toString()
        const body: unknown = text === '' ? undefined : JSON.parse(text)
        self.asked.push({ method: req.method ?? '', url, body })
        const path = decodeURIComponent(url.pathname)
        const answer = self.answers.get(`${req.method} ${path}`)
        const other = () => {
          const given = self.fallback?.(req.method ?? '', path, body)
          return given === undefined && /\/send\//.test(path) ? { pdus: {} } : given
        }
        const value = answer ? answer(body, url) : other()
        const refused = value instanceof Refused ? value : undefined
        res.writeHead(refused?.status ?? (value === undefined ? 404 : 200), {
          'content-type': 'application/json',
        })
        res.end(
          JSON.stringify(
            value === undefined ? { errcode: 'M_NOT_FOUND', error: 'no' } : (refused?.body ?? value),
          ),
        )
      })
    })
    return self
  }

  keys(): Json {
    const { keyId, publicKeyBase64 } = this.key
    return this.sign({
      server_name: this.serverName,
      valid_until_ts: Date.now() + DAY_MS,
      verify_keys: { [keyId]: { key: publicKeyBase64 } },
      old_verify_keys: {},
    })
  }

  sign<T extends object>(object: T): T & Json {
    return signJson(object, this.serverName, this.key)
  }

  authorization(method: string, uri: string, destination: string, content: unknown, more: Json = {}): string {
    const signed = this.sign({
      method,
      uri,
      origin: this.serverName,
      destination,
      ...(content === undefined ? {} : { content }),
    }) as unknown as { signatures: Record<string, Record<string, string>> }
    const fields = {
      origin: this.serverName,
      destination,
      key: this.key.keyId,
      sig: signed.signatures[this.serverName]![this.key.keyId]!,
      ...more,
    }
    return `X-Matrix ${Object.entries(fields)
      .map(([name, value]) => `${name}="${value}"`)
      .join(',')}`
  }

  /** A signed request to a node. `raw` replaces the body on the wire, not in the signature. */
  async call(
    node: FederatedNode,
    method: 'GET' | 'PUT' | 'POST',
    uri: string,
    options: { body?: unknown; raw?: string; header?: Json; authorization?: string } = {},
  ): Promise<Json & { status: number }> {
    const { body, raw, header } = options
    const answer = await request(`https://${node.serverName}${uri}`, {
      dispatcher: this.#agent,
      method,
      headers: {
        authorization:
          options.authorization ?? this.authorization(method, uri, node.serverName, body, header),
        'content-type': 'application/json',
      },
      body: raw ?? (body === undefined ? null : JSON.stringify(body)),
    })
    return { ...((await answer.body.json()) as Json), status: answer.statusCode }
  }

  /**
   * A signed request whose body goes over the wire letter by letter. `signedAs`: the text of the body that is signed,
   * where it is another.
   */
  callWith(node: FederatedNode, method: 'PUT' | 'POST', uri: string, body: string, signedAs = body) {
    const rest = canonicalJson({ method, uri, origin: this.serverName, destination: node.serverName })
    const bytes = Buffer.from(`{"content":${signedAs},${rest.slice(1)}`)
    const sig = sign(null, bytes, this.key.privateKey).toString('base64').replace(/=+$/, '')
    const authorization = this.authorization(method, uri, node.serverName, undefined, { sig })
    return this.call(node, method, uri, { authorization, raw: body })
  }

  /** Joins through the node, as a server that has nothing but the room's id. */
  async join(node: FederatedNode, roomId: string, userId: string): Promise<PartnerRoom> {
    const enc = encodeURIComponent
    const uri = `/_matrix/federation/v1/make_join/${enc(roomId)}/${enc(userId)}?ver=10&ver=11&ver=12`
    const made = await this.call(node, 'GET', uri)
    if (made.status !== 200) throw new Error(`make_join: ${JSON.stringify(made)}`)
    const version = roomVersion(String(made['room_version']))!
    const { origin: _origin, ...template } = made['event'] as Json
    const { pdu, eventId } = finishEvent(template as unknown as Pdu, version, this.serverName, this.key)
    const sent = await this.call(
      node,
      'PUT',
      `/_matrix/federation/v2/send_join/${enc(roomId)}/${enc(eventId)}`,
      { body: pdu },
    )
    if (sent.status !== 200) throw new Error(`send_join: ${JSON.stringify(sent)}`)
    const state = new Map<string, Pdu>()
    for (const event of [...(sent['state'] as Pdu[]), pdu])
      state.set(`${event.type}|${event.state_key}`, event)
    return { roomId, version, state, heads: [eventId], depth: pdu.depth }
  }

  /** An event of this partner's user on top of the room, which moves on. */
  event(room: PartnerRoom, sender: string, more: Partial<Pdu> & { type: string; content: Pdu['content'] }) {
    const { version } = room
    const auth = ['m.room.create|', 'm.room.power_levels|', `m.room.member|${sender}`]
      .filter((key) => !version.roomIdIsCreateHash || key !== 'm.room.create|')
      .flatMap((key) => room.state.get(key) ?? [])
    room.depth += 1
    const finished = finishEvent(
      {
        room_id: room.roomId,
        sender,
        origin_server_ts: Date.now(),
        depth: room.depth,
        prev_events: room.heads,
        auth_events: auth.map((event) => eventIdOf(event, version)),
        ...more,
      },
      version,
      this.serverName,
      this.key,
    )
    room.heads = [finished.eventId]
    return finished
  }

  /** A transaction of these. */
  send(node: FederatedNode, txnId: string, pdus: readonly unknown[], edus: readonly unknown[] = []) {
    const body = { origin: this.serverName, origin_server_ts: Date.now(), pdus, edus }
    return this.call(node, 'PUT', `/_matrix/federation/v1/send/${txnId}`, { body })
  }

  async close(): Promise<void> {
    await this.#agent.destroy()
    this.#server.closeAllConnections()
    await new Promise((done) => this.#server.close(done))
  }
}
