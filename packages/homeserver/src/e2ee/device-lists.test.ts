import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { startTestNode, type TestNode } from '../testing/node.ts'

type Json = Record<string, unknown>
type User = Awaited<ReturnType<TestNode['register']>>

let node: TestNode
let count = 0
beforeAll(async () => {
  node = await startTestNode()
})
afterAll(() => node.close())
beforeEach(() => {
  node.edus.length = 0
  node.partner.sharing = () => []
})

const newUser = () => node.register(`lista${++count}`)
const keysOf = (userId: string, deviceId: string, n = 0) => ({
  user_id: userId,
  device_id: deviceId,
  algorithms: ['m.megolm.v1.aes-sha2'],
  keys: { [`ed25519:${deviceId}`]: `key${n}`, [`curve25519:${deviceId}`]: `curve${n}` },
})
const uploadKeys = async (user: User, n = 0) => {
  const body = { device_keys: keysOf(user.userId, user.deviceId, n) }
  const answer = await node.call('POST', '/keys/upload', { token: user.token, body })
  expect(answer.status).toBe(200)
}
const newRoom = async (user: User, preset = 'public_chat') => {
  const answer = await node.call('POST', '/createRoom', { token: user.token, body: { preset } })
  expect(answer.status).toBe(200)
  return answer.body['room_id'] as string
}
const join = async (user: User, roomId: string) =>
  expect((await node.call('POST', `/rooms/${roomId}/join`, { token: user.token, body: {} })).status).toBe(200)
const leave = async (user: User, roomId: string) =>
  expect((await node.call('POST', `/rooms/${roomId}/leave`, { token: user.token, body: {} })).status).toBe(
    200,
  )

/** Work that goes on after an answer was given: until the assertions hold. */
const eventually = (check: () => Promise<void> | void) => vi.waitFor(check, { timeout: 10_000, interval: 10 })

describe('who hears of changes here', () => {
  const changes = (user: User, from: number) =>
    node.ctx.deviceKeys.changesFor(user.userId, from, node.ctx.stream.stable)
  const now = () => node.ctx.stream.stable

  test('those who share a room, and the user; nobody else', async () => {
    const [ana, beto, celia] = [await newUser(), await newUser(), await newUser()]
    const roomId = await newRoom(ana)
    await join(beto, roomId)
    const from = now()
    await uploadKeys(ana)
    expect(await changes(beto, from)).toEqual({ changed: [ana.userId], left: [] })
    expect(await changes(ana, from)).toEqual({ changed: [ana.userId], left: [] })
    expect(await changes(celia, from)).toEqual({ changed: [], left: [] })
    expect(await changes(beto, now())).toEqual({ changed: [], left: [] })
    const asked = await node.call('GET', `/keys/changes?from=s${from}&to=s${now()}`, { token: beto.token })
    expect(asked.body).toEqual({ changed: [ana.userId], left: [] })
    // Messages to the device waited when the client got its token; it asks all the same.
    const partial = `/keys/changes?from=s${from}_${from - 1}&to=s${now()}_1`
    expect((await node.call('GET', partial, { token: beto.token })).body).toEqual(asked.body)
    expect((await node.call('GET', '/keys/changes?from=x&to=s1', { token: beto.token })).status).toBe(400)
  })

  test('joining shows both to each other, leaving the last room takes them away', async () => {
    const [ana, beto] = [await newUser(), await newUser()]
    const [one, two] = [await newRoom(ana), await newRoom(ana)]
    let from = now()
    await join(beto, one)
    expect((await changes(ana, from)).changed).toEqual([beto.userId])
    expect((await changes(beto, from)).changed).toEqual([ana.userId])
    await join(beto, two)
    from = now()
    await leave(beto, one)
    expect((await changes(ana, from)).left).toEqual([])
    await leave(beto, two)
    expect(await changes(ana, from)).toEqual({ changed: [], left: [beto.userId] })
    expect((await changes(beto, from)).left).toEqual([ana.userId])
    from = now()
    await uploadKeys(beto)
    expect((await changes(ana, from)).changed).toEqual([])
  })

  test('a change of name in the room is no change of devices', async () => {
    const [ana, beto] = [await newUser(), await newUser()]
    const roomId = await newRoom(ana)
    await join(beto, roomId)
    const from = now()
    await node.call('PUT', `/profile/${beto.userId}/displayname`, {
      token: beto.token,
      body: { displayname: 'B' },
    })
    expect(await changes(ana, from)).toEqual({ changed: [], left: [] })
  })

  test('the same is told from the database when the tail does not reach back', async () => {
    const [ana, beto, celia] = [await newUser(), await newUser(), await newUser()]
    const roomId = await newRoom(ana)
    await join(beto, roomId)
    await join(celia, roomId)
    const from = now()
    await uploadKeys(beto)
    await leave(celia, roomId)
    const { stream } = node.ctx
    const recent = stream.recentSince.bind(stream)
    stream.recentSince = () => undefined
    try {
      expect(await changes(ana, from)).toEqual({ changed: [beto.userId], left: [celia.userId] })
    } finally {
      stream.recentSince = recent
    }
  })
})

describe('what partners are told', () => {
  const updates = () => node.edus.filter(({ edu_type }) => edu_type === 'm.device_list_update')

  test('every change, in a chain of ids', async () => {
    const ana = await newUser()
    node.partner.sharing = (userId) => (userId === ana.userId ? ['gt.example'] : [])
    await uploadKeys(ana)
    await node.call('PUT', `/devices/${ana.deviceId}`, {
      token: ana.token,
      body: { display_name: 'oficina' },
    })
    await node.call('POST', '/logout', { token: ana.token })
    const sent = updates()
    expect(sent).toHaveLength(3)
    for (const [index, { destinations, content }] of sent.entries()) {
      expect(destinations).toEqual(['gt.example'])
      expect(content).toMatchObject({ user_id: ana.userId, device_id: ana.deviceId })
      // Names people give their devices stay here.
      expect(content).not.toHaveProperty('device_display_name')
      if (index > 0) expect(content['prev_id']).toEqual([sent[index - 1]!.content['stream_id']])
    }
    expect(sent[0]!.content['keys']).toMatchObject(keysOf(ana.userId, ana.deviceId))
    expect(sent[2]!.content).toMatchObject({ deleted: true })
    expect((await node.ctx.deviceKeys.localDevices(ana.userId)).stream_id).toBe(sent[2]!.content['stream_id'])
  })

  test('what a failure kept back is handed over later', async () => {
    const ana = await newUser()
    node.partner.sharing = () => {
      throw new Error('outbox is full')
    }
    await uploadKeys(ana)
    expect(updates()).toHaveLength(0)
    node.partner.sharing = () => ['gt.example']
    await node.ctx.deviceKeys.resume()
    expect(updates().filter(({ content }) => content['user_id'] === ana.userId)).toHaveLength(1)
    await node.ctx.deviceKeys.resume()
    expect(updates().filter(({ content }) => content['user_id'] === ana.userId)).toHaveLength(1)
  })
})

describe("partners' devices", () => {
  const remote = '@jueza:gt.example'
  let asked: string[] = []
  let list: { stream_id: number; devices: Json[]; master_key?: Json } = { stream_id: 1, devices: [] }
  let reachable = true
  let shared: boolean

  /** Rooms with a partner in them need a federation; here the partner is put beside one of our people. */
  async function shareWith(user: User) {
    const roomId = await newRoom(user)
    const { rooms } = node.ctx
    const { roomsOf, joinedServers } = rooms
    shared = true
    rooms.roomsOf = async (userId) =>
      userId === remote
        ? shared
          ? [{ roomId, membership: 'join' as const, pos: 1, eventId: '$x' }]
          : []
        : roomsOf(userId)
    rooms.joinedServers = async (id) =>
      id === roomId ? [node.ctx.serverName, 'gt.example'] : joinedServers(id)
    return () => Object.assign(rooms, { roomsOf, joinedServers })
  }

  beforeEach(() => {
    asked = []
    reachable = true
    list = { stream_id: 5, devices: [{ device_id: 'G1', keys: keysOf(remote, 'G1') }] }
    node.partner.request = async (_destination, { path }) => {
      asked.push(path)
      if (!reachable) throw new Error('unreachable')
      if (path.includes('/user/devices/')) return { user_id: remote, ...list }
      if (path.endsWith('/user/keys/query')) {
        return {
          device_keys: {
            [remote]: Object.fromEntries(list.devices.map((one) => [one['device_id'], one['keys']])),
          },
          master_keys: {},
        }
      }
      throw new Error(`unexpected ${path}`)
    }
  })

  const query = async (user: User) =>
    (await node.call('POST', '/keys/query', { token: user.token, body: { device_keys: { [remote]: [] } } }))
      .body as { device_keys: Record<string, Json>; failures: Json }

  test('are asked for each time while no room is shared, and failures are named', async () => {
    const ana = await newUser()
    expect(Object.keys((await query(ana)).device_keys[remote]!)).toEqual(['G1'])
    await query(ana)
    expect(asked.filter((path) => path.endsWith('/query'))).toHaveLength(2)
    reachable = false
    expect(await query(ana)).toMatchObject({ device_keys: {}, failures: { 'gt.example': {} } })
  })

  test('keys under a wrong name or of another user are left out', async () => {
    const ana = await newUser()
    list.devices = [
      { device_id: 'G1', keys: keysOf(remote, 'OTHER') },
      { device_id: 'G2', keys: keysOf('@otro:gt.example', 'G2') },
      { device_id: 'G3', keys: keysOf(remote, 'G3') },
    ]
    expect(Object.keys((await query(ana)).device_keys[remote]!)).toEqual(['G3'])
  })

  test('are followed once a room is shared: updates apply, a gap fetches the list anew', async () => {
    const ana = await newUser()
    const restore = await shareWith(ana)
    try {
      await query(ana)
      await eventually(() => expect(asked.some((path) => path.includes('/user/devices/'))).toBe(true))
      await eventually(async () => {
        asked = []
        await query(ana)
        expect(asked).toEqual([])
      })
      const from = node.ctx.stream.stable
      const update = (stream_id: number, prev_id: number[], more: Json) =>
        node.ctx.deviceKeys.receiveDeviceListUpdate('gt.example', {
          user_id: remote,
          stream_id,
          prev_id,
          ...more,
        })

      await update(6, [5], { device_id: 'G2', keys: keysOf(remote, 'G2') })
      expect(Object.keys((await query(ana)).device_keys[remote]!)).toEqual(['G1', 'G2'])
      await update(7, [6], { device_id: 'G1', deleted: true })
      expect(Object.keys((await query(ana)).device_keys[remote]!)).toEqual(['G2'])
      // A repeated or late one changes nothing.
      await update(6, [5], { device_id: 'G1', keys: keysOf(remote, 'G1') })
      expect(Object.keys((await query(ana)).device_keys[remote]!)).toEqual(['G2'])
      // Another server cannot speak for the user.
      await node.ctx.deviceKeys.receiveDeviceListUpdate('malo.example', {
        user_id: remote,
        device_id: 'EVIL',
        stream_id: 8,
        prev_id: [7],
        keys: keysOf(remote, 'EVIL'),
      })
      expect(Object.keys((await query(ana)).device_keys[remote]!)).toEqual(['G2'])
      expect(asked).toEqual([])

      list = { stream_id: 12, devices: [{ device_id: 'G9', keys: keysOf(remote, 'G9') }] }
      await update(12, [11], { device_id: 'G9', keys: keysOf(remote, 'G9') })
      await eventually(() => expect(asked.some((path) => path.includes('/user/devices/'))).toBe(true))
      await eventually(async () =>
        expect(Object.keys((await query(ana)).device_keys[remote]!)).toEqual(['G9']),
      )
      const entries = node.ctx.stream.recentSince(from) ?? []
      expect(entries.filter((entry) => entry.kind === 'device_list' && entry.userId === remote).length).toBe(
        3,
      )
    } finally {
      restore()
    }
  })
})
