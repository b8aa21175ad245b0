import { afterEach, describe, expect, test, vi } from 'vitest'
import { RequestError } from '../../lib/failure.ts'
import { createMeasures, measureQuery } from './measures.ts'

const NOW = 1_800_000_000_000
const spread = { count: 1, median: 1_000, p90: 2_000 }
const measure = (key: string) => ({
  key,
  cases: 1,
  acknowledged: spread,
  issued: spread,
  delivered: spread,
  overdueNow: 0,
  rejected: 0,
  escalations: 0,
  escalationAcknowledged: spread,
})

/** A node whose answers come when the test says so. */
function node() {
  const asked: { path: string; answer(value: unknown): void; refuse(error: Error): void }[] = []
  const session = {
    baseUrl: 'https://hn.example',
    request: (_method: string, path: string) =>
      new Promise<unknown>((answer, refuse) => asked.push({ path, answer, refuse })),
    tokens: { ensureFresh: async () => {}, current: () => 'ficha', recover: async () => false, replace() {} },
  }
  return { session, asked }
}

afterEach(() => vi.unstubAllGlobals())

describe('the measures', () => {
  test('are asked for by what was chosen; a period begins so many days ago', () => {
    expect(measureQuery({ group: 'kind', days: 90 }, NOW)).toEqual({
      group: 'kind',
      from: NOW - 90 * 86_400_000,
    })
    expect(measureQuery({ group: 'all', days: 0, family: 'child' }, NOW)).toEqual({
      group: 'all',
      family: 'child',
    })
  })

  test('are asked for first as whoever shows them wants', () => {
    const { session, asked } = node()
    createMeasures(session, () => NOW, { group: 'country', days: 41 })
    expect(asked.map((one) => one.path)).toEqual([
      expect.stringContaining(`group=country&from=${NOW - 41 * 86_400_000}`),
    ])
  })

  test('of an earlier choice do not stand under a later one, whichever answer comes last', async () => {
    const { session, asked } = node()
    const model = createMeasures(session, () => NOW)
    model.choose({ group: 'country' })
    expect(asked.map((one) => one.path)).toEqual([
      expect.stringContaining('group=kind'),
      expect.stringContaining('group=country'),
    ])
    asked[1]!.answer({ measures: [measure('HN')] })
    await vi.waitFor(() => expect(model.state.get().measures?.[0]?.key).toBe('HN'))
    asked[0]!.answer({ measures: [measure('birth_certificate')] })
    await Promise.resolve()
    expect(model.state.get().measures?.map((one) => one.key)).toEqual(['HN'])
  })

  test('that could not be had say why, and are asked for again', async () => {
    const { session, asked } = node()
    const model = createMeasures(session, () => NOW)
    asked[0]!.refuse(new RequestError(403, {}))
    await vi.waitFor(() => expect(model.state.get().failure?.kind).toBe('refused'))
    void model.load()
    expect(model.state.get().failure).toBeUndefined()
    asked[1]!.answer({ measures: [] })
    await vi.waitFor(() => expect(model.state.get().measures).toEqual([]))
  })

  test('of a page that was left change nothing', async () => {
    const { session, asked } = node()
    const model = createMeasures(session, () => NOW)
    model.close()
    const before = model.state.get()
    asked[0]!.answer({ measures: [measure('x')] })
    await Promise.resolve()
    expect(model.state.get()).toBe(before)
  })

  test('go into a file named after the group; a refusal leaves what is shown', async () => {
    const { session, asked } = node()
    const model = createMeasures(session, () => NOW)
    asked[0]!.answer({ measures: [measure('x')] })
    await vi.waitFor(() => expect(model.state.get().measures).toHaveLength(1))
    const used: unknown[] = []
    let status = 200
    vi.stubGlobal('fetch', async (url: string, init: RequestInit) => {
      used.push(url, init.headers)
      return new Response('clave\n', { status })
    })
    const file = await model.csv()
    expect(file?.name).toBe('medidas-kind.csv')
    expect(await file?.content.text()).toBe('clave\n')
    expect(used).toEqual([
      expect.stringMatching(/^https:\/\/hn\.example\/.*measures\.csv\?group=kind/),
      { Authorization: 'Bearer ficha' },
    ])
    status = 500
    expect(await model.csv()).toBeUndefined()
    expect(model.state.get()).toMatchObject({ failure: { kind: 'server' }, measures: [{ key: 'x' }] })
  })
})
