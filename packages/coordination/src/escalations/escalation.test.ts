import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { TimelineEvent } from '../causal-order.ts'
import type { Role } from '../members.ts'
import { officialsToAlert, reduceEscalations } from './escalation.ts'
import {
  escalationAcknowledgementContent,
  escalationAcknowledgementEventType,
  escalationContent,
  escalationEventType,
} from './escalation-events.ts'

const registrar = '@registro.hn:hn'
const officialHn = '@oficial.hn:hn'
const officialGt = '@oficial.gt:gt'

const roleOf = (userId: string): Role | undefined =>
  userId.startsWith('@oficial') ? 'official' : userId === registrar ? 'staff' : undefined

const who = {
  actorOf(userId: string) {
    const role = roleOf(userId)
    return role && { role }
  },
}

const raise = (id = '$e1', at = 1000, sender = registrar): TimelineEvent => ({
  event_id: id,
  room_id: '!room',
  type: escalationEventType,
  sender,
  origin_server_ts: at,
  content: escalationContent('$message'),
})
const acknowledge = (id: string, at: number, sender = officialGt, of = '$e1'): TimelineEvent => ({
  event_id: id,
  room_id: '!room',
  type: escalationAcknowledgementEventType,
  sender,
  origin_server_ts: at,
  content: escalationAcknowledgementContent(of),
})

describe('reduceEscalations', () => {
  it('is open until an official acknowledges it, and says who and when', () => {
    expect(reduceEscalations([raise()], who).escalations.get('$e1')).toMatchObject({
      state: 'open',
      raisedBy: registrar,
      raisedAt: 1000,
      aboutEventId: '$message',
    })
    expect(reduceEscalations([raise(), acknowledge('$a', 2000)], who).escalations.get('$e1')).toMatchObject({
      state: 'acknowledged',
      acknowledgedBy: officialGt,
      acknowledgedAt: 2000,
      refused: [],
    })
  })

  it('takes the first acknowledgement by time, then event ID, and lists the others', () => {
    const { escalations } = reduceEscalations(
      [acknowledge('$c', 3000), acknowledge('$b', 2000, officialHn), acknowledge('$a', 2000), raise()],
      who,
    )
    expect(escalations.get('$e1')).toMatchObject({
      acknowledgementId: '$a',
      refused: [
        { eventId: '$b', reason: 'already_acknowledged' },
        { eventId: '$c', reason: 'already_acknowledged' },
      ],
    })
  })

  it('accepts an answer whose clock runs behind the call', () => {
    expect(reduceEscalations([acknowledge('$a', 1), raise()], who).escalations.get('$e1')?.state).toBe(
      'acknowledged',
    )
  })

  it.each([
    ['not_an_official', acknowledge('$a', 2000, registrar)],
    ['not_an_official', acknowledge('$a', 2000, '@unknown:hn')],
    ['other_room', { ...acknowledge('$a', 2000), room_id: '!elsewhere' }],
  ])('refuses with %s and stays open', (reason, event) => {
    const escalation = reduceEscalations([raise(), event], who).escalations.get('$e1')
    expect(escalation).toMatchObject({ state: 'open', refused: [{ reason, eventId: '$a' }] })
  })

  it('does not let whoever raised it answer it', () => {
    const events = [raise('$e1', 1000, officialHn), acknowledge('$a', 2000, officialHn)]
    expect(reduceEscalations(events, who).escalations.get('$e1')).toMatchObject({
      state: 'open',
      refused: [{ reason: 'own_escalation' }],
    })
  })

  it('lists steps that belong nowhere', () => {
    const { escalations, refused } = reduceEscalations(
      [
        { ...raise('$bad'), content: { ...escalationContent('$m'), note: 'a name' } },
        { ...acknowledge('$gone', 1500), content: {} },
        acknowledge('$orphan', 1600, officialGt, '$nothing'),
      ],
      who,
    )
    expect(escalations.size).toBe(0)
    expect(refused.map(({ eventId, reason }) => [eventId, reason])).toEqual([
      ['$bad', 'malformed'],
      ['$gone', 'malformed'],
      ['$orphan', 'unknown_escalation'],
    ])
  })

  it('opens again when the acknowledgement is redacted, whichever copy comes first', () => {
    const answer = acknowledge('$a', 2000)
    const redacted = { ...answer, content: {} }
    for (const events of [
      [raise(), answer, redacted],
      [redacted, answer, raise()],
    ])
      expect(reduceEscalations(events, who).escalations.get('$e1')?.state).toBe('open')
  })

  it('gives the same result for any order and any repetition', () => {
    const users = [registrar, officialHn, officialGt, '@nobody:hn']
    const ids = ['$e1', '$e2', '$e3']
    const event: fc.Arbitrary<TimelineEvent> = fc
      .record({
        id: fc.constantFrom('$x1', '$x2', '$x3', '$x4', ...ids),
        at: fc.integer({ min: 0, max: 5 }),
        sender: fc.constantFrom(...users),
        acknowledges: fc.boolean(),
        target: fc.constantFrom(...ids),
        broken: fc.constantFrom(false, false, false, true),
        room: fc.constantFrom('!a', '!a', '!b', undefined),
      })
      .map(({ id, at, sender, acknowledges, target, broken, room }) => ({
        event_id: id,
        ...(room ? { room_id: room } : {}),
        type: acknowledges ? escalationAcknowledgementEventType : escalationEventType,
        sender,
        origin_server_ts: at,
        content: broken
          ? {}
          : acknowledges
            ? escalationAcknowledgementContent(target)
            : escalationContent('$message'),
      }))
    fc.assert(
      fc.property(
        fc
          .array(event, { maxLength: 15 })
          .chain((events) =>
            fc.tuple(
              fc.constant(events),
              fc.shuffledSubarray([...events, ...events], { minLength: events.length * 2 }),
            ),
          ),
        ([events, shuffled]) => {
          const normal = (list: TimelineEvent[]) => {
            const { escalations, refused } = reduceEscalations(list, who)
            return { escalations: [...escalations].sort(([a], [b]) => (a < b ? -1 : 1)), refused }
          }
          expect(normal(shuffled)).toEqual(normal(events))
          for (const [, escalation] of normal(events).escalations) {
            if (escalation.state === 'open') continue
            expect(roleOf(escalation.acknowledgedBy ?? '')).toBe('official')
            expect(escalation.acknowledgedBy).not.toBe(escalation.raisedBy)
          }
        },
      ),
    )
  })

  it('applies or lists every step once', () => {
    const events = [
      raise(),
      raise('$e2', 5),
      acknowledge('$a', 3),
      acknowledge('$b', 4),
      acknowledge('$c', 4, registrar),
    ]
    const { escalations, refused } = reduceEscalations(events, who)
    const accounted = [
      ...refused,
      ...[...escalations.values()].flatMap((escalation) => [
        ...escalation.refused,
        { eventId: escalation.id },
        ...(escalation.acknowledgementId ? [{ eventId: escalation.acknowledgementId }] : []),
      ]),
    ].map((step) => step.eventId)
    expect(accounted.sort()).toEqual(['$a', '$b', '$c', '$e1', '$e2'])
  })
})

it('alerts the officials of the channel, not whoever raised the call', () => {
  expect(officialsToAlert([registrar, officialHn, officialGt], officialHn, roleOf)).toEqual([officialGt])
})
