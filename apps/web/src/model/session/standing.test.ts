import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createStore } from '../../lib/store.ts'
import { createVolatileDatabase } from '../../lib/volatile-database.ts'
import type { Me } from './records.ts'
import { followStanding } from './standing.ts'
import type { Connection } from './types.ts'

const staff = { user_id: '@ana:hn', role: 'staff' } as unknown as Me
const coordinator = { ...staff, role: 'coordinator' } as unknown as Me

const page = Object.assign(new EventTarget(), { visibilityState: 'visible' })

beforeEach(() => {
  vi.useFakeTimers()
  page.visibilityState = 'visible'
  vi.stubGlobal('document', page)
})
afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

function standing(said: () => Promise<Me | undefined>, database = createVolatileDatabase()) {
  const me = createStore<Me | undefined>(undefined)
  const connection = createStore<Connection>('online')
  const heard: (Me | undefined)[] = []
  me.subscribe(() => heard.push(me.get()))
  const following = followStanding({ me, api: { me: said }, database, connection })
  return { me, connection, heard, following, database }
}

test('who becomes coordinator sees it while the page is open; what did not change is not told again', async () => {
  let now = staff
  const { heard, following, database } = standing(async () => ({ ...now }))
  await following.load()
  await vi.advanceTimersByTimeAsync(180_000)
  expect(heard).toEqual([staff])
  now = coordinator
  await vi.advanceTimersByTimeAsync(60_000)
  expect(heard).toEqual([staff, coordinator])
  expect(await database.get('facts', 'me')).toEqual(coordinator)
  following.close()
  now = staff
  await vi.advanceTimersByTimeAsync(180_000)
  expect(heard).toHaveLength(2)
})

test('nothing is asked while nobody looks or there is no network, and what was heard last stands', async () => {
  const database = createVolatileDatabase()
  await database.put('facts', 'me', staff)
  const asked = vi.fn(async () => undefined)
  const { me, connection, following } = standing(asked, database)
  await following.load()
  expect([me.get(), asked.mock.calls.length]).toEqual([staff, 1])
  connection.set('offline')
  await vi.advanceTimersByTimeAsync(120_000)
  connection.set('online')
  page.visibilityState = 'hidden'
  page.dispatchEvent(new Event('visibilitychange'))
  await vi.advanceTimersByTimeAsync(120_000)
  expect(asked).toHaveBeenCalledTimes(1)
  following.close()
})

test('a device without room for it knows it all the same', async () => {
  const database = {
    ...createVolatileDatabase(),
    put: () => Promise.reject(new DOMException('full', 'QuotaExceededError')),
  }
  const { me, following } = standing(async () => coordinator, database)
  await following.load()
  expect(me.get()).toEqual(coordinator)
  following.close()
})
