/** Another signing key: what partners verify before, at and after the change, and what a crash in the middle leaves. */
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { signJson, verifyJson } from '@enlace/room-model'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { runOrder } from '../operator/run-command.ts'
import { eventually, type FederatedNode, type FederatedWorld, federatedWorld } from '../testing/world.ts'
import { openServerKeys } from './server-keys.ts'

let world: FederatedWorld
let hn: FederatedNode
let gt: FederatedNode

beforeAll(async () => {
  world = await federatedWorld()
  hn = await world.node('hn')
  gt = await world.node('gt')
}, 60_000)
afterAll(async () => {
  await world?.close()
})

const operator = (node: FederatedNode, command: string) =>
  runOrder(node.ctx, { area: 'keys', command, input: {} })

test('two partners go on talking over a change of key, and what was signed before is verified by who comes later', async () => {
  const ana = await hn.register('ana')
  const leo = await gt.register('leo')
  const { room_id } = await hn.call('POST', '/createRoom', {
    token: ana.token,
    body: { preset: 'public_chat', invite: [leo.userId] },
  })
  const room = encodeURIComponent(String(room_id))
  const joined = await eventually('the invitation arrives', async () => {
    const answer = await gt.call('POST', `/join/${room}?server_name=${hn.serverName}`, {
      token: leo.token,
      body: {},
      allowed: true,
    })
    return answer.status === 200
  })
  expect(joined).toBe(true)
  const send = async (node: FederatedNode, token: string, txn: string) =>
    String(
      (
        await node.call('PUT', `/rooms/${room}/send/m.room.message/${txn}`, {
          token,
          body: { msgtype: 'm.text', body: txn },
        })
      )['event_id'],
    )
  const arrives = (node: FederatedNode, eventId: string) =>
    eventually('the message arrives', async () => (await node.ctx.rooms.event(eventId))?.verdict === 'accept')

  const before = await send(hn, ana.token, 'before')
  await arrives(gt, before)
  const old = hn.ctx.signingKey.keyId
  const { key_id } = await operator(hn, 'prepare')
  expect(hn.ctx.signingKey.keyId).toBe(old)
  expect(await operator(hn, 'rotate')).toMatchObject({ key_id, before: old })
  expect(hn.ctx.signingKey.keyId).toBe(key_id)

  const after = await send(hn, ana.token, 'after')
  await arrives(gt, after)
  await arrives(hn, await send(gt, leo.token, 'back'))
  const [mine, theirs] = await Promise.all([gt.ctx.rooms.event(before), gt.ctx.rooms.event(after)])
  expect(Object.keys(mine!.pdu.signatures[hn.serverName]!)).toEqual([old])
  expect(Object.keys(theirs!.pdu.signatures[hn.serverName]!)).toEqual([key_id])

  // A third server that never saw the old key verifies the whole room.
  const sv = await world.node('sv')
  const eva = await sv.register('eva')
  await sv.call('POST', `/join/${room}?server_name=${hn.serverName}`, { token: eva.token, body: {} })
  await sv.call('GET', `/rooms/${room}/messages?dir=b&limit=50`, { token: eva.token })
  await arrives(sv, before)

  // What it publishes is kept over a restart.
  await hn.stop()
  await hn.start()
  const keys = hn.ctx.keyRing.ownKeys() as unknown as {
    verify_keys: object
    old_verify_keys: Record<string, { expired_ts: number }>
  }
  expect(Object.keys(keys.verify_keys)).toEqual([key_id])
  expect(Object.keys(keys.old_verify_keys)).toEqual([old])
  expect(keys.old_verify_keys[old]!.expired_ts).toBeGreaterThanOrEqual(mine!.pdu.origin_server_ts)
  await arrives(gt, await send(hn, ana.token, 'later'))
  const acts = await hn.ctx.db.connection.collection('audit_entries').find({}).toArray()
  expect(JSON.stringify(acts)).toContain('key.rotate')
}, 120_000)

test('a crash at any step leaves one key in force, and never one that is retired too', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'enlace-server-keys-'))
  try {
    const keys = await openServerKeys(dir)
    const first = keys.current.keyId
    const held = keys.current
    await keys.prepare()
    const prepared = keys.next()!
    // Ready stays ready, and is the same.
    expect((await openServerKeys(dir)).next()?.keyId).toBe(prepared.keyId)
    // The old one is among the retired, and the crash comes before the next takes its place.
    await writeFile(
      join(dir, 'signing-keys.retired'),
      JSON.stringify({ [first]: { key: keys.current.publicKeyBase64, expired_ts: 1 } }),
    )
    const again = await openServerKeys(dir)
    expect([again.current.keyId, again.retired()]).toEqual([first, {}])

    await keys.change()
    expect(held.keyId).toBe(prepared.keyId)
    const signed = signJson({ a: 1 }, 'hn', held)
    expect(verifyJson(signed, 'hn', prepared.keyId, prepared.publicKeyBase64)).toBe(true)
    const later = await openServerKeys(dir)
    expect([later.current.keyId, Object.keys(later.retired()), later.next()]).toEqual([
      prepared.keyId,
      [first],
      undefined,
    ])
    for (const name of ['signing.key', 'signing-keys.retired'])
      expect((await stat(join(dir, name))).mode & 0o777).toBe(0o600)
    expect(await readFile(join(dir, 'signing-keys.retired'), 'utf8')).not.toMatch(/seed|private/i)
  } finally {
    await rm(dir, { recursive: true, force: true })
  }
})
