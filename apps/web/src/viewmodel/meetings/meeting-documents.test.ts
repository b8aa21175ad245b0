import { MatrixEvent } from 'matrix-js-sdk'
import { expect, test } from 'vitest'
import { createDocumentSender, documentBody } from './meeting-documents.ts'

const meeting = { id: '$meeting', roomId: '!room' }

test('a file whose record could not be written is not sent again; another one is', async () => {
  const sent: string[] = []
  let broken = true
  const send = createDocumentSender({
    cases: {
      send: {
        async document(roomId, root, { file, type }, txnId) {
          if (broken) throw new TypeError('offline')
          sent.push(`${roomId} ${root} ${file.name} ${type} ${txnId.length > 30}`)
          return `$${sent.length}`
        },
      },
    },
  })
  const file = new File(['a'], 'agenda.pdf', { lastModified: 1 })
  await expect(send(meeting, file, () => undefined)).rejects.toThrow('offline')
  broken = false
  expect(await send(meeting, file, () => undefined)).toBe('$1')
  expect(await send(meeting, file, () => undefined)).toBe('$1')
  expect(await send(meeting, new File(['ab'], 'agenda.pdf', { lastModified: 2 }), () => undefined)).toBe('$2')
  expect(sent).toEqual([
    '!room $meeting agenda.pdf undefined true',
    '!room $meeting agenda.pdf undefined true',
  ])
})

const file = {
  v: 'v2',
  url: 'mxc://hn.example/abc',
  key: { alg: 'A256CTR', ext: true, k: 'a'.repeat(43), key_ops: ['encrypt', 'decrypt'], kty: 'oct' },
  iv: 'b'.repeat(22),
  hashes: { sha256: 'c'.repeat(43) },
}
function message(thread: string, more: object = {}): MatrixEvent {
  const relation = { rel_type: 'm.thread', event_id: thread }
  const event = new MatrixEvent({
    event_id: '$document',
    room_id: '!room',
    type: 'm.room.encrypted',
    sender: '@a:hn.example',
    origin_server_ts: 1,
    content: {
      algorithm: 'm.megolm.v1.aes-sha2',
      ciphertext: 'x',
      session_id: 's',
      'm.relates_to': relation,
    },
  })
  const content = { msgtype: 'm.file', body: 'agenda.pdf', file, 'm.relates_to': relation, ...more }
  Object.assign(event, { clearEvent: { type: 'm.room.message', content } })
  return event
}
const client = (event: MatrixEvent) =>
  ({
    getRoom: () => null,
    fetchRoomEvent: async () => ({}),
    getEventMapper: () => () => event,
    decryptEventIfNeeded: async () => undefined,
  }) as unknown as Parameters<typeof documentBody>[0]['client']

test('a document is what carries a file in the thread of its own meeting, and nothing else', async () => {
  const body = (event: MatrixEvent) => documentBody({ client: client(event) }, meeting, '$document')
  expect(await body(message('$meeting'))).toMatchObject({ type: 'file', name: 'agenda.pdf' })
  expect(await body(message('$another'))).toBeUndefined()
  expect(await body(message('$meeting', { msgtype: 'm.text', file: undefined }))).toBeUndefined()
  const plain = new MatrixEvent({
    event_id: '$document',
    type: 'm.room.message',
    content: {
      msgtype: 'm.file',
      body: 'x',
      file,
      'm.relates_to': { rel_type: 'm.thread', event_id: '$meeting' },
    },
  })
  expect(await body(plain)).toBeUndefined()
})
