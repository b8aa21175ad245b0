import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { type FederatedNode, type FederatedWorld, federatedWorld } from '../testing/world.ts'

type Json = Record<string, unknown>
type Person = { userId: string; token: string; deviceId: string; at: FederatedNode }

let world: FederatedWorld
let hn: FederatedNode
let gt: FederatedNode
let count = 0

beforeAll(async () => {
  world = await federatedWorld()
  ;[hn, gt] = await Promise.all([world.node('hn'), world.node('gt')])
})
afterAll(() => world?.close())

const enc = encodeURIComponent
/** Until the assertions hold. */
const eventually = (check: () => Promise<void>) => vi.waitFor(check, { timeout: 20_000, interval: 25 })
const newPerson = async (at: FederatedNode): Promise<Person> => ({
  ...(await at.register(`p${++count}`)),
  at,
})
const ask = (person: Person, method: string, path: string, body?: Json) =>
  person.at.call(method, path, { token: person.token, ...(body ? { body } : {}) })
const newRoom = async (person: Person) =>
  String((await ask(person, 'POST', '/createRoom', { preset: 'public_chat' }))['room_id'])
const join = (person: Person, roomId: string, via: FederatedNode) =>
  ask(person, 'POST', `/join/${enc(roomId)}?via=${enc(via.serverName)}`, {})
const leave = (person: Person, roomId: string) => ask(person, 'POST', `/rooms/${enc(roomId)}/leave`, {})
const sync = (person: Person, since?: string) =>
  ask(person, 'GET', `/sync?timeout=0${since === undefined ? '' : `&since=${since}`}`)

let version = 0
/** New identity keys for the person's device. @returns the ed25519 key others must see */
async function uploadKeys(person: Person, more: Json = {}): Promise<string> {
  const key = `key${++version}`
  await ask(person, 'POST', '/keys/upload', {
    device_keys: {
      user_id: person.userId,
      device_id: person.deviceId,
      algorithms: ['m.olm.v1.curve25519-aes-sha2'],
      keys: { [`ed25519:${person.deviceId}`]: key, [`curve25519:${person.deviceId}`]: key },
    },
    ...more,
  })
  return key
}

async function keySeenBy(viewer: Person, owner: Person): Promise<unknown> {
  const answer = await ask(viewer, 'POST', '/keys/query', { device_keys: { [owner.userId]: [] } })
  const device = (answer['device_keys'] as Record<string, Record<string, { keys: Json }>>)[owner.userId]?.[
    owner.deviceId
  ]
  return device?.keys[`ed25519:${owner.deviceId}`]
}

/** Follows one person's sync. */
function follow(person: Person) {
  let since: string | undefined
  const changed = new Set<string>()
  const left = new Set<string>()
  const toDevice: Json[] = []
  return {
    changed,
    left,
    toDevice,
    clear() {
      changed.clear()
      left.clear()
    },
    async step() {
      const answer = await sync(person, since)
      const lists = (answer['device_lists'] ?? {}) as { changed?: string[]; left?: string[] }
      for (const one of lists.changed ?? []) changed.add(one)
      for (const one of lists.left ?? []) left.add(one)
      toDevice.push(...(((answer['to_device'] as Json | undefined)?.['events'] ?? []) as Json[]))
      since = String(answer['next_batch'])
      return answer
    },
  }
}

/**
 * Somebody else on the other server, in a room with the viewer: once a change of theirs is seen, all that was sent before
 * it has been taken in (a joining partner's devices are told once more, for servers that want that).
 */
async function barrier(viewer: Person, at: FederatedNode, seen: ReturnType<typeof follow>) {
  const barry = await newPerson(at)
  const roomId = await newRoom(barry)
  await join(viewer, roomId, at)
  return async () => {
    await uploadKeys(barry)
    await eventually(async () => {
      await seen.step()
      expect(seen.changed).toContain(barry.userId)
    })
    seen.clear()
  }
}

describe.each([
  ['here', () => [hn, hn] as const],
  ['on the partner', () => [hn, gt] as const],
])('devices of somebody %s', (_name, where) => {
  test('are announced on joining and on every change, and no more after leaving', async () => {
    const [mine, theirs] = where()
    const [ana, beto] = [await newPerson(mine), await newPerson(theirs)]
    const first = await uploadKeys(beto)
    const roomId = await newRoom(ana)
    const seen = follow(ana)
    const settle = await barrier(ana, theirs, seen)
    await seen.step()

    await join(beto, roomId, mine)
    await eventually(async () => {
      await seen.step()
      expect(seen.changed).toContain(beto.userId)
    })
    expect(await keySeenBy(ana, beto)).toBe(first)
    await settle()
    const second = await uploadKeys(beto)
    await eventually(async () => {
      await seen.step()
      expect(seen.changed).toContain(beto.userId)
    })
    expect(await keySeenBy(ana, beto)).toBe(second)

    await leave(beto, roomId)
    await eventually(async () => {
      await seen.step()
      expect(seen.left).toContain(beto.userId)
    })
    seen.clear()
    const third = await uploadKeys(beto)
    expect(await keySeenBy(ana, beto)).toBe(third)
    await seen.step()
    expect(seen.changed).not.toContain(beto.userId)

    const fourth = await uploadKeys(beto)
    await join(beto, roomId, mine)
    await eventually(async () => {
      await seen.step()
      expect(seen.changed).toContain(beto.userId)
    })
    expect(await keySeenBy(ana, beto)).toBe(fourth)
  })

  test('are known after joining their room, and told after that', async () => {
    const [mine, theirs] = where()
    const [ana, beto] = [await newPerson(mine), await newPerson(theirs)]
    const first = await uploadKeys(beto)
    const roomId = await newRoom(beto)
    const seen = follow(ana)
    const settle = await barrier(ana, theirs, seen)
    await seen.step()
    await join(ana, roomId, theirs)
    await eventually(async () => {
      await seen.step()
      expect(seen.changed).toContain(beto.userId)
    })
    expect(await keySeenBy(ana, beto)).toBe(first)
    await settle()
    const second = await uploadKeys(beto)
    await eventually(async () => {
      await seen.step()
      expect(seen.changed).toContain(beto.userId)
    })
    expect(await keySeenBy(ana, beto)).toBe(second)
    await leave(ana, roomId)
    await eventually(async () => {
      await seen.step()
      expect(seen.left).toContain(beto.userId)
    })
    const third = await uploadKeys(beto)
    expect(await keySeenBy(ana, beto)).toBe(third)
  })
})

test('one-time keys of a partner are claimed once each, and to-device messages arrive once', async () => {
  const [ana, beto] = [await newPerson(hn), await newPerson(gt)]
  await uploadKeys(beto, {
    one_time_keys: { 'signed_curve25519:A': { key: 'a' }, 'signed_curve25519:B': { key: 'b' } },
  })
  const claim = async () =>
    (
      (await ask(ana, 'POST', '/keys/claim', {
        one_time_keys: { [beto.userId]: { [beto.deviceId]: 'signed_curve25519' } },
      })) as unknown as { one_time_keys: Record<string, Record<string, Json>> }
    ).one_time_keys[beto.userId]?.[beto.deviceId]
  const claimed = await Promise.all([claim(), claim(), claim()])
  expect(claimed.flatMap((one) => Object.keys(one ?? {})).sort()).toEqual([
    'signed_curve25519:A',
    'signed_curve25519:B',
  ])
  const seen = follow(beto)
  await seen.step()
  const body = { messages: { [beto.userId]: { [beto.deviceId]: { hola: 1 } } } }
  for (let repeat = 0; repeat < 2; repeat++) await ask(ana, 'PUT', '/sendToDevice/m.test/x1', body)
  await ask(ana, 'PUT', '/sendToDevice/m.test/x2', { messages: { [beto.userId]: { '*': { hola: 2 } } } })
  await eventually(async () => {
    await seen.step()
    expect(seen.toDevice.length).toBeGreaterThanOrEqual(2)
  })
  await seen.step()
  expect(seen.toDevice.map((event) => (event['content'] as Json)['hola'])).toEqual([1, 2])
  expect(seen.toDevice[0]).toMatchObject({ type: 'm.test', sender: ana.userId })
})

test('profile, media, receipts, typing and presence cross over', async () => {
  const [ana, beto] = [await newPerson(hn), await newPerson(gt)]
  const roomId = await newRoom(ana)
  await join(beto, roomId, hn)
  await ask(ana, 'PUT', `/profile/${enc(ana.userId)}/displayname`, { displayname: 'Registro HN' })
  expect(await ask(beto, 'GET', `/profile/${enc(ana.userId)}`)).toMatchObject({ displayname: 'Registro HN' })

  const content = Buffer.alloc(200_000, 'x')
  const { mediaId } = await hn.ctx.media.upload(
    ana.userId,
    (async function* () {
      yield content
    })(),
    { contentType: 'text/plain', fileName: 'acta.txt' },
  )
  const reader = { userId: beto.userId }
  const media = await gt.ctx.media.find(hn.serverName, mediaId, { timeoutMs: 0, allowRemote: true, reader })
  expect(media).toMatchObject({ size: content.length, contentType: 'text/plain', fileName: 'acta.txt' })
  await expect(
    gt.ctx.media.find(hn.serverName, 'nosuch', { timeoutMs: 0, allowRemote: true, reader }),
  ).rejects.toMatchObject({ status: 404 })

  const sent = await ask(ana, 'PUT', `/rooms/${enc(roomId)}/send/m.room.message/m1`, {
    msgtype: 'm.text',
    body: 'hola',
  })
  const eventId = String(sent['event_id'])
  await eventually(async () => expect(await gt.ctx.rooms.event(eventId)).toBeDefined())
  await ask(beto, 'POST', `/rooms/${enc(roomId)}/receipt/m.read/${enc(eventId)}`, {})
  await ask(beto, 'PUT', `/rooms/${enc(roomId)}/typing/${enc(beto.userId)}`, {
    typing: true,
    timeout: 30_000,
  })
  await ask(beto, 'PUT', `/presence/${enc(beto.userId)}/status`, { presence: 'unavailable' })
  await eventually(async () => {
    const receipts = await hn.ctx.ephemeral.receiptsSince(roomId, ana.userId, 0, hn.ctx.stream.stable)
    expect(JSON.stringify(receipts)).toContain(beto.userId)
    expect(hn.ctx.ephemeral.typing(roomId).userIds).toEqual([beto.userId])
    expect(hn.ctx.ephemeral.presenceOf(beto.userId)).toMatchObject({ presence: 'unavailable' })
  })
})

test('a partner that was away hears of the changes when it is back', async () => {
  const [ana, beto] = [await newPerson(hn), await newPerson(gt)]
  await uploadKeys(beto)
  const roomId = await newRoom(ana)
  await join(beto, roomId, hn)
  const seen = follow(ana)
  await seen.step()
  await eventually(async () => expect(await keySeenBy(ana, beto)).toBeDefined())
  await hn.stop()
  const latest = await uploadKeys(beto)
  await ask(beto, 'PUT', '/sendToDevice/m.test/away', {
    messages: { [ana.userId]: { [ana.deviceId]: { n: 1 } } },
  })
  await hn.start()
  await eventually(async () => {
    await seen.step()
    expect(seen.changed).toContain(beto.userId)
    expect(seen.toDevice).toHaveLength(1)
    expect(await keySeenBy(ana, beto)).toBe(latest)
  })
})
