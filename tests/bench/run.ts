/**
 * `npm run bench`: what Enlace costs, as ratios inside one run where the machine's own speed would otherwise be the
 * measure. Arguments choose parts: `npm run bench -- realtime database directory cases escalations flood trust audit search web`.
 */
import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { benchEmbeddedMongo } from '@enlace/embedded-mongo/bench'
import { io, type Socket } from 'socket.io-client'
import { benchAudit } from './audit.ts'
import { benchCases, benchEscalations } from './coordination.ts'
import { benchDirectory } from './directory.ts'
import { pause, percentile, residentMiB, say } from './figures.ts'
import { benchFlood } from './flood.ts'
import { connect, type Recipient, register, startBenchNetwork } from './nodes.ts'
import { benchSearch } from './search.ts'
import { benchTrust } from './trust.ts'
import { benchWeb } from './web.ts'

const RECIPIENTS = 50
const SECONDS = 8
const IN_FLIGHT = 32
const CIPHERTEXT = 'A'.repeat(600)

const chosen = process.argv.slice(2)
const wanted = (part: string) => chosen.length === 0 || chosen.includes(part)

if (wanted('realtime')) await benchRealtime()
if (wanted('database')) await benchDatabase()
if (wanted('directory')) await benchDirectory()
if (wanted('cases')) await benchCases()
if (wanted('escalations')) await benchEscalations()
if (wanted('flood')) await benchFlood()
if (wanted('trust')) await benchTrust()
if (wanted('audit')) await benchAudit()
if (wanted('search')) await benchSearch()
if (wanted('web')) await benchWeb()
process.exit(0)

async function benchRealtime(): Promise<void> {
  say('\nRealtime: one encrypted channel, 50 connected recipients, two nodes')
  const network = await startBenchNetwork()
  try {
    const { home, partner } = network
    const idle = await residentMiB(home.pid)
    const sender = await register(home, 'emisor')
    const { room_id } = await sender.post('/createRoom', {
      preset: 'public_chat',
      initial_state: [
        { type: 'm.room.encryption', state_key: '', content: { algorithm: 'm.megolm.v1.aes-sha2' } },
      ],
    })
    const room = String(room_id)
    const recipients: Recipient[] = []
    for (let index = 0; index < RECIPIENTS; index++) {
      const person = await register(home, `receptor${index}`)
      await person.post(`/join/${encodeURIComponent(room)}`, {})
      recipients.push(await connect(home, person))
    }
    const far = await register(partner, 'lejano')
    await far.post(`/join/${encodeURIComponent(room)}?via=${encodeURIComponent(home.serverName)}`, {})
    const remote = await connect(partner, far)
    const own = await connect(home, sender)
    const connected = await residentMiB(home.pid)
    await pause(1_000)

    const send = (txnId: string) =>
      own.call({
        name: 'send',
        roomId: room,
        eventType: 'm.room.encrypted',
        txnId,
        body: { algorithm: 'm.megolm.v1.aes-sha2', ciphertext: CIPHERTEXT, sent: String(performance.now()) },
      })

    // Latency first, on a quiet node: 100 messages a second.
    for (let index = 0; index < 100; index++) await send(`warm-${index}`)
    await pause(2_000)
    const local: number[] = []
    const federated: number[] = []
    recipients[0]!.onEvent = (event) => local.push(performance.now() - Number(event.content['sent']))
    remote.onEvent = (event) => federated.push(performance.now() - Number(event.content['sent']))
    const total = 100 * SECONDS
    const started = performance.now()
    const answers: Promise<unknown>[] = []
    for (let index = 0; index < total; index++) {
      const wait = started + index * 10 - performance.now()
      if (wait > 0) await pause(wait)
      answers.push(send(`paced-${index}`))
    }
    await Promise.all(answers)
    await until(() => local.length >= total && federated.length >= total, 20_000)
    local.sort((a, b) => a - b)
    federated.sort((a, b) => a - b)
    const figure = (list: readonly number[]) =>
      `p50 ${percentile(list, 0.5).toFixed(1)} ms, p99 ${percentile(list, 0.99).toFixed(1)} ms (${list.length} of ${total})`
    say(`  send to arrival at 100/s, same node     ${figure(local)}`)
    say(`  send to arrival at 100/s, other node    ${figure(federated)}`)

    // Then as fast as it goes.
    recipients[0]!.onEvent = undefined
    remote.onEvent = undefined
    const enlace = await throughput((index) => send(`fast-${index}`), recipients)
    const bare = await bareThroughput()
    say(
      `  acknowledged sends per second           ${Math.round(enlace.sends)}   bare Socket.IO ${Math.round(bare.sends)}`,
    )
    say(
      `  deliveries per second                   ${Math.round(enlace.deliveries)}   bare Socket.IO ${Math.round(bare.deliveries)}   ratio ${(enlace.deliveries / bare.deliveries).toFixed(2)}`,
    )
    say(`  resident memory, idle node              ${idle.toFixed(0)} MiB`)
    say(
      `  resident memory per connected client    ${(((connected - idle) / (RECIPIENTS + 1)) * 1024).toFixed(0)} KiB`,
    )
    for (const one of [...recipients, remote, own]) one.close()
  } finally {
    await network.close()
  }
}

async function throughput(
  send: (index: number) => Promise<unknown>,
  recipients: readonly { received: number }[],
): Promise<{ sends: number; deliveries: number }> {
  const before = recipients.reduce((sum, one) => sum + one.received, 0)
  let next = 0
  let acknowledged = 0
  const started = performance.now()
  const worker = async () => {
    while (performance.now() - started < SECONDS * 1000) {
      await send(next++)
      acknowledged += 1
    }
  }
  await Promise.all(Array.from({ length: IN_FLIGHT }, worker))
  const counted = () => recipients.reduce((sum, one) => sum + one.received, 0) - before
  await until(() => counted() >= acknowledged * recipients.length, 30_000)
  const seconds = (performance.now() - started) / 1000
  return { sends: acknowledged / seconds, deliveries: counted() / seconds }
}

/** The same bytes, the same number of clients, the same way of sending. */
async function bareThroughput(): Promise<{ sends: number; deliveries: number }> {
  const child = fork(fileURLToPath(new URL('./bare-server.ts', import.meta.url)))
  const port = await new Promise<number>((done) => child.once('message', (value) => done(Number(value))))
  const payload = {
    next_batch: 's123456',
    rooms: {
      join: {
        '!N9YfBoIHkwOpwrMrJTP7ahiWoe4F2o8UCMfezfz43N0': {
          timeline: {
            events: [
              {
                type: 'm.room.encrypted',
                sender: '@emisor:hn.localhost:8110',
                content: { algorithm: 'm.megolm.v1.aes-sha2', ciphertext: CIPHERTEXT, sent: '12345.678' },
                event_id: '$iWYcDq1YQpakBiFuHDtVcptGQsh88jVeDYcgg2lJRgx',
                origin_server_ts: Date.now(),
                unsigned: { age: 3 },
              },
            ],
            limited: false,
            prev_batch: 't123455',
          },
        },
      },
    },
  }
  const clients: { socket: Socket; received: number }[] = []
  for (let index = 0; index < RECIPIENTS; index++) {
    const socket = io(`http://127.0.0.1:${port}`, { transports: ['websocket'] })
    const client = { socket, received: 0 }
    socket.on('sync', () => {
      client.received += 1
    })
    await new Promise<void>((done) => socket.once('connect', () => done()))
    clients.push(client)
  }
  const sender = io(`http://127.0.0.1:${port}`, { transports: ['websocket'], forceNew: true })
  await new Promise<void>((done) => sender.once('connect', () => done()))
  const result = await throughput(() => sender.emitWithAck('call', { payload }), clients)
  for (const { socket } of clients) socket.close()
  sender.close()
  child.kill()
  return result
}

async function benchDatabase(): Promise<void> {
  say('\nEmbedded database: operations per second through the official driver')
  for (const { name, concurrency, perSecond } of await benchEmbeddedMongo()) {
    say(`  ${name.padEnd(36)} ${String(concurrency).padStart(3)} at once   ${perSecond}`)
  }
}

async function until(check: () => boolean, timeoutMs: number): Promise<void> {
  const deadline = performance.now() + timeoutMs
  while (!check() && performance.now() < deadline) await pause(5)
}
