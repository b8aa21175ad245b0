import 'fake-indexeddb/auto'
import { EventEmitter } from 'node:events'
import type { MatrixClient } from 'matrix-js-sdk'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { deleteOwnDatabase, type OwnDatabase, openOwnDatabase } from '../../lib/own-database.ts'
import { createOwnIdentity } from './own-identity.ts'

const ME = '@juzgado.gt:gt'
let database: OwnDatabase
beforeEach(async () => {
  database = await openOwnDatabase(ME)
})
afterEach(async () => {
  database.close()
  await deleteOwnDatabase(ME)
})

/** What the server says of this account. */
function account(master: string | undefined, devices: string[]) {
  const says = {
    master,
    devices,
    asked: [] as { id: string; device_id: string; master_key: string; requested_ts: number; state: string }[],
    slow: Promise.resolve(),
  }
  const client = Object.assign(new EventEmitter(), {
    getSafeUserId: () => ME,
    getDeviceId: () => 'ESTE',
  }) as unknown as MatrixClient
  const done: string[] = []
  const request = async (method: string, path: string) => {
    if (path.endsWith('/identity-resets')) return { own: says.asked }
    if (path.endsWith('/not-me')) {
      done.push(`${method} not-me`)
      return { ended: says.asked.map((one) => one.device_id), told: 1 }
    }
    await says.slow
    return {
      master_keys: says.master ? { [ME]: { keys: { 'ed25519:x': says.master } } } : {},
      device_keys: { [ME]: Object.fromEntries(says.devices.map((id) => [id, {}])) },
    }
  }
  const news = (type: string) =>
    (client as unknown as EventEmitter).emit('accountData', { getType: () => type })
  const changed = () => (client as unknown as EventEmitter).emit('crypto.devicesUpdated', [ME])
  return { says, done, news, changed, open: () => createOwnIdentity(client, request, database) }
}

test('hostile: an identity that was started anew elsewhere is asked about, until it is answered', async () => {
  const { says, open } = account('uno', ['ESTE'])
  const before = await open()
  await before.look()
  expect(before.news.get()).toBeUndefined()
  // A server that hides the identity for a moment makes nobody forget it.
  says.master = undefined
  await before.look()
  says.master = 'dos'
  await before.look()
  expect(before.news.get()).toMatchObject({ kind: 'reset' })
  before.close()

  const after = await open()
  expect(after.news.get()).toMatchObject({ kind: 'reset' })
  await after.look()
  await after.itWasMe()
  await after.look()
  expect(after.news.get()).toBeUndefined()
})

test('what this device itself does is not asked about', async () => {
  const { says, open } = account('uno', ['ESTE'])
  const own = await open()
  await own.look()
  await own.expect('dos')
  says.master = 'dos'
  await own.look()
  own.close()
  const after = await open()
  await after.look()
  expect(after.news.get()).toBeUndefined()
  says.master = 'tres'
  await after.look()
  expect(after.news.get()).toMatchObject({ kind: 'reset' })
})

test('a device that was added is asked about once', async () => {
  const { says, open } = account('uno', ['ESTE', 'OTRO'])
  const own = await open()
  await own.look()
  expect(own.news.get()).toBeUndefined()
  says.devices = ['ESTE', 'OTRO', 'NUEVO']
  await own.look()
  expect(own.news.get()).toMatchObject({ kind: 'device', deviceId: 'NUEVO' })
  await own.itWasMe()
  await own.look()
  expect(own.news.get()).toBeUndefined()
})

test('hostile: what comes while the server is being asked is asked about again (8.3)', async () => {
  const { says, changed, open } = account('uno', ['ESTE'])
  const own = await open()
  await own.look()
  let go = () => {}
  says.slow = new Promise((resolve) => {
    go = resolve
  })
  says.devices = ['ESTE', 'LADRON']
  changed()
  await vi.waitFor(() => expect(own.news.get()).toBeUndefined())
  // The first answer is on its way; the second change comes meanwhile.
  const before = says.slow
  says.slow = Promise.resolve()
  changed()
  go()
  await before
  says.master = 'dos'
  await vi.waitFor(() => expect(own.news.get()).toMatchObject({ kind: 'reset' }))
})

test('8.3: another device that asks to start again is asked about before anything has changed', async () => {
  const { says, done, news, open } = account('uno', ['ESTE'])
  const own = await open()
  await own.look()
  says.asked = [
    { id: 'mia', device_id: 'ESTE', master_key: 'm1', requested_ts: 1, state: 'waiting' },
    { id: 'ajena', device_id: 'LADRON', master_key: 'm2', requested_ts: 2, state: 'waiting' },
  ]
  news('org.enlace.alerts')
  await vi.waitFor(() => expect(own.news.get()).toMatchObject({ kind: 'asked', name: 'LADRON' }))
  expect(await own.itWasNotMe()).toEqual({ told: 1, ended: 2 })
  expect(done).toEqual(['POST not-me'])
  await own.look()
  expect(own.news.get()).toBeUndefined()

  says.asked = [{ id: 'otra', device_id: 'NUEVO', master_key: 'm3', requested_ts: 3, state: 'waiting' }]
  await own.look()
  await own.itWasMe()
  await own.look()
  expect(own.news.get()).toBeUndefined()
  // Said yes to once: when it happens it is no news.
  says.asked = []
  says.master = 'm3'
  await own.look()
  expect(own.news.get()).toBeUndefined()
})
