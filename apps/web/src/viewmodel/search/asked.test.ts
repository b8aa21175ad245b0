import { expect, test } from 'vitest'
import { isNarrowed, sameSearch, spanOf } from './asked.ts'
import { keepSearches } from './remembered.ts'
import type { SearchAsked } from './types.ts'

const at = (year: number, month: number, day: number) => new Date(year, month - 1, day).getTime()
const NOW = new Date(2026, 10, 28, 13, 30).getTime()

test('spans begin with a day and end with one', () => {
  expect(spanOf({ span: 'today' }, NOW)).toEqual({ since: at(2026, 11, 28) })
  expect(spanOf({ span: 'week' }, NOW)).toEqual({ since: at(2026, 11, 22) })
  expect(spanOf({ span: 'month' }, NOW)).toEqual({ since: at(2026, 10, 30) })
  expect(spanOf({ span: 'year' }, NOW)).toEqual({ since: at(2026, 1, 1) })
  expect(spanOf({ from: '2026-11-01', to: '2026-11-30' }, NOW)).toEqual({
    since: at(2026, 11, 1),
    until: at(2026, 12, 1),
  })
  expect(spanOf({ to: '2026-02-28' }, NOW)).toEqual({ until: at(2026, 3, 1) })
  expect(spanOf({ from: 'nunca' }, NOW)).toEqual({})
  expect(spanOf({}, NOW)).toEqual({})
})

test('searches are the same whatever is said of what narrows nothing', () => {
  expect(isNarrowed({ sender: undefined, documents: false })).toBe(false)
  expect(isNarrowed({ documents: true })).toBe(true)
  expect(sameSearch({ text: ' a ', filters: {} }, { text: 'a', filters: { documents: false } })).toBe(true)
  expect(sameSearch({ text: 'a', filters: { span: 'week' } }, { text: 'a', filters: {} })).toBe(false)
})

test('what was looked for is kept, the newest first, without what was typed on the way', async () => {
  const facts = new Map<string, unknown>()
  const database = {
    get: async (_: string, key: string) => facts.get(key),
    put: async (_: string, key: string, value: unknown) => void facts.set(key, value),
  }
  let now: { recent: readonly string[]; saved: readonly SearchAsked[] } = { recent: [], saved: [] }
  const searches = keepSearches(database, (kept) => {
    now = kept
  })
  for (const text of ['Her', 'hernández', '  ', 'Omoa', 'hernández']) searches.use(text)
  expect(now.recent).toEqual(['hernández', 'Omoa'])
  for (let each = 0; each < 30; each++) searches.toggle({ text: `x${each}`, filters: {} })
  searches.toggle({ text: 'x29', filters: {} })
  expect(now.saved).toHaveLength(19)
  const later = keepSearches(database, (kept) => {
    now = kept
  })
  await later.read()
  expect(now.recent).toEqual(['hernández', 'Omoa'])
  expect(now.saved[0]).toEqual({ text: 'x28', filters: {} })
  facts.set('searches', { recent: 7, saved: [{ text: 1 }] })
  await later.read()
  expect(now).toEqual({ recent: [], saved: [] })
})
