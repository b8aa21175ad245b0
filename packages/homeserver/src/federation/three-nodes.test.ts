/** Three nodes, one of them cut off for a while: all end with the same room. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { eventually, type FederatedNode, type FederatedWorld, federatedWorld } from '../testing/world.ts'

const enc = encodeURIComponent
type Person = Awaited<ReturnType<FederatedNode['register']>>
let world: FederatedWorld
let nodes: FederatedNode[]
let people: Person[]
let n = 0

beforeAll(async () => {
  world = await federatedWorld()
  nodes = await Promise.all(['hn', 'gt', 'sv'].map((name) => world.node(name)))
  people = await Promise.all(nodes.map((node, i) => node.register(`p${i}`)))
})
afterAll(() => world?.close())

const say = (i: number, roomId: string, body: string) =>
  nodes[i]!.call('PUT', `/rooms/${enc(roomId)}/send/m.room.message/n${n++}`, {
    token: people[i]!.token,
    body: { msgtype: 'm.text', body },
  })
const topic = (i: number, roomId: string, text: string) =>
  nodes[i]!.call('PUT', `/rooms/${enc(roomId)}/state/m.room.topic/`, {
    token: people[i]!.token,
    body: { topic: text },
  })
async function heard(i: number, roomId: string): Promise<string[]> {
  const events = await nodes[i]!.ctx.rooms.timeline(roomId, { dir: 'f', limit: 1_000 })
  return events.flatMap((event) =>
    event.pdu.type === 'm.room.message' ? [String(event.pdu.content['body'])] : [],
  )
}
const state = async (i: number, roomId: string) =>
  JSON.stringify([...(await nodes[i]!.ctx.rooms.currentState(roomId)).ids].sort())

test.each(['10', '12'])('room version %s', async (room_version) => {
  const [hn, gt, sv] = nodes as [FederatedNode, FederatedNode, FederatedNode]
  const made = await hn.call('POST', '/createRoom', {
    token: people[0]!.token,
    body: {
      preset: 'public_chat',
      room_version,
      power_level_content_override: {
        users: {
          ...(room_version === '12' ? {} : { [people[0]!.userId]: 100 }),
          [people[1]!.userId]: 50,
          [people[2]!.userId]: 50,
        },
      },
    },
  })
  const roomId = String(made['room_id'])
  const join = (i: number, via: FederatedNode) =>
    nodes[i]!.call('POST', `/join/${enc(roomId)}?via=${enc(via.serverName)}`, {
      token: people[i]!.token,
      body: {},
    })
  await join(1, hn)
  // Through a server that came in itself; the first one hears of it from there.
  await join(2, gt)
  await eventually('hn knows of sv', async () =>
    (await hn.ctx.rooms.joinedServers(roomId)).includes(sv.serverName),
  )
  const bodies: string[] = []
  const chat = async (who: number[], label: string) => {
    await Promise.all(
      who.flatMap((i) =>
        Array.from({ length: 8 }, (_, k) => {
          bodies.push(`${label}${i}.${k}`)
          return say(i, roomId, `${label}${i}.${k}`)
        }),
      ),
    )
  }
  await chat([0, 1, 2], 'juntos ')
  const all = async () => {
    for (const i of [0, 1, 2]) if ((await heard(i, roomId)).length < bodies.length) return false
    return true
  }
  await eventually('all heard all', all)
  await sv.stop()
  await topic(0, roomId, 'sin sv')
  await chat([0, 1], 'sin sv ')
  await sv.start()
  // It speaks before it has caught up: two branches that meet.
  await topic(2, roomId, 'de vuelta')
  await chat([0, 1, 2], 'otra vez ')
  await eventually('all heard all again', all)
  for (const i of [0, 1, 2]) expect((await heard(i, roomId)).sort()).toEqual([...bodies].sort())
  await eventually('one state', async () => {
    const [a, b, c] = await Promise.all([0, 1, 2].map((i) => state(i, roomId)))
    return a === b && b === c
  })
})

test('a room is joined whole while the server that made it is away', async () => {
  const [hn, gt, sv] = await Promise.all(['hn2', 'gt2', 'sv2'].map((name) => world.node(name)))
  const [ana, beto, carla] = await Promise.all([hn!, gt!, sv!].map((node, i) => node.register(`q${i}`)))
  const made = await hn!.call('POST', '/createRoom', { token: ana!.token, body: { preset: 'public_chat' } })
  const roomId = String(made['room_id'])
  const join = (node: FederatedNode, person: Person, via: FederatedNode) =>
    node.call('POST', `/join/${enc(roomId)}?via=${enc(via.serverName)}`, { token: person.token, body: {} })
  await join(gt!, beto!, hn!)
  await hn!.stop()
  // Nobody has told it the keys of the server that made the room: the one that has the room does.
  await join(sv!, carla!, gt!)
  const members = async (node: FederatedNode) => [...(await node.ctx.rooms.members(roomId, 'join'))].sort()
  expect(await members(sv!)).toEqual([ana!.userId, beto!.userId, carla!.userId].sort())
  await hn!.start()
  await eventually('hn hears of it', async () => (await members(hn!)).length === 3, 30_000)
  await hn!.call('PUT', `/rooms/${enc(roomId)}/send/m.room.message/x`, {
    token: ana!.token,
    body: { msgtype: 'm.text', body: 'hola a todos' },
  })
  await eventually('sv hears hn', async () => {
    const events = await sv!.ctx.rooms.timeline(roomId, { dir: 'b', limit: 5 })
    return events.some((event) => event.pdu.content['body'] === 'hola a todos')
  })
})
