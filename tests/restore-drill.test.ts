/**
 * The drill: a machine is lost under load, with a backup made some time before; the operator's own commands put it back. Once
 * with the embedded database, once with `database.uri`. Where no mongod is to be had, another embedded-mongo stands for it: it
 * knows no snapshots, so that what is tried is the reading in order and the replay.
 */
import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type EmbeddedMongo, startEmbeddedMongo } from '@enlace/embedded-mongo'
import { generateIdentity, identityToRecipient } from 'age-encryption'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { eventually, startTestNetwork, type TestNetwork } from './support/network.ts'
import { channel, knowsDevicesOf, signIn, type TestPerson } from './support/sdk-client.ts'

const ENLACE = fileURLToPath(new URL('../apps/homeserver/src/enlace.ts', import.meta.url))
let folder: string
let keyFile: string
let recipient: string
let network: TestNetwork
let external: EmbeddedMongo
let registrar: TestPerson
let court: TestPerson
let room: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'enlace-drill-'))
  const key = await generateIdentity()
  keyFile = join(folder, 'age-key.txt')
  await writeFile(keyFile, `# created: today\n${key}\n`, { mode: 0o600 })
  recipient = await identityToRecipient(key)
  external = await startEmbeddedMongo({ path: join(folder, 'external') })
  network = await startTestNetwork({
    nodeConfig: { backup: { to: '../backups', recipients: [recipient] } },
  })
  registrar = await signIn(network.hn.baseUrl, 'registro.hn')
  court = await signIn(network.gt.baseUrl, 'juzgado.gt', { http: true })
  room = await channel(registrar, `#documentation:${network.hn.serverName}`)
  await eventually('the court sees the channel', () => court.client.getRoom(room) !== null)
  await knowsDevicesOf(registrar, court)
  await knowsDevicesOf(court, registrar)
}, 240_000)
afterAll(async () => {
  registrar?.stop()
  court?.stop()
  await network?.dispose()
  await external?.close()
  await rm(folder, { recursive: true, force: true })
})

const enlace = (config: string, ...args: string[]) =>
  new Promise<Record<string, unknown>>((done, fail) => {
    execFile(
      process.execPath,
      [ENLACE, '--config', config, ...args, '--json'],
      { maxBuffer: 1 << 24 },
      (error, out, err) =>
        error ? fail(new Error(`${args.join(' ')}: ${out} ${err}`)) : done(JSON.parse(out)),
    )
  })
/** Sent until it is taken: a node that comes back asks people to wait. */
const insist = (person: TestPerson, body: string) =>
  eventually(`${body} is taken`, async () => {
    try {
      return (await person.client.sendTextMessage(room, body)).event_id
    } catch {
      return undefined
    }
  })
const bodies = (person: TestPerson) => person.texts(room).map(({ body }) => body)
const sees = (person: TestPerson, body: string) =>
  eventually(`${person.userId} reads ${body}`, () => bodies(person).includes(body))

async function reference(): Promise<string> {
  const answer = await fetch(`${network.hn.baseUrl}/_enlace/client/v1/cases/reference`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${registrar.client.getAccessToken()}`,
      'content-type': 'application/json',
    },
    body: JSON.stringify({ kind: 'birth_certificate', room_id: room }),
  })
  const body = (await answer.json()) as { reference?: string }
  if (!body.reference) throw new Error(JSON.stringify(body))
  return body.reference
}

async function eventIdsOf(person: TestPerson, baseUrl: string): Promise<string[]> {
  const url = `${baseUrl}/_matrix/client/v3/rooms/${encodeURIComponent(room)}/messages?dir=b&limit=1000`
  const answer = await fetch(url, { headers: { authorization: `Bearer ${person.client.getAccessToken()}` } })
  const { chunk } = (await answer.json()) as { chunk: { event_id: string; type: string }[] }
  return chunk.filter(({ type }) => type === 'm.room.encrypted').map(({ event_id }) => event_id)
}

/** People write all the time while `work` is done; what was acknowledged is given back. */
async function underLoad(name: string, work: () => Promise<unknown>): Promise<string[]> {
  const said: string[] = []
  let going = true
  const writing = [registrar, court].map(async (person, index) => {
    for (let at = 0; going; at++) {
      const body = `${name} ${index} ${at}`
      await insist(person, body)
      said.push(body)
    }
  })
  await work()
  going = false
  await Promise.all(writing)
  return said
}

async function drill(name: string): Promise<void> {
  const config = network.hn.configFile
  const made: string[] = []
  // Both are connected: a client that comes back to very much takes the newest of it only.
  for (const person of [registrar, court]) await insist(person, `${name} begins ${person.userId}`)
  const begun = [registrar, court].map(({ userId }) => `${name} begins ${userId}`)
  for (const body of begun) await Promise.all([sees(registrar, body), sees(court, body)])
  const given = [await reference()]
  const during = await underLoad(`${name} during`, async () => {
    made.push(String((await enlace(config, 'backup', 'make'))['backup']))
  })
  expect(await enlace(config, 'restore', 'verify', '--key-file', keyFile)).toMatchObject({
    ok: true,
    problems: 0,
  })
  for (let at = 0; at < 3; at++) given.push(await reference())
  const after: string[] = []
  for (let at = 0; at < 20; at++) {
    const body = `${name} after ${at}`
    await insist(at % 2 ? registrar : court, body)
    after.push(body)
  }
  const everything = [...begun, ...during, ...after]
  for (const body of everything) await Promise.all([sees(registrar, body), sees(court, body)])

  // Power is gone, and the disk with it.
  await network.hn.process.kill()
  await rm(network.hn.dataDir, { recursive: true })
  await mkdir(network.hn.dataDir)
  const away = insist(court, `${name} while away`)
  const done = await enlace(
    config,
    'restore',
    'run',
    '--key-file',
    keyFile,
    '--yes',
    ...(name === 'uri' ? ['--replace'] : []),
  )
  expect(done['backup']).toBe(made[0])
  await network.hn.restart()
  await away
  // Written at once, before the client has what came in between.
  await insist(registrar, `${name} back`)
  await insist(court, `${name} and forth`)
  for (const person of [registrar, court])
    for (const body of ['while away', 'back', 'and forth']) await sees(person, `${name} ${body}`)

  // Nothing lost, nothing doubled, for either person and on either node.
  for (const person of [registrar, court]) {
    const read = bodies(person).filter((body) => body.startsWith(name))
    expect(new Set(read).size).toBe(read.length)
    expect(read.sort()).toEqual(
      [...everything, `${name} while away`, `${name} back`, `${name} and forth`].sort(),
    )
  }
  const [hn, gt] = await Promise.all([
    eventIdsOf(registrar, network.hn.baseUrl),
    eventIdsOf(court, network.gt.baseUrl),
  ])
  expect(new Set(hn).size).toBe(hn.length)
  expect([...hn].sort()).toEqual([...gt].sort())
  for (let at = 0; at < 3; at++) given.push(await reference())
  expect(new Set(given).size).toBe(given.length)

  // Somebody new to the room's history reads with fresh keys: no one-time key was spent twice.
  const other = await signIn(network.hn.baseUrl, 'registro.hn')
  try {
    await knowsDevicesOf(court, other)
    await insist(court, `${name} to a new device`)
    await sees(other, `${name} to a new device`)
    await sees(registrar, `${name} to a new device`)
  } finally {
    other.stop()
  }
}

test('with the embedded database', () => drill('embedded'), 400_000)

test('with a database of its own', async () => {
  // The node moves to the other database as an operator would: a backup read in order, put back there.
  const { configFile, dataDir } = network.hn
  await network.hn.process.stop()
  const config = JSON.parse(await readFile(configFile, 'utf8')) as Record<string, unknown>
  const source = await startEmbeddedMongo({ path: join(dataDir, 'db') })
  const moving = {
    ...config,
    database: { uri: source.uri },
    backup: { to: join(folder, 'moving'), recipients: [recipient] },
  }
  const movingFile = join(network.dataDir, 'moving.yaml')
  await writeFile(movingFile, JSON.stringify(moving))
  await enlace(movingFile, 'backup', 'make')
  await source.close()
  const moved = {
    ...config,
    database: { uri: external.uri },
    backup: { to: join(folder, 'of-uri'), recipients: [recipient] },
  }
  await writeFile(configFile, JSON.stringify(moved))
  await enlace(
    configFile,
    'restore',
    'run',
    '--from',
    join(folder, 'moving'),
    '--key-file',
    keyFile,
    '--replace',
    '--yes',
  )
  await network.hn.restart()
  await drill('uri')
}, 400_000)
