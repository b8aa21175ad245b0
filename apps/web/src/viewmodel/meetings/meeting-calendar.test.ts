import { reduceMeeting } from '@enlace/coordination/meetings'
import ICAL from 'ical.js'
import { afterEach, expect, test } from 'vitest'
import { meetingCalendar } from './meeting-calendar.ts'
import { dueDay, endOfDay } from './meeting-words.ts'

const STARTS = Date.parse('2026-03-10T15:30:00Z')

function meeting(startsAt = STARTS) {
  const by = { institution: 'hn-sreci', role: 'coordinator' }
  const state = reduceMeeting(
    {
      event_id: '$m',
      room_id: '!r',
      type: 'org.enlace.meeting',
      sender: '@coordinacion:hn.example',
      origin_server_ts: STARTS,
      content: { institutions: ['hn-sreci', 'gt-sbs'], conveners: ['hn-sreci'], starts_ts: startsAt, by },
    },
    [],
  )
  if (typeof state === 'string') throw new Error(state)
  return state
}

const zoneHere = process.env['TZ']
afterEach(() => {
  if (zoneHere === undefined) delete process.env['TZ']
  else process.env['TZ'] = zoneHere
})

test.each(['UTC', 'America/New_York', 'Asia/Kathmandu'])(
  'on a device in %s the calendar file has in the place’s own time, both countries’ zones defined, long lines folded, text escaped',
  (here) => {
    process.env['TZ'] = here
    const said = { title: 'Reunión; con, signos', place: 'á'.repeat(80), description: 'uno\ndos' }
    const text = meetingCalendar(meeting(), said, STARTS)
    for (const line of text.split('\r\n'))
      expect(new TextEncoder().encode(line).length).toBeLessThanOrEqual(75)
    const calendar = new ICAL.Component(ICAL.parse(text))
    const zones = calendar
      .getAllSubcomponents('vtimezone')
      .map((one) => one.getFirstPropertyValue('tzid'))
      .sort()
    expect(zones).toEqual(['America/Guatemala', 'America/Tegucigalpa'])
    const [event, ...others] = calendar.getAllSubcomponents('vevent').map((one) => new ICAL.Event(one))
    expect(others).toEqual([])
    expect(event).toMatchObject({ summary: said.title, location: said.place, description: said.description })
    expect(event!.startDate.toString()).toBe('2026-03-10T09:30:00')
    const zone = new ICAL.Timezone(calendar.getAllSubcomponents('vtimezone')[0]!)
    expect(zone.utcOffset(event!.startDate)).toBe(-6 * 3_600)
    expect(event!.component.getFirstPropertyValue('dtstamp')!.toString()).toBe('2026-03-10T15:30:00Z')
    // Moved, it is the same event.
    const moved = new ICAL.Component(
      ICAL.parse(meetingCalendar(meeting(STARTS + 3_600_000), said, STARTS + 60_000)),
    )
    const again = new ICAL.Event(moved.getFirstSubcomponent('vevent')!)
    expect(again.uid).toBe(event!.uid)
    expect(again.sequence).toBeGreaterThan(event!.sequence)
  },
)

test('a day is due until it ends at the border', () => {
  const due = endOfDay('2026-03-10')!
  expect(new Date(due).toISOString()).toBe('2026-03-11T05:59:59.999Z')
  expect(dueDay(due)).toBe('2026-03-10')
  expect(endOfDay('2026-02-30')).toBeUndefined()
})
