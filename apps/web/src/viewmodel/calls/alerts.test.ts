import type { Escalation } from '@enlace/coordination'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { createStore } from '../../lib/store.ts'
import type { Session } from '../../model/session/types.ts'
import { createAlerts } from './alerts.ts'

const ME = '@oficial:hn'
const MINUTE_MS = 60_000
const call = (more: Partial<Escalation> = {}): Escalation =>
  ({
    id: '$e',
    roomId: '!r',
    raisedBy: '@juzgado:gt',
    raisedAt: 1,
    cause: 'person',
    aboutEventId: '$m',
    chain: [{ level: 'national_liaison', roles: ['official'], within_ms: 3_600_000 }],
    state: 'open',
    step: 0,
    history: [],
    refused: [],
    ...more,
  }) as unknown as Escalation

function person(role: 'official' | 'staff' = 'official') {
  const all = createStore<ReadonlyMap<string, Escalation>>(new Map())
  const told: string[] = []
  const listeners = new Map<string, (event: unknown) => void>()
  const data = createStore<unknown>(undefined)
  const session = {
    userId: ME,
    me: createStore({ role, institution: { key: 'hn-senaf', kind: 'child_protection', country: 'HN' } }),
    people: { version: createStore(0), roleOf: () => role },
    escalations: { all },
    request: async (_method: string, path: string) => {
      told.push(path)
    },
    client: {
      getRoom: () => ({ getMyMembership: () => 'join' }),
      getAccountData: () => ({ getContent: () => data.get() }),
      on: (name: string, listener: (event: unknown) => void) => listeners.set(name, listener),
      off: () => undefined,
    },
  } as unknown as Session
  const put = (...calls: Escalation[]) => all.set(new Map(calls.map((one) => [one.id, one])))
  const alerted = (content: unknown) => {
    data.set(content)
    for (const listener of listeners.values()) listener({ getType: () => 'org.enlace.alerts' })
  }
  return { session, put, told, alerted }
}

let visible = true
const page = new EventTarget()
beforeEach(() => {
  vi.useFakeTimers()
  visible = true
  vi.stubGlobal('document', {
    get visibilityState() {
      return visible ? 'visible' : 'hidden'
    },
    addEventListener: page.addEventListener.bind(page),
    removeEventListener: page.removeEventListener.bind(page),
  })
})
afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

describe('an urgent call', () => {
  test('rings again every minute until somebody has it, and no more afterwards', () => {
    const { session, put } = person()
    const ring = vi.fn()
    const alerts = createAlerts(session, ring)
    put(call())
    expect(alerts.open.get().map((one) => one.id)).toEqual(['$e'])
    expect(ring).toHaveBeenCalledTimes(1)
    vi.advanceTimersByTime(5 * MINUTE_MS)
    expect(ring).toHaveBeenCalledTimes(6)
    put(call({ state: 'acknowledged', acknowledgedBy: '@otra:gt' }))
    vi.advanceTimersByTime(10 * MINUTE_MS)
    expect(alerts.open.get()).toEqual([])
    expect(ring).toHaveBeenCalledTimes(6)
    // Given back, it insists again, at once.
    put(call())
    expect(ring).toHaveBeenCalledTimes(7)
    vi.advanceTimersByTime(2 * MINUTE_MS)
    expect(ring).toHaveBeenCalledTimes(9)
    alerts.close()
    vi.advanceTimersByTime(10 * MINUTE_MS)
    expect(ring).toHaveBeenCalledTimes(9)
  })

  test('snoozed is silent, and comes back by itself when the time is over', () => {
    const { session, put } = person()
    const ring = vi.fn()
    const alerts = createAlerts(session, ring)
    put(call({ snoozedUntil: Date.now() + 15 * MINUTE_MS }))
    vi.advanceTimersByTime(14 * MINUTE_MS)
    expect([alerts.open.get().length, ring.mock.calls.length]).toEqual([0, 0])
    vi.advanceTimersByTime(2 * MINUTE_MS)
    expect(alerts.open.get()).toHaveLength(1)
    expect(ring).toHaveBeenCalled()
    alerts.close()
  })

  test('does not ring for who raised it, nor for who is not called; handed over it rings for one', () => {
    const { session, put } = person('staff')
    const ring = vi.fn()
    const alerts = createAlerts(session, ring)
    put(call(), call({ id: '$own', raisedBy: ME }))
    expect(ring).not.toHaveBeenCalled()
    put(call({ state: 'acknowledged', acknowledgedBy: '@otra:gt', handedTo: ME }))
    expect(alerts.open.get()).toHaveLength(1)
    expect(ring).toHaveBeenCalledTimes(1)
    alerts.close()
  })

  test('counts as seen when it stands on a page that is looked at, once', () => {
    const { session, told, alerted } = person()
    visible = false
    const alerts = createAlerts(session, () => undefined)
    alerted({ alerts: [{ id: 'a1' }, { id: 'a2', seen_ts: 5 }] })
    expect(told).toEqual([])
    visible = true
    page.dispatchEvent(new Event('visibilitychange'))
    alerted({ alerts: [{ id: 'a1' }] })
    expect(told).toEqual(['/_enlace/client/v1/alerts/a1/seen'])
    alerts.close()
  })
})
