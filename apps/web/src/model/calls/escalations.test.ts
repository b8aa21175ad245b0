import type { Escalation } from '@enlace/coordination'
import { expect, test } from 'vitest'
import type { EscalationRecord } from '../session/records.ts'
import { mergeListed } from './escalations.ts'

const record: EscalationRecord = {
  id: '$call',
  room_id: '!r',
  about_event_id: '$1',
  state: 'open',
  raised_by: '@a:gt',
  raised_ts: 5,
}
const own: Escalation = {
  id: '$call',
  roomId: '!r',
  aboutEventId: '$1',
  raisedBy: '@a:gt',
  raisedAt: 5,
  state: 'open',
  cause: 'person',
  chain: [{ level: 'national_liaison', roles: ['official'], within_ms: 3_600_000 }],
  step: 0,
  waitingSince: { eventId: '$call', at: 5 },
  alerted: [],
  history: [{ eventId: '$call', sender: '@a:gt', at: 5, what: 'raised', step: 0 }],
  heads: ['$call'],
  refused: [],
}
const answered = {
  ...record,
  state: 'acknowledged' as const,
  acknowledged_by: '@oficial:hn',
  acknowledged_ts: 9,
}

test('a call older than what is loaded comes from the list', () => {
  expect(mergeListed(new Map(), [record]).get('$call')).toEqual(own)
})

test('an acknowledgement known to either side closes the call', () => {
  expect(mergeListed(new Map([['$call', own]]), [answered]).get('$call')).toMatchObject({
    state: 'acknowledged',
    acknowledgedBy: '@oficial:hn',
    acknowledgedAt: 9,
  })
  const closed: Escalation = {
    ...own,
    state: 'acknowledged',
    acknowledgedBy: '@oficial:hn',
    acknowledgedAt: 9,
  }
  expect(mergeListed(new Map([['$call', closed]]), [record]).get('$call')).toEqual(closed)
})
