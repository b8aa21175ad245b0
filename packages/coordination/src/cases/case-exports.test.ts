import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { TimelineEvent } from '../causal-order.ts'
import { checkClearEvent } from '../topics/clear-events.ts'
import { caseExportEventType, reduceCaseExports } from './case-exports.ts'

const content = {
  export_id: 'x1',
  purpose: 'court',
  recipient: 'Juzgado de Paz',
  manifest_sha256: 'a'.repeat(64),
  signed_by: 'server',
  withheld: ['notes'],
}
const event = (n: number, more: object = {}, sender = '@a:hn.example'): TimelineEvent => ({
  event_id: `$${n}`,
  room_id: '!r',
  type: caseExportEventType,
  sender,
  origin_server_ts: 1_000 - n,
  content: { ...content, ...more },
})

test('one said twice stands once; the same id of somebody else is another', () => {
  const list = reduceCaseExports([event(1), event(2), event(1), event(3, {}, '@b:gt.example')])
  expect(list.map((one) => [one.eventId, one.sender])).toEqual([
    ['$3', '@b:gt.example'],
    ['$2', '@a:hn.example'],
  ])
})

test('what is not of the form is nobody’s export', () => {
  const bad = [
    { purpose: 'sale' },
    { manifest_sha256: 'x' },
    { recipient: 'x'.repeat(201) },
    { export_id: '' },
  ]
  expect(reduceCaseExports(bad.map((more, n) => event(n, more)))).toEqual([])
  expect(reduceCaseExports([{ ...event(1), type: 'm.room.message' }])).toEqual([])
})

test('everybody has the same list, whatever the order and however often', () => {
  const events = [event(1), event(2, { export_id: 'x2' }), event(3), event(4, {}, '@b:gt.example')]
  const wanted = reduceCaseExports(events)
  fc.assert(
    fc.property(fc.shuffledSubarray([...events, ...events], { minLength: 8 }), (shuffled) => {
      expect(reduceCaseExports(shuffled)).toEqual(wanted)
    }),
  )
})

test('no server learns of it: unencrypted it is let into no channel', () => {
  expect(checkClearEvent(caseExportEventType, content)).toMatchObject({ allowed: false })
})
