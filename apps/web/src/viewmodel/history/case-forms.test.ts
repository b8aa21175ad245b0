/** With the SDK and the encryption that clients really use: whose devices give the keys of a case's form to who comes later. */
import {
  type CaseContent,
  caseDetailsEventType,
  caseEventType,
  caseRow,
  reduceCase,
  type TimelineEvent,
} from '@enlace/coordination'
import { createClient, type MatrixClient } from 'matrix-js-sdk'
import { afterEach, expect, test, vi } from 'vitest'
import { createRequest, ENLACE } from '../../lib/request.ts'
import { silent } from '../../lib/silent.ts'
import { createStore } from '../../lib/store.ts'
import { createVolatileDatabase } from '../../lib/volatile-database.ts'
import { createCases } from '../../model/cases/cases.ts'
import { createHistoryGround } from '../../model/history/ground.ts'
import { createHistory } from '../../model/history/history.ts'
import { createKeyDesk } from '../../model/history/key-desk.ts'
import type { Session } from '../../model/session/types.ts'
import { createCase } from '../cases/case.ts'
import { askForClosed } from './helpers.ts'
import { BASE_URL, createTestServer } from './testing.ts'

const ROOM = '!canal:hn.example'
const ANA = '@ana:hn.example'
const LUIS = '@luis:hn.example'
const EVA = '@eva:gt.example'
const institutions: Record<string, string> = { [ANA]: 'hn-rnp', [LUIS]: 'hn-rnp', [EVA]: 'gt-renap' }
/** Nobody: words that are found again wherever they may have gone. */
const VALUES = { given_names: 'Palabra-plantada-ceiba', surnames: 'Palabra-plantada-mangle' }
const PATIENT = { timeout: 20_000, interval: 50 }
const wait = (ms: number) => new Promise((done) => setTimeout(done, ms))

const ends: (() => void)[] = []
afterEach(() => {
  for (const end of ends.splice(0).reverse()) end()
})

async function network(options: { visibility?: 'shared' | 'joined'; members: string[]; author: string }) {
  const { visibility = 'shared', members, author } = options
  const server = createTestServer(ROOM)
  let caseId = ''
  const join = (userId: string) => server.state('m.room.member', userId, { membership: 'join' }, userId)
  server.state('m.room.create', author, { room_version: '11', creator: author })
  server.state('m.room.encryption', author, { algorithm: 'm.megolm.v1.aes-sha2' })
  server.state('m.room.history_visibility', author, { history_visibility: visibility })
  for (const userId of members) join(userId)

  /** The node's own answers: for whom it stands, and a case's envelope. */
  function node(path: string): unknown {
    if (path.endsWith('/vouched')) {
      const stands = Object.keys(institutions).map((userId) => [userId, { vouched: true }])
      return { members: Object.fromEntries(stands), version: 1 }
    }
    const root = server.log.find((one) => one.event_id === caseId) as TimelineEvent | undefined
    const state = root && path.endsWith(encodeURIComponent(caseId)) ? reduceCase(root, []) : undefined
    return root && state && typeof state !== 'string' ? { row: caseRow(state), events: [root] } : undefined
  }

  /** @param confirmed false: of a device that somebody made who had the password alone */
  async function device(userId: string, deviceId: string, confirmed = true) {
    const carried = server.fetchFor(userId, deviceId)
    const client: MatrixClient = createClient({
      baseUrl: BASE_URL,
      userId,
      deviceId,
      accessToken: 'token',
      fetchFn: carried,
      logger: silent,
      timelineSupport: true,
    })
    ends.push(() => client.stopClient())
    await client.initRustCrypto({ useIndexedDB: false })
    await client.startClient({ initialSyncLimit: 1, lazyLoadMembers: false })
    await vi.waitFor(() => expect(client.getRoom(ROOM)?.getMyMembership()).toBe('join'), PATIENT)
    const crypto = client.getCrypto()!
    if (confirmed)
      await crypto.bootstrapCrossSigning({
        authUploadDeviceSigningKeys: async (send) => void (await send(null)),
      })
    const request = createRequest(
      BASE_URL,
      async (resource, init) => {
        const { pathname } = new URL(String(resource))
        if (!pathname.startsWith(ENLACE)) return carried(resource, init)
        const found = node(pathname)
        return Response.json(found ?? {}, { status: found ? 200 : 404 })
      },
      () => 'token',
    )
    // What this device has of people and of its own standing; a device that is not confirmed says of itself that it is.
    const people = {
      person: (id: string) => ({ institution: institutions[id] }),
      version: createStore(0),
    } as unknown as Session['people']
    const encryption = { state: createStore('ready') } as unknown as Session['encryption']
    const sealed = {
      isEncrypted: () => client.getRoom(ROOM)?.hasEncryptionStateEvent() === true,
      check: async () => undefined,
      version: createStore(0),
      send: async (roomId: string, type: string, content: object, txnId: string) =>
        (await client.sendEvent(roomId, type as never, content as never, txnId)).event_id,
    }
    const database = createVolatileDatabase()
    const desk = createKeyDesk(client, async (_room, bytes) => server.keep(bytes))
    const history = await createHistory({
      me: userId,
      deviceId,
      database,
      desk,
      ground: createHistoryGround({ client, request, people, encryption, trust: sealed }),
      turnMs: 0,
    })
    ends.push(history.close)
    history.readRosters(async (id, institution) =>
      institutions[id] === institution ? 'member' : 'not_member',
    )
    const me = createStore(undefined)
    const cases = createCases({
      client,
      request,
      requestText: async () => '',
      api: { institutions: async () => [] } as unknown as Parameters<typeof createCases>[0]['api'],
      media: {} as Session['media'],
      sealed,
      database,
      me,
      isChannel: () => true,
    })
    ends.push(cases.close)
    const session = {
      client,
      history,
      encryption,
      people,
      cases,
      me,
      escalations: { all: createStore(new Map()) },
      erasures: { version: createStore(0) },
      connection: createStore('online'),
    } as unknown as Session
    return { client, desk, history, cases, session }
  }
  type Device = Awaited<ReturnType<typeof device>>

  /** A case with its form, as a client opens it. */
  async function openCase(by: Device): Promise<void> {
    const soon = Date.now() + 3_600_000
    const requesting = institutions[author]!
    const content: CaseContent = {
      reference: 'DOC-2026-010001',
      kind: 'birth_certificate',
      priority: 'high',
      requesting,
      responsible: 'hn-rnp',
      acknowledge_by: soon,
      deadline: 2 * soon - Date.now(),
      by: { institution: requesting, role: 'staff' },
    }
    caseId = await by.cases.send.envelope(ROOM, caseEventType, content, 'envelope')
    await by.cases.send.details(ROOM, caseId, { kind: 'birth_certificate', values: VALUES }, 'form')
    // What comes later is later by the clock too.
    await wait(20)
  }

  /** The page of the case, as the person sees it. */
  function page(of: Device) {
    const model = createCase(of.session, caseId)
    ends.push(model.close)
    return model
  }
  function looksAfterItself(of: Device): void {
    ends.push(askForClosed(of.session, 100))
  }
  /** The key of the form, as it would be found in something. */
  async function keyOfForm(of: Device): Promise<string> {
    const form = server.log.find(({ type }) => type === 'm.room.encrypted')!['content'] as {
      session_id: string
    }
    return (await of.desk.sessionKey(ROOM, form.session_id))!
  }
  return { server, join, device, openCase, page, looksAfterItself, keyOfForm }
}

test('a colleague of the own institution gives the key of a form by itself, from a confirmed device; the server had nothing', async () => {
  const at = await network({ members: [LUIS, EVA], author: LUIS })
  const luis = await at.device(LUIS, 'L1')
  const eva = await at.device(EVA, 'E1')
  await at.openCase(luis)
  at.server.switchOff(LUIS)
  // Ana comes: all that her timeline has is that she came. The form is found on the page of its case alone.
  at.join(ANA)
  const ana = await at.device(ANA, 'A1')
  at.looksAfterItself(ana)
  const seen = at.page(ana)
  await vi.waitFor(() => expect(ana.history.asked.get().get(ROOM)?.state).toBe('asked'), PATIENT)
  await wait(500)
  // Everything but a colleague's device was there.
  expect(seen.view.get()).toMatchObject({ closed: 1, loading: false })
  expect(seen.view.get().details).toBeUndefined()

  at.server.switchOn(LUIS)
  await vi.waitFor(() => expect(seen.view.get().details?.values).toEqual(VALUES), PATIENT)
  expect(seen.view.get()).toMatchObject({ closed: 0, details: { sender: LUIS } })
  await vi.waitFor(() => expect(ana.history.asked.get().get(ROOM)?.state).toBe('came'), PATIENT)
  // Nobody else was asked, and nobody had to do anything.
  expect([luis.history.asks.get(), eva.history.asks.get()]).toEqual([[], []])
  const all = at.server.all()
  expect(all).toContain(caseEventType)
  for (const word of Object.values(VALUES)) expect(all).not.toContain(word)
  expect(all).not.toContain(caseDetailsEventType)
  expect(all).not.toContain((await at.keyOfForm(luis)).slice(8, 60))
}, 60_000)

test('somebody of another institution gives it when they tap, and not before', async () => {
  const at = await network({ members: [EVA], author: EVA })
  const eva = await at.device(EVA, 'E1')
  await at.openCase(eva)
  at.join(ANA)
  const ana = await at.device(ANA, 'A1')
  at.looksAfterItself(ana)
  const seen = at.page(ana)
  await vi.waitFor(() => expect(seen.view.get().closed).toBe(1), PATIENT)
  await wait(500)
  // Of others nothing is asked by itself.
  expect(ana.history.asked.get().size).toBe(0)
  await ana.history.ask(ROOM, 'others')
  await vi.waitFor(() => expect(eva.history.asks.get()).toHaveLength(1), PATIENT)
  await wait(500)
  expect(seen.view.get().details).toBeUndefined()
  const [asked] = eva.history.asks.get()
  expect(asked).toMatchObject({ roomId: ROOM, userId: ANA })
  expect(await eva.history.give(asked!.id)).toBe('given')
  await vi.waitFor(() => expect(seen.view.get().details?.values).toEqual(VALUES), PATIENT)
}, 60_000)

test('a device that its person has not confirmed gets none, and what a server hands over opens nothing', async () => {
  const at = await network({ members: [LUIS], author: LUIS })
  const luis = await at.device(LUIS, 'L1')
  await at.openCase(luis)
  at.join(ANA)
  const ana = await at.device(ANA, 'A1')
  // Of Ana's account, made with her password alone.
  const other = await at.device(ANA, 'A2', false)
  const seen = at.page(ana)
  const seenByOther = at.page(other)
  for (const page of [seen, seenByOther])
    await vi.waitFor(() => expect(page.view.get().closed).toBe(1), PATIENT)
  await other.history.ask(ROOM, 'own')
  // A server that had got hold of the key: in the clear, as a forwarded key and as a bundle.
  const session_key = await at.keyOfForm(luis)
  const form = at.server.log.find(({ type }) => type === 'm.room.encrypted')!['content'] as {
    session_id: string
  }
  const forwarded = {
    algorithm: 'm.megolm.v1.aes-sha2',
    room_id: ROOM,
    session_id: form.session_id,
    session_key,
  }
  await ana.history.ask(ROOM, 'others')
  at.server.post('m.forwarded_room_key', LUIS, { [ANA]: { '*': forwarded } })
  at.server.post('m.room_key_bundle', LUIS, {
    [ANA]: { '*': { room_id: ROOM, file: { url: 'mxc://hn.example/x' } } },
  })
  // Ana's confirmed device asked too, and is given it.
  await vi.waitFor(() => expect(seen.view.get().details?.values).toEqual(VALUES), PATIENT)
  await wait(1_000)
  expect(seenByOther.view.get().details).toBeUndefined()
  expect(other.history.asked.get().get(ROOM)?.state).toBe('asked')
}, 60_000)

test('of a channel for those who were there nothing is given, not even by a tap', async () => {
  const at = await network({ visibility: 'joined', members: [LUIS], author: LUIS })
  const luis = await at.device(LUIS, 'L1')
  await at.openCase(luis)
  at.join(ANA)
  const ana = await at.device(ANA, 'A1')
  const seen = at.page(ana)
  await vi.waitFor(() => expect(seen.view.get().closed).toBe(1), PATIENT)
  expect(ana.history.shares(ROOM)).toBe(false)
  await ana.history.ask(ROOM, 'own')
  await wait(1_000)
  expect(luis.history.asks.get()).toEqual([])
  expect(seen.view.get().details).toBeUndefined()
  // Whoever can read it sends it again, for those who are there now.
  const { state } = seen.view.get()
  await luis.cases.send.details(ROOM, state!.id, { kind: 'birth_certificate', values: VALUES }, 'again')
  await vi.waitFor(() => expect(seen.view.get().details?.values).toEqual(VALUES), PATIENT)
}, 60_000)
