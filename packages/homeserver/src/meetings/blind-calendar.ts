/**
 * Meetings as iCalendar (RFC 5545) by what a node knows: that there is one, and when. Title, place and agenda are encrypted for it, and
 * calendars and mail pass through others' servers: no institution is named either.
 */
import { createHash } from 'node:crypto'
import ical, { ICalCalendarMethod } from 'ical-generator'

const SUMMARY = 'Reunión (Enlace)'

/** @param key the meeting, or the meeting whose next one it is. @param at milliseconds since the Unix epoch */
export type BlindMeeting = { key: string; at: number }

/** No end is said: the node does not know how long a meeting lasts. Times are in UTC, which every calendar shows right. */
export function blindCalendar(
  meetings: Iterable<BlindMeeting>,
  { now, link }: { now: number; link?: string | undefined },
): string {
  const made = ical({
    name: 'Reuniones de Enlace / Enlace meetings',
    prodId: { company: 'Enlace', product: 'reuniones', language: 'ES' },
    // Nothing is answered by calendar: institutions confirm in Enlace.
    method: ICalCalendarMethod.PUBLISH,
    ttl: 900,
  })
  for (const { key, at } of meetings)
    made.createEvent({
      // The same meeting moved is the same event: calendars put it in the place of the one they have.
      id: `${createHash('sha256').update(`meeting|${key}`).digest('hex').slice(0, 32)}@enlace`,
      start: new Date(at),
      stamp: new Date(now),
      sequence: Math.floor(now / 60_000),
      summary: SUMMARY,
      description: `De qué trata y dónde es: en Enlace. / What it is about and where: in Enlace.${link ? ` ${link}` : ''}`,
    })
  return made.toString()
}
