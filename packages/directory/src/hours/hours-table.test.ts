import { expect, test } from 'vitest'
import { hoursOf } from './hours-table.ts'

const weekly = (byday: string, opens_at: string, closes_at: string, rest = {}) => ({
  id: '',
  freq: 'WEEKLY' as const,
  byday,
  opens_at,
  closes_at,
  ...rest,
})

test('days that are alike are one line, with a break at noon', () => {
  const hours = hoursOf([
    weekly('MO,TU,WE,TH,FR', '13:00', '16:00', { onHolidays: 'closed' }),
    weekly('MO,TU,WE,TH,FR', '08:00:00-06:00', '12:00', { onHolidays: 'closed' }),
    weekly('SA', '8:30', '11:00', { onHolidays: 'closed' }),
  ])
  expect(hours.weekly).toEqual([
    {
      days: [0, 1, 2, 3, 4],
      spans: [
        ['8:00', '12:00'],
        ['13:00', '16:00'],
      ],
      allDay: false,
    },
    { days: [5], spans: [['8:30', '11:00']], allDay: false },
    { days: [6], spans: [], allDay: false },
  ])
  expect(hours.holidays).toBe('closed')
})

test('round the clock is one line; nothing said is nothing', () => {
  expect(hoursOf([weekly('SU,MO,TU,WE,TH,FR,SA', '00:00', '24:00')])).toEqual({
    weekly: [{ days: [0, 1, 2, 3, 4, 5, 6], spans: [['0:00', '24:00']], allDay: true }],
    other: [],
    exceptions: [],
    holidays: 'unknown',
  })
  expect(hoursOf([]).weekly).toEqual([])
})

test('exceptions and what is given once a month stand by themselves', () => {
  const hours = hoursOf([
    { id: '', dtstart: '2026-12-18', exception: 'closed', description: 'Inventario' },
    { id: '', freq: 'MONTHLY', bymonthday: '15', opens_at: '09:00', closes_at: '11:00' },
  ])
  expect(hours.exceptions).toEqual([{ closed: true, days: [], from: '2026-12-18', text: 'Inventario' }])
  expect(hours.other).toEqual([{ monthly: true, span: ['9:00', '11:00'] }])
})
