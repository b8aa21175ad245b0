import { EventEmitter } from 'node:events'
import type { MatrixClient } from 'matrix-js-sdk'
import { CryptoEvent } from 'matrix-js-sdk/lib/crypto-api/index.js'
import { beforeEach, expect, test, vi } from 'vitest'
import type { OwnDatabase } from '../../lib/own-database.ts'
import { createVolatileDatabase } from '../../lib/volatile-database.ts'
import { createEncryption, createKeyCallbacks } from './encryption.ts'

vi.mock('./key-backup.ts', () => ({ backUpSoon: async () => undefined, backUpNow: async () => undefined }))

const ME = '@registro.hn:hn'
const DEVICE = 'ESTE'
type Request = 'query' | 'identity' | 'sign' | 'storage' | 'backup'
const turn = () => new Promise((done) => setImmediate(done))

/** A server, and the library on one device. `closed`: the page ends when this is asked, before the server has it. */
function account() {
  const server = { identity: '', signed: false, storage: '', backup: false, data: new Map<string, object>() }
  const device = { identity: '', signed: false, backupKey: false }
  const asked: Request[] = []
  let made = 0
  const library = new EventEmitter()
  /** Asked, and not answered so often. */
  const refused = new Map<Request, number>()
  function open(database: OwnDatabase, closed?: Request) {
    /** A page that was closed does nothing more. */
    const request = async (what: Request, done: () => void) => {
      asked.push(what)
      if (what === closed) await new Promise(() => undefined)
      const left = refused.get(what) ?? 0
      if (left > 0) {
        refused.set(what, left - 1)
        throw new TypeError('Failed to fetch')
      }
      done()
    }
    const adapt = () => {
      if (server.identity && server.identity !== device.identity)
        Object.assign(device, { identity: '', signed: false })
      else if (server.identity) device.signed = server.signed
    }
    const crypto = {
      setDeviceIsolationMode: () => undefined,
      getDeviceVerificationStatus: async () => ({ signedByOwner: device.signed }),
      async userHasCrossSigningKeys() {
        await request('query', adapt)
        return server.identity !== '' || device.identity !== ''
      },
      async bootstrapCrossSigning({ setupNewCrossSigning }: { setupNewCrossSigning?: boolean }) {
        if (!setupNewCrossSigning) throw new Error('does nothing where there are private keys already')
        made += 1
        // The library takes its own signature in with what the server says next.
        Object.assign(device, { identity: `identity ${made}`, signed: false })
        await request('identity', () => Object.assign(server, { identity: device.identity, signed: false }))
        await request('sign', () => Object.assign(server, { signed: true }))
      },
      getCrossSigningStatus: async () => ({
        privateKeysCachedLocally: {
          masterKey: device.identity !== '',
          selfSigningKey: device.identity !== '',
        },
      }),
      crossSignDevice: async () =>
        request('sign', () => {
          server.signed = true
          device.signed = true
        }),
      createRecoveryKeyFromPassphrase: async () => {
        made += 1
        return { encodedPrivateKey: `key ${made}`, privateKey: new Uint8Array(32) }
      },
      getKeyBackupInfo: async () => (server.backup ? {} : null),
      getSessionBackupPrivateKey: async () => (device.backupKey ? new Uint8Array(32) : null),
      getActiveSessionBackupVersion: async () => (device.backupKey ? '1' : null),
      async bootstrapSecretStorage(options: {
        createSecretStorageKey(): Promise<{ encodedPrivateKey: string }>
        setupNewKeyBackup: boolean
      }) {
        const key = await options.createSecretStorageKey()
        await request('storage', () => Object.assign(server, { storage: key.encodedPrivateKey }))
        if (!options.setupNewKeyBackup) return
        // Whose key this device keeps only after the server's answer.
        Object.assign(server, { backup: true })
        await request('backup', () => Object.assign(device, { backupKey: true }))
      },
    }
    const client = Object.assign(library, {
      getCrypto: () => crypto,
      getSafeUserId: () => ME,
      getDeviceId: () => DEVICE,
      getAccountDataFromServer: async (type: string) => server.data.get(type) ?? null,
      setAccountDataRaw: async (type: string, content: object) => void server.data.set(type, content),
      downloadKeysForUsers: async () => {
        await request('query', () => undefined)
        return { master_keys: server.identity ? { [ME]: {} } : {} }
      },
    })
    return createEncryption(client as unknown as MatrixClient, createKeyCallbacks(), database)
  }
  return { server, device, asked, open, refused, library }
}

let database: OwnDatabase
beforeEach(() => {
  database = createVolatileDatabase()
})

test('the page opens with identity and signature alone; recovery key and backup are made behind it', async () => {
  const { server, asked, open } = account()
  const encryption = open(database)
  // The first sync is not waited for: it may take as long as it likes.
  await encryption.prepare('clave', new Promise(() => undefined))
  expect(asked).toEqual(['query', 'identity', 'sign'])
  expect(encryption.state.get()).toBe('unsaved')
  expect(encryption.completing.get()).toBe(true)
  // Who signs out now is told that nobody keeps the key.
  expect(encryption.kept.get()).toBe(false)
  expect(encryption.firstKey.get()).toBeUndefined()
  await Promise.all([encryption.complete(), encryption.complete()])
  expect(asked.slice(3)).toEqual(['query', 'query', 'storage', 'backup'])
  expect(encryption.firstKey.get()).toBe(server.storage)
  expect(encryption.completing.get()).toBe(false)
  await encryption.complete()
  expect(asked).toHaveLength(7)
})

test.each(['before it begins', 'while the storage is made'] as const)(
  'what the library says late of its own identity, %s, takes no key away',
  async (when) => {
    const { server, asked, open, library } = account()
    const encryption = open(database)
    await encryption.prepare('clave')
    const say = async () => {
      library.emit(CryptoEvent.UserTrustStatusChanged, ME)
      await turn()
    }
    if (when === 'before it begins') await say()
    const done = encryption.complete()
    if (when !== 'before it begins') {
      await vi.waitFor(() => expect(asked).toContain('storage'))
      await say()
    }
    await done
    expect(encryption.firstKey.get()).toBe(server.storage)
    expect(encryption.state.get()).toBe('unsaved')
    expect(server.backup).toBe(true)
  },
)

test.each<Request>(['query', 'storage', 'backup'])(
  'a line that fails twice while "%s" is asked: it is tried again without a new connection, and the key shown opens all',
  async (what) => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    try {
      const { server, device, open, refused } = account()
      const encryption = open(database)
      await encryption.prepare('clave')
      refused.set(what, 2)
      void encryption.complete()
      for (let i = 0; i < 60 && encryption.firstKey.get() === undefined; i += 1) {
        await vi.advanceTimersByTimeAsync(1_000)
        await turn()
      }
      expect(encryption.firstKey.get()).toBe(server.storage)
      expect(encryption.completing.get()).toBe(false)
      expect(device.backupKey).toBe(true)
    } finally {
      vi.useRealTimers()
    }
  },
)

test('a page that closes tries no more', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  try {
    const { asked, open, refused } = account()
    const encryption = open(database)
    await encryption.prepare('clave')
    refused.set('query', 100)
    void encryption.complete()
    await turn()
    encryption.close()
    const before = asked.length
    await vi.advanceTimersByTimeAsync(600_000)
    expect(asked.length).toBe(before)
    expect(vi.getTimerCount()).toBe(0)
  } finally {
    vi.useRealTimers()
  }
})

test.each<Request>(['identity', 'sign', 'storage', 'backup'])(
  'a page that is closed while "%s" is asked: the next start goes on, and the key is shown',
  async (closed) => {
    const { server, device, asked, open } = account()
    const first = open(database, closed)
    void first.prepare('clave').then(first.complete)
    await vi.waitFor(() => expect(asked).toContain(closed))
    const identity = server.identity
    asked.length = 0

    const next = open(database)
    await next.prepare(undefined, Promise.resolve())
    expect(next.state.get()).toBe('unsaved')
    await next.complete()
    expect(server).toMatchObject({ signed: true, backup: true, identity: device.identity })
    if (identity) expect(server.identity).toBe(identity)
    expect(device.backupKey).toBe(true)
    expect(next.firstKey.get()).toBe(server.storage)
    asked.length = 0
    const later = open(database)
    await later.prepare(undefined, Promise.resolve())
    await later.complete()
    expect(asked).toEqual(['query'])
    expect(later.firstKey.get()).toBeUndefined()
    expect(later.state.get()).toBe('unsaved')
  },
)

test('hostile: the identity that was made meanwhile on another device is not replaced, nor signed for', async () => {
  const { server, asked, open } = account()
  void open(database, 'identity').prepare('clave')
  await vi.waitFor(() => expect(asked).toContain('identity'))
  Object.assign(server, { identity: 'of another device', signed: false })
  asked.length = 0
  const next = open(database)
  await next.prepare(undefined, Promise.resolve())
  await next.complete()
  expect(next.state.get()).toBe('unconfirmed')
  expect(server.identity).toBe('of another device')
  expect(new Set(asked)).toEqual(new Set(['query']))
})

test('whoever asks for the key while it is being made gets that one, once', async () => {
  const { server, asked, open } = account()
  const encryption = open(database)
  await encryption.prepare('clave')
  void encryption.complete()
  expect(await encryption.newRecoveryKey()).toBe(server.storage)
  expect(encryption.firstKey.get()).toBeUndefined()
  expect(asked.filter((one) => one === 'storage')).toHaveLength(1)
})
