import 'fake-indexeddb/auto'
import { EventEmitter } from 'node:events'
import type { MatrixClient } from 'matrix-js-sdk'
import { afterEach, beforeEach, expect, test } from 'vitest'
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
  const says = { master, devices }
  const client = Object.assign(new EventEmitter(), {
    getSafeUserId: () => ME,
    getDeviceId: () => 'ESTE',
  }) as unknown as MatrixClient
  const request = async () => ({
    master_keys: says.master ? { [ME]: { keys: { 'ed25519:x': says.master } } } : {},
    device_keys: { [ME]: Object.fromEntries(says.devices.map((id) => [id, {}])) },
  })
  return { says, open: () => createOwnIdentity(client, request, database) }
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
  await own.during(async () => {
    says.master = 'dos'
    await own.look()
  })
  await own.look()
  expect(own.news.get()).toBeUndefined()
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
