import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Actor } from '../cases/case-events.ts'
import { registry as clerk, registryChief } from '../testing.ts'
import { checkClearEvent } from '../topics/clear-events.ts'
import { redactionRule } from '../topics/redactable.ts'
import { reduceMeeting } from './meeting.ts'
import { meetingEventType, meetingUpdateEventType } from './meeting-events.ts'
import type { MeetingRecord } from './meeting-records.ts'
import type { MeetingState } from './meeting-state.ts'
import {
  consulate,
  DAY,
  judge,
  meetingRoot,
  Side,
  START,
  senderOf,
  stateOf,
  stranger,
} from './meeting-testing.ts'
import {
  canonicalMinutes,
  commitmentCounts,
  commitmentStatus,
  decisionOutcome,
  signaturesOf,
} from './minutes.ts'
import { basesOf } from './record-steps.ts'

const digest = (text: string) => createHash('sha256').update(text).digest('base64url')
const paragraph = (text: string, more: object = {}): MeetingRecord => ({ what: 'paragraph', text, ...more })
const due = START + 30 * DAY

const actors: Actor[] = [consulate, registryChief, clerk, judge, stranger]

/** What somebody might do next, from what their side shows them; allowed or not. */
function act(side: Side, who: number, what: number, which: number): void {
  const by = actors[who % actors.length]!
  const { state } = side
  const one = <T>(list: readonly T[]) => list[which % Math.max(1, list.length)]
  const text = `${side.name}-${which}`
  switch (what % 10) {
    case 0:
      side.send(by, paragraph(text))
      return
    case 1: {
      const target = one(state.paragraphs)
      if (target) side.send(by, paragraph(text, { paragraph: target.id, bases: basesOf(target) }))
      return
    }
    case 2:
      side.send(by, { what: 'decision', text, how: which % 2 ? 'vote' : 'consensus', quorum: 2 })
      return
    case 3: {
      const decision = one(state.decisions)
      const choice = (['yes', 'no', 'abstain'] as const)[which % 3]!
      if (decision) side.send(by, { what: 'vote', decision: decision.id, choice })
      return
    }
    case 4:
      side.send(
        by,
        { step: 'commit', responsible: by.institution, due_ts: due },
        { what: 'commitment', text, position: 'Jefatura' },
      )
      return
    case 5: {
      const commitment = one(state.commitments)
      if (commitment) side.send(by, { step: 'progress', commitment: commitment.id, status: 'under_way' })
      return
    }
    case 6: {
      const minutes = canonicalMinutes(state)
      if (minutes !== undefined) side.send(by, { what: 'sign', sha256: digest(minutes) })
      return
    }
    case 7:
      side.send(by, { what: 'attendance', institution: by.institution, people: [{ position: text }] })
      return
    case 8:
      side.send(by, {
        what: 'agenda',
        title: text,
        order: which % 5,
        status: which % 2 ? 'agreed' : 'proposed',
      })
      return
    default:
      if (which % 4 === 0)
        side.send(by, { step: 'close', next_ts: START + 60 * DAY }, { what: 'next', place: text })
      else if (which % 4 === 1) side.send(by, { step: 'move', starts_ts: START + which * 1_000 })
      else side.send(by, { step: 'invite', to: which % 2 ? 'gt-pgn-izabal' : 'hn-senaf-corinto' })
  }
}

const actions = fc.array(fc.tuple(fc.boolean(), fc.nat(20), fc.nat(200), fc.nat(50)), { maxLength: 40 })
const played = fc.tuple(actions, actions).map(([together, apart]) => {
  const hn = new Side('hn')
  const gt = new Side('gt')
  for (const [left, ...action] of together) {
    act(left ? hn : gt, ...action)
    hn.take(gt)
    gt.take(hn)
  }
  for (const [left, ...action] of apart) act(left ? hn : gt, ...action)
  return { hn, gt }
})

test('both sides of a cut line, events in any order and twice: one state', () => {
  fc.assert(
    fc.property(played, fc.infiniteStream(fc.nat()), ({ hn, gt }, random) => {
      hn.take(gt)
      gt.take(hn)
      const events = [...hn.events.values()]
      const shuffled = [...events, ...events]
        .map((event) => ({ event, key: random.next().value as number }))
        .sort((a, b) => a.key - b.key)
        .map(({ event }) => structuredClone(event))
      const expected = hn.state
      expect(gt.state).toEqual(expected)
      expect(stateOf(shuffled, hn.records)).toEqual(expected)
    }),
    { numRuns: 150 },
  )
})

test('nobody outside a participating institution changes anything', () => {
  fc.assert(
    fc.property(played, ({ hn, gt }) => {
      hn.take(gt)
      const events = [...hn.events.values()]
      const intruders = events.filter((event) => event.sender === senderOf(stranger))
      const { refused } = hn.state
      for (const { event_id } of intruders)
        expect(refused.find((one) => one.eventId === event_id)?.reason).toBe('not_a_participant')
    }),
    { numRuns: 60 },
  )
})

test('one vote of each institution, and nothing written is lost', () => {
  fc.assert(
    fc.property(played, ({ hn, gt }) => {
      hn.take(gt)
      const { state } = hn
      for (const decision of state.decisions) {
        expect(decision.votes.size).toBeLessThanOrEqual(state.institutions.length)
        for (const key of decision.votes.keys()) expect(state.institutions).toContain(key)
      }
      const refused = new Set(state.refused.map((one) => one.eventId))
      const kept = new Set(state.paragraphs.flatMap((one) => one.versions.map((version) => version.eventId)))
      for (const [id, { content }] of hn.events) {
        const record = hn.records.get((content as { record?: string }).record ?? '')?.content
        if ((record as MeetingRecord | undefined)?.what !== 'paragraph' || refused.has(id)) continue
        expect(kept.has(id)).toBe(true)
      }
    }),
    { numRuns: 60 },
  )
})

test('a signature holds exactly while the canonical minutes are those that were signed', () => {
  fc.assert(
    fc.property(played, actions, ({ hn, gt }, later) => {
      hn.take(gt)
      const before = canonicalMinutes(hn.state)!
      hn.send(judge, { what: 'sign', sha256: digest(before) })
      expect(holding(hn.state)).toContain(judge.institution)
      for (const [, who, what, which] of later) if (what % 10 !== 6) act(hn, who, what, which)
      const same = canonicalMinutes(hn.state) === before
      expect(holding(hn.state).includes(judge.institution)).toBe(same)
    }),
    { numRuns: 60 },
  )
})

const holding = (state: MeetingState) =>
  signaturesOf(state, digest).flatMap(({ institution, holds }) => (holds ? [institution] : []))

test('two edit one paragraph while the line is cut: one text stands, the other stays to be read until somebody has seen both', () => {
  const hn = new Side('hn')
  const gt = new Side('gt')
  const first = hn.send(clerk, paragraph('Se revisó la lista.'))
  gt.take(hn)
  const edit = (side: Side, by: Actor, text: string, at: number) =>
    side.send(
      by,
      paragraph(text, { paragraph: first, bases: basesOf(side.state.paragraphs[0]!) }),
      undefined,
      at,
    )
  edit(hn, clerk, 'Se revisó la lista de actas.', START + 10_000)
  edit(gt, judge, 'Se revisó la lista de audiencias.', START + 20_000)
  edit(gt, judge, 'Se revisó la lista de audiencias del mes.', START + 30_000)
  hn.take(gt)
  gt.take(hn)
  const [one] = hn.state.paragraphs
  expect(one!.text).toBe('Se revisó la lista de audiencias del mes.')
  // The court's own first wording was superseded knowingly.
  expect(one!.apart.map(({ text }) => text)).toEqual(['Se revisó la lista de actas.'])
  edit(gt, judge, 'Se revisaron las actas y las audiencias del mes.', START + 40_000)
  expect(gt.state.paragraphs[0]!.apart).toEqual([])
  expect(gt.state.paragraphs[0]!.versions).toHaveLength(5)
})

test('what was agreed before anybody knew that the meeting was over counts; what comes after it does not', () => {
  const hn = new Side('hn')
  const gt = new Side('gt')
  const over = hn.send(
    consulate,
    { step: 'close', next_ts: START + 60 * DAY },
    { what: 'next', place: 'Corinto' },
  )
  const commit = (side: Side) =>
    side.send(
      judge,
      { step: 'commit', responsible: judge.institution, due_ts: due },
      { what: 'commitment', text: 'Enviar el calendario', position: 'Secretaría' },
      START + 90_000,
    )
  const unknowing = commit(gt)
  gt.take(hn)
  const knowing = commit(gt)
  const corrected = gt.send(judge, paragraph('Se cerró a mediodía.'))
  const { state } = gt
  expect(state.closed).toMatchObject({ eventId: over, nextPlace: 'Corinto' })
  expect(state.commitments.map((one) => one.id)).toEqual([unknowing])
  expect(state.refused).toMatchObject([{ eventId: knowing, reason: 'closed' }])
  expect(state.paragraphs.map((one) => one.id)).toEqual([corrected])
})

test('commitments: who says how they stand, what the day makes of them, and that they fell no signature', () => {
  const side = new Side('hn')
  const id = side.send(
    consulate,
    { step: 'commit', responsible: registryChief.institution, due_ts: due },
    { what: 'commitment', text: 'Publicar los horarios', position: 'Jefatura regional' },
  )
  const key = { keyid: 'a'.repeat(64), sig: 'b'.repeat(128) }
  const sha256 = digest(canonicalMinutes(side.state)!)
  // A key that is none makes the whole record none.
  side.send(judge, { what: 'sign', sha256, key: { ...key, sig: 'B'.repeat(128) } })
  expect(signaturesOf(side.state, digest)).toEqual([])
  side.send(judge, { what: 'sign', sha256, key })
  expect(signaturesOf(side.state, digest)).toMatchObject([{ institution: judge.institution, sha256, key }])
  const progress = (by: Actor, status: 'under_way' | 'fulfilled' | 'rescheduled', reason?: string) =>
    side.send(
      by,
      {
        step: 'progress',
        commitment: id,
        status,
        ...(status === 'rescheduled' ? { due_ts: due + 10 * DAY } : {}),
      },
      { what: 'progress', ...(reason ? { reason } : {}) },
    )
  const status = (now: number) => commitmentStatus(side.state.commitments[0]!, now)
  expect(status(due)).toBe('pending')
  expect(status(due + 1)).toBe('overdue')
  progress(judge, 'fulfilled')
  progress(clerk, 'fulfilled')
  progress(registryChief, 'rescheduled')
  expect(side.state.refused.map((one) => one.reason)).toEqual([
    'malformed_record', // the signature
    'not_entitled',
    'not_entitled',
    'malformed_record',
  ])
  progress(registryChief, 'rescheduled', 'El sistema estuvo fuera de servicio')
  expect(status(due + 1)).toBe('rescheduled')
  expect(status(due + 10 * DAY + 1)).toBe('overdue')
  progress(registryChief, 'fulfilled')
  progress(registryChief, 'under_way')
  expect(status(due + 99 * DAY)).toBe('fulfilled')
  expect(side.state.refused.at(-1)?.reason).toBe('already_done')
  expect(commitmentCounts(side.state.commitments, due)).toMatchObject({ fulfilled: 1, overdue: 0 })
  expect(holding(side.state)).toEqual([judge.institution])
})

test('consensus, votes and quorum', () => {
  const outcome = (how: 'consensus' | 'vote', quorum: number, ...votes: ('yes' | 'no' | 'abstain')[]) =>
    decisionOutcome({ how, quorum, votes: new Map(votes.map((one, at) => [`hn-x${at}`, one])) })
  expect(outcome('vote', 3, 'yes', 'yes')).toBe('no_quorum')
  expect(outcome('vote', 3, 'yes', 'yes', 'no')).toBe('adopted')
  expect(outcome('vote', 2, 'yes', 'no')).toBe('rejected')
  expect(outcome('consensus', 3, 'yes', 'yes', 'no')).toBe('rejected')
  expect(outcome('consensus', 3, 'yes', 'abstain', 'abstain')).toBe('adopted')
  expect(outcome('consensus', 1, 'abstain')).toBe('rejected')
})

test('records: of the sender alone, once, of this meeting, and whole before anybody signs', () => {
  const side = new Side('hn')
  const id = side.send(clerk, paragraph('Texto'))
  const event = side.events.get(id)!
  const record = side.records.get(`${id}r`)!
  const reason = (changed: object) =>
    stateOf([event], new Map([[`${id}r`, { ...record, ...changed }]])).refused[0]?.reason
  expect(reason({})).toBeUndefined()
  expect(reason({ sender: '@otra:hn.example' })).toBe('not_own_record')
  expect(reason({ meeting: '$other' })).toBe('not_own_record')
  expect(reason({ content: { what: 'paragraph', text: 'x'.repeat(8_001) } })).toBe('malformed_record')
  expect(reason({ content: { what: 'next', place: 'Corinto' } })).toBe('malformed_record')
  const twice = { ...event, event_id: '$again', origin_server_ts: START + 9_000 }
  expect(stateOf([event, twice], side.records).refused).toMatchObject([{ reason: 'already_done' }])
  const blind = stateOf([event], new Map())
  expect(blind.unread).toEqual([id])
  expect(canonicalMinutes(blind)).toBeUndefined()
})

test('a server that speaks for an institution it does not host is not believed', () => {
  const side = new Side('hn')
  side.send(judge, paragraph('Texto'))
  const state = reduceMeeting(meetingRoot(), side.events.values(), side.records, (_, key) =>
    key.startsWith('hn-'),
  )
  expect(state).toMatchObject({ paragraphs: [], refused: [{ reason: 'not_believed' }] })
  expect(reduceMeeting(meetingRoot(), [], undefined, () => false)).toBe('not_believed')
})

test('envelopes have no room for text and are not deleted', () => {
  const { content } = meetingRoot()
  expect(checkClearEvent(meetingEventType, content).allowed).toBe(true)
  expect(checkClearEvent(meetingEventType, { ...(content as object), title: 'Reunión' }).allowed).toBe(false)
  const side = new Side('hn')
  const step = side.events.get(side.send(clerk, paragraph('Texto')))!.content as object
  expect(checkClearEvent(meetingUpdateEventType, step).allowed).toBe(true)
  for (const more of [{ text: 'x' }, { to: 'hn-rnp-sps' }, { status: 'fulfilled' }, { next_ts: 1 }])
    expect(checkClearEvent(meetingUpdateEventType, { ...step, ...more }).allowed).toBe(false)
  expect(redactionRule(meetingUpdateEventType, true)).toBe('meeting.not-deleted')
})
