import { MatrixEvent } from 'matrix-js-sdk'
import { describe, expect, test } from 'vitest'
import { type Annotation, annotationOf, reactionsOf } from './reactions.ts'
import type { Gesture } from './types.ts'

const ME = '@yo:hn'
const relation = (key: unknown) => ({ 'm.relates_to': { rel_type: 'm.annotation', event_id: '$m', key } })
const event = (content: object, type = 'm.reaction') =>
  new MatrixEvent({
    event_id: '$r',
    sender: '@ana:hn',
    room_id: '!r:hn',
    origin_server_ts: 5,
    type,
    content: content as never,
  })
const sealed = {
  algorithm: 'm.megolm.v1.aes-sha2',
  ciphertext: 'AwgA',
  session_id: 's',
  'm.relates_to': { rel_type: 'm.annotation', event_id: '$m' },
}
/** As this device's encryption leaves an event that it has opened. */
function opened(wire: object, clear: object) {
  const found = event(wire, 'm.room.encrypted')
  const inner = { type: 'm.reaction', content: clear }
  ;(found as unknown as { clearEvent: unknown }).clearEvent = inner
  return found
}

describe('hostile: no words come by a reaction', () => {
  test.each(['👍', '✅', '❤️', '👩🏽‍⚖️', '✔'])('%s is a sign', (key) => {
    expect(annotationOf(event(relation(key)))).toEqual({ id: '$r', sender: '@ana:hn', ts: 5, key })
  })

  test.each(['Sí, firmado', '1', 'A', '🇭🇳x', '', ' ', '👍'.repeat(40), 7, null, undefined, ['👍']])(
    '%j in the clear is not',
    (key) => expect(annotationOf(event(relation(key)))).toBeUndefined(),
  )

  test('words beside the sign, another type, and what was taken back are not', () => {
    expect(annotationOf(event({ ...relation('👍'), body: 'de acuerdo' }))).toBeUndefined()
    expect(annotationOf(event(relation('👍'), 'm.sticker'))).toBeUndefined()
    expect(annotationOf(event({}))).toBeUndefined()
  })

  test('out of ciphertext a short sign comes, without what cannot be seen', () => {
    expect(annotationOf(opened(sealed, relation('+1\u202e')))?.key).toBe('+1')
    expect(annotationOf(opened({ ...sealed, body: 'x' }, relation('👍')))).toBeUndefined()
    expect(annotationOf(event(sealed, 'm.room.encrypted'))).toBeUndefined()
    expect(annotationOf(opened(sealed, relation('x'.repeat(33))))).toBeUndefined()
  })
})

const by = (sender: string, key: string, ts: number): Annotation => ({
  id: `$${sender}${key}${ts}`,
  sender,
  ts,
  key,
})
const gesture = (fields: Partial<Gesture>): Gesture => ({
  id: 'g1',
  roomId: '!r:hn',
  eventId: '$m',
  notBefore: 0,
  act: { kind: 'react', key: '👍' },
  state: 'waiting',
  ...fields,
})

test('each person counts once for a sign, in the order in which signs came', () => {
  const found = reactionsOf(
    [by('@ana:hn', '👍', 3), by('@ana:hn', '👍', 4), by('@leo:gt', '✅', 1), by('@leo:gt', '👍', 5)],
    [],
    ME,
  )
  expect(found.map(({ key, users }) => [key, users])).toEqual([
    ['✅', ['@leo:gt']],
    ['👍', ['@ana:hn', '@leo:gt']],
  ])
})

test('one’s own stands at once, once, and goes at once', () => {
  const mine = by(ME, '👍', 2)
  expect(reactionsOf([], [gesture({})], ME)).toEqual([{ key: '👍', users: [ME], own: { gestureId: 'g1' } }])
  expect(reactionsOf([mine], [gesture({ state: 'done', sent: mine.id })], ME)[0]?.users).toEqual([ME])
  const back = gesture({ id: 'g2', eventId: mine.id, act: { kind: 'remove', files: [] } })
  expect(reactionsOf([mine], [back], ME)).toEqual([])
  expect(reactionsOf([mine], [{ ...back, state: 'failed' }], ME)).toHaveLength(1)
  expect(reactionsOf([], [gesture({ sent: mine.id }), back], ME)).toEqual([])
})
