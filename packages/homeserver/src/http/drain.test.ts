import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from '@enlace/embedded-mongo/free-ports'
import { expect, onTestFinished, test } from 'vitest'
import { parseConfig } from '../config.ts'
import { createHomeserver, type Homeserver } from '../index.ts'

const V3 = '/_matrix/client/v3'
type Json = Record<string, unknown>

/** A node on one port and one folder, that can be ended and started again. */
async function restarting() {
  const dataDir = await mkdtemp(join(tmpdir(), 'enlace-drain-'))
  const port = await freePort()
  const config = () =>
    parseConfig({
      server_name: 'hn.example',
      data_dir: dataDir,
      listeners: [{ port, serves: ['client'] }],
      registration: 'open',
      rate_limits: 'off',
      password_hash: { memory_kib: 64, passes: 1 },
      log_level: 'silent',
    })
  let node: Homeserver = await createHomeserver(config())
  onTestFinished(async () => {
    await node.close()
    await rm(dataDir, { recursive: true, force: true })
  })
  let token = ''
  const ask = async (method: string, path: string, body?: Json) => {
    const answer = await fetch(`http://127.0.0.1:${port}${path}`, {
      method,
      headers: { authorization: `Bearer ${token}` },
      ...(body ? { body: JSON.stringify(body) } : {}),
    })
    return { status: answer.status, body: (await answer.json()) as Json }
  }
  const made = await ask('POST', `${V3}/register`, {
    auth: { type: 'm.login.dummy' },
    username: 'ana',
    password: 'una contraseña larga',
  })
  token = String(made.body['access_token'])
  const room = String((await ask('POST', `${V3}/createRoom`, {})).body['room_id'])
  return {
    port,
    ask,
    token: () => token,
    room: `${V3}/rooms/${encodeURIComponent(room)}`,
    end: () => node.close(),
    async start() {
      node = await createHomeserver(config())
    },
  }
}

/** What comes of a connection until it is closed. */
async function rest(socket: Socket): Promise<string> {
  let text = ''
  socket.on('data', (part: Buffer) => {
    text += part.toString()
  })
  if (!socket.closed) await once(socket, 'close')
  return text
}

test('a node that ends answers what it has begun, and tells what comes after to come again', async () => {
  const node = await restarting()
  const open = async (head: string): Promise<Socket> => {
    const socket = connect(node.port, '127.0.0.1')
    await once(socket, 'connect')
    socket.write(head)
    return socket
  }
  const body = JSON.stringify({ msgtype: 'm.text', body: 'lo que se estaba enviando' })
  const begun = await open(
    `PUT ${node.room}/send/m.room.message/t1 HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${node.token()}\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body.slice(0, 10)}`,
  )
  // Its first line has come; what it asks for comes when the node is ending.
  const late = await open('GET /_matrix/client/versions HTTP/1.1\r\nHost: x\r\n')
  // Whoever only waits holds nothing up.
  const waiting = node
    .ask(
      'GET',
      `${V3}/sync?timeout=30000&since=${encodeURIComponent(String((await node.ask('GET', `${V3}/sync`)).body['next_batch']))}`,
    )
    .catch(() => 'cut off')
  await expect.poll(() => node.ask('GET', '/healthz').then(({ status }) => status)).toBe(200)
  let ended = false
  const ending = node.end().then(() => {
    ended = true
  })
  const answers = [rest(begun), rest(late)]
  // Nobody new comes in at all.
  await expect
    .poll(() =>
      node.ask('GET', '/healthz').then(
        () => 'in',
        () => 'out',
      ),
    )
    .toBe('out')
  late.write('\r\n')
  const told = await answers[1]
  expect(told).toMatch(/^HTTP\/1\.1 503 /)
  expect(told).toMatch(/\r\nRetry-After: 3\r\n/i)
  expect(told).toContain('"retry_after_ms":3000')
  expect(ended).toBe(false)
  begun.write(body.slice(10))
  expect(await answers[0]).toMatch(/^HTTP\/1\.1 200 .*"event_id"/s)
  await ending
  await waiting
  await node.start()
  expect(JSON.stringify((await node.ask('GET', `${node.room}/messages?dir=b`)).body)).toContain(
    'lo que se estaba',
  )
}, 180_000)

test('what is sent while a node is restarted, twice, arrives: all of it, once', async () => {
  const node = await restarting()
  const COUNT = 40
  let sent = 0
  /** As clients do: again with the same transaction id, until it is taken. */
  const writer = async (who: number) => {
    for (let n = 0; n < COUNT; n++) {
      const path = `${node.room}/send/m.room.message/${who}.${n}`
      for (;;) {
        const status = await node.ask('PUT', path, { msgtype: 'm.text', body: `${who}.${n}` }).then(
          (answer) => answer.status,
          () => 0,
        )
        if (status === 200) break
        expect([0, 503]).toContain(status)
        await new Promise((done) => setTimeout(done, 50))
      }
      sent += 1
    }
  }
  const writers = [0, 1, 2].map(writer)
  for (const after of [10, 60]) {
    await expect.poll(() => sent, { timeout: 60_000 }).toBeGreaterThan(after)
    await node.end()
    await node.start()
  }
  await Promise.all(writers)
  const found: string[] = []
  for (let from = ''; ; ) {
    const { body } = await node.ask('GET', `${node.room}/messages?dir=b&limit=100${from}`)
    for (const event of body['chunk'] as { type: string; content: { body: string } }[])
      if (event.type === 'm.room.message') found.push(event.content.body)
    if (body['end'] === undefined) break
    from = `&from=${encodeURIComponent(String(body['end']))}`
  }
  expect(found.sort()).toEqual(
    [0, 1, 2].flatMap((who) => Array.from({ length: COUNT }, (_, n) => `${who}.${n}`)).sort(),
  )
}, 180_000)
