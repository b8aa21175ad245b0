import { describe, expect, test, vi } from 'vitest'
import { RequestError } from '../../lib/failure.ts'
import type { DutyPage } from '../../model/duty/duty-api.ts'
import { createDuty, daysOf, keyFor, mondayOf, wrongPlan } from './duty.ts'

const ME = '@oficial:hn'
const COLLEAGUE = '@guardia:hn'
const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
/** A Wednesday, ten o'clock at the border. */
const NOW = Date.parse('2026-11-25T10:00:30-06:00')
const MONDAY = Date.parse('2026-11-23T00:00-06:00')
const position = { key: 'registro', name: { es: 'Registro civil', en: 'Civil registry' } }
const turn = {
  position: 'registro',
  user_id: COLLEAGUE,
  weekdays: [1, 3],
  from: '20:00',
  to: '06:00',
  holidays: 'as_usual',
}
const span = { position: 'registro', from_ts: MONDAY + 20 * HOUR_MS, to_ts: MONDAY + 30 * HOUR_MS }
const kept = {
  institution: 'hn-senaf',
  country: 'HN',
  now_ts: NOW,
  revision: 3,
  keeps: true,
  book: { positions: [position], turns: [turn], overrides: [], calendar: {} },
  swaps: [],
  people: [{ user_id: ME, name: 'Oficial', reachable: false }],
  spans: [{ ...span, people: [COLLEAGUE] }],
  gaps: [{ position: 'registro', from_ts: MONDAY + 30 * HOUR_MS, to_ts: MONDAY + 32 * HOUR_MS }],
  now: [],
  calendar: [{ date: '2026-11-24', name: { es: 'Feria', en: 'Feria' }, own: true }],
  hand_overs: [],
  publication: { state: 'unsigned', signer: 'none' },
}

/** A node that keeps a book, and what it was asked. */
function world() {
  const asked: { method: string; path: string; body?: unknown }[] = []
  const node = {
    page: kept as object,
    fail: undefined as Error | undefined,
    failWrites: undefined as Error | undefined,
  }
  const model = createDuty(
    {
      userId: ME,
      async request(method, path, body) {
        asked.push({ method, path, body })
        if (node.fail) throw node.fail
        if (method !== 'GET' && node.failWrites) throw node.failWrites
        return path.includes('/feeds') ? { feeds: [] } : method === 'GET' ? node.page : {}
      },
    },
    () => NOW,
  )
  const state = () => model.state.get()
  const loaded = async (): Promise<DutyPage> => {
    await vi.waitFor(() => expect(state().page).toBeTypeOf('object'))
    return state().page as DutyPage
  }
  const written = () => asked.filter((one) => one.method === 'PUT')
  return { model, state, loaded, asked, node, written }
}

describe('the week', () => {
  test('is asked from its Monday, and others with the arrows', async () => {
    const { model, loaded, asked, state } = world()
    await loaded()
    expect(asked[0]?.path).toContain(`from=${MONDAY}&to=${MONDAY + 7 * DAY_MS}`)
    model.week(1)
    expect(state().from).toBe(MONDAY + 7 * DAY_MS)
    await vi.waitFor(() => expect(asked.at(-1)?.path).toContain('feeds'))
    model.thisWeek()
    expect(state().from).toBe(MONDAY)
  })

  test.each(['2026-11-23T00:00', '2026-11-25T10:00', '2026-11-29T23:59'])(
    'of %s begins on Monday',
    (local) => {
      expect(mondayOf(Date.parse(`${local}-06:00`))).toBe(MONDAY)
    },
  )

  test('shows a night on both its days, gaps in words, and days off', async () => {
    const { loaded } = world()
    const days = daysOf(await loaded(), MONDAY, NOW)
    expect(days.map((day) => day.stretches.length)).toEqual([1, 2, 0, 0, 0, 0, 0])
    expect(days[0]?.stretches[0]).toMatchObject({ to_ts: MONDAY + DAY_MS, people: [COLLEAGUE] })
    expect(days[1]?.stretches.map((one) => one.gap)).toEqual([false, true])
    expect(days[1]?.off).toEqual([{ es: 'Feria', en: 'Feria' }])
    expect(days.findIndex((day) => day.today)).toBe(2)
  })
})

describe('editing', () => {
  test('is sent whole, days in order, on the revision it was made on', async () => {
    const { model, loaded, written, state } = world()
    await loaded()
    for (const day of [7, 2, 2]) model.setWeekday(0, day, true)
    model.setWeekday(0, 3, false)
    model.addOverride()
    model.changeOverride(0, { user_id: null })
    await model.save()
    expect(written()).toHaveLength(1)
    const from_ts = NOW - (NOW % 60_000)
    expect(written()[0]?.body).toMatchObject({
      revision: 3,
      plan: {
        turns: [{ user_id: COLLEAGUE, weekdays: [1, 2, 7] }],
        overrides: [{ position: 'registro', from_ts, to_ts: from_ts + DAY_MS }],
      },
    })
    expect(JSON.stringify(written()[0]?.body)).not.toContain('null')
    expect(state()).toMatchObject({ saved: true, dirty: false })
  })

  test('whoever begins with a turn gets a position that answers for everything', async () => {
    const { model, node, state } = world()
    node.page = { ...kept, book: { ...kept.book, positions: [], turns: [] } }
    await model.load()
    model.addTurn()
    expect(state().plan.positions.map(({ key }) => key)).toEqual(['guardia'])
    expect(state().plan.turns[0]).toMatchObject({ position: 'guardia', user_id: ME })
    expect(state().wrong).toBe(false)
  })

  test('what the node would refuse is not sent', async () => {
    const { model, loaded, state, written } = world()
    await loaded()
    model.addPosition()
    expect(state().wrong).toBe(true)
    await model.save()
    expect(written()).toEqual([])
    model.changePosition(1, { name: { es: 'Noche', en: 'Night' } })
    expect(state().wrong).toBe(false)
    for (const day of [1, 3]) model.setWeekday(0, day, false)
    expect(wrongPlan(state().plan)).toBe(true)
    model.discard()
    expect(state()).toMatchObject({ dirty: false, wrong: false })
  })

  test('a position takes its turns with it', async () => {
    const { model, loaded, state } = world()
    await loaded()
    model.removePosition(0)
    expect(state().plan).toEqual({ positions: [], turns: [], overrides: [] })
  })

  test('that somebody else overtook keeps what was typed, and goes on from what is there now', async () => {
    const { model, loaded, node, state, written } = world()
    await loaded()
    model.addTurn()
    node.failWrites = new RequestError(409, {})
    node.page = { ...kept, revision: 9 }
    await model.save()
    expect(state()).toMatchObject({ dirty: true, saved: false, saveFailure: { kind: 'refused' } })
    expect(state().plan.turns).toHaveLength(2)
    node.failWrites = undefined
    await model.save()
    expect(written().at(-1)?.body).toMatchObject({ revision: 9 })
    expect(state().saveFailure).toBeUndefined()
  })
})

test('keys of positions are made of their names, each its own', () => {
  expect(keyFor('Registro civil, de turno', new Set())).toBe('registro-civil-de-turno')
  expect(keyFor('Niñez', new Set(['ninez']))).toBe('ninez-2')
  expect(keyFor('¿?', new Set())).toBe('puesto')
})

test('it is none on a server that keeps no duty; a failure is another thing', async () => {
  const { model, state, loaded, node } = world()
  await loaded()
  node.fail = new TypeError('fetch failed')
  await model.load()
  expect(state().loadFailure?.kind).toBe('offline')
  node.fail = new RequestError(404, {})
  await model.load()
  expect(state()).toMatchObject({ page: 'none' })
  expect(state().loadFailure).toBeUndefined()
})
