import {
  ClientEvent,
  createClient,
  type MatrixClient,
  MemoryStore,
  PendingEventOrdering,
  SyncState,
} from 'matrix-js-sdk'
import type { Logger } from 'matrix-js-sdk/lib/logger.js'
import { expect, onTestFinished, test } from 'vitest'
import { keepGaps } from './own-in-gap.ts'

const ROOM = '!canal:hn'
const ME = '@yo:hn'
const quiet: Logger = {
  trace() {},
  debug() {},
  info() {},
  warn() {},
  error() {},
  getChild: () => quiet,
}
type Raw = {
  event_id: string
  type: string
  sender: string
  content: object
  origin_server_ts: number
  unsigned?: object
}
const message = (body: string, txn?: string): Raw => ({
  event_id: `$${body}`,
  type: 'm.room.message',
  sender: txn ? ME : '@otra:gt',
  content: { msgtype: 'm.text', body },
  origin_server_ts: 1,
  ...(txn ? { unsigned: { transaction_id: txn } } : {}),
})

/** The SDK's own sync against a server whose answers the test gives, one after the other. */
async function clientOf() {
  const answers: ((body: object) => void)[] = []
  const sends: (() => void)[] = []
  const json = (body: object) =>
    new Response(JSON.stringify(body), { headers: { 'content-type': 'application/json' } })
  const fetchFn = (async (resource: URL | string) => {
    const path = new URL(String(resource)).pathname
    if (path.endsWith('/versions')) return json({ versions: ['v1.11'] })
    if (path.includes('/filter')) return json({ filter_id: '1' })
    if (path.endsWith('/sync')) return json(await new Promise<object>((done) => answers.push(done)))
    const sent = /\/send\/m\.room\.message\/(.+)$/.exec(path)?.[1]
    if (sent === undefined) return json({})
    await new Promise<void>((done) => sends.push(done))
    return json({ event_id: `$${decodeURIComponent(sent)}` })
  }) as typeof fetch
  const client = createClient({
    logger: quiet,
    baseUrl: 'http://hn',
    userId: ME,
    deviceId: 'D',
    accessToken: 't',
    fetchFn,
    timelineSupport: true,
    store: new MemoryStore(),
  })
  keepGaps(client)
  onTestFinished(() => client.stopClient())
  let at = 0
  async function answer(events: Raw[], limited = false): Promise<void> {
    await expect.poll(() => answers.length).toBeGreaterThan(0)
    at += 1
    const next = `s${at}`
    const done = new Promise<void>((resolve) => {
      const onSync = (state: SyncState) => {
        if (state !== SyncState.Syncing && state !== SyncState.Prepared) return
        client.off(ClientEvent.Sync, onSync)
        resolve()
      }
      client.on(ClientEvent.Sync, onSync)
    })
    answers.shift()!({
      next_batch: next,
      rooms: {
        join: {
          [ROOM]: {
            state: { events: [] },
            timeline: { events, limited, prev_batch: `p${at}` },
            ephemeral: { events: [] },
            account_data: { events: [] },
            unread_notifications: {},
          },
        },
      },
    })
    await done
  }
  void client.startClient({ pendingEventOrdering: PendingEventOrdering.Chronological })
  await answer([message('antes')])
  return { client, answer, sends }
}
const read = (client: MatrixClient) =>
  client
    .getRoom(ROOM)!
    .getLiveTimeline()
    .getEvents()
    .map((event) => [event.getContent()['body'], event.status])
const write = (client: MatrixClient, body: string) =>
  client.sendMessage(ROOM, { msgtype: 'm.text' as never, body }, body)

test('what others wrote meanwhile is there, though one wrote first: the server has it, and the client knows', async () => {
  const { client, answer, sends } = await clientOf()
  const sent = write(client, 'mío')
  await expect.poll(() => sends.length).toBe(1)
  sends.shift()!()
  await sent
  await answer([message('dos'), message('tres'), message('mío', 'mío'), message('cuatro')], true)
  expect(read(client)).toEqual([
    ['dos', null],
    ['tres', null],
    ['mío', null],
    ['cuatro', null],
  ])
  expect(
    client
      .getRoom(ROOM)!
      .getLiveTimeline()
      .getPaginationToken('b' as never),
  ).toBe('p2')
})

test('or the client does not know yet, and hears of it later', async () => {
  const { client, answer, sends } = await clientOf()
  const sent = write(client, 'mío')
  await expect.poll(() => sends.length).toBe(1)
  await answer([message('dos'), message('mío', 'mío')], true)
  sends.shift()!()
  await sent
  expect(read(client)).toEqual([
    ['dos', null],
    ['mío', null],
  ])
})

test('where the sync meets what is here, nothing begins anew, and what waits to be sent stays', async () => {
  const { client, answer, sends } = await clientOf()
  const sent = write(client, 'mío')
  const waits = write(client, 'espera')
  await expect.poll(() => sends.length).toBe(1)
  sends.shift()!()
  await sent
  await expect.poll(() => sends.length).toBe(1)
  await answer([message('antes'), message('dos'), message('mío', 'mío')], true)
  expect(read(client).map(([body]) => body)).toEqual(['antes', 'espera', 'dos', 'mío'])
  sends.shift()!()
  await waits
  await answer([message('espera', 'espera')])
  expect(
    read(client)
      .map(([body]) => body)
      .sort(),
  ).toEqual(['antes', 'dos', 'espera', 'mío'])
})
