import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  generateSigningKey,
  type PduReading,
  readPdu,
  roomVersion,
  type SigningKey,
  signJson,
  writePdu,
} from '@enlace/room-model'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { parseConfig } from '../config.ts'
import { createLogger } from '../log.ts'
import { openDatabase } from '../storage/db.ts'
import type { Database } from '../storage/types.ts'
import { createKeyRing } from './key-ring.ts'

const DAY = 86_400_000
const v11 = roomVersion('11')!
let dataDir: string
let db: Database
let count = 0
let server: string
let published: unknown
let fetches: number

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'enlace-keys-'))
  const config = parseConfig({
    server_name: 'hn.example',
    data_dir: dataDir,
    listeners: [{ port: 0, serves: ['client'] }],
  })
  db = await openDatabase(config, createLogger('silent', 'hn.example'))
})
afterAll(async () => {
  await db.close()
  await rm(dataDir, { recursive: true, force: true })
})
beforeEach(() => {
  server = `gt${count++}.example`
  fetches = 0
})

const ctx = () => ({
  db,
  serverName: 'hn.example',
  signingKey: generateSigningKey('ed25519:own'),
  log: createLogger('silent', 'hn.example'),
})
const ring = () =>
  createKeyRing(ctx(), {
    async requestJson() {
      fetches += 1
      await new Promise((done) => setImmediate(done))
      if (published === undefined) throw new Error('unreachable')
      return published
    },
  })
const keysOf = (key: SigningKey, more: Record<string, unknown> = {}) =>
  signJson(
    {
      server_name: server,
      valid_until_ts: Date.now() + DAY,
      verify_keys: { [key.keyId]: { key: key.publicKeyBase64 } },
      old_verify_keys: {},
      ...more,
    },
    server,
    key,
  )
function event(key: SigningKey, ts = Date.now()): PduReading {
  const written = writePdu(
    {
      type: 'm.room.message',
      room_id: '!r:x.example',
      sender: `@ana:${server}`,
      content: { body: 'hola' },
      origin_server_ts: ts,
      depth: 1,
      prev_events: [],
      auth_events: [],
    },
    v11,
    server,
    key,
  )
  if (!written.ok) throw new Error(written.reason)
  return written
}

test('keys are fetched once for many, kept on disk, and used', async () => {
  const key = generateSigningKey('ed25519:a')
  published = keysOf(key)
  const first = await ring()
  const results = await Promise.all(
    Array.from({ length: 20 }, (_, i) => first.verifyJson(signJson({ i }, server, key), server)),
  )
  expect(results.every(Boolean)).toBe(true)
  expect(fetches).toBe(1)
  published = undefined
  const second = await ring()
  expect(await second.verifyJson(signJson({ again: 1 }, server, key), server)).toBe(true)
  expect(fetches).toBe(1)
})

test('keys that are of another server, unsigned, or signed by somebody else are not taken', async () => {
  const [key, other] = [generateSigningKey('ed25519:a'), generateSigningKey('ed25519:a')]
  const { signatures: _, ...unsigned } = keysOf(key)
  for (const bad of [
    { ...keysOf(key), server_name: 'ni.example' },
    unsigned,
    signJson(unsigned, server, other),
    { ...keysOf(key), valid_until_ts: 'soon' },
    'nonsense',
  ]) {
    published = bad
    expect(await (await ring()).verifyJson(signJson({ a: 1 }, server, key), server)).toBe(false)
  }
})

test('a server that cannot be reached is not asked for every message', async () => {
  published = undefined
  const key = generateSigningKey('ed25519:a')
  const keys = await ring()
  for (let i = 0; i < 10; i++) expect((await keys.verifyEvent(event(key))).ok).toBe(false)
  expect(fetches).toBe(1)
})

test('unknown key ids do not make a server be asked again and again', async () => {
  const key = generateSigningKey('ed25519:a')
  published = keysOf(key)
  const keys = await ring()
  expect(await keys.verifyJson(signJson({}, server, key), server)).toBe(true)
  for (let i = 0; i < 10; i++) {
    const unknown = generateSigningKey(`ed25519:x${i}`)
    expect(await keys.verifyJson(signJson({}, server, unknown), server)).toBe(false)
  }
  expect(fetches).toBe(1)
})

test('an old key verifies old events, no new ones, and no requests', async () => {
  const [old, now] = [generateSigningKey('ed25519:old'), generateSigningKey('ed25519:now')]
  const expired = Date.now() - DAY
  published = keysOf(now, {
    old_verify_keys: { 'ed25519:old': { key: old.publicKeyBase64, expired_ts: expired } },
  })
  const keys = await ring()
  expect(await keys.verifyEvent(event(old, expired - 1_000))).toEqual({ ok: true })
  expect((await keys.verifyEvent(event(old))).ok).toBe(false)
  expect(await keys.verifyJson(signJson({}, server, old), server, expired - 1_000)).toBe(false)
})

test('an event from beyond the validity of the keys is not accepted', async () => {
  const key = generateSigningKey('ed25519:a')
  published = keysOf(key, { valid_until_ts: Date.now() + 365 * DAY })
  const keys = await ring()
  expect((await keys.verifyEvent(event(key, Date.now() + 6 * DAY))).ok).toBe(true)
  expect((await keys.verifyEvent(event(key, Date.now() + 8 * DAY))).ok).toBe(false)
})

test('a clock a day ahead does not make the requests of a partner refused', async () => {
  const key = generateSigningKey('ed25519:a')
  published = keysOf(key, { valid_until_ts: Date.now() - DAY })
  const keys = await ring()
  const request = signJson({}, server, key)
  expect(await keys.verifyJson(request, server)).toBe(true)
  expect(await keys.verifyJson(request, server)).toBe(true)
  expect(fetches).toBe(1)
  // Events say their own time.
  expect((await keys.verifyEvent(event(key))).ok).toBe(false)
})

test('a key no longer published still verifies what was signed before', async () => {
  const [first, second] = [generateSigningKey('ed25519:first'), generateSigningKey('ed25519:second')]
  published = keysOf(first, { valid_until_ts: Date.now() - 1_000 })
  const keys = await ring()
  const before = event(first, Date.now() - 5_000)
  expect((await keys.verifyEvent(before)).ok).toBe(true)
  published = keysOf(second)
  expect((await keys.verifyEvent(event(second))).ok).toBe(true)
  expect((await keys.verifyEvent(before)).ok).toBe(true)
  expect((await keys.verifyEvent(event(first))).ok).toBe(false)
})

test('as a notary it passes on what the server published, with its own signature beside', async () => {
  const key = generateSigningKey('ed25519:a')
  published = keysOf(key)
  const context = ctx()
  const keys = await createKeyRing(context, { requestJson: async () => published })
  const passed = (await keys.notarised(server, 0)) as { signatures: Record<string, unknown> }
  expect(Object.keys(passed.signatures).sort()).toEqual([server, 'hn.example'].sort())
  const receiver = await createKeyRing(
    { ...context, serverName: 'ni.example' },
    {
      requestJson: async () => passed,
    },
  )
  expect(await receiver.verifyJson(signJson({}, server, key), server)).toBe(true)
})

test('the keys of a server that is away are asked of one that has the room, and are good for events only', async () => {
  const key = generateSigningKey('ed25519:a')
  const context = ctx()
  published = keysOf(key)
  const notary = await createKeyRing(context, { requestJson: async () => published })
  const told = (await notary.notarised(server, 0))!
  const own = notary.ownKeys()
  let lie = false
  await db.connection.collection('server_keys').deleteMany({})
  const keys = await createKeyRing(
    { ...ctx(), serverName: 'sv.example' },
    {
      async requestJson(to, { path }) {
        if (path.endsWith('/query'))
          return { server_keys: [lie ? { ...told, signatures: { [server]: {} } } : told] }
        if (to === 'hn.example') return own
        throw new Error('unreachable')
      },
    },
  )
  lie = true
  await keys.ensure([server], 'hn.example')
  expect((await keys.verifyEvent(event(key))).ok).toBe(false)
  lie = false
  await keys.ensure([server], 'hn.example')
  expect(await keys.verifyEvent(event(key))).toEqual({ ok: true })
  expect(await keys.verifyJson(signJson({}, server, key), server)).toBe(false)
  expect(await keys.notarised(server, 0)).toBeUndefined()
})

test.each(['10', '11', '12'])(
  'an invite that says it is of a third party, with a wrong hash, has to be signed as any other (version %s)',
  async (id) => {
    const version = roomVersion(id)!
    published = keysOf(generateSigningKey('ed25519:a'))
    const forger = generateSigningKey('ed25519:a')
    const written = writePdu(
      {
        type: 'm.room.member',
        room_id: version.roomIdIsCreateHash ? `!${'r'.repeat(43)}` : '!r:x.example',
        sender: `@ana:${server}`,
        state_key: '@beto:gt.example',
        content: { membership: 'invite', third_party_invite: { display_name: 'x' } },
        origin_server_ts: Date.now(),
        depth: 1,
        prev_events: [],
        auth_events: [],
      },
      version,
      'gt.example',
      forger,
    )
    if (!written.ok) throw new Error(written.reason)
    // Redacted, it is an invitation of Ana's that her server has not signed.
    const forged = readPdu({ ...written.pdu, hashes: { sha256: 'AAAA' } }, version)
    if (!forged.ok) throw new Error(forged.reason)
    expect(forged.pdu.content).toEqual({ membership: 'invite' })
    expect((await (await ring()).verifyEvent(forged)).ok).toBe(false)
  },
)
