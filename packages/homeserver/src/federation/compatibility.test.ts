/** What a node makes of a partner's software, in words too, and when it asks again. */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { Context } from '../context.ts'
import { createLogger } from '../log.ts'
import { compatibilityWords, judged, startCompatibility } from './compatibility.ts'
import { FederationError } from './errors.ts'
import type { Compatibility, PartnerSoftware } from './types.ts'

const MINUTE = 60_000
const said = (protocol: number, oldest_protocol: number) => ({
  version: '1.0.0',
  protocol,
  oldest_protocol,
  features: [],
})

test.each<[PartnerSoftware['state'], theirs: [number, number], own: [number, number]]>([
  ['same', [3, 2], [3, 2]],
  ['same', [3, 3], [3, 1]],
  ['older', [2, 1], [3, 2]],
  ['newer', [4, 3], [3, 2]],
  ['too_old', [1, 1], [3, 2]],
  ['too_new', [5, 4], [3, 2]],
])('judged %s: speaks %j, and here %j', (state, theirs, own) => {
  expect(judged(said(...theirs), ...own)).toBe(state)
})

test.each<[PartnerSoftware['state'], es: RegExp | undefined, en?: RegExp]>([
  ['same', undefined],
  ['older', undefined],
  ['newer', undefined],
  ['no_answer', undefined],
  ['too_old', /quien lo administra que actualice/, /Ask its operator to upgrade/],
  ['too_new', /quien administra este servidor que actualice/, /Ask this server’s operator to upgrade/],
  ['other', /no es un servidor Enlace/, /is not an Enlace server/],
])('in words: %s', (state, es, en) => {
  const words = compatibilityWords({ server_name: 'gt.example', asked_ts: 0, state })
  if (!es || !en) return expect(words).toBeUndefined()
  for (const [text, expected] of [
    [words?.es, es],
    [words?.en, en],
  ] as const) {
    expect(text).toMatch(expected)
    expect(text).toMatch(/^gt\.example /)
  }
})

describe('asking', () => {
  const UNRECOGNIZED = { errcode: 'M_UNRECOGNIZED', error: 'Unrecognized request' }
  const NO = {
    'old enlace': { status: 404, body: UNRECOGNIZED },
    synapse: { status: 404, body: UNRECOGNIZED },
    older: { status: 400, body: UNRECOGNIZED },
    page: { status: 404, body: undefined },
    refusing: { status: 403, body: { errcode: 'M_FORBIDDEN', error: 'not on the list' } },
    'not believing': { status: 401, body: { errcode: 'M_UNAUTHORIZED', error: 'no such key' } },
  }
  const OURS = new Set<Answer>(['old enlace', 'refusing', 'not believing'])
  type Answer = 'enlace' | 'away' | 'failing' | keyof typeof NO
  let answers: Record<string, Answer>
  let asked: string[]
  let compatibility: Compatibility

  beforeEach(() => {
    vi.useFakeTimers()
    answers = { 'gt.example': 'away' }
    asked = []
    compatibility = startCompatibility({
      clock: { now: () => Date.now(), monotonic: () => performance.now() },
      serverName: 'hn.example',
      log: createLogger('silent', 'hn.example'),
      federationList: { members: () => ({ active: ['hn.example', ...Object.keys(answers)] }) },
      federationClient: {
        async requestJson(destination: string, { path }: { path: string }) {
          const answer = answers[destination]
          const isFeatures = path.endsWith('/features')
          if (isFeatures) asked.push(destination)
          if (answer === 'away') throw new FederationError(destination, 'refused')
          if (answer === 'failing') throw new FederationError(destination, '', { status: 503, body: {} })
          if (answer === 'enlace') return said(1, 1)
          if (isFeatures) throw new FederationError(destination, '', NO[answer!])
          return { server: { name: OURS.has(answer!) ? 'Enlace' : 'Synapse', version: '0.1' } }
        },
      },
    } as unknown as Context)
  })
  afterEach(() => {
    compatibility.close()
    vi.useRealTimers()
  })
  const states = () =>
    Object.fromEntries(compatibility.partners().map(({ server_name, state }) => [server_name, state]))

  test('each is known by what it answers; this server does not ask itself', async () => {
    answers = {
      'a.example': 'enlace',
      'b.example': 'old enlace',
      'c.example': 'synapse',
      'd.example': 'away',
      'e.example': 'failing',
      'f.example': 'older',
      'g.example': 'page',
      'h.example': 'refusing',
      'i.example': 'not believing',
    }
    await compatibility.run()
    expect(states()).toEqual({
      'a.example': 'same',
      'b.example': 'too_old',
      'c.example': 'other',
      'd.example': 'no_answer',
      'e.example': 'no_answer',
      'f.example': 'other',
      'g.example': 'other',
      // Of ours, by what it runs: that it refuses does not make it old.
      'h.example': 'no_answer',
      'i.example': 'no_answer',
    })
    delete answers['c.example']
    await compatibility.run()
    expect(states()).not.toHaveProperty('c.example')
  })

  test('a partner that was not up yet is known a minute or two after it is', async () => {
    await vi.advanceTimersByTimeAsync(MINUTE / 2)
    expect([states(), asked.length]).toEqual([{ 'gt.example': 'no_answer' }, 1])
    answers['gt.example'] = 'enlace'
    await vi.advanceTimersByTimeAsync(MINUTE)
    expect([states(), asked.length]).toEqual([{ 'gt.example': 'same' }, 2])
    // And then no more than any other.
    await vi.advanceTimersByTimeAsync(29 * MINUTE)
    expect(asked).toHaveLength(2)
    await vi.advanceTimersByTimeAsync(2 * MINUTE)
    expect(asked).toHaveLength(3)
  })

  test('one that stays away is asked ever less, and one that goes away and comes back from the beginning', async () => {
    await vi.advanceTimersByTimeAsync(32 * MINUTE)
    // At 20 s, and then after 1, 2, 4, 8 and 16 minutes.
    expect(asked).toHaveLength(6)
    await vi.advanceTimersByTimeAsync(29 * MINUTE)
    expect(asked).toHaveLength(6)
    answers['gt.example'] = 'enlace'
    await vi.advanceTimersByTimeAsync(2 * MINUTE)
    expect(states()).toEqual({ 'gt.example': 'same' })
    answers['gt.example'] = 'away'
    const before = asked.length
    while (asked.length === before) await vi.advanceTimersByTimeAsync(MINUTE / 3)
    expect(compatibility.partners()).toMatchObject([{ state: 'no_answer', version: '1.0.0' }])
    await vi.advanceTimersByTimeAsync(MINUTE)
    expect(asked.length).toBe(before + 2)
  })
})
