import type { Escalation } from '@enlace/coordination'
import { escalationEventType } from '@enlace/coordination'
import { materialEventType, materialUpdateEventType } from '@enlace/coordination/materials'
import { meetingEventType } from '@enlace/coordination/meetings'
import { riskEventType } from '@enlace/coordination/risks'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { things } from './things.ts'
import { buildTimeline, messageStates, type TimelineContext } from './timeline-items.ts'
import type { EventView, MessageItem, OutboxEntry } from './types.ts'

const ME = '@yo:hn'
const OTHER = '@otra:gt'
const NOON = new Date(2026, 4, 4, 12).getTime()
const MINUTE = 60_000

const message = (id: string, ts: number, fields: Partial<EventView> = {}): EventView => ({
  id,
  type: 'm.room.message',
  sender: OTHER,
  ts,
  body: { type: 'text', text: `texto ${id}` },
  redacted: false,
  edited: false,
  ...fields,
})
const membership = (
  id: string,
  userId: string,
  now: string,
  before?: string,
  sender = userId,
): EventView => ({
  ...message(id, NOON, { sender, body: undefined }),
  type: 'm.room.member',
  membership: { userId, now, ...(before ? { before } : {}) },
})
const entry = (fields: Partial<OutboxEntry> = {}): OutboxEntry => ({
  txnId: 't1',
  roomId: '!r',
  createdAt: NOON,
  content: { msgtype: 'm.text', body: 'por salir' },
  state: 'queued',
  ...fields,
})
const context = (fields: Partial<TimelineContext> = {}): TimelineContext => ({
  me: ME,
  outbox: [],
  escalations: new Map(),
  cases: new Map(),
  stateOf: () => ({ kind: 'sent' }),
  atStart: false,
  ...fields,
})
const kinds = (events: EventView[], fields?: Partial<TimelineContext>) =>
  buildTimeline(events, context(fields)).map((item) => item.kind)
const messages = (events: EventView[], fields?: Partial<TimelineContext>) =>
  buildTimeline(events, context(fields)).filter((item): item is MessageItem => item.kind === 'message')

describe('rows of the timeline', () => {
  test('what has a page of its own is one line for what began it, and none for its steps', () => {
    const begun = [materialEventType, meetingEventType, riskEventType].map((type, at) =>
      message(`$${at}`, NOON, { type, body: undefined }),
    )
    const step = message('$s', NOON, { type: materialUpdateEventType, body: undefined })
    expect(kinds([...begun, step])).toEqual(['day', 'thing', 'thing', 'thing'])
    expect(Object.keys(things).sort()).toEqual([materialEventType, meetingEventType, riskEventType].sort())
  })

  test('what colleagues can open is one row, over days too; what waits for its key stays a message', () => {
    const shut = (id: string, ts: number, reason: 'before_device' | 'before_joining' | 'waiting') =>
      message(id, ts, { body: { type: 'undecryptable', reason } })
    const events = [
      shut('$1', NOON, 'before_joining'),
      shut('$2', NOON + 24 * 60 * MINUTE, 'before_device'),
      message('$3', NOON + 25 * 60 * MINUTE),
      shut('$4', NOON + 26 * 60 * MINUTE, 'waiting'),
    ]
    const items = buildTimeline(events, context({ canAsk: true }))
    expect(items.map(({ kind }) => kind)).toEqual(['day', 'closed', 'day', 'message', 'message'])
    expect(items[1]).toEqual({ kind: 'closed', key: '$2', ts: NOON, count: 2 })
    // A device that is not confirmed has nobody to ask.
    expect(kinds(events)).not.toContain('closed')
  })

  test('a day stands before its first message, the start before everything', () => {
    const events = [message('$1', NOON), message('$2', NOON + MINUTE), message('$3', NOON + 24 * 60 * MINUTE)]
    expect(kinds(events, { atStart: true })).toEqual(['start', 'day', 'message', 'message', 'day', 'message'])
  })

  test('the name is repeated for another person, and after a while', () => {
    const events = [
      message('$1', NOON),
      message('$2', NOON + MINUTE),
      message('$3', NOON + 10 * MINUTE),
      message('$4', NOON + 11 * MINUTE, { sender: ME }),
    ]
    expect(messages(events).map((item) => item.continued)).toEqual([false, true, false, false])
  })

  test('the line above new messages stands after the last one read, and not above my own', () => {
    const events = [message('$1', NOON), message('$2', NOON, { sender: ME }), message('$3', NOON)]
    expect(kinds(events, { readUpTo: '$1' })).toEqual(['day', 'message', 'message', 'unread', 'message'])
  })

  test('a deleted message keeps its place and loses its text, its quote and its state', () => {
    const [item] = messages([
      message('$1', NOON, { redacted: true, body: undefined, replyTo: '$0', sender: ME }),
    ])
    expect(item?.body).toEqual({ type: 'deleted' })
    expect(item?.reply).toBeUndefined()
    expect(item?.state).toBeUndefined()
  })

  test('a reply shows who and what it answers; one to a message that is not loaded says only that', () => {
    const [, known, unknown] = messages([
      message('$1', NOON),
      message('$2', NOON, { replyTo: '$1' }),
      message('$3', NOON, { replyTo: '$lejos' }),
    ])
    expect(known?.reply).toEqual({ eventId: '$1', sender: OTHER, excerpt: 'texto $1' })
    expect(unknown?.reply).toEqual({ eventId: '$lejos' })
  })

  test('changes of members in a row are one row, and an accepted invitation is told once', () => {
    const items = buildTimeline(
      [
        membership('$1', '@a:hn', 'invite', undefined, ME),
        membership('$2', '@b:hn', 'invite', undefined, ME),
        membership('$3', '@a:hn', 'join', 'invite'),
        membership('$4', '@a:hn', 'join', 'join'),
      ],
      context(),
    )
    const rows = items.filter((item) => item.kind === 'members')
    expect(rows).toHaveLength(1)
    expect(rows[0]?.changes.map((one) => `${one.change} ${one.userId}`)).toEqual([
      'invited @b:hn',
      'joined @a:hn',
    ])
  })

  test('who leaves, who is removed, and who declines are told apart', () => {
    const changeOf = (event: EventView) => {
      const row = buildTimeline([event], context()).find((item) => item.kind === 'members')
      return row?.changes[0]?.change
    }
    expect(changeOf(membership('$1', OTHER, 'leave', 'join'))).toBe('left')
    expect(changeOf(membership('$1', OTHER, 'leave', 'join', ME))).toBe('removed')
    expect(changeOf(membership('$1', OTHER, 'leave', 'invite'))).toBe('declined')
    expect(changeOf(membership('$1', OTHER, 'ban', 'join', ME))).toBe('banned')
  })

  test('an urgent call is a row of its own and stands on its message', () => {
    const escalation: Escalation = {
      id: '$call',
      roomId: '!r',
      aboutEventId: '$1',
      raisedBy: OTHER,
      raisedAt: NOON,
      state: 'open',
      cause: 'person',
      chain: [],
      step: 0,
      waitingSince: { eventId: '$call', at: NOON },
      alerted: [],
      history: [],
      heads: [],
      refused: [],
    }
    const events = [
      message('$1', NOON),
      message('$call', NOON, { type: escalationEventType, body: undefined }),
    ]
    const items = buildTimeline(events, context({ escalations: new Map([['$call', escalation]]) }))
    expect(items.map((item) => item.kind)).toEqual(['day', 'message', 'escalation'])
    expect((items[1] as MessageItem).escalations).toEqual([escalation])
  })
})

describe('messages on their way', () => {
  test('what was written stands last, with its state, until the copy of the server is there', () => {
    const outbox = [entry({ state: 'accepted', eventId: '$2' })]
    expect(messages([message('$1', NOON)], { outbox }).map((item) => item.key)).toEqual(['$1', 't1'])
    expect(messages([message('$1', NOON), message('$2', NOON)], { outbox })).toHaveLength(2)
  })

  test('a failed message keeps its text and says why', () => {
    const [item] = messages([], { outbox: [entry({ state: 'failed', failure: { kind: 'offline' } })] })
    expect(item?.body).toEqual({ type: 'text', text: 'por salir' })
    expect(item?.state).toEqual({ kind: 'failed', failure: { kind: 'offline' } })
  })

  test('an edit on its way already shows in its message', () => {
    const edit = entry({
      content: {
        msgtype: 'm.text',
        body: '* nuevo',
        'm.new_content': { msgtype: 'm.text', body: 'nuevo' },
        'm.relates_to': { rel_type: 'm.replace', event_id: '$1' },
      },
    })
    const [item, ...rest] = messages([message('$1', NOON, { sender: ME })], { outbox: [edit] })
    expect(item).toMatchObject({ body: { text: 'nuevo' }, edited: true, state: { kind: 'queued' } })
    expect(rest).toEqual([])
  })
})

describe('sent and read', () => {
  const order = ['$1', '$2', '$3']

  test('a receipt at a message or after it reads it', () => {
    const states = messageStates(['$1', '$3'], order, new Map([[OTHER, '$2']]))
    expect(states.get('$1')).toEqual({ kind: 'read', readers: [OTHER] })
    expect(states.get('$3')).toEqual({ kind: 'sent' })
  })

  test('a receipt for an event that is not loaded says nothing', () => {
    expect(messageStates(['$1'], order, new Map([[OTHER, '$lejos']])).get('$1')?.kind).toBe('sent')
  })

  test('reading never goes backwards: what stands before a read message is read', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 20 }),
        fc.array(fc.nat(19), { maxLength: 4 }),
        (length, reads) => {
          const ids = Array.from({ length }, (_, index) => `$${index}`)
          const receipts = new Map(reads.map((at, who) => [`@${who}:gt`, `$${at}`]))
          const states = ids.map((id) => messageStates(ids, ids, receipts).get(id)?.kind)
          expect(states).toEqual([...states].sort((a, b) => Number(b === 'read') - Number(a === 'read')))
        },
      ),
    )
  })
})

describe('hostile: messages that came unencrypted', () => {
  const forged = (id: string) => message(id, NOON, { body: { type: 'unencrypted' } })

  test('are one line that names nobody, and split who writes on', () => {
    const items = buildTimeline([message('$1', NOON), forged('$2'), forged('$3'), message('$4', NOON)], {
      me: ME,
      outbox: [],
      escalations: new Map(),
      cases: new Map(),
      stateOf: () => ({ kind: 'sent' }),
      atStart: false,
    })
    expect(items.filter((item) => item.kind === 'hidden')).toEqual([
      { kind: 'hidden', key: '$3', ts: NOON, count: 2 },
    ])
    expect(items.at(-1)).toMatchObject({ kind: 'message', continued: false })
  })

  test('are answered by nobody', () => {
    const items = buildTimeline([forged('$2'), message('$3', NOON, { replyTo: '$2' })], {
      me: ME,
      outbox: [],
      escalations: new Map(),
      cases: new Map(),
      stateOf: () => ({ kind: 'sent' }),
      atStart: false,
    })
    expect((items.at(-1) as MessageItem).reply).toEqual({ eventId: '$2' })
  })
})

describe('threads', () => {
  const events = [
    message('$root', NOON),
    message('$1', NOON + MINUTE, { thread: '$root' }),
    message('$other', NOON + 2 * MINUTE),
    message('$2', NOON + 3 * MINUTE, { thread: '$root', sender: ME, replyTo: '$1' }),
    message('$forged', NOON + 4 * MINUTE, { thread: '$root', body: { type: 'unencrypted' } }),
  ]
  const leaving = entry({
    content: {
      msgtype: 'm.text',
      body: 'en el hilo',
      'm.relates_to': {
        rel_type: 'm.thread',
        event_id: '$root',
        is_falling_back: true,
        'm.in_reply_to': { event_id: '$2' },
      },
    },
  })

  test('the channel has the first message and how many there are; what came unencrypted counts nothing', () => {
    const found = messages(events, { outbox: [leaving], threadUnread: () => 1 })
    expect(found.map((item) => item.key)).toEqual(['$root', '$other'])
    expect(found[0]?.thread).toEqual({ count: 2, sender: ME, ts: NOON + 3 * MINUTE, unread: 1 })
    expect(found[1]?.thread).toBeUndefined()
  })

  test('the thread has its messages and those on their way, and answers within it', () => {
    const found = messages(events, { thread: '$root', outbox: [leaving, entry({ txnId: 't2' })] })
    expect(found.map((item) => item.key)).toEqual(['$root', '$1', '$2', 't1'])
    expect(found[2]?.reply?.eventId).toBe('$1')
    expect(found[3]?.reply).toBeUndefined()
  })

  test('of a part of the channel far from its end, the server’s number counts', () => {
    const [root] = messages([message('$root', NOON)], { threadCount: () => 7 })
    expect(root?.thread?.count).toBe(7)
  })
})

test('what goes for all in a moment says so', () => {
  const gesture = {
    id: 'g1',
    roomId: '!r',
    eventId: '$1',
    notBefore: NOON,
    act: { kind: 'remove' as const, files: [] },
    state: 'waiting' as const,
  }
  const [item] = messages([message('$1', NOON)], { gestures: [gesture] })
  expect(item?.removal).toEqual({ id: 'g1', state: 'waiting' })
  const [gone] = messages([message('$1', NOON, { redacted: true, body: undefined })], { gestures: [gesture] })
  expect(gone?.removal).toBeUndefined()
})
