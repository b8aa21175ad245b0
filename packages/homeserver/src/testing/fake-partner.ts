/** For tests: a partner server whose every word the test decides. */
import { sign } from 'node:crypto'
import { createServer as createTlsServer, type Server } from 'node:https'
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
import { Agent, request } from 'undici'
import { guardedConnector } from '../federation/addresses.ts'
import type { FederatedNode, FederatedWorld } from './world.ts'

const _enc = encodeURIComponent
const DAY_MS = 24 * 3_600_000
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
