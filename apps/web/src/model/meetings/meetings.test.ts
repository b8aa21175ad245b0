import {
  meetingEventType,
  meetingRecordEventType,
  meetingUpdateEventType,
} from '@enlace/coordination/meetings'
import { expect, test } from 'vitest'
import { createStore } from '../../lib/store.ts'
import type { Session } from '../session/types.ts'
import { holdMeetings } from './meetings.ts'

const ROOM = '!r:hn'
const START = Date.now() + 86_400_000

/** A device whose disk answers in its own time, and a node that takes what is sent. `turn` lets one of what waits go on. */
function device() {
  const waiting: (() => void)[] = []
  const later = <T>(value: T) => new Promise<T>((done) => waiting.push(() => done(value)))
  const facts = new Map<string, unknown>()
  const sent: { type: string; content: Record<string, unknown>; txn: string }[] = []
  const send = (type: string, content: unknown, txn: string) => {
    sent.push({ type, content: content as Record<string, unknown>, txn })
    return later(`$real${sent.length}`)
  }
  const session = {
    userId: '@yo:hn',
    client: { on() {}, off() {}, getRooms: () => [] },
    request: async () => ({ meetings: [] }),
    connection: createStore('online'),
    database: {
      get: async (_: string, key: string) => facts.get(key),
      put: (_: string, key: string, value: unknown) => {
        facts.set(key, JSON.parse(JSON.stringify(value)))
        return later(undefined)
      },
    },
    trust: { send: (_: string, type: string, content: unknown, txn: string) => send(type, content, txn) },
    cases: {
      actor: () => ({ institution: 'hn-rnp', role: 'coordinator' }),
      send: {
        envelope: (_: string, type: string, content: unknown, txn: string) => send(type, content, txn),
      },
    },
  } as unknown as Session
  const settle = () => new Promise((done) => setTimeout(done, 0))
  return {
    session,
    sent,
    facts,
    async turn(pick: (count: number) => number): Promise<boolean> {
      await settle()
      const [go] = waiting.splice(pick(waiting.length), 1)
      go?.()
      await settle()
      return go !== undefined
    },
  }
}

/** Answers come in an order of their own, the same for the same seed. */
function order(seed: number): (count: number) => number {
  let state = seed
  return (count) => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648
    return count === 0 ? 0 : state % count
  }
}

test.each(Array.from({ length: 12 }, (_, seed) => seed + 1))(
  'what is written while something is being sent is sent once, whichever of disk and node answers first (%i)',
  async (seed) => {
    const { session, sent, facts, turn } = device()
    const pick = order(seed)
    const { value: meetings, release } = holdMeetings(session)
    const words = ['uno', 'dos', 'tres', 'cuatro', 'cinco']
    const content = { institutions: ['hn-rnp', 'gt-sbs'], conveners: ['hn-rnp'], starts_ts: START }
    const details = { what: 'details' as const, title: 'Ejemplo', place: 'Ejemplo', country: 'GT' as const }
    let id: string | undefined
    void meetings.open(ROOM, content, details).then((own) => {
      id = own
    })
    const asked: Promise<void>[] = []
    for (let turns = 0; turns < 400; turns++) {
      const [next] = words
      if (id !== undefined && next && turns % 2 === 0) {
        words.shift()
        asked.push(
          meetings.step(
            id,
            { step: 'record' },
            { what: 'agenda', title: next, order: turns, status: 'proposed' },
          ),
        )
      }
      const went = await turn(pick)
      if (!went && words.length === 0 && meetings.queue.get().length === 0) break
    }
    await Promise.all(asked)
    expect(meetings.queue.get()).toEqual([])
    expect(facts.get('meeting_queue')).toEqual([])
    const kinds = (type: string) =>
      new Set(sent.filter((one) => one.type === type).map(({ txn }) => txn)).size
    expect(kinds(meetingEventType)).toBe(1)
    expect(kinds(meetingRecordEventType)).toBe(6)
    expect(kinds(meetingUpdateEventType)).toBe(6)
    const [meeting] = meetings.all.get()
    expect(meeting?.agenda.map(({ title }) => title).sort()).toEqual([
      'cinco',
      'cuatro',
      'dos',
      'tres',
      'uno',
    ])
    // No name of this device's own has left it.
    expect(JSON.stringify(sent.map((one) => one.content))).not.toContain('$local.')
    release()
  },
)
