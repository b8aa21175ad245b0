/** The duty book of an institution on its node: kept by some, read by all, told of, subscribed to. */
import { localDate } from '@enlace/coordination'
import ICAL from 'ical.js'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { directoryOf, startTestNode, type TestNode } from '../testing/node.ts'
import type { DutyPage, FeedView } from './types.ts'

const BASE = '/_enlace/client/v1/duty'
const HOUR = 3_600_000
const DAY = 24 * HOUR
/** A Monday, 09:00 at the border. */
const START = Date.parse('2026-11-23T09:00-06:00')
const KEY = 'hn-rnp-sps'
const registro = {
  key: 'registro',
  name: { es: 'Registro civil, de turno', en: 'Civil registry, on duty' },
  answers: { topics: ['documentation'] },
}
const general = { key: 'guardia', name: { es: 'Guardia', en: 'On duty' } }
const everyDay = [1, 2, 3, 4, 5, 6, 7]

type Person = { userId: string; token: string }
let node: TestNode
let chief: Person
let ana: Person
let beto: Person
let stranger: Person
let wall = START

beforeAll(async () => {
  node = await startTestNode(
    { institutions: [KEY], alerts: { web_push: { contact: 'mailto:soporte@hn.example' } } },
    {
      overrides: {
        clock: () => ({ now: () => wall, monotonic: () => wall }),
        directory: () => directoryOf({ [KEY]: { kind: 'civil_registry', country: 'HN' } }),
      },
    },
  )
  const place = async (name: string, role?: 'staff' | 'coordinator') => {
    const person = await node.register(name)
    if (role) await node.ctx.accounts.setPosition(person.userId, { institution: KEY, role })
    return person
  }
  chief = await place('jefa', 'coordinator')
  ana = await place('ana', 'staff')
  beto = await place('beto', 'staff')
  stranger = await place('extrano')
})
afterAll(() => node?.close())
beforeEach(async () => {
  wall = START
  for (const one of [chief, ana, beto]) await page(one)
})

const ask = (who: Person, method: string, path: string, body?: unknown) =>
  node.call(method, `${BASE}${path}`, { token: who.token, ...(body === undefined ? {} : { body }) })
async function page(who: Person, from = wall, to = wall + 7 * DAY): Promise<DutyPage> {
  const answer = await ask(who, 'GET', `/book?from=${from}&to=${to}`)
  expect(answer.status).toBe(200)
  return answer.body as unknown as DutyPage
}
async function plan(more: object): Promise<void> {
  const { revision } = await page(chief)
  const answer = await ask(chief, 'PUT', '/book', {
    revision,
    plan: { positions: [registro, general], ...more },
  })
  expect(answer.body).toEqual({})
}
const turn = (who: Person, from = '08:00', to = '16:00', more: object = {}) => ({
  position: 'registro',
  user_id: who.userId,
  weekdays: everyDay,
  from,
  to,
  ...more,
})
const onDuty = async (topic: string) => [
  ...((await node.ctx.duty.onDuty(KEY, wall, { topic })) ?? ['everybody']),
]
const alertsOf = async (who: Person) => {
  const answer = await node.call('GET', '/_enlace/client/v1/alerts', { token: who.token })
  return (answer.body['alerts'] as { kind: string; settled_ts?: number }[]).filter(
    (one) => one.kind === 'duty' && one.settled_ts === undefined,
  ).length
}
const told = async (who: Person, count: number) =>
  expect.poll(() => alertsOf(who), { timeout: 5_000 }).toBe(count)

test('staff read it, coordinators change it, others see nothing of it', async () => {
  await plan({ turns: [turn(ana)] })
  const seen = await page(ana)
  expect(seen).toMatchObject({ institution: KEY, country: 'HN', keeps: false })
  expect(seen.now.find(({ key }) => key === 'registro')).toMatchObject({
    on_duty: [{ user_id: ana.userId }],
    until_ts: Date.parse('2026-11-23T16:00-06:00'),
    next: { from_ts: Date.parse('2026-11-24T08:00-06:00') },
  })
  const refused = await ask(ana, 'PUT', '/book', { revision: seen.revision, plan: { positions: [] } })
  expect(refused).toMatchObject({ status: 403, body: { 'org.enlace.rule': 'duty.role' } })
  expect((await ask(stranger, 'GET', '/book')).body['org.enlace.rule']).toBe('duty.institution')
  expect((await ask(stranger, 'GET', `/now?institution=${KEY}`)).status).toBe(403)
})

test('what two coordinators change at once is not lost in silence', async () => {
  const { revision } = await page(chief)
  await plan({ turns: [turn(ana)] })
  const late = await ask(chief, 'PUT', '/book', { revision, plan: { positions: [registro] } })
  expect(late).toMatchObject({ status: 409, body: { 'org.enlace.rule': 'duty.changed' } })
  expect((await page(chief)).book.positions).toHaveLength(2)
})

test('nobody is put on duty who is not of the institution', async () => {
  const { revision } = await page(chief)
  for (const user_id of [stranger.userId, '@otra:gt.example', '@nadie:hn.example']) {
    const body = { revision, plan: { positions: [registro], turns: [{ ...turn(ana), user_id }] } }
    const answer = await ask(chief, 'PUT', '/book', body)
    expect(answer.status).toBe(400)
    expect(String(answer.body['error'])).toContain(user_id)
  }
  const unknown = { revision, plan: { positions: [registro], turns: [{ ...turn(ana), position: 'otra' }] } }
  expect((await ask(chief, 'PUT', '/book', unknown)).status).toBe(400)
})

test('who is on duty for a topic; whoever leaves the institution is so no more, and leaves a gap', async () => {
  await plan({ turns: [turn(ana), turn(beto, '06:00', '20:00', { position: 'guardia' })] })
  expect(await onDuty('documentation')).toEqual([ana.userId])
  expect(await onDuty('minors')).toEqual([beto.userId])
  await node.ctx.accounts.setPosition(ana.userId, { institution: null })
  try {
    expect(await onDuty('documentation')).toEqual([beto.userId])
    const { gaps } = await page(chief)
    expect(gaps[0]).toEqual({
      position: 'registro',
      from_ts: START,
      to_ts: Date.parse('2026-11-23T16:00-06:00'),
    })
    await node.ctx.duty.look()
    expect(await alertsOf(chief)).toBeGreaterThan(0)
    // A week of it, the first day of which began an hour ago.
    const week = await node.ctx.duty.gaps(KEY, wall, wall + 7 * DAY)
    expect(week.map(({ from_ts, to_ts }) => (to_ts - from_ts) / HOUR)).toEqual([7, 8, 8, 8, 8, 8, 8, 1])
  } finally {
    await node.ctx.accounts.setPosition(ana.userId, { institution: KEY, role: 'staff' })
  }
})

test('who is on duty soon and has nothing but the page is told of, to them and to whoever keeps the book, once a day', async () => {
  await plan({ turns: [turn(ana, '20:00', '23:00')] })
  for (const one of [ana, beto, chief]) await page(one)
  const unreached = (await page(chief)).people.filter((one) => one.reachable === false)
  expect(unreached.map((one) => one.user_id)).toContain(ana.userId)
  await node.ctx.duty.look()
  await told(ana, 1)
  const before = await alertsOf(chief)
  expect(before).toBeGreaterThan(0)
  await told(beto, 0)
  await node.ctx.duty.look()
  expect([await alertsOf(ana), await alertsOf(chief)]).toEqual([1, before])
  // Tomorrow, if nothing was done about it, once more.
  wall = START + DAY
  await node.ctx.duty.look()
  await told(ana, 2)
})

test('a change is told to those it concerns, and is seen when the page is opened', async () => {
  await plan({})
  for (const one of [ana, beto]) await page(one)
  await plan({ turns: [turn(ana)] })
  await told(ana, 1)
  await page(ana)
  await told(ana, 0)
  await plan({ turns: [turn(beto)] })
  await told(ana, 1)
  await told(beto, 1)
  // Whoever made it knows.
  await told(chief, 0)
})

describe('swaps', () => {
  const today = { from_ts: Date.parse('2026-11-23T08:00-06:00'), to_ts: Date.parse('2026-11-23T16:00-06:00') }
  const propose = (body: object = {}) =>
    ask(ana, 'POST', '/swaps', { position: 'registro', taker: beto.userId, ...today, ...body })
  const answer = (who: Person, id: string, action: string) => ask(who, 'POST', `/swaps/${id}`, { action })

  test('one asks, the other accepts, both are told, and calls go to who swapped in; undone, they go back', async () => {
    await plan({ turns: [turn(ana)] })
    for (const one of [ana, beto]) await page(one)
    const id = String((await propose()).body['id'])
    await told(beto, 1)
    expect(await onDuty('documentation')).toEqual([ana.userId])
    expect((await answer(ana, id, 'accept')).body['org.enlace.rule']).toBe('duty.swap_not_yours')
    expect((await answer(beto, id, 'accept')).status).toBe(200)
    expect(await onDuty('documentation')).toEqual([beto.userId])
    await told(ana, 1)
    expect((await page(chief)).swaps).toMatchObject([{ id, state: 'accepted' }])
    // Whom it does not concern sees nothing of it.
    const other = await node.register('carla')
    await node.ctx.accounts.setPosition(other.userId, { institution: KEY, role: 'staff' })
    expect((await page(other)).swaps).toEqual([])
    expect((await answer(other, id, 'undo')).status).toBe(404)
    expect((await answer(chief, id, 'undo')).status).toBe(200)
    expect(await onDuty('documentation')).toEqual([ana.userId])
    expect((await answer(beto, id, 'accept')).body['org.enlace.rule']).toBe('duty.swap_not_open')
    await node.ctx.accounts.setPosition(other.userId, { institution: null })
  })

  test('nobody gives what is not theirs, or what is over', async () => {
    await plan({ turns: [turn(beto)] })
    expect((await propose()).status).toBe(400)
    await plan({ turns: [turn(ana)] })
    wall = today.to_ts + 1
    expect((await propose()).body['org.enlace.rule']).toBe('duty.swap_over')
  })
})

describe('calendars', () => {
  const events = (text: string) =>
    new ICAL.Component(ICAL.parse(text)).getAllSubcomponents('vevent').map((one) => {
      const event = new ICAL.Event(one)
      return {
        uid: event.uid,
        from: event.startDate.toJSDate().getTime(),
        to: event.endDate.toJSDate().getTime(),
        text: `${event.summary} ${event.description}`,
        status: String(one.getFirstPropertyValue('status')),
      }
    })
  const feed = async (who: Person, body: object) => {
    const answer = await ask(who, 'POST', '/feeds', body)
    expect(answer.status).toBe(200)
    return answer.body as unknown as FeedView & { path: string }
  }

  test('of a person have their own hours and nobody else; of a position nobody at all', async () => {
    await plan({
      positions: [{ ...registro, covers: 'always' }],
      turns: [turn(ana), turn(beto, '20:00', '06:00')],
    })
    const own = await feed(ana, { kind: 'person' })
    const answer = await node.call('GET', own.path)
    expect(answer.headers.get('content-type')).toContain('text/calendar')
    const text = answer.bytes.toString()
    const mine = events(text)
    expect(mine.some((one) => one.from === START - HOUR && one.to === START + 7 * HOUR)).toBe(true)
    expect(new Set(mine.map(({ uid }) => uid)).size).toBe(mine.length)
    expect(text).not.toContain('beto')

    const shared = await feed(chief, { kind: 'position', position: 'registro' })
    const all = (await node.call('GET', shared.path)).bytes.toString()
    for (const name of ['ana', 'beto', 'jefa', '@']) expect(all).not.toContain(name)
    const gaps = events(all).filter((one) => one.text.includes('SIN NADIE'))
    expect(gaps[0]).toMatchObject({
      from: Date.parse('2026-11-23T16:00-06:00'),
      to: Date.parse('2026-11-23T20:00-06:00'),
      status: 'TENTATIVE',
    })
    // Each is there once, whoever reads it again.
    expect(events((await node.call('GET', shared.path)).bytes.toString()).map(({ uid }) => uid)).toEqual(
      events(all).map(({ uid }) => uid),
    )
  })

  test('an address nobody knows is none; one that was withdrawn, or whose person left, ends', async () => {
    const one = await feed(ana, { kind: 'person' })
    expect((await node.call('GET', `/_enlace/calendar/${'x'.repeat(43)}.ics`)).status).toBe(404)
    expect((await node.call('GET', one.path)).status).toBe(200)
    await node.ctx.accounts.setPosition(ana.userId, { institution: null })
    expect((await node.call('GET', one.path)).status).toBe(404)
    await node.ctx.accounts.setPosition(ana.userId, { institution: KEY, role: 'staff' })
    await node.ctx.accounts.suspend(ana.userId, chief.userId, 'perdió el teléfono')
    expect((await node.call('GET', one.path)).status).toBe(404)
    await node.ctx.accounts.restore(ana.userId)
    await node.ctx.accounts.setLeaving(ana.userId, 'salida')
    expect((await node.call('GET', one.path)).status).toBe(404)
    await node.ctx.accounts.setLeaving(ana.userId, null)
    ana = { ...ana, token: String((await node.login('ana')).body['access_token']) }
    expect((await ask(beto, 'DELETE', `/feeds/${one.id}`)).status).toBe(404)
    expect((await ask(ana, 'DELETE', `/feeds/${one.id}`)).status).toBe(200)
    expect((await node.call('GET', one.path)).status).toBe(404)
    const { feeds } = (await ask(ana, 'GET', '/feeds')).body as { feeds: FeedView[] }
    expect(feeds.some(({ id }) => id === one.id)).toBe(false)
    // The address is told once: what lies in the database opens nothing.
    expect(JSON.stringify(feeds)).not.toContain(one.path.split('/').at(-1)!.slice(0, 20))
  })

  test('the year is looked through and confirmed; feasts of the office close it', async () => {
    const { revision, confirm_year } = await page(chief)
    expect(confirm_year).toBe(2026)
    expect(await page(ana)).not.toHaveProperty('confirm_year')
    const feast = { date: '2026-11-24', name: 'Feria patronal', municipality: 'Omoa' }
    expect((await ask(chief, 'PUT', '/calendar', { revision, feasts: [feast], worked: [] })).body).toEqual({})
    expect((await ask(chief, 'POST', '/calendar/confirm', { year: 2026 })).body).toEqual({})
    const after = await page(chief)
    expect(after).not.toHaveProperty('confirm_year')
    expect(after.calendar).toContainEqual(
      expect.objectContaining({ date: feast.date, own: true, municipality: 'Omoa' }),
    )
    await plan({ turns: [turn(ana, '08:00', '16:00', { holidays: 'off' })] })
    const days = (await page(ana)).spans.flatMap((one) =>
      one.people.length > 0 ? [localDate(one.from_ts)] : [],
    )
    expect(days).toContain('2026-11-23')
    expect(days).not.toContain('2026-11-24')
  })
})

test('whoever is suspended is not on duty, in no list and for no call; their turn is a gap until they are back', async () => {
  await plan({ turns: [turn(ana)] })
  const { ctx } = node
  const at = ctx.clock.now()
  const onDuty = async () => [...((await ctx.duty.onDuty(KEY, at)) ?? [])]
  expect(await onDuty()).toEqual([ana.userId])
  await ctx.accounts.suspend(ana.userId, chief.userId, 'perdió el teléfono')
  expect(await onDuty()).toEqual([])
  const seen = await page(chief)
  expect(seen.people.map((one) => one.user_id)).not.toContain(ana.userId)
  expect(seen.now.flatMap((one) => one.on_duty.map(({ user_id }) => user_id))).not.toContain(ana.userId)
  expect(seen.gaps.length).toBeGreaterThan(0)
  // The plan stays as it was, and can be kept with them in it.
  await plan({ turns: [turn(ana)] })
  await ctx.accounts.restore(ana.userId)
  ana = { ...ana, token: String((await node.login('ana')).body['access_token']) }
  expect(await onDuty()).toEqual([ana.userId])
})

test('a hand-over names cases and marks, and has no room for words', async () => {
  await plan({ turns: [turn(ana)] })
  const words = { case_id: '$x', mark: 'watch', note: 'María López' }
  expect((await ask(ana, 'POST', '/hand-overs', { position: 'registro', items: [words] })).status).toBe(400)
  const unknown = { case_id: '$x', mark: 'watch' }
  expect((await ask(ana, 'POST', '/hand-overs', { position: 'registro', items: [unknown] })).status).toBe(404)
})

test('a roster from before there were positions becomes a book, and its endpoint goes on', async () => {
  const old = 'hn-vieja'
  const roster = {
    shifts: [{ user_id: ana.userId, from_ts: START - HOUR, to_ts: START + HOUR }],
    weekly: [{ user_id: beto.userId, weekdays: everyDay, from: '00:00', to: '00:00' }],
  }
  await node.ctx.db.connection
    .collection<{ _id: string }>('duty_rosters')
    .insertOne({ _id: old, roster, updated_by: chief.userId, updated_ts: 5 } as { _id: string })
  // Nobody there speaks for it: only what it says is asked.
  expect(await node.ctx.duty.onDuty(old, START)).toBeUndefined()
  const book = await node.ctx.db.connection.collection<{ _id: string }>('duty_books').findOne({ _id: old })
  expect(book).toMatchObject({
    revision: 1,
    book: {
      positions: [{ key: 'guardia' }],
      turns: [{ position: 'guardia' }],
      overrides: [{ from_ts: START - HOUR }],
    },
  })
  const put = await ask(chief, 'PUT', '', roster)
  expect(put.body).toMatchObject({ ...roster, on_duty: [ana.userId], updated_by: chief.userId })
})
