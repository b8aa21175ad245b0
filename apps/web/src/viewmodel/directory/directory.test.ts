import { anything, type FindQuery } from '@enlace/directory/finder'
import { expect, test, vi } from 'vitest'
import { createStore } from '../../lib/store.ts'
import type { DeviceDirectory, DirectoryState } from '../../model/directory/types.ts'
import { asksNothing, createDirectoryPage } from './directory.ts'

const NOW = 1_800_000_000_000

/** A directory whose answers come when the test says so. */
function slowDirectory() {
  const state = createStore<DirectoryState>({ phase: 'ready', refreshing: false, version: 1 })
  const asked: { query: FindQuery; answer(found: number[]): void }[] = []
  const rowsAsked: number[][] = []
  const directory = {
    state,
    refresh: async () => {},
    find: (query: FindQuery) =>
      new Promise((resolve) =>
        asked.push({
          query,
          answer: (found) =>
            resolve({
              understood: { services: [], places: [], institutions: [], corrected: {}, ignored: [] },
              found: Uint32Array.from(found),
              where: new Uint8Array(found.length),
              positions: new Float32Array(found.length * 2),
            }),
        }),
      ),
    rows: async (numbers: number[]) => {
      rowsAsked.push(numbers)
      return numbers.map((number) => ({ id: `fila ${number}` }))
    },
    entry: async () => undefined,
    facets: async () => ({ categories: { food: 1 }, languages: ['es'] }),
    close() {},
  } as unknown as DeviceDirectory
  return { directory, state, asked, rowsAsked }
}

test('only the answer to the last question is shown', async () => {
  const { directory, asked } = slowDirectory()
  const page = createDirectoryPage(directory, undefined, () => NOW)
  page.ask({ text: 'com' })
  page.ask({ text: 'comida' })
  expect(asked.map(({ query }) => query.text)).toEqual(['', 'com', 'comida'])
  asked[2]!.answer([7])
  await vi.waitFor(() => expect(page.state.get().answer?.found).toEqual(Uint32Array.of(7)))
  asked[1]!.answer([1, 2, 3])
  await Promise.resolve()
  expect(page.state.get().answer?.found).toEqual(Uint32Array.of(7))
})

test('rows are asked for together, and once', async () => {
  const { directory, asked, rowsAsked } = slowDirectory()
  const page = createDirectoryPage(directory, undefined, () => NOW)
  asked[0]!.answer([4, 5])
  await vi.waitFor(() => expect(page.state.get().answer).toBeDefined())
  for (const number of [4, 5, 4]) expect(page.row(number)).toBeUndefined()
  await vi.waitFor(() => expect(page.row(4)).toEqual({ id: 'fila 4' }))
  expect(page.row(5)).toEqual({ id: 'fila 5' })
  expect(rowsAsked).toEqual([[4, 5]])
})

test('what is selected stays so as long as it is among what is found', async () => {
  const { directory, asked } = slowDirectory()
  const page = createDirectoryPage(directory, undefined, () => NOW)
  page.select(5)
  asked[0]!.answer([4, 5])
  await vi.waitFor(() => expect(page.state.get().answer).toBeDefined())
  expect(page.state.get().selected).toBe(5)
  page.ask({ openNow: true })
  asked[1]!.answer([4])
  await vi.waitFor(() => expect(page.state.get().selected).toBeUndefined())
})

test('a new copy is asked the same question again', async () => {
  const { directory, asked, state } = slowDirectory()
  const page = createDirectoryPage(directory, undefined, () => NOW)
  page.ask({ services: ['food'] })
  state.update((before) => ({ ...before, version: 2 }))
  expect(asked.at(-1)?.query.services).toEqual(['food'])
  expect(asked).toHaveLength(3)
})

test('near me asks the browser, and says when the person or the device says no', () => {
  const { directory, asked } = slowDirectory()
  let answer: ((position: unknown) => void) | undefined
  let refuse: ((error: { code: number }) => void) | undefined
  const geolocation = {
    getCurrentPosition: (found: (position: unknown) => void, failed: (error: { code: number }) => void) => {
      answer = found
      refuse = failed
    },
  } as unknown as Geolocation
  const page = createDirectoryPage(directory, geolocation, () => NOW)
  page.nearMe()
  expect(page.state.get().locating).toBe('asking')
  refuse!({ code: 1 })
  expect(page.state.get().locating).toBe('denied')
  page.nearMe()
  answer!({ coords: { latitude: 15.7, longitude: -88.6, accuracy: 30 } })
  expect(page.state.get()).toMatchObject({ near: { kind: 'me' }, query: { near: { latitude: 15.7 } } })
  expect(page.state.get().locating).toBeUndefined()
  page.nearPlace('puerto-barrios')
  expect(asked.at(-1)?.query.near).toEqual({ latitude: 15.728, longitude: -88.594 })
  page.clear()
  expect(page.state.get().query).toEqual(anything)
  expect(asksNothing(page.state.get().query)).toBe(true)
})
