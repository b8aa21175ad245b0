import 'fake-indexeddb/auto'
import { createClient, type MatrixClient, PendingEventOrdering, Room } from 'matrix-js-sdk'
import type { Logger } from 'matrix-js-sdk/lib/logger.js'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { failureOf, RequestError } from '../../lib/failure.ts'
import { HeldError, type Hold } from '../../lib/hold.ts'
import { deleteOwnDatabase, type OwnDatabase, openOwnDatabase } from '../../lib/own-database.ts'
import { createStore } from '../../lib/store.ts'
import { sendAnew } from '../trust/send-anew.ts'
import { MAX_ATTACHMENT_BYTES } from './media.ts'
import { createOutbox } from './outbox.ts'
import type { Media, Outbox, SealedSending } from './types.ts'

const USER = '@a:hn'
const text = (body: string) => ({ msgtype: 'm.text', body })
let database: OwnDatabase
let outbox: Outbox | undefined

beforeEach(async () => {
  database = await openOwnDatabase(USER)
})
afterEach(async () => {
  outbox?.close()
  database.close()
  await deleteOwnDatabase(USER)
})

const nothing = () => undefined
const silent: Logger = {
  trace: nothing,
  debug: nothing,
  info: nothing,
  warn: nothing,
  error: nothing,
  getChild: () => silent,
}

type Sent = { roomId: string; body: string; txnId: string }

/** A homeserver as the outbox sees one: `answer` decides what becomes of each message. */
function server(answer: (sent: Sent, count: number) => void = () => {}) {
  const sent: Sent[] = []
  const client = {
    async sendEvent(roomId: string, _type: string, content: { body: string }, txnId: string) {
      const one = { roomId, body: content.body, txnId }
      sent.push(one)
      answer(one, sent.length)
      return { event_id: `$${txnId}` }
    },
    getRoom: () => null,
  } as unknown as MatrixClient
  return { client, sent }
}
/** Nothing is held back. */
const through = (client: MatrixClient, hold: () => Hold | undefined = () => undefined): SealedSending => ({
  version: createStore(0),
  isEncrypted: () => true,
  check: async () => hold(),
  send: async (roomId, type, content, txnId) => {
    const found = hold()
    if (found) throw new HeldError(found)
    return sendAnew(client, roomId, type, content, txnId)
  },
})
const media = {
  uploadSealed: async () => 'mxc://hn/x',
  sendSealed: async () => 'mxc://hn/x',
  abandon: () => {},
  carriedBy: () => {},
  plain: async () => new ArrayBuffer(0),
  url: async () => '',
  release: () => {},
  close: () => {},
} satisfies Media as Media

const settled = (state: string) =>
  vi.waitFor(() => expect(outbox?.entries.get().every((entry) => entry.state === state)).toBe(true))

describe('the outbox', () => {
  test('sends what was written in order, and forgets it when the copy of the server came', async () => {
    const { client, sent } = server()
    outbox = await createOutbox(client, media, database, through(client))
    for (const body of ['uno', 'dos', 'tres']) await outbox.send('!r', text(body))
    await settled('accepted')
    expect(sent.map((one) => one.body)).toEqual(['uno', 'dos', 'tres'])
    for (const { txnId } of sent) outbox.arrived(`$${txnId}`, txnId)
    expect(outbox.entries.get()).toEqual([])
    expect(await database.all('outbox')).toEqual([])
  })

  test('a file is for the room it is sent to, and the node is told which message carries it', async () => {
    const { client } = server()
    const rooms: string[] = []
    const carried: [string, unknown][] = []
    const watched: Media = {
      ...media,
      sendSealed: (bytes, options) => {
        rooms.push(options.roomId)
        return media.sendSealed(bytes, options)
      },
      carriedBy: (eventId, content) => void carried.push([eventId, content['file']]),
    }
    outbox = await createOutbox(client, watched, database, through(client))
    await outbox.sendFile('!r', new File(['acta'], 'acta.pdf', { type: 'application/pdf' }))
    await settled('accepted')
    expect(rooms).toEqual(['!r'])
    expect(carried).toEqual([
      [outbox.entries.get()[0]?.eventId, expect.objectContaining({ url: 'mxc://hn/x' })],
    ])
  })

  test('a file that was cut goes on with the same bytes, also over a reload, and lies here encrypted meanwhile', async () => {
    const { client, sent } = server()
    const tries: { bytes: Uint8Array; begun: string | undefined }[] = []
    let away = true
    const cut: Media = {
      ...media,
      async sendSealed(bytes, { begun, onBegun }) {
        tries.push({ bytes: new Uint8Array(await bytes.arrayBuffer()), begun })
        if (begun === undefined) await onBegun?.('u1')
        if (away) throw new TypeError('cut')
        return 'mxc://hn/u1'
      },
    }
    outbox = await createOutbox(client, cut, database, through(client))
    await outbox.sendFile('!r', new File(['partida de nacimiento'], 'acta.pdf', { type: 'application/pdf' }))
    await vi.waitFor(() => expect(outbox?.entries.get()[0]).toMatchObject({ failure: { kind: 'offline' } }))
    outbox.close()
    const kept = (await database.all('outbox')) as {
      attachment: { blob?: Blob; sealed: { main: { bytes: Blob } } }
    }[]
    expect(kept[0]?.attachment.blob).toBeUndefined()
    expect(await kept[0]?.attachment.sealed.main.bytes.text()).not.toContain('partida')

    away = false
    outbox = await createOutbox(client, cut, database, through(client))
    outbox.wake()
    await settled('accepted')
    expect(tries.map((one) => one.begun)).toEqual([undefined, 'u1'])
    expect(tries[1]?.bytes).toEqual(tries[0]?.bytes)
    expect(sent).toHaveLength(1)
    expect(outbox.entries.get()[0]?.content['file']).toMatchObject({ url: 'mxc://hn/u1', v: 'v2' })
    await expect.poll(() => database.all('facts')).toEqual([])
  })

  test('a file that is thrown away leaves nothing at the server either', async () => {
    const { client } = server()
    const abandoned: string[] = []
    const cut: Media = {
      ...media,
      async sendSealed(_bytes, { onBegun }) {
        await onBegun?.('u1')
        throw new TypeError('cut')
      },
      abandon: (upload) => void abandoned.push(upload),
    }
    outbox = await createOutbox(client, cut, database, through(client))
    await outbox.sendFile('!r', new File(['acta'], 'acta.pdf', { type: 'application/pdf' }))
    await vi.waitFor(() => expect(outbox?.entries.get()[0]).toMatchObject({ failure: { kind: 'offline' } }))
    await outbox.discard(outbox.entries.get()[0]!.txnId)
    expect(abandoned).toEqual(['u1'])
    await expect.poll(() => database.all('facts')).toEqual([])
  })

  test('without a network keeps the message, also over a reload, under the same transaction id', async () => {
    const away = server(() => {
      throw new TypeError('fetch failed')
    })
    outbox = await createOutbox(away.client, media, database, through(away.client))
    await outbox.send('!r', text('uno'))
    await vi.waitFor(() =>
      expect(outbox?.entries.get()[0]).toMatchObject({ state: 'queued', failure: { kind: 'offline' } }),
    )
    outbox.close()

    const back = server()
    outbox = await createOutbox(back.client, media, database, through(back.client))
    expect(outbox.entries.get()[0]).toMatchObject({ state: 'queued', content: { body: 'uno' } })
    outbox.wake()
    await settled('accepted')
    expect(back.sent[0]?.txnId).toBe(away.sent[0]?.txnId)
  })

  test('goes on in the same session when the network is back, with the SDK as it is', async () => {
    const asked: string[] = []
    let away = true
    const real = createClient({
      baseUrl: 'http://hn',
      userId: USER,
      accessToken: 't',
      logger: silent,
      fetchFn: async (url) => {
        asked.push(decodeURIComponent(String(url)).split('/').at(-1)!)
        if (away) throw new TypeError('fetch failed')
        return new Response(JSON.stringify({ event_id: `$${asked.length}` }))
      },
    })
    const room = new Room('!r', real, USER, { pendingEventOrdering: PendingEventOrdering.Chronological })
    real.store.storeRoom(room)
    outbox = await createOutbox(real, media, database, through(real))
    await outbox.send('!r', text('uno'))
    await outbox.send('!r', text('dos'))
    const waiting = () => outbox!.entries.get().filter((entry) => entry.failure).length
    await vi.waitFor(() => expect(waiting()).toBe(1))
    outbox.wake()
    await vi.waitFor(() => expect(asked).toHaveLength(2))
    await vi.waitFor(() => expect(waiting()).toBe(1))
    away = false
    outbox.wake()
    await settled('accepted')
    const [last, ...before] = asked.toReversed()
    expect(new Set(before).size).toBe(1)
    expect(before).not.toContain(last)
  })

  test('a refused message keeps its text, does not hold up the next, and can be tried again', async () => {
    let refuse = true
    const { client, sent } = server((one) => {
      if (refuse && one.body === 'uno') throw new RequestError(403, { errcode: 'M_FORBIDDEN' })
    })
    outbox = await createOutbox(client, media, database, through(client))
    await outbox.send('!r', text('uno'))
    await outbox.send('!r', text('dos'))
    await vi.waitFor(() =>
      expect(outbox?.entries.get().map((one) => one.state)).toEqual(['failed', 'accepted']),
    )
    expect(outbox.entries.get()[0]).toMatchObject({ content: { body: 'uno' }, failure: { kind: 'refused' } })

    refuse = false
    outbox.retry(sent[0]!.txnId)
    await settled('accepted')
    expect(sent.map((one) => one.body)).toEqual(['uno', 'dos', 'uno'])
    expect(sent[2]?.txnId).toBe(sent[0]?.txnId)
  })

  test('a discarded message is gone from the device', async () => {
    const { client } = server(() => {
      throw new TypeError('fetch failed')
    })
    outbox = await createOutbox(client, media, database, through(client))
    await outbox.send('!r', text('uno'))
    await outbox.discard(outbox.entries.get()[0]!.txnId)
    expect(outbox.entries.get()).toEqual([])
    expect(await database.all('outbox')).toEqual([])
  })

  test('a full device is told; nothing is taken, and it goes without being kept only if the person says so', async () => {
    const { client, sent } = server()
    const full: OwnDatabase = {
      ...database,
      put: async () => {
        throw new DOMException('full', 'QuotaExceededError')
      },
    }
    outbox = await createOutbox(client, media, full, through(client))
    const file = new File(['acta'], 'acta.pdf', { type: 'application/pdf' })
    const failures = [
      await outbox.send('!r', text('uno')).catch(failureOf),
      await outbox.sendFile('!r', file).catch(failureOf),
    ]
    expect(failures).toEqual([{ kind: 'storage_full' }, { kind: 'storage_full' }])
    expect([outbox.entries.get(), sent]).toEqual([[], []])
    await outbox.send('!r', text('uno'), true)
    await settled('accepted')
    expect(sent.map((one) => one.body)).toEqual(['uno'])
  })

  test('an attachment over the limit is not taken', async () => {
    const { client, sent } = server()
    outbox = await createOutbox(client, media, database, through(client))
    const file = { size: MAX_ATTACHMENT_BYTES + 1, type: 'application/pdf' } as File
    expect(await outbox.sendFile('!r', file)).toBe('too_large')
    expect(sent).toEqual([])
  })
})
