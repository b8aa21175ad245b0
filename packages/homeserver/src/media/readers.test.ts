/** A file is read by those who may see the message that carries it, on both sides, and goes with it. */
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { FakePartner } from '../testing/fake-partner.ts'
import { eventually, type FederatedNode, type FederatedWorld, federatedWorld } from '../testing/world.ts'

const enc = encodeURIComponent
type Person = Awaited<ReturnType<FederatedNode['register']>>
let world: FederatedWorld
let hn: FederatedNode
let gt: FederatedNode
let stranger: FakePartner
let ana: Person
let beto: Person
/** Accounts of the two nodes that are in no room. */
let carla: Person
let diana: Person
let room: string
let n = 0

beforeAll(async () => {
  world = await federatedWorld()
  hn = await world.node('hn')
  gt = await world.node('gt')
  stranger = await FakePartner.start(world, 'otro')
  ;[ana, carla] = [await hn.register('ana'), await hn.register('carla')]
  ;[beto, diana] = [await gt.register('beto'), await gt.register('diana')]
})
afterAll(async () => {
  await stranger?.close()
  await world?.close()
})
beforeEach(async () => {
  room = await newRoom()
  await bring(gt, beto, room)
})

async function newRoom(): Promise<string> {
  const body = {
    preset: 'private_chat',
    room_version: '11',
    power_level_content_override: { users: { [ana.userId]: 100, [beto.userId]: 50 }, redact: 50 },
  }
  return String((await hn.call('POST', '/createRoom', { token: ana.token, body }))['room_id'])
}
async function bring(node: FederatedNode, who: Person, roomId: string): Promise<void> {
  const body = { user_id: who.userId }
  await hn.call('POST', `/rooms/${enc(roomId)}/invite`, { token: ana.token, body })
  await node.call('POST', `/join/${enc(roomId)}?via=${enc(hn.serverName)}`, { token: who.token, body: {} })
}
async function upload(content: string, roomId?: string, who = ana) {
  const query = roomId === undefined ? '' : `?org.enlace.room_id=${enc(roomId)}`
  const answer = await fetch(`${hn.clientUrl}/_matrix/media/v3/upload${query}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${who.token}`, 'content-type': 'application/octet-stream' },
    body: content,
  })
  const body = (await answer.json()) as { content_uri?: string }
  const mxc = (body.content_uri ?? '').slice('mxc://'.length)
  return { status: answer.status, mxc, id: mxc.slice(mxc.indexOf('/') + 1) }
}
async function get(node: FederatedNode, who: Person, path: string) {
  const answer = await fetch(`${node.clientUrl}${path}`, {
    headers: { authorization: `Bearer ${who.token}` },
  })
  return { status: answer.status, text: await answer.text() }
}
const download = (node: FederatedNode, who: Person, mxc: string) =>
  get(node, who, `/_matrix/client/v1/media/download/${mxc}`)
async function say(node: FederatedNode, who: Person, roomId = room): Promise<string> {
  const sent = await node.call('PUT', `/rooms/${enc(roomId)}/send/m.room.message/m${n++}`, {
    token: who.token,
    body: { msgtype: 'm.text', body: 'hola' },
  })
  return String(sent['event_id'])
}
const carry = (who: Person, id: string, event_id: string, node = hn) =>
  node.call('POST', `/_enlace/client/v1/media/${id}/event`, {
    token: who.token,
    body: { event_id },
    allowed: true,
  })
const redact = (node: FederatedNode, who: Person, eventId: string, roomId = room) =>
  node.call('PUT', `/rooms/${enc(roomId)}/redact/${enc(eventId)}/r${n++}`, { token: who.token, body: {} })
const arrived = (node: FederatedNode, eventId: string) =>
  eventually('it has come', async () => (await node.ctx.rooms.event(eventId)) !== undefined)
const filesOf = async (node: FederatedNode) =>
  (await readdir(join(node.dataDir, 'media'), { recursive: true, withFileTypes: true })).filter((one) =>
    one.isFile(),
  ).length

test('from the upload on, who is not in the room is told that there is no such file: here, there, and other servers', async () => {
  const { mxc, id } = await upload('secreto', room)
  const paths = [
    `/_matrix/client/v1/media/download/${mxc}`,
    `/_matrix/client/v1/media/download/${mxc}/acta.pdf`,
    `/_matrix/client/v1/media/thumbnail/${mxc}?width=32&height=32`,
    `/_matrix/media/v3/download/${mxc}`,
    `/_matrix/media/r0/download/${mxc}/acta.pdf`,
    `/_matrix/media/v3/thumbnail/${mxc}?width=32&height=32`,
  ]
  const before = await say(hn, ana)
  for (const linked of [false, true]) {
    if (linked) expect((await carry(ana, id, before)).status).toBe(200)
    await arrived(gt, before)
    expect((await download(hn, ana, mxc)).text).toBe('secreto')
    expect((await download(gt, beto, mxc)).text).toBe('secreto')
    for (const path of paths) {
      const missing = await get(hn, carla, path.replace(id, 'a'.repeat(24)))
      for (const answer of [await get(hn, carla, path), await get(gt, diana, path)])
        expect(answer, path).toMatchObject({ status: 404, text: expect.stringContaining('M_NOT_FOUND') })
      const told = (text: string) => ({ ...JSON.parse(text), 'org.enlace.request_id': '' })
      expect(told((await get(hn, carla, path)).text)).toEqual(told(missing.text))
    }
    for (const kind of ['download', 'thumbnail']) {
      const size = kind === 'thumbnail' ? '?width=32&height=32' : ''
      const answer = await stranger.call(hn, 'GET', `/_matrix/federation/v1/media/${kind}/${id}${size}`)
      expect(answer).toMatchObject({ status: 404, errcode: 'M_NOT_FOUND' })
    }
  }
  expect(await upload('x', room, carla)).toMatchObject({ status: 403 })
  expect(await upload('x', '!nosuch:hn')).toMatchObject({ status: 403 })
})

test('whoever may see the message gets the file: those who left since, not those who came later or are back outside', async () => {
  const eva = await hn.register(`eva${n++}`)
  await bring(hn, eva, room)
  const { mxc, id } = await upload('para quien estaba', room)
  const event = await say(hn, ana)
  await carry(ana, id, event)
  await hn.call('POST', `/rooms/${enc(room)}/leave`, { token: eva.token, body: {} })
  expect((await download(hn, eva, mxc)).text).toBe('para quien estaba')
  const later = await upload('para después', room)
  expect((await download(hn, eva, later.mxc)).status).toBe(404)
  await carry(ana, later.id, await say(hn, ana))
  expect((await download(hn, eva, later.mxc)).status).toBe(404)

  await hn.call('PUT', `/rooms/${enc(room)}/state/m.room.history_visibility/`, {
    token: ana.token,
    body: { history_visibility: 'joined' },
  })
  const closed = await upload('de ahora', room)
  await carry(ana, closed.id, await say(hn, ana))
  await bring(hn, carla, room)
  expect((await download(hn, carla, closed.mxc)).status).toBe(404)
  await hn.call('POST', `/rooms/${enc(room)}/leave`, { token: carla.token, body: {} })
})

test('when a moderator deletes somebody’s message its file goes, on both sides, from the disk too', async () => {
  const before = [await filesOf(hn), await filesOf(gt)]
  const [photo, small] = [await upload(`foto ${n++}`, room), await upload(`muestra ${n++}`, room)]
  const event = await say(hn, ana)
  for (const { id } of [photo, small]) expect((await carry(ana, id, event)).status).toBe(200)
  await arrived(gt, event)
  expect((await download(gt, beto, photo.mxc)).status).toBe(200)
  // Of the partner, who has no file of its own there.
  await redact(gt, beto, event)
  await eventually('gone here', async () => (await filesOf(hn)) === before[0])
  await eventually('gone there', async () => (await filesOf(gt)) === before[1])
  for (const { mxc } of [photo, small]) {
    expect((await download(hn, ana, mxc)).status).toBe(404)
    expect((await download(gt, beto, mxc)).status).toBe(404)
  }
})

test('a deletion that does not apply, or that the node slept through', async () => {
  const { mxc, id } = await upload(`queda ${n++}`, room)
  const event = await say(hn, ana)
  await carry(ana, id, event)
  const other = await newRoom()
  // Of another room's event it says nothing.
  await hn.call('PUT', `/rooms/${enc(other)}/redact/${enc(event)}/r${n++}`, {
    token: ana.token,
    body: {},
    allowed: true,
  })
  await hn.ctx.media.settled()
  expect((await download(hn, ana, mxc)).status).toBe(200)
  await hn.stop()
  await arrived(gt, event)
  await redact(gt, beto, event)
  await hn.start()
  await eventually('gone after the start', async () => (await download(hn, ana, mxc)).status === 404, 30_000)
})

test('a message carries what its sender uploaded, for that room, once; what was deleted before takes it along', async () => {
  const { mxc, id } = await upload(`uno ${n++}`, room)
  const event = await say(hn, ana)
  const theirs = await say(gt, beto)
  await arrived(hn, theirs)
  const other = await newRoom()
  const elsewhere = await say(hn, ana, other)
  await bring(hn, carla, other)
  for (const [who, what] of [
    [carla, event],
    [carla, elsewhere],
    [ana, theirs],
    [ana, elsewhere],
    [ana, '$nosuch'],
  ] as const)
    expect((await carry(who, id, what)).status, what).toBe(404)
  expect((await carry(ana, 'a'.repeat(24), event)).status).toBe(404)
  expect((await carry(ana, id, event)).status).toBe(200)
  expect((await carry(ana, id, event)).status).toBe(200)
  expect((await carry(ana, id, await say(hn, ana))).status).toBe(409)
  const gone = await say(hn, ana)
  await redact(hn, ana, gone)
  const late = await upload(`tarde ${n++}`, room)
  expect((await carry(ana, late.id, gone)).status).toBe(200)
  expect((await download(hn, ana, late.mxc)).status).toBe(404)
  expect((await download(hn, ana, mxc)).status).toBe(200)
})

test('what is for no room, as faces of people and rooms are, stays as it was', async () => {
  const { mxc } = await upload('cara')
  for (const [node, who] of [
    [hn, carla],
    [gt, diana],
  ] as const)
    expect((await download(node, who, mxc)).text).toBe('cara')
})
