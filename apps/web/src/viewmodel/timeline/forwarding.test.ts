import { expect, test } from 'vitest'
import type { MessageItem } from '../../model/timeline/types.ts'
import { forward } from './forwarding.ts'

const item = (fields: Partial<MessageItem>): MessageItem => ({
  kind: 'message',
  key: '$1',
  eventId: '$1',
  sender: '@ana:hn',
  ts: 7,
  mine: false,
  continued: false,
  body: { type: 'text', text: 'Hola @Leo' },
  edited: false,
  mentions: ['@leo:gt'],
  escalations: [],
  reactions: [],
  ...fields,
})

/** A session whose outbox tells what it was given; the room it comes from is no recognised channel. */
function world() {
  const sent: unknown[][] = []
  const session = {
    client: { getRoom: () => null },
    trust: { encryptionOf: () => undefined },
    outbox: {
      send: async (...given: unknown[]) => void sent.push(given),
      sendFile: async (...given: unknown[]) => void sent.push(given),
    },
    media: { plain: async () => new ArrayBuffer(3) },
  }
  const from = {
    roomId: '!a:hn',
    name: 'Sala',
    getCanonicalAlias: () => null,
    isSpaceRoom: () => false,
    getMyMembership: () => 'join',
    getJoinedMembers: () => [],
    currentState: { getStateEvents: (_type: string, key?: string) => (key === undefined ? [] : null) },
  }
  return { session: session as never, from: from as never, sent }
}

test('what is forwarded says who wrote it and when, and tells nobody whom it mentions', async () => {
  const { session, from, sent } = world()
  await forward(session, from, item({}), '!b:hn')
  expect(sent).toEqual([
    [
      '!b:hn',
      {
        msgtype: 'm.text',
        body: 'Hola @Leo',
        'm.mentions': {},
        'org.enlace.forwarded': { sender: '@ana:hn', origin_server_ts: 7 },
      },
    ],
  ])
})

test('forwarded again, it still says who wrote it first', async () => {
  const { session, from, sent } = world()
  const first = { sender: '@eva:gt', ts: 3, topic: 'minors' }
  await forward(session, from, item({ forwarded: first }), '!b:hn')
  expect(sent[0]?.[1]).toMatchObject({
    'org.enlace.forwarded': { sender: '@eva:gt', origin_server_ts: 3, topic: 'minors' },
  })
})

test('a file is encrypted anew for those of the other channel', async () => {
  const { session, from, sent } = world()
  const file = { url: 'mxc://hn/a' } as never
  await forward(session, from, item({ body: { type: 'file', name: 'acta.pdf', file } }), '!b:hn')
  const [to, copy, options] = sent[0] as [string, File, object]
  expect([to, copy.name, copy.size]).toEqual(['!b:hn', 'acta.pdf', 3])
  expect(options).toEqual({ extra: { 'org.enlace.forwarded': { sender: '@ana:hn', origin_server_ts: 7 } } })
})
