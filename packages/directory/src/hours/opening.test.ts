import { describe, expect, it } from 'vitest'
import { openingOf, openingText, type ScheduleFacts } from './opening.ts'

const at = (local: string) => Date.parse(`${local}-06:00`)
const id = '00000000-0000-4000-8000-000000000001'
const office: ScheduleFacts[] = [
  { id, freq: 'WEEKLY', byday: 'MO,TU,WE,TH,FR', opens_at: '08:00', closes_at: '12:00', timezone: -6 },
  { id, freq: 'WEEKLY', byday: 'MO,TU,WE,TH,FR', opens_at: '13:00', closes_at: '16:00', timezone: -6 },
]
const say = (schedules: ScheduleFacts[], local: string, country = 'HN') => {
  const now = at(local)
  return openingText(openingOf(schedules, { now, country }), now).es
}

// 27 November 2026 is a Friday.
it.each([
  ['2026-11-27T09:00', 'Abierto ahora; cierra a las 12:00.'],
  ['2026-11-27T12:00', 'Cerrado; abre a las 13:00.'],
  ['2026-11-27T13:00', 'Abierto ahora; cierra a las 16:00.'],
  ['2026-11-27T16:00', 'Cerrado; abre el lunes a las 8:00.'],
  ['2026-11-29T23:00', 'Cerrado; abre mañana a las 8:00.'],
  ['2026-11-30T07:59', 'Cerrado; abre a las 8:00.'],
])('at %s an office says: %s', (local, text) => {
  expect(say(office, local)).toBe(text)
})

it('says it in English too', () => {
  const now = at('2026-11-27T17:00')
  expect(openingText(openingOf(office, { now, country: 'HN' }), now).en).toBe(
    'Closed; opens on Monday at 8:00.',
  )
})

describe('holidays', () => {
  const closed = office.map((each) => ({ ...each, onHolidays: 'closed' as const }))

  it('of the country where the place is', () => {
    // 1 November is a holiday in Guatemala only; in 2027 it is a Monday. 25 December is one in both.
    expect(say(closed, '2027-11-01T09:00', 'HN')).toBe('Abierto ahora; cierra a las 12:00.')
    expect(say(closed, '2027-11-01T09:00', 'GT')).toBe('Cerrado; abre mañana a las 8:00.')
    expect(say(closed, '2026-12-25T09:00', 'HN')).toBe('Cerrado; abre el lunes a las 8:00.')
  })

  it('that begin at noon close the afternoon', () => {
    // 24 December 2026 is a Thursday, and ends at noon in Guatemala only.
    expect(say(closed, '2026-12-24T09:00', 'GT')).toBe('Abierto ahora; cierra a las 12:00.')
    expect(say(closed, '2026-12-24T14:00', 'GT')).toBe('Cerrado; abre el lunes a las 8:00.')
    expect(say(closed, '2026-12-24T14:00', 'HN')).toBe('Abierto ahora; cierra a las 16:00.')
    expect(say(office, '2026-12-24T09:00', 'GT')).toBe('Abierto ahora; cierra a las 12:00.')
    expect(say(office, '2026-12-24T14:00', 'GT')).toBe(
      'Abierto ahora; cierra a las 16:00. Es feriado: confirme antes de ir.',
    )
  })

  it('of which a place says nothing are to be asked about', () => {
    expect(say(office, '2026-12-25T09:00')).toBe(
      'Abierto ahora; cierra a las 12:00. Es feriado: confirme antes de ir.',
    )
    expect(say(office, '2026-12-24T17:00')).toBe(
      'Cerrado; abre mañana a las 8:00. Es feriado: confirme antes de ir.',
    )
  })

  it('do not close who opens as usual', () => {
    const shelter: ScheduleFacts[] = [
      {
        id,
        freq: 'WEEKLY',
        byday: 'SU,MO,TU,WE,TH,FR,SA',
        opens_at: '00:00',
        closes_at: '24:00',
        timezone: -6,
        onHolidays: 'as_usual',
      },
    ]
    expect(say(shelter, '2026-12-25T03:00')).toBe('Abierto las 24 horas.')
    expect(say([{ ...shelter[0]!, closes_at: '00:00' }], '2026-12-25T03:00')).toBe('Abierto las 24 horas.')
  })
})

describe('exceptions', () => {
  it('replace the hours of their days, also on a holiday', () => {
    const schedules: ScheduleFacts[] = [
      ...office.map((each) => ({ ...each, onHolidays: 'closed' as const })),
      { id, dtstart: '2026-12-25', opens_at: '10:00', closes_at: '12:00', timezone: -6, exception: 'hours' },
    ]
    expect(say(schedules, '2026-12-25T09:00')).toBe('Cerrado; abre a las 10:00.')
    expect(say(schedules, '2026-12-25T12:00')).toBe('Cerrado; abre el lunes a las 8:00.')
  })

  it('close whole days and parts of days', () => {
    const fair: ScheduleFacts = {
      id,
      valid_from: '2026-11-30',
      valid_to: '2026-12-02',
      exception: 'closed',
      timezone: -6,
    }
    expect(say([...office, fair], '2026-11-29T10:00')).toBe('Cerrado; abre el jueves a las 8:00.')
    const meeting: ScheduleFacts = {
      id,
      dtstart: '2026-11-27',
      opens_at: '09:00',
      closes_at: '10:30',
      exception: 'closed',
      timezone: -6,
    }
    expect(say([...office, meeting], '2026-11-27T09:00')).toBe('Cerrado; abre a las 10:30.')
    expect(say([...office, meeting], '2026-11-27T08:00')).toBe('Abierto ahora; cierra a las 9:00.')
  })
})

it('a night that began yesterday is still that night', () => {
  const night: ScheduleFacts[] = [
    {
      id,
      freq: 'WEEKLY',
      byday: 'FR',
      opens_at: '18:00',
      closes_at: '06:00',
      timezone: -6,
      onHolidays: 'as_usual',
    },
  ]
  expect(say(night, '2026-11-28T01:00')).toBe('Abierto ahora; cierra a las 6:00.')
  expect(say(night, '2026-11-28T06:00')).toBe('Cerrado; abre el viernes a las 18:00.')
  expect(say(night, '2026-11-27T20:00')).toBe('Abierto ahora; cierra mañana a las 6:00.')
})

it('time zones: of the hours, of the schedule, else that of both countries', () => {
  const one = (hours: Partial<ScheduleFacts>): ScheduleFacts[] => [
    { id, freq: 'WEEKLY', byday: 'FR', ...hours },
  ]
  for (const hours of [
    { opens_at: '14:00Z', closes_at: '16:00Z' },
    { opens_at: '14:00', closes_at: '16:00', timezone: 0 },
    { opens_at: '8:00', closes_at: '10:00' },
    { opens_at: '10:00:00-04:00', closes_at: '12:00:00-04:00' },
  ])
    expect(openingOf(one(hours), { now: at('2026-11-27T08:30'), country: 'HN' })).toMatchObject({
      state: 'open',
      closesAt: at('2026-11-27T10:00'),
    })
})

it('once a month, and what cannot be known', () => {
  const monthly: ScheduleFacts[] = [
    { id, freq: 'MONTHLY', byday: '1TU', opens_at: '13:00', closes_at: '15:00', timezone: -6 },
  ]
  expect(say(monthly, '2026-12-02T10:00')).toBe('Cerrado; abre el 5 de enero a las 13:00.')
  expect(say([], '2026-12-02T10:00')).toBe('Horario por confirmar: pregunte antes de ir.')
  expect(say([{ id, description: 'De lunes a viernes' }], '2026-12-02T10:00')).toBe(
    'Horario por confirmar: pregunte antes de ir.',
  )
  expect(say([{ ...office[0]!, until: '2025-01-01' }], '2026-12-02T10:00')).toBe(
    'Cerrado. Pregunte cuándo abre.',
  )
  expect(say([{ ...monthly[0]!, closes_at: '14:00', opens_at: '01:00' }], '2026-11-30T10:00')).toBe(
    'Cerrado; abre mañana a la 1:00.',
  )
})
