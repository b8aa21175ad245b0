import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { localDate, localDateTime } from '../time/border-time.ts'
import { type DutySource, dutyAt, dutyGaps, dutyOfPerson, dutySpans, onDutyFor } from './duty-at.ts'
import { type DutyBook, dutyBookSchema, publishedDuty } from './duty-book.ts'
import { dayOffOf } from './duty-calendar.ts'

const HOUR = 3_600_000
const DAY = 24 * HOUR
const at = (local: string) => Date.parse(`${local}-06:00`)
const ANA = '@ana:hn'
const BETO = '@beto:hn'
const CARLA = '@carla:hn'
const position = { key: 'registro', name: { es: 'Registro civil, de turno', en: 'Civil registry, on duty' } }
const everyDay = [1, 2, 3, 4, 5, 6, 7]

const source = (book: object, country = 'HN'): DutySource => ({
  book: dutyBookSchema.parse({ positions: [position], ...book }),
  country,
})
const people = (one: DutySource, local: string, key = 'registro') => dutyAt(one, key, at(local)).people

describe('turns', () => {
  const days = { position: 'registro', user_id: ANA, weekdays: [1, 2, 3, 4, 5], from: '08:00', to: '16:00' }
  const nights = { position: 'registro', user_id: BETO, weekdays: [5], from: '22:00', to: '06:00' }

  test('run in local time, up to the minute they end', () => {
    const one = source({ turns: [days] })
    // 2026-11-27 is a Friday.
    expect(people(one, '2026-11-27T07:59')).toEqual([])
    expect(people(one, '2026-11-27T08:00')).toEqual([ANA])
    expect(people(one, '2026-11-27T15:59')).toEqual([ANA])
    expect(people(one, '2026-11-27T16:00')).toEqual([])
    expect(people(one, '2026-11-28T10:00')).toEqual([])
  })

  test('past midnight belong to the day they began on', () => {
    const one = source({ turns: [nights] })
    expect(people(one, '2026-11-27T23:59')).toEqual([BETO])
    expect(people(one, '2026-11-28T00:00')).toEqual([BETO])
    expect(people(one, '2026-11-28T05:59')).toEqual([BETO])
    expect(people(one, '2026-11-28T06:00')).toEqual([])
    expect(people(one, '2026-11-27T01:00')).toEqual([])
  })

  test('that begin and end at one time last a whole day', () => {
    const one = source({ turns: [{ ...nights, from: '08:00', to: '08:00' }] })
    expect(people(one, '2026-11-28T07:59')).toEqual([BETO])
    expect(people(one, '2026-11-28T08:00')).toEqual([])
  })

  test('hold from the first to the last day they begin on', () => {
    const one = source({
      turns: [{ ...nights, weekdays: everyDay, since: '2026-11-26', until: '2026-11-27' }],
    })
    expect(people(one, '2026-11-25T23:00')).toEqual([])
    expect(people(one, '2026-11-26T23:00')).toEqual([BETO])
    expect(people(one, '2026-11-28T05:00')).toEqual([BETO])
    expect(people(one, '2026-11-28T23:00')).toEqual([])
  })

  test('keep off on days off, or are for them alone; half days change at noon', () => {
    const both = {
      turns: [
        { ...days, holidays: 'off' },
        {
          position: 'registro',
          user_id: CARLA,
          weekdays: everyDay,
          from: '08:00',
          to: '16:00',
          holidays: 'only',
        },
      ],
    }
    // 15 September is a holiday in both countries, 24 December a half day in Guatemala.
    expect(people(source(both), '2026-09-15T10:00')).toEqual([CARLA])
    expect(people(source(both), '2026-09-16T10:00')).toEqual([ANA])
    expect(people(source(both, 'GT'), '2026-12-24T11:59')).toEqual([ANA])
    expect(people(source(both, 'GT'), '2026-12-24T12:00')).toEqual([CARLA])
    expect(people(source(both, 'HN'), '2026-12-24T12:00')).toEqual([ANA])
  })

  test('know the feasts of the office and the holidays it works', () => {
    const calendar = {
      feasts: [
        { date: '2026-07-15', name: 'Feria patronal', municipality: 'Omoa' },
        { date: '2026-07-16', name: 'Feria patronal', from_noon: true },
      ],
      worked: ['2026-09-15'],
    }
    const one = source({ turns: [{ ...days, holidays: 'off' }], calendar })
    expect(people(one, '2026-07-15T10:00')).toEqual([])
    expect(people(one, '2026-07-16T10:00')).toEqual([ANA])
    expect(people(one, '2026-07-16T13:00')).toEqual([])
    expect(people(one, '2026-09-15T10:00')).toEqual([ANA])
  })
})

describe('overrides and swaps', () => {
  const turn = { position: 'registro', user_id: ANA, weekdays: everyDay, from: '00:00', to: '00:00' }
  const span = { from_ts: at('2026-11-27T08:00'), to_ts: at('2026-11-27T16:00') }
  const swap = {
    id: 's',
    position: 'registro',
    giver: ANA,
    taker: BETO,
    ...span,
    state: 'accepted',
    asked_ts: 0,
  }

  test('while an override runs it alone counts; one without a person leaves nobody', () => {
    const one = source({ turns: [turn], overrides: [{ position: 'registro', user_id: CARLA, ...span }] })
    expect(people(one, '2026-11-27T07:59')).toEqual([ANA])
    expect(dutyAt(one, 'registro', span.from_ts)).toEqual({ people: [CARLA], because: 'override' })
    const empty = source({ turns: [turn], overrides: [{ position: 'registro', ...span }] })
    expect(dutyAt(empty, 'registro', span.from_ts)).toEqual({ people: [], because: 'nobody' })
  })

  test('a swap moves whoever gave the time, and both ways where it says so', () => {
    const back = { from_ts: at('2026-11-28T08:00'), to_ts: at('2026-11-28T16:00') }
    const one = source({
      turns: [turn, { ...turn, user_id: CARLA }],
      overrides: [{ position: 'registro', user_id: BETO, ...back }],
      swaps: [{ ...swap, back }],
    })
    expect(people(one, '2026-11-27T09:00')).toEqual([BETO, CARLA])
    expect(people(one, '2026-11-28T09:00')).toEqual([ANA])
    expect(people(one, '2026-11-29T09:00')).toEqual([ANA, CARLA])
  })

  test.each(['asked', 'declined', 'withdrawn', 'undone'])('one that is %s moves nobody', (state) => {
    expect(people(source({ turns: [turn], swaps: [{ ...swap, state }] }), '2026-11-27T09:00')).toEqual([ANA])
  })

  test('who swapped in may swap on', () => {
    const on = { ...swap, id: 't', giver: BETO, taker: CARLA }
    expect(people(source({ turns: [turn], swaps: [swap, on] }), '2026-11-27T09:00')).toEqual([CARLA])
  })
})

describe('who is on duty for a matter', () => {
  const book = {
    positions: [
      { ...position, answers: { topics: ['documentation'] } },
      { key: 'general', name: { es: 'Guardia', en: 'On duty' } },
    ],
    turns: [
      { position: 'registro', user_id: ANA, weekdays: everyDay, from: '08:00', to: '16:00' },
      { position: 'general', user_id: BETO, weekdays: everyDay, from: '06:00', to: '20:00' },
    ],
  }
  const ask = (topic: string, local: string, usable?: (one: string) => boolean) =>
    onDutyFor(source(book), { topic }, at(local), usable)

  test('those who answer for it by name come first, then those who answer for everything, then nobody', () => {
    expect(ask('documentation', '2026-11-27T09:00')).toEqual({ people: [ANA], positions: ['registro'] })
    expect(ask('minors', '2026-11-27T09:00')).toEqual({ people: [BETO], positions: ['general'] })
    expect(ask('documentation', '2026-11-27T18:00')).toEqual({ people: [BETO], positions: ['general'] })
    expect(ask('documentation', '2026-11-27T22:00')).toBeUndefined()
    expect(ask('documentation', '2026-11-27T09:00', (one) => one !== ANA)?.people).toEqual([BETO])
  })
})

describe('gaps', () => {
  test('are where somebody should be and nobody is', () => {
    const turn = { position: 'registro', user_id: ANA, weekdays: [1, 2, 3, 4, 5], from: '08:00', to: '12:00' }
    const of = (covers: string, usable?: (one: string) => boolean) =>
      dutyGaps(
        source({ positions: [{ ...position, covers }], turns: [turn] }),
        at('2026-11-27T00:00'),
        at('2026-11-28T00:00'),
        usable,
      ).map((one) => [localDateTime(one.from_ts).slice(11), localDateTime(one.to_ts).slice(11)])
    expect(of('as_written')).toEqual([])
    expect(of('as_written', () => false)).toEqual([['08:00', '12:00']])
    expect(of('office_hours')).toEqual([['13:00', '16:00']])
    expect(of('always')).toEqual([
      ['00:00', '08:00'],
      ['12:00', '00:00'],
    ])
  })
})

test('what is published holds nothing that is over, asked for, or kept to the institution', () => {
  const span = { from_ts: 1_000, to_ts: 2_000 }
  const later = { from_ts: 5_000, to_ts: 6_000 }
  const swap = { position: 'registro', giver: ANA, taker: BETO, asked_ts: 0 }
  const { book } = source({
    positions: [position, { key: 'interna', name: { es: 'Interna', en: 'Internal' }, published: false }],
    turns: [{ position: 'interna', user_id: CARLA, weekdays: [1], from: '08:00', to: '09:00' }],
    overrides: [
      { position: 'registro', user_id: ANA, ...span },
      { position: 'registro', user_id: ANA, ...later },
    ],
    swaps: [
      { ...swap, id: '1', ...span, state: 'accepted' },
      { ...swap, id: '2', ...later, state: 'asked' },
      { ...swap, id: '3', ...later, state: 'accepted' },
    ],
    calendar: { confirmed: [{ year: 2026, by: ANA, ts: 0 }] },
  })
  const published = publishedDuty(book, 3_000)
  expect(published.positions.map(({ key }) => key)).toEqual(['registro'])
  expect(published).toMatchObject({ turns: [], calendar: { confirmed: [] } })
  expect(published.overrides).toHaveLength(1)
  expect(published.swaps.map(({ id }) => id)).toEqual(['3'])
  expect(JSON.stringify(published)).not.toContain(CARLA)
})

test('what does not fit together is refused', () => {
  const turn = { position: 'otra', user_id: ANA, weekdays: [1], from: '08:00', to: '09:00' }
  expect(dutyBookSchema.safeParse({ positions: [position], turns: [turn] }).success).toBe(false)
  expect(dutyBookSchema.safeParse({ positions: [position, position] }).success).toBe(false)
  const span = { position: 'registro', from_ts: 5, to_ts: 5 }
  expect(dutyBookSchema.safeParse({ positions: [position], overrides: [span] }).success).toBe(false)
})

// ---- whatever the book holds ---------------------------------------------------------------------------------------

const begin = at('2026-01-01T00:00')
const horizon = at('2027-01-03T00:00')
const person = fc.constantFrom(ANA, BETO, CARLA)
const clock = fc
  .tuple(fc.integer({ min: 0, max: 23 }), fc.constantFrom('00', '15', '59'))
  .map(([hour, minute]) => `${String(hour).padStart(2, '0')}:${minute}`)
const dateIn = fc.integer({ min: 0, max: 366 }).map((day) => localDate(begin + day * DAY))
const spanIn = fc
  .tuple(fc.integer({ min: begin, max: horizon }), fc.integer({ min: 1, max: 10 * DAY }))
  .map(([from_ts, length]) => ({ from_ts, to_ts: from_ts + length }))
const turns = fc.array(
  fc.record(
    {
      position: fc.constant('registro'),
      user_id: person,
      weekdays: fc.uniqueArray(fc.integer({ min: 1, max: 7 }), { minLength: 1 }),
      from: clock,
      to: clock,
      holidays: fc.constantFrom('as_usual', 'off', 'only'),
      since: dateIn,
    },
    { requiredKeys: ['position', 'user_id', 'weekdays', 'from', 'to'] },
  ),
  { maxLength: 6 },
)
const overrides = fc.array(
  fc.tuple(spanIn, fc.option(person, { nil: undefined })).map(([span, user_id]) => ({
    position: 'registro',
    ...span,
    ...(user_id ? { user_id } : {}),
  })),
  { maxLength: 4 },
)
const swaps = fc.array(
  fc
    .record({
      span: spanIn,
      back: fc.option(spanIn, { nil: undefined }),
      giver: person,
      taker: person,
      state: fc.constantFrom('asked', 'accepted', 'undone'),
    })
    .filter(({ giver, taker }) => giver !== taker)
    .map(({ span, back, ...one }) => ({
      id: 's',
      position: 'registro',
      asked_ts: 0,
      ...one,
      ...span,
      ...(back ? { back } : {}),
    })),
  { maxLength: 4 },
)
const calendar = fc.record({
  feasts: fc.array(fc.record({ date: dateIn, name: fc.constant('Feria') }), { maxLength: 4 }),
  worked: fc.array(dateIn, { maxLength: 4 }),
})
const books = fc
  .record({ turns, overrides, swaps, calendar })
  .map((book): DutyBook => dutyBookSchema.parse({ positions: [position], ...book }))
const anySource = fc.record({ book: books, country: fc.constantFrom('HN', 'GT') })
const moment = fc.integer({ min: begin, max: horizon })

describe('whatever the book holds', () => {
  test('stretches are without holes, never alike side by side, and say what is said of each of their moments', () => {
    fc.assert(
      fc.property(
        anySource,
        moment,
        fc.integer({ min: 1, max: 9 * DAY }),
        fc.double({ min: 0, max: 0.999, noNaN: true }),
        (one, from, length, part) => {
          const spans = dutySpans(one, 'registro', from, from + length)
          expect(spans[0]?.from_ts).toBe(from)
          expect(spans.at(-1)?.to_ts).toBe(from + length)
          for (const [index, span] of spans.entries()) {
            const next = spans[index + 1]
            if (next) {
              expect(next.from_ts).toBe(span.to_ts)
              expect(next.people).not.toEqual(span.people)
            }
            for (const when of [
              span.from_ts,
              span.to_ts - 1,
              span.from_ts + Math.floor((span.to_ts - span.from_ts) * part),
            ])
              expect(dutyAt(one, 'registro', when).people).toEqual(span.people)
          }
        },
      ),
      { numRuns: 150 },
    )
  })

  test('a published book says the same of all that is to come', () => {
    fc.assert(
      fc.property(
        anySource,
        moment,
        fc.integer({ min: 0, max: 40 * DAY }),
        ({ book, country }, now, later) => {
          const when = now + later
          expect(dutyAt({ book: publishedDuty(book, now), country }, 'registro', when).people).toEqual(
            dutyAt({ book, country }, 'registro', when).people,
          )
        },
      ),
      { numRuns: 400 },
    )
  })

  test('a swap that is undone leaves no trace', () => {
    fc.assert(
      fc.property(anySource, moment, ({ book, country }, when) => {
        const undone = book.swaps.map((one) => ({ ...one, state: 'undone' as const }))
        expect(dutyAt({ book: { ...book, swaps: undone }, country }, 'registro', when)).toEqual(
          dutyAt({ book: { ...book, swaps: [] }, country }, 'registro', when),
        )
      }),
    )
  })

  test('a swap changes only its two people, in its two stretches', () => {
    fc.assert(
      fc.property(anySource, moment, ({ book, country }, when) => {
        const [swap] = book.swaps
        if (!swap) return
        const without = dutyAt({ book: { ...book, swaps: [] }, country }, 'registro', when).people
        const accepted = { ...book, swaps: [{ ...swap, state: 'accepted' as const }] }
        const withIt = dutyAt({ book: accepted, country }, 'registro', when).people
        const runs = [swap, ...(swap.back ? [swap.back] : [])].some(
          (one) => one.from_ts <= when && when < one.to_ts,
        )
        if (!runs) expect(withIt).toEqual(without)
        const others = (list: string[]) => list.filter((one) => one !== swap.giver && one !== swap.taker)
        expect(others(withIt)).toEqual(others(without))
        // Nobody is lost: where somebody was on duty, somebody is.
        expect(withIt.length > 0).toBe(without.length > 0)
      }),
      { numRuns: 400 },
    )
  })

  test('a turn that keeps off is nobody’s on a day off, and one for days off is nobody’s on the others', () => {
    fc.assert(
      fc.property(anySource, moment, ({ book, country }, when) => {
        const off = dayOffOf(country, book.calendar, localDate(when))
        const turn = { position: 'registro', user_id: ANA, weekdays: everyDay, from: '00:00', to: '00:00' }
        const ask = (holidays: 'off' | 'only') =>
          dutyAt(
            { book: { ...book, overrides: [], swaps: [], turns: [{ ...turn, holidays }] }, country },
            'registro',
            when,
          ).people.length > 0
        const free = off === 'whole' || (off === 'from_noon' && localDateTime(when).slice(11) >= '12:00')
        expect([ask('off'), ask('only')]).toEqual([!free, free])
      }),
      { numRuns: 400 },
    )
  })

  test('a person’s own stretches are those in which they are named', () => {
    fc.assert(
      fc.property(anySource, moment, (one, from) => {
        const to = from + 5 * DAY
        const own = dutyOfPerson(one, 'registro', ANA, from, to)
        for (let when = from; when < to; when += 7 * HOUR)
          expect(own.some((span) => span.from_ts <= when && when < span.to_ts)).toBe(
            dutyAt(one, 'registro', when).people.includes(ANA),
          )
      }),
      { numRuns: 100 },
    )
  })
})
