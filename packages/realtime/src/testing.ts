/** For tests: a host with a numbered log instead of a homeserver, its gateway on an ephemeral port, and plain clients. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket as NetSocket } from 'node:net'
import { io, type Socket } from 'socket.io-client'
import {
  type Answer,
  type Call,
  type ClientToServerEvents,
  REALTIME_PATH,
  type ServerToClientEvents,
  type SyncBody,
} from './contract.ts'
import { createRealtimeGateway, type GatewayHost, type Identity, type RealtimeGateway } from './gateway.ts'

export type TestClient = Socket<ServerToClientEvents, ClientToServerEvents>
export type Numbered = SyncBody & { numbers?: number[] }

export type TestHost = {
  url: string
  gateway: RealtimeGateway
  /** Tells every device one more number, from 1 on. */
  publish(): void
  readonly last: number
  /** What each token stands for; a token that is not in it is refused. */
  tokens: Map<string, Identity>
  endSession(userId: string, deviceId: string): void
  /** How calls are answered; replaceable. */
  call: GatewayHost['call']
  /** Requests by HTTP; replaceable. Sync and everything else. */
  http: (req: IncomingMessage, res: ServerResponse, body: string) => void
  /** Tokens of which the host was told that they arrived, and those a sync was asked with as arrived. */
  arrived: string[]
  askedWith: string[]
  /** Cuts every connection there is. */
  cut(): void
  connect(token: string | undefined): TestClient
  close(): Promise<void>
}

export class Refusal extends Error {
  readonly answer: Answer
  constructor(status: number, errcode: string) {
    super(errcode)
    this.answer = { status, body: { errcode, error: errcode } }
  }
}

const isToken = (token: string): boolean => /^n\d+$/.test(token)
export const numberOf = (token: string): number => Number(token.slice(1))
const far = () => Date.now() + 3_600_000

export async function startTestHost(): Promise<TestHost> {
  const log: number[] = []
  const ended = new Set<(userId: string, deviceId: string) => void>()
  const clients = new Set<TestClient>()
  const connections = new Set<NetSocket>()
  const server: Server = createServer((req, res) => {
    const chunks: Buffer[] = []
    req.on('data', (chunk: Buffer) => chunks.push(chunk))
    req.on('end', () => host.http(req, res, Buffer.concat(chunks).toString()))
  })
  server.on('connection', (socket) => {
    connections.add(socket)
    socket.on('close', () => connections.delete(socket))
  })
  const after = (since: string): Numbered => ({
    next_batch: `n${log.length}`,
    numbers: log.slice(numberOf(since)),
    device_one_time_keys_count: {},
  })
  const gateway = createRealtimeGateway(server, {
    async authenticate(token) {
      const identity = host.tokens.get(token)
      if (!identity || identity.expiresAt <= Date.now()) throw new Refusal(401, 'M_UNKNOWN_TOKEN')
      return identity
    },
    async sync(_identity, since, _subscription, acknowledged) {
      host.askedWith.push(acknowledged)
      if (!isToken(since)) throw new Refusal(400, 'M_INVALID_PARAM')
      return numberOf(since) < log.length ? after(since) : undefined
    },
    acknowledged(_identity, token) {
      if (!isToken(token)) throw new Refusal(400, 'M_INVALID_PARAM')
      host.arrived.push(token)
    },
    call: (identity, call) => host.call(identity, call),
    answerOf: (error) =>
      error instanceof Refusal ? error.answer : { status: 500, body: { errcode: 'M_UNKNOWN', error: 'x' } },
    onSessionEnded(listener) {
      ended.add(listener)
      return () => ended.delete(listener)
    },
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const host: TestHost = {
    url,
    gateway,
    tokens: new Map([
      ['ana', { userId: '@ana', deviceId: 'A', expiresAt: far() }],
      ['ana-2', { userId: '@ana', deviceId: 'A', expiresAt: far() }],
      ['ana-phone', { userId: '@ana', deviceId: 'B', expiresAt: far() }],
      ['beto', { userId: '@beto', deviceId: 'A', expiresAt: far() }],
    ]),
    arrived: [],
    askedWith: [],
    get last() {
      return log.length
    },
    publish() {
      log.push(log.length + 1)
      for (const session of gateway.sessions()) if (session.subscription) gateway.refresh(session)
    },
    endSession(userId, deviceId) {
      for (const listener of ended) listener(userId, deviceId)
    },
    call: async (_identity: Identity, call: Call) => ({ did: call.name }),
    http(req, res) {
      const since = new URL(req.url ?? '', url).searchParams.get('since')
      res.setHeader('Content-Type', 'application/json')
      res.end(JSON.stringify(req.url?.includes('/sync') ? after(since ?? 'n0') : {}))
    },
    cut() {
      for (const socket of connections) socket.destroy()
    },
    connect(token) {
      const client: TestClient = io(url, {
        path: REALTIME_PATH,
        auth: token === undefined ? {} : { token },
        transports: ['websocket'],
        forceNew: true,
        reconnection: false,
      })
      clients.add(client)
      return client
    },
    async close() {
      for (const client of clients) client.disconnect()
      await gateway.close()
      server.closeAllConnections()
      await new Promise((done) => server.close(done))
    },
  }
  return host
}

/** Resolves with the first truthy result. @throws after ten seconds */
export async function until<T>(what: string, check: () => T | undefined | false | null): Promise<T> {
  // Not by the clock of the day, which a test may set.
  const deadline = performance.now() + 10_000
  for (;;) {
    const found = check()
    if (found) return found
    if (performance.now() > deadline) throw new Error(`waited in vain: ${what}`)
    await new Promise((done) => setTimeout(done, 5))
  }
}
