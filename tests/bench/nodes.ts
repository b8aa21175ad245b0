/** Two federated nodes and their clients, as the bench drives them: raw contract, so that what is measured is the server. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { freePorts } from '@enlace/dev-network'
import { localAuthority } from '@enlace/dev-network/ca'
import { matrixRequest } from '@enlace/dev-network/matrix'
import { startProcess } from '@enlace/dev-network/process'
import type { Answer, Call, SyncBody } from '@enlace/realtime/contract'
import { REALTIME_PATH } from '@enlace/realtime/contract'
import { io } from 'socket.io-client'

export type BenchNode = { serverName: string; baseUrl: string; pid: number }
export type Person = {
  userId: string
  token: string
  post(path: string, body: unknown): Promise<Record<string, unknown>>
  get(path: string): Promise<Record<string, unknown>>
}
type TimelineEvent = { type: string; content: Record<string, unknown> }
export type Recipient = {
  /** Encrypted events received. */
  received: number
  onEvent: ((event: TimelineEvent) => void) | undefined
  call(call: Call): Promise<unknown>
  close(): void
}

export async function startBenchNetwork() {
  const folder = await mkdtemp(join(tmpdir(), 'enlace-bench-'))
  const authority = await localAuthority(folder)
  const ports = await freePorts(4)
  const start = async (name: string, client: number, federation: number) => {
    const tls = await authority.issue(name, [`${name}.localhost`, '127.0.0.1'])
    const config = join(folder, `${name}.yaml`)
    const serverName = `${name}.localhost:${federation}`
    await writeFile(
      config,
      JSON.stringify({
        server_name: serverName,
        data_dir: join(folder, name),
        listeners: [
          { port: client, serves: ['client'] },
          { port: federation, serves: ['federation'], tls },
        ],
        federation: { list: 'open', trusted_ca: [authority.caFile], allow_private_addresses: true },
        registration: 'open',
        rate_limits: 'off',
        password_hash: { memory_kib: 64, passes: 1 },
        log_level: 'warn',
      }),
    )
    const process = await startProcess({
      name,
      script: fileURLToPath(new URL('./node-main.ts', import.meta.url)),
      args: [config],
      logFile: join(folder, `${name}.log`),
      readyUrl: `http://127.0.0.1:${client}/readyz`,
    })
    return { serverName, baseUrl: `http://127.0.0.1:${client}`, pid: process.pid!, process }
  }
  const home = await start('hn', ports[0]!, ports[1]!)
  const partner = await start('gt', ports[2]!, ports[3]!)
  return {
    home: home as BenchNode,
    partner: partner as BenchNode,
    async close() {
      await Promise.all([home.process.stop(), partner.process.stop()])
      await rm(folder, { recursive: true, force: true })
    },
  }
}

export async function register(node: BenchNode, username: string): Promise<Person> {
  const answer = await matrixRequest(node.baseUrl, 'POST', '/_matrix/client/v3/register', {
    username,
    password: 'una contraseña de prueba larga',
    auth: { type: 'm.login.dummy' },
  })
  const token = String(answer['access_token'])
  return {
    userId: String(answer['user_id']),
    token,
    post: (path, body) => matrixRequest(node.baseUrl, 'POST', `/_matrix/client/v3${path}`, body, token),
    get: (path) => matrixRequest(node.baseUrl, 'GET', `/_matrix/client/v3${path}`, undefined, token),
  }
}

/** A caught-up client on the realtime contract. */
export async function connect(node: BenchNode, person: Person): Promise<Recipient> {
  const { next_batch } = await person.get('/sync?timeout=0')
  const socket = io(node.baseUrl, {
    path: REALTIME_PATH,
    auth: { token: person.token },
    transports: ['websocket'],
    forceNew: true,
  })
  await new Promise<void>((done, fail) => {
    socket.once('connect', () => done())
    socket.once('connect_error', fail)
  })
  let pushes = 0
  const recipient: Recipient = {
    received: 0,
    onEvent: undefined,
    async call(call) {
      const answer = (await socket.emitWithAck('call', call)) as Answer
      if (answer.status !== 200) throw new Error(JSON.stringify(answer))
      return answer.body
    },
    close: () => socket.close(),
  }
  socket.on('sync', (body: SyncBody) => {
    pushes += 1
    if (pushes % 8 === 0) socket.emit('ack', pushes)
    const rooms = (
      body['rooms'] as { join?: Record<string, { timeline?: { events: TimelineEvent[] } }> } | undefined
    )?.join
    for (const room of Object.values(rooms ?? {})) {
      for (const event of room.timeline?.events ?? []) {
        if (event.type !== 'm.room.encrypted') continue
        recipient.received += 1
        recipient.onEvent?.(event)
      }
    }
  })
  await socket.emitWithAck('subscribe', { since: String(next_batch) })
  return recipient
}
