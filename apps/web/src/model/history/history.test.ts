import { afterEach, describe, expect, test, vi } from 'vitest'
import { createHistory } from './history.ts'
import { ASK, BUNDLES, DECLINED, DONE } from './records.ts'
import type { DeviceAddress, History, HistoryGround, KeyDesk, RosterWord, SealedNote } from './types.ts'

const ROOM = '!canal:hn'
const ANA = '@ana:hn'
const LUIS = '@luis:hn'
const EVA = '@eva:gt'
const institutions: Record<string, string> = { [ANA]: 'hn-rnp', [LUIS]: 'hn-rnp', [EVA]: 'gt-renap' }

/** What servers say is in `server`; what is signed is in `truth`, and no test of a lying server touches it. */
function world() {
  const server = {
    members: new Set([ANA, LUIS, EVA]),
    vouched: new Set([ANA, LUIS, EVA]),
    devices: new Map<string, string[]>([
      [ANA, ['A1']],
      [LUIS, ['L1']],
      [EVA, ['E1']],
    ]),
    institutions: { ...institutions },
    visibility: 'shared',
    invitedBy: new Map<string, string>(),
  }
  const truth = {
    signed: new Set(['A1', 'L1', 'E1', 'A2']),
    roster: new Map<string, RosterWord>([
      [ANA, 'member'],
      [LUIS, 'member'],
      [EVA, 'member'],
    ]),
    changed: new Set<string>(),
  }
  const given: { by: string; to: string }[] = []
  const taken: { by: string; from: string }[] = []
  const listeners = new Map<string, (note: SealedNote) => void>()
  const open: History[] = []
  const clock = { now: 1_700_000_000_000 }
  const stores = new Map<string, Map<string, unknown>>()

  async function device(
    userId: string,
    deviceId: string,
    options: { rosters?: boolean; confirmed?: boolean; turnMs?: number } = {},
  ): Promise<History> {
    const name = `${userId}|${deviceId}`
    const store = stores.get(name) ?? new Map<string, unknown>()
    stores.set(name, store)
    const desk: KeyDesk = {
      sessionKey: async () => undefined,
      devicesOf: async (userIds) =>
        userIds.flatMap((one) =>
          (server.devices.get(one) ?? [])
            .filter((id) => truth.signed.has(id))
            .map((id) => ({ userId: one, deviceId: id })),
        ),
      senderOf: async (note) =>
        note.senderDevice !== undefined && truth.signed.has(note.senderDevice)
          ? { userId: note.sender, deviceId: note.senderDevice }
          : undefined,
      async send(type, devices, content) {
        for (const to of devices) deliver(to, note(type, content, userId, deviceId))
      },
      async give(_room, to) {
        given.push({ by: userId, to })
        for (const id of server.devices.get(to) ?? [])
          if (truth.signed.has(id))
            deliver({ userId: to, deviceId: id }, note(BUNDLES[0]!, { room_id: ROOM }, userId, deviceId))
        return 'given'
      },
      async take(_room, from) {
        taken.push({ by: userId, from })
        return true
      },
      onNote(listener) {
        listeners.set(name, listener)
        return () => listeners.delete(name)
      },
    }
    const ground: HistoryGround = {
      confirmed: () => options.confirmed ?? true,
      membersOf: async () => [...server.members],
      institutionOf: (id) => server.institutions[id],
      inviterOf: () => server.invitedBy.get(userId),
      sharesHistory: () => server.visibility === 'shared',
      vouched: async (_room, id) => server.vouched.has(id),
      identityHolds: async (_room, id) => !truth.changed.has(id),
    }
    const history = await createHistory({
      me: userId,
      deviceId,
      database: {
        get: async (_store, key) => store.get(key),
        put: async (_store, key, value) => void store.set(key, structuredClone(value)),
      },
      desk,
      ground,
      now: () => clock.now,
      turnMs: options.turnMs ?? 0,
    })
    if (options.rosters !== false)
      history.readRosters(async (id, institution) =>
        institutions[id] === institution ? (truth.roster.get(id) ?? 'not_member') : 'not_member',
      )
    open.push(history)
    return history
  }
  function deliver(to: DeviceAddress, what: SealedNote): void {
    listeners.get(`${to.userId}|${to.deviceId}`)?.(what)
  }
  closeAll = () => {
    for (const one of open) one.close()
  }
  return { server, truth, given, taken, device, deliver, clock, stores }
}
let closeAll = () => {}
afterEach(() => closeAll())

const note = (type: string, content: unknown, sender: string, senderDevice: string): SealedNote => ({
  type,
  content,
  sender,
  senderDevice,
  senderKey: `key of ${senderDevice}`,
})
const wait = (ms = 60) => new Promise((done) => setTimeout(done, ms))

describe('history for who comes later', () => {
  test('a colleague of the own institution gives by itself, once, and the others stop', async () => {
    const { device, given, taken, server, truth } = world()
    server.devices.set(ANA, ['A1', 'A2'])
    server.devices.set(LUIS, ['L1', 'L2'])
    truth.signed.add('L2')
    const ana = await device(ANA, 'A2')
    await device(LUIS, 'L1')
    await device(LUIS, 'L2')
    await ana.ask(ROOM, 'own')
    await vi.waitFor(() => expect(ana.asked.get().get(ROOM)?.state).toBe('came'))
    await wait()
    expect(taken).toEqual([{ by: ANA, from: LUIS }])
    expect(given.every(({ to }) => to === ANA)).toBe(true)
  })

  test('whoever comes online after somebody has answered gives nothing', async () => {
    const { device, deliver, given, clock } = world()
    const luis = await device(LUIS, 'L1', { turnMs: 20 })
    deliver(
      { userId: LUIS, deviceId: 'L1' },
      note(ASK, { id: 'question-1', room_id: ROOM, order: ['x|y', 'x|z', `${LUIS}|L1`] }, ANA, 'A1'),
    )
    deliver({ userId: LUIS, deviceId: 'L1' }, note(DONE, { id: 'question-1' }, ANA, 'A1'))
    await wait()
    clock.now += 60_000
    luis.wake()
    await wait(600)
    expect(given).toEqual([])
  })

  test('“done” counts only from whoever asked', async () => {
    const { device, deliver, given, clock } = world()
    const luis = await device(LUIS, 'L1', { rosters: false })
    deliver({ userId: LUIS, deviceId: 'L1' }, note(ASK, { id: 'question-1', room_id: ROOM }, ANA, 'A1'))
    await wait(20)
    deliver({ userId: LUIS, deviceId: 'L1' }, note(DONE, { id: 'question-1' }, EVA, 'E1'))
    luis.readRosters(async () => 'member')
    clock.now += 1
    await vi.waitFor(() => expect(given).toEqual([{ by: LUIS, to: ANA }]), 3_000)
  })

  test('another institution gives only after a tap, and may say no', async () => {
    const { device, given } = world()
    const ana = await device(ANA, 'A1')
    const eva = await device(EVA, 'E1')
    await ana.ask(ROOM, 'others')
    await vi.waitFor(() => expect(eva.asks.get()).toHaveLength(1))
    expect(given).toEqual([])
    await eva.decline(eva.asks.get()[0]!.id)
    expect(eva.asks.get()).toEqual([])
    expect(ana.asked.get().get(ROOM)?.state).toBe('asked')
    await ana.ask(ROOM, 'others')
    await vi.waitFor(() => expect(eva.asks.get()).toHaveLength(1))
    expect(await eva.give(eva.asks.get()[0]!.id)).toBe('given')
    await vi.waitFor(() => expect(ana.asked.get().get(ROOM)?.state).toBe('came'))
    expect(eva.asks.get()).toEqual([])
  })

  test('when all who were asked say no, the person is told', async () => {
    const { device, deliver, server } = world()
    server.members.delete(EVA)
    const ana = await device(ANA, 'A1')
    const heard: SealedNote[] = []
    const luis = await device(LUIS, 'L1', { rosters: false })
    await ana.ask(ROOM, 'own')
    await wait(20)
    // The same answer from somebody who was not asked says nothing.
    const record = [...ana.asked.get().values()][0]
    expect(record?.people).toBe(1)
    deliver({ userId: ANA, deviceId: 'A1' }, note(DECLINED, { id: 'another-question' }, LUIS, 'L1'))
    expect(ana.asked.get().get(ROOM)?.state).toBe('asked')
    luis.readRosters(async () => 'unknown')
    await vi.waitFor(() => expect(luis.asks.get()).toHaveLength(1), 3_000)
    await luis.decline(luis.asks.get()[0]!.id)
    await vi.waitFor(() => expect(ana.asked.get().get(ROOM)?.state).toBe('declined'))
    expect(heard).toEqual([])
  })

  test('what was asked waits on disk: over a restart it is answered, once', async () => {
    const { device, deliver, given, stores } = world()
    const first = await device(LUIS, 'L1', { rosters: false })
    deliver({ userId: LUIS, deviceId: 'L1' }, note(ASK, { id: 'question-1', room_id: ROOM }, ANA, 'A1'))
    await vi.waitFor(() => expect(JSON.stringify([...stores.get(`${LUIS}|L1`)!])).toContain('question-1'))
    first.close()
    await device(LUIS, 'L1')
    await vi.waitFor(() => expect(given).toHaveLength(1), 3_000)
    const again = await device(LUIS, 'L1')
    again.wake()
    await wait(700)
    expect(given).toHaveLength(1)
  })

  test('a device that asks again and again gets one answer in ten minutes', async () => {
    const { device, deliver, given, clock } = world()
    await device(LUIS, 'L1')
    for (const id of ['question-1', 'question-2', 'question-3']) {
      deliver({ userId: LUIS, deviceId: 'L1' }, note(ASK, { id, room_id: ROOM }, ANA, 'A1'))
      await wait(30)
    }
    expect(given).toHaveLength(1)
    clock.now += 11 * 60_000
    deliver({ userId: LUIS, deviceId: 'L1' }, note(ASK, { id: 'question-4', room_id: ROOM }, ANA, 'A1'))
    await vi.waitFor(() => expect(given).toHaveLength(2))
  })

  test('a room whose history is for those who were there gives nothing', async () => {
    const { device, deliver, given, server } = world()
    server.visibility = 'joined'
    const luis = await device(LUIS, 'L1')
    deliver({ userId: LUIS, deviceId: 'L1' }, note(ASK, { id: 'question-1', room_id: ROOM }, ANA, 'A1'))
    await wait()
    expect({ given, asks: luis.asks.get() }).toEqual({ given: [], asks: [] })
  })
})

describe('who is invited gets what was written before', () => {
  test('at once to the devices they have, of another institution too: inviting was the tap', async () => {
    const { device, given } = world()
    const luis = await device(LUIS, 'L1')
    expect(await luis.shareWithInvited(ROOM, EVA)).toBe('given')
    expect(given).toEqual([{ by: LUIS, to: EVA }])
  })

  test('whose device is made later: it asks whoever invited, who gives by itself', async () => {
    const { device, given, server, clock } = world()
    server.members = new Set([LUIS, EVA])
    server.invitedBy.set(EVA, LUIS)
    const luis = await device(LUIS, 'L1')
    await luis.shareWithInvited(ROOM, EVA)
    given.length = 0
    // What was given a moment ago is not given again.
    clock.now += 11 * 60_000
    const eva = await device(EVA, 'E1')
    await eva.askQuietly(ROOM)
    await vi.waitFor(() => expect(eva.asked.get().get(ROOM)?.state).toBe('came'))
    expect(given).toEqual([{ by: LUIS, to: EVA }])
    expect(luis.asks.get()).toEqual([])
  })

  test('not in a channel that keeps it from newcomers, not a stranger to the roster, not a swapped identity', async () => {
    const { device, given, server, truth } = world()
    const luis = await device(LUIS, 'L1')
    server.visibility = 'invited'
    expect(await luis.shareWithInvited(ROOM, EVA)).toBe('not_shared')
    server.visibility = 'shared'
    truth.roster.set(EVA, 'not_member')
    expect(await luis.shareWithInvited(ROOM, EVA)).toBe('not_now')
    truth.roster.set(EVA, 'member')
    truth.changed.add(EVA)
    expect(await luis.shareWithInvited(ROOM, EVA)).toBe('not_now')
    truth.changed.delete(EVA)
    server.vouched.delete(EVA)
    expect(await luis.shareWithInvited(ROOM, EVA)).toBe('not_now')
    expect(given).toEqual([])
  })

  test('a server that says who invited whom moves nobody who did not', async () => {
    const { device, given, server } = world()
    server.members = new Set([LUIS, EVA])
    server.invitedBy.set(EVA, LUIS)
    const luis = await device(LUIS, 'L1')
    const eva = await device(EVA, 'E1')
    await eva.askQuietly(ROOM)
    await vi.waitFor(() => expect(luis.asks.get()).toHaveLength(1))
    expect(given).toEqual([])
  })
})

describe('what other servers say comes when it comes', () => {
  test('a question from a device that is known as signed only a moment later is answered then', async () => {
    const { device, given, truth, server } = world()
    server.devices.set(ANA, ['A9'])
    const luis = await device(LUIS, 'L1')
    const ana = await device(ANA, 'A9')
    await ana.ask(ROOM, 'own')
    await wait()
    expect(given).toEqual([])
    truth.signed.add('A9')
    luis.wake()
    await vi.waitFor(() => expect(given).toEqual([{ by: LUIS, to: ANA }]), 3_000)
  })

  test('so is one that came before its sender was a member here', async () => {
    const { device, given, server } = world()
    server.members.delete(EVA)
    const luis = await device(LUIS, 'L1')
    const eva = await device(EVA, 'E1')
    await eva.ask(ROOM, 'others')
    await wait()
    expect(luis.asks.get()).toEqual([])
    server.members.add(EVA)
    luis.wake()
    await vi.waitFor(() => expect(luis.asks.get()).toHaveLength(1), 3_000)
    expect(given).toEqual([])
  })

  test('keys that came from such a device are taken then', async () => {
    const { device, deliver, taken, truth } = world()
    const ana = await device(ANA, 'A1')
    await ana.ask(ROOM, 'own')
    truth.signed.delete('L1')
    deliver({ userId: ANA, deviceId: 'A1' }, note(BUNDLES[0]!, { room_id: ROOM }, LUIS, 'L1'))
    await wait()
    expect(taken).toEqual([])
    truth.signed.add('L1')
    ana.wake()
    await vi.waitFor(() => expect(taken).toEqual([{ by: ANA, from: LUIS }]), 3_000)
  })

  test('one person’s unknown devices push nobody else’s question out', async () => {
    const { device, deliver, given, truth } = world()
    truth.signed.delete('A1')
    const luis = await device(LUIS, 'L1')
    const to = { userId: LUIS, deviceId: 'L1' }
    deliver(to, note(ASK, { id: 'question-1', room_id: ROOM }, ANA, 'A1'))
    for (let n = 0; n < 200; n += 1)
      deliver(to, note(ASK, { id: `question-of-eva-${n}`, room_id: ROOM }, EVA, `X${n}`))
    await wait()
    truth.signed.add('A1')
    luis.wake()
    await vi.waitFor(() => expect(given).toEqual([{ by: LUIS, to: ANA }]), 3_000)
  })
})

describe('a server that lies gets no keys', () => {
  const asks = (sender: string, device: string) =>
    note(ASK, { id: 'question-1', room_id: ROOM }, sender, device)
  const toLuis = { userId: LUIS, deviceId: 'L1' }

  test('a device that it has slipped in', async () => {
    const { device, deliver, given, server } = world()
    server.devices.set(ANA, ['A1', 'EVIL'])
    const luis = await device(LUIS, 'L1')
    deliver(toLuis, asks(ANA, 'EVIL'))
    await wait()
    expect({ given, asks: luis.asks.get() }).toEqual({ given: [], asks: [] })
  })

  test('an identity that it has swapped, until the change is accepted', async () => {
    const { device, deliver, given, truth } = world()
    truth.changed.add(ANA)
    const luis = await device(LUIS, 'L1')
    deliver(toLuis, asks(ANA, 'A1'))
    await wait()
    expect({ given, asks: luis.asks.get() }).toEqual({ given: [], asks: [] })
    truth.changed.delete(ANA)
    luis.wake()
    await vi.waitFor(() => expect(given).toHaveLength(1), 3_000)
  })

  test('a member that it has added, whatever institution it says they are of', async () => {
    const { device, deliver, given, server, truth } = world()
    const evil = '@evil:hn'
    server.members.add(evil)
    server.vouched.add(evil)
    server.institutions[evil] = 'hn-rnp'
    server.devices.set(evil, ['X1'])
    truth.signed.add('X1')
    const luis = await device(LUIS, 'L1')
    deliver(toLuis, asks(evil, 'X1'))
    await wait()
    expect({ given, asks: luis.asks.get() }).toEqual({ given: [], asks: [] })
  })

  test('somebody of another institution, said to be of the own', async () => {
    const { device, deliver, given, server } = world()
    server.institutions[EVA] = 'hn-rnp'
    await device(LUIS, 'L1')
    deliver(toLuis, asks(EVA, 'E1'))
    await wait()
    expect(given).toEqual([])
  })

  test('somebody who is no member any more, or for whom the node does not stand', async () => {
    const { device, deliver, given, server } = world()
    const luis = await device(LUIS, 'L1')
    server.vouched.delete(ANA)
    deliver(toLuis, asks(ANA, 'A1'))
    await wait()
    server.vouched.add(ANA)
    server.members.delete(ANA)
    luis.wake()
    await wait(700)
    expect(given).toEqual([])
  })

  test('where no roster can be checked nobody gets anything by itself', async () => {
    const { device, deliver, given, truth } = world()
    truth.roster.set(ANA, 'unknown')
    const luis = await device(LUIS, 'L1')
    deliver(toLuis, asks(ANA, 'A1'))
    await vi.waitFor(() => expect(luis.asks.get()).toHaveLength(1))
    expect(given).toEqual([])
  })

  test('keys that nobody asked for are not taken, nor those of somebody whose identity changed', async () => {
    const { device, deliver, taken, truth } = world()
    const ana = await device(ANA, 'A1')
    const bundle = (from: string, id: string) => note(BUNDLES[1]!, { room_id: ROOM }, from, id)
    deliver({ userId: ANA, deviceId: 'A1' }, bundle(LUIS, 'L1'))
    await wait(20)
    await ana.ask(ROOM, 'own')
    deliver({ userId: ANA, deviceId: 'A1' }, bundle(EVA, 'E1'))
    deliver({ userId: ANA, deviceId: 'A1' }, bundle(LUIS, 'UNSIGNED'))
    truth.changed.add(LUIS)
    deliver({ userId: ANA, deviceId: 'A1' }, bundle(LUIS, 'L1'))
    await wait()
    expect(taken).toEqual([])
  })

  test('a device that is not confirmed by its own person neither asks nor answers', async () => {
    const { device, deliver, given } = world()
    const luis = await device(LUIS, 'L1', { confirmed: false })
    deliver(toLuis, asks(ANA, 'A1'))
    await luis.ask(ROOM, 'own')
    await wait()
    expect(given).toEqual([])
    expect(luis.asked.get().size).toBe(0)
  })

  test('senseless questions are no question', async () => {
    const { device, deliver, given, stores } = world()
    await device(LUIS, 'L1')
    for (const content of [
      undefined,
      null,
      {},
      { id: 'x', room_id: ROOM },
      { id: 'question-1', room_id: 'canal' },
      { id: 'question-1', room_id: ROOM, order: Array.from({ length: 1000 }, () => 'x') },
    ])
      deliver(toLuis, note(ASK, content, ANA, 'A1'))
    await wait()
    expect(given).toEqual([])
    expect(stores.get(`${LUIS}|L1`)!.size).toBe(0)
  })
})
