/** A meeting as an iCalendar file (RFC 5545), made on this device: title and place are encrypted for everybody else. */
import { localDateTime } from '@enlace/coordination'
import type { MeetingState } from '@enlace/coordination/meetings'
import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex } from '@noble/hashes/utils.js'
import ical, { ICalCalendarMethod } from 'ical-generator'

const HOUR_MS = 3_600_000
/** Both countries keep UTC-6 all year. */
const ZONES = ['America/Tegucigalpa', 'America/Guatemala']
const zone = (id: string) =>
  `BEGIN:VTIMEZONE\r\nTZID:${id}\r\nBEGIN:STANDARD\r\nDTSTART:19700101T000000\r\nTZOFFSETFROM:-0600\r\nTZOFFSETTO:-0600\r\nTZNAME:CST\r\nEND:STANDARD\r\nEND:VTIMEZONE`

/** `20260310T093000`, at the border. */
const clockAt = (ts: number) => `${localDateTime(ts).replaceAll(/[-:]/g, '')}00`

export function meetingCalendar(
  state: MeetingState,
  said: { title: string; place: string; description: string },
  now: number,
): string {
  const country = state.details?.country === 'GT' ? ZONES[1]! : ZONES[0]!
  const ends = state.startsAt + 2 * HOUR_MS
  const calendar = ical({
    prodId: { company: 'Enlace', product: 'reuniones', language: 'ES' },
    method: ICalCalendarMethod.PUBLISH,
  })
  calendar.createEvent({
    // The same meeting moved is the same event: calendars put it in the place of the one they have.
    id: `${bytesToHex(sha256(state.id)).slice(0, 32)}@enlace`,
    start: new Date(state.startsAt),
    end: new Date(ends),
    stamp: new Date(now),
    // A later file of the same meeting counts more.
    sequence: Math.floor(now / 60_000),
    summary: said.title,
    location: said.place,
    description: said.description,
  })
  // The library names a zone also where the RFC wants UTC (DTSTAMP), so the zones are put in here.
  return calendar
    .toString()
    .replace('BEGIN:VEVENT', `${ZONES.map(zone).join('\r\n')}\r\nBEGIN:VEVENT`)
    .replace(/^DTSTART:.*Z$/m, `DTSTART;TZID=${country}:${clockAt(state.startsAt)}`)
    .replace(/^DTEND:.*Z$/m, `DTEND;TZID=${country}:${clockAt(ends)}`)
}
