/** A machine is lost with an older backup of it: the node that is put back goes on as if it had only been away. */
import { mkdir, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { generateIdentity, identityToRecipient } from 'age-encryption'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openFolderStore } from '../backup/folder-store.ts'
import { makeBackup } from '../backup/make-backup.ts'
import { restore } from '../backup/put-back.ts'
import { verifyBackup } from '../backup/verify-backup.ts'
import { eventually, type FederatedNode, type FederatedWorld, federatedWorld } from '../testing/world.ts'

type Json = Record<string, unknown>
type Person = Awaited<ReturnType<FederatedNode['register']>>

let world: FederatedWorld
let hn: FederatedNode
let gt: FederatedNode
let ana: Person
let beto: Person
let roomId: string
let key: string
let txn = 0
const enc = encodeURIComponent

beforeAll(async () => {
  world = await federatedWorld()
  hn = await world.node('hn')
  gt = await world.node('gt')
  ana = await hn.register('ana')
  beto = await gt.register('beto')
  roomId = await roomOf()
  key = await generateIdentity()
}, 120_000)
afterAll(() => world.close())

async function roomOf(): Promise<string> {
  const made = await hn.call('POST', '/createRoom', {
    token: ana.token,
    body: { preset: 'private_chat', invite: [beto.userId] },
  })
  const id = String(made['room_id'])
  await eventually('invited', async () =>
    (await gt.ctx.rooms.roomsOf(beto.userId)).some((one) => one.roomId === id),
  )
  await gt.call('POST', `/join/${enc(id)}?server_name=${hn.serverName}`, { token: beto.token, body: {} })
  await eventually(
    'joined',
    async () => (await hn.ctx.rooms.membership(id, beto.userId))?.membership === 'join',
  )
  return id
}
const say = async (node: FederatedNode, who: Person, body: string, id = roomId) =>
  String(
    (
      await node.call('PUT', `/rooms/${enc(id)}/send/m.room.message/t${txn++}`, {
        token: who.token,
        body: { msgtype: 'm.text', body },
      })
    )['event_id'],
  )
const has = (node: FederatedNode, id: string) =>
  eventually(`${id} at ${node.serverName}`, async () => {
    const event = await node.ctx.rooms.event(id)
    return event !== undefined && !event.outlier && event.verdict === 'accept'
  })
const oneTimeKeys = (from: number) =>
  Object.fromEntries(
    Array.from({ length: 5 }, (_, index) => [
      `signed_curve25519:K${from + index}`,
      { key: `k${from + index}` },
    ]),
  )
const claim = async () => {
  const answer = await gt.call('POST', '/keys/claim', {
    token: beto.token,
    body: { one_time_keys: { [ana.userId]: { [ana.deviceId]: 'signed_curve25519' } } },
  })
  const keys = (answer['one_time_keys'] as Record<string, Record<string, Json>>)[ana.userId]?.[ana.deviceId]
  return keys && Object.keys(keys)[0]
}
const toDevice = (body: string) =>
  gt.call('PUT', `/sendToDevice/m.room.encrypted/d${txn++}`, {
    token: beto.token,
    body: { messages: { [ana.userId]: { [ana.deviceId]: { body } } } },
  })
const sync = (query: string) => hn.call('GET', `/sync?timeout=0${query}`, { token: ana.token })
const store = () => openFolderStore(join(world.folder, 'backups'))
const backUp = async () =>
  makeBackup(
    {
      serverName: hn.serverName,
      dataDir: hn.dataDir,
      recipients: [await identityToRecipient(key)],
      keep: { daily: 7, weekly: 1, monthly: 1 },
    },
    await store(),
    {
      copyDatabase: (file) => hn.ctx.db.copyTo!(file),
      stable: async () => hn.ctx.stream.stable,
      now: () => Date.now(),
    },
  )
async function lose(): Promise<void> {
  await hn.stop()
  await rm(hn.dataDir, { recursive: true })
}
const putBack = async () =>
  restore({
    store: await store(),
    keys: key,
    dataDir: hn.dataDir,
    serverName: hn.serverName,
    replace: false,
    endSessions: false,
    now: () => Date.now(),
  })

test('nothing that partners have is lost, nothing is doubled, nothing forks', async () => {
  const devices = {
    algorithms: ['m.megolm.v1.aes-sha2'],
    keys: { [`ed25519:${ana.deviceId}`]: 'K' },
    signatures: {},
  }
  await hn.call('POST', '/keys/upload', {
    token: ana.token,
    body: {
      device_keys: { user_id: ana.userId, device_id: ana.deviceId, ...devices },
      one_time_keys: oneTimeKeys(0),
      fallback_keys: { 'signed_curve25519:F': { key: 'f', fallback: true } },
    },
  })
  const version = String(
    (
      await hn.call('POST', '/room_keys/version', {
        token: ana.token,
        body: { algorithm: 'x', auth_data: { a: 1 } },
      })
    )['version'],
  )
  const session = { first_message_index: 0, forwarded_count: 0, is_verified: true, session_data: { s: 1 } }
  await hn.call('PUT', `/room_keys/keys/${enc(roomId)}/s1?version=${version}`, {
    token: ana.token,
    body: session,
  })
  await has(gt, await say(hn, ana, 'before'))
  const reference = await hn.ctx.cases.references.reserve('birth_certificate', 'hn-x', roomId)
  const older = String((await sync(''))['next_batch'])

  await backUp()
  expect(await verifyBackup({ store: await store(), keys: key, now: () => Date.now() })).toMatchObject({
    ok: true,
    what: '',
  })

  // A day goes on, and the machine is lost.
  const claimed = [await claim(), await claim()]
  const later: string[] = []
  for (let at = 0; at < 130; at++) later.push(await say(at % 2 ? gt : hn, at % 2 ? beto : ana, `after ${at}`))
  for (const id of later) await Promise.all([has(gt, id), has(hn, id)])
  const lostRoom = await roomOf()
  const inLostRoom = await say(gt, beto, 'in a room the backup does not know', lostRoom)
  await has(hn, inLostRoom)
  await toDevice('keys that came after the backup')
  await eventually('to-device arrived', async () => {
    const events = ((await sync(`&since=${older}`))['to_device'] as { events: Json[] } | undefined)?.events
    return events?.length
  })
  const token = String((await sync(`&since=${older}`))['next_batch'])
  const eve = await hn.register('eve')
  await lose()

  const whileAway = await say(gt, beto, 'while the machine is gone')
  await putBack()
  await hn.start()
  expect(await readdir(hn.dataDir)).not.toContain('restored.json')
  // Somebody writes at once, as people do: it waits until what partners have is here.
  const first = await eventually('may write again', async () => {
    const answer = await hn.call('PUT', `/rooms/${enc(roomId)}/send/m.room.message/again`, {
      token: ana.token,
      body: { msgtype: 'm.text', body: 'after the restore' },
      allowed: true,
    })
    return answer.status === 200 && String(answer['event_id'])
  })
  await has(gt, first)
  for (const id of [...later, whileAway]) await has(hn, id)
  for (const node of [hn, gt]) expect((await node.ctx.rooms.room(roomId))?.extremities).toEqual([first])
  const timeline = await hn.ctx.rooms.timeline(roomId, { dir: 'b', limit: 1_000 })
  const messages = timeline.filter(({ pdu }) => pdu.type === 'm.room.message')
  expect(messages).toHaveLength(1 + later.length + 2)
  const before = (await hn.ctx.rooms.event(first))!.pdu
  expect(before.prev_events).toHaveLength(1)
  // The room that was entered after the backup.
  await has(hn, await say(gt, beto, 'still here?', lostRoom))
  expect((await hn.ctx.rooms.membership(lostRoom, ana.userId))?.membership).toBe('join')

  // A client with a token of the lost life is told everything, and what it had not taken comes.
  const all = await eventually('messages to the device come again', async () => {
    const body = await sync(`&since=${token}`)
    return (body['to_device'] as Json | undefined) && body
  })
  const rooms = (all['rooms'] as { join: Record<string, { state: { events: Json[] } }> }).join
  expect(Object.keys(rooms).sort()).toEqual([roomId, lostRoom].sort())
  expect(rooms[roomId]!.state.events.some((event) => event['type'] === 'm.room.create')).toBe(true)
  expect((all['to_device'] as { events: Json[] }).events).toHaveLength(1)
  expect((all['device_lists'] as { changed: string[] }).changed).toContain(beto.userId)
  expect(all['device_one_time_keys_count']).toEqual({ signed_curve25519: 0 })
  expect(all['device_unused_fallback_key_types']).toEqual([])

  // No key is given out a second time.
  expect(await claim()).toBeUndefined()
  await hn.call('POST', '/keys/upload', { token: ana.token, body: { one_time_keys: oneTimeKeys(100) } })
  expect(claimed).not.toContain(await eventually('a fresh key', claim))

  // The backup of keys is the same one under a number nobody had.
  const backup = await hn.call('GET', '/room_keys/version', { token: ana.token })
  expect([backup['version'], backup['count'], backup['auth_data']]).toEqual(['1000', 1, { a: 1 }])
  const refused = await hn.call('PUT', `/room_keys/keys/${enc(roomId)}/s2?version=${version}`, {
    token: ana.token,
    body: session,
    allowed: true,
  })
  expect(refused.status).not.toBe(200)
  const next = await hn.ctx.cases.references.reserve('birth_certificate', 'hn-x', roomId)
  const numberOf = (text: string) => Number(text.split('-')[2]!.slice(2))
  expect(numberOf(next)).toBeGreaterThan(numberOf(reference) + 1_000)
  expect(numberOf(await hn.ctx.cases.references.reserve('child_return', 'hn-x', roomId))).toBeGreaterThan(
    1_000,
  )

  // Signed in after the backup: signs in again, and keeps its keys.
  const gone = await hn.call('GET', '/account/whoami', { token: eve.token, allowed: true })
  expect([gone.status, gone['soft_logout']]).toEqual([401, true])
  expect(hn.ctx.restored.status()?.waitingFor ?? []).toEqual([])
}, 240_000)

test('a restore that was not ended keeps the node from starting', async () => {
  await hn.stop()
  await mkdir(join(hn.dataDir, '.restoring'))
  await expect(hn.start()).rejects.toThrow('not ended')
  await rm(join(hn.dataDir, '.restoring'), { recursive: true })
  await hn.start()
}, 60_000)
