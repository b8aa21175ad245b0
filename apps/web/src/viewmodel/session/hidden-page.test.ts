import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Escalation } from '@enlace/coordination'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createStore } from '../../lib/store.ts'
import { createVolatileDatabase } from '../../lib/volatile-database.ts'
import { everyWhileSeen, onceSeen } from '../../lib/while-seen.ts'
import { holdMeetings } from '../../model/meetings/meetings.ts'
import { followStanding } from '../../model/session/standing.ts'
import type { Session } from '../../model/session/types.ts'
import { createAlertSettings } from '../calls/alert-settings.ts'
import { createAlerts } from '../calls/alerts.ts'
import { createDelivery } from '../delivery/delivery.ts'
import { createEntry } from '../directory/entry.ts'
import { createStatus } from '../status/status.ts'

const HOUR_MS = 3_600_000
const page = Object.assign(new EventTarget(), { visibilityState: 'visible', hasFocus: () => true })
function look(seen: boolean): void {
  page.visibilityState = seen ? 'visible' : 'hidden'
  page.dispatchEvent(new Event('visibilitychange'))
}
beforeEach(() => {
  vi.useFakeTimers({ now: new Date('2026-03-02T10:00:00-06:00') })
  page.visibilityState = 'visible'
  vi.stubGlobal('document', page)
})
afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

test('works while it is looked at, never while it is hidden, and at once when a time passed meanwhile', () => {
  const work = vi.fn()
  const stop = everyWhileSeen(1_000, work)
  vi.advanceTimersByTime(3_500)
  expect(work).toHaveBeenCalledTimes(3)
  look(false)
  expect(vi.getTimerCount()).toBe(0)
  vi.advanceTimersByTime(HOUR_MS)
  expect(work).toHaveBeenCalledTimes(3)
  look(true)
  vi.advanceTimersByTime(0)
  expect(work).toHaveBeenCalledTimes(4)
  // Hidden and shown again and again it comes neither sooner nor later.
  for (let ms = 0; ms < 900; ms += 100) {
    vi.advanceTimersByTime(100)
    look(false)
    look(true)
  }
  expect(work).toHaveBeenCalledTimes(4)
  vi.advanceTimersByTime(100)
  expect(work).toHaveBeenCalledTimes(5)
  stop()
  look(false)
  look(true)
  expect(vi.getTimerCount()).toBe(0)
})

test('what is to come once comes once, when somebody looks', () => {
  const work = vi.fn()
  onceSeen(1_000, work)
  const calledOff = vi.fn()
  onceSeen(500, calledOff)()
  look(false)
  vi.advanceTimersByTime(HOUR_MS)
  expect(work).not.toHaveBeenCalled()
  look(true)
  vi.advanceTimersByTime(HOUR_MS)
  expect(work).toHaveBeenCalledTimes(1)
  expect(calledOff).not.toHaveBeenCalled()
  expect(vi.getTimerCount()).toBe(0)
})

test('a whole session that nobody looks at is woken by no clock in an hour', async () => {
  const asked: string[] = []
  const all = createStore<ReadonlyMap<string, Escalation>>(new Map())
  const session = {
    userId: '@ana:hn',
    deviceId: 'A',
    me: createStore({ role: 'staff', institution: { key: 'hn-senaf', kind: 'shelter', country: 'HN' } }),
    people: { version: createStore(0), roleOf: () => 'staff' },
    connection: createStore('online'),
    database: createVolatileDatabase(),
    erasures: { version: createStore(0) },
    escalations: { all },
    cases: { actor: () => undefined, send: {} },
    directory: { state: createStore({ phase: 'absent' }), refresh: async () => undefined },
    request: async (method: string, path: string) => {
      asked.push(`${method} ${path}`)
      return {}
    },
    client: {
      getRooms: () => [],
      getRoom: () => null,
      getAccountData: () => undefined,
      on: () => undefined,
      off: () => undefined,
    },
  } as unknown as Session
  const alerts = createAlerts(session, () => void asked.push('ring'))
  const delivery = createDelivery({
    fetch: async () => {
      asked.push('delivery')
      return { events: {}, names: {} }
    },
    fetchLedger: async () => ({ rows: [], names: {} }) as never,
    onNews: () => () => undefined,
  })
  const closes = [
    followStanding({
      me: session.me as never,
      api: { me: async () => void asked.push('standing') as never },
      database: session.database,
      connection: session.connection,
    }).close,
    createStatus(session).close,
    createEntry(session, 'hn-senaf').close,
    createAlertSettings(session).close,
    delivery.watch('!r', '$e'),
    alerts.close,
    holdMeetings(session).release,
  ]
  await vi.advanceTimersByTimeAsync(120_000)
  expect(asked.length).toBeGreaterThan(10)
  look(false)
  await vi.advanceTimersByTimeAsync(1_000)
  asked.length = 0
  expect(vi.getTimerCount()).toBe(0)
  await vi.advanceTimersByTimeAsync(HOUR_MS)
  expect(asked).toEqual([])
  // Looked at again, each asks once, at once.
  look(true)
  await vi.advanceTimersByTimeAsync(0)
  expect(asked.length).toBeGreaterThan(2)
  for (const close of closes) close()
  expect(vi.getTimerCount()).toBe(0)
})

test('nothing else works by the clock', () => {
  const source = join(import.meta.dirname, '..', '..')
  const found = readdirSync(source, { recursive: true, encoding: 'utf8' })
    .filter((file) => /\.tsx?$/.test(file) && !/test(ing)?\.tsx?$/.test(file))
    .filter((file) => readFileSync(join(source, file), 'utf8').includes('setInterval('))
  expect(found.map((file) => file.replaceAll('\\', '/')).sort()).toEqual([
    // The frames of a clip, while it is looked at.
    'model/media/compress-video.ts',
    // The levels of a voice note that is being recorded, also in a pocket.
    'model/media/recorder.ts',
    // Rings while a call is open.
    'viewmodel/calls/alerts.ts',
  ])
})
