import { MatrixEvent, type Room } from 'matrix-js-sdk'
import { describe, expect, test } from 'vitest'
import { viewOf } from './event-view.ts'

const ANA = '@ana:gt'
const FORGED = 'Entregue a la niña hoy'
let number = 0

function clear(type: string, content: object, sender = ANA): MatrixEvent {
  number += 1
  return new MatrixEvent({
    type,
    content,
    sender,
    event_id: `$${number}`,
    room_id: '!r',
    origin_server_ts: number,
  })
}

/** As the SDK has it after decryption. */
function encrypted(content: object, sender = ANA): MatrixEvent {
  const event = clear(
    'm.room.encrypted',
    { algorithm: 'm.megolm.v1.aes-sha2', ciphertext: 'AwgA', session_id: 's' },
    sender,
  )
  const inner = event as unknown as { clearEvent: object }
  inner.clearEvent = { type: 'm.room.message', content }
  return event
}

const text = (body: string) => ({ msgtype: 'm.text', body })
const edit = (body: string, of: MatrixEvent) => ({
  ...text(body),
  'm.new_content': text(body),
  'm.relates_to': { rel_type: 'm.replace', event_id: of.getId() },
})
const bodyOf = (event: MatrixEvent, room?: Room) => viewOf(event, room)?.body

/** A room that knows these edits of a message. */
const roomWith = (edits: MatrixEvent[]) =>
  ({ relations: { getChildEventsForEvent: () => ({ getRelations: () => edits }) } }) as unknown as Room

describe('hostile: what came unencrypted is nobody’s word', () => {
  test.each([
    ['a message', 'm.room.message', text(FORGED)],
    ['a notice', 'm.room.message', { msgtype: 'm.notice', body: FORGED }],
    ['a file', 'm.room.message', { msgtype: 'm.file', body: FORGED, url: 'mxc://gt/x' }],
    ['nonsense', 'm.room.message', {}],
    ['ciphertext of no kind', 'm.room.encrypted', { algorithm: 'none', ciphertext: 'x', ...text(FORGED) }],
    [
      'ciphertext with a body',
      'm.room.encrypted',
      { algorithm: 'm.megolm.v1.aes-sha2', ciphertext: 'AwgA', session_id: 's', ...text(FORGED) },
    ],
  ])('%s', (_what, type, content) => {
    const view = viewOf(clear(type, content))
    expect(view?.body).toEqual({ type: 'unencrypted' })
    expect(JSON.stringify(view)).not.toContain(FORGED)
  })

  test('a clear edit changes nothing of an encrypted message', () => {
    const message = encrypted(text('verdad'))
    message.makeReplaced(clear('m.room.message', edit(FORGED, message)))
    expect(viewOf(message)).toMatchObject({ body: { type: 'text', text: 'verdad' }, edited: false })
  })

  test('a clear edit does not hide a genuine one before it', () => {
    const message = encrypted(text('verdad'))
    const genuine = encrypted(edit('verdad corregida', message))
    const others = encrypted(edit(FORGED, message), '@otra:gt')
    const forged = clear('m.room.message', edit(FORGED, message))
    message.makeReplaced(forged)
    expect(bodyOf(message, roomWith([genuine, others, forged]))).toEqual({
      type: 'text',
      text: 'verdad corregida',
    })
  })

  test('what came encrypted is shown, and so is its edit', () => {
    const message = encrypted(text('verdad'))
    expect(bodyOf(message)).toEqual({ type: 'text', text: 'verdad' })
    message.makeReplaced(encrypted(edit('otra verdad', message)))
    expect(viewOf(message)).toMatchObject({ body: { type: 'text', text: 'otra verdad' }, edited: true })
  })
})
