/**
 * Duty as calendars to subscribe to (RFC 5545). A feed has an address of 256 random bits, told once and kept as its hash; it
 * names positions and the subscriber's own hours, and nobody else.
 */
import { createHash, randomBytes } from 'node:crypto'
import { type DutySource, dutyGaps, dutyOfPerson, dutySpans } from '@enlace/coordination/duty'
import ical, { ICalEventStatus } from 'ical-generator'
import { notFound, tooLarge } from '../errors.ts'
import type { Clock } from '../lib/clock.ts'
import type { DutyMembers } from './members.ts'
import type { DutyModels, FeedDoc, Feeds, FeedView } from './types.ts'

const DAY_MS = 86_400_000
const BACK_MS = 7 * DAY_MS
const AHEAD_MS = 60 * DAY_MS
const MAX_FEEDS = 20
/** A calendar asks every quarter of an hour; that it did is noted once an hour. */
const NOTE_MS = 3_600_000

const hashOf = (text: string) => createHash('sha256').update(text).digest('hex')
const view = ({ id, kind, position, created_ts, last_ts }: FeedDoc): FeedView => ({
  ...(kind === 'person' ? { kind } : { kind, position: position ?? '' }),
  id,
  created_ts,
  ...(last_ts === undefined ? {} : { last_ts }),
})

export function createFeeds(deps: {
  models: DutyModels
  clock: Clock
  members: DutyMembers
  source(institution: string): Promise<DutySource>
}): Feeds {
  const { models, clock, members } = deps

  // Served by {user_id, id}.
  const of = (userId: string) => models.Feed.find({ user_id: userId }).lean()

  return {
    list: async (userId) => (await of(userId)).map(view).sort((a, b) => a.created_ts - b.created_ts),

    async create(userId, wanted) {
      const { institution } = await members.colleague(userId)
      if ((await of(userId)).length >= MAX_FEEDS)
        throw tooLarge('Ya tiene 20 calendarios: quite uno antes. / You have 20 calendars: remove one first.')
      if (wanted.kind === 'position') {
        const { book } = await deps.source(institution)
        if (!book.positions.some(({ key }) => key === wanted.position))
          throw notFound('No existe ese puesto. / There is no such position.')
      }
      const token = randomBytes(32).toString('base64url')
      const doc: FeedDoc = {
        _id: hashOf(token),
        id: randomBytes(9).toString('base64url'),
        user_id: userId,
        institution,
        ...wanted,
        created_ts: clock.now(),
      }
      await models.Feed.create(doc)
      return { ...view(doc), token }
    },

    async revoke(userId, id) {
      // Served by {user_id, id}.
      return (await models.Feed.deleteOne({ user_id: userId, id })).deletedCount > 0
    },

    async read(token) {
      const feed = await models.Feed.findById(hashOf(token)).lean()
      // Whoever has left the institution, or is suspended, subscribes to nothing of it.
      if (!feed || !(await members.belongs(feed.institution)(feed.user_id)))
        throw notFound(
          'Ese calendario no existe o fue retirado. / There is no such calendar, or it was withdrawn.',
        )
      const now = clock.now()
      if (now - (feed.last_ts ?? 0) > NOTE_MS)
        await models.Feed.updateOne({ _id: feed._id }, { $set: { last_ts: now } })
      const source = await deps.source(feed.institution)
      return feed.kind === 'person' ? ownCalendar(source, feed, now) : positionCalendar(source, feed, now)
    },
  }
}

function calendar(name: string, now: number) {
  const made = ical({ name, prodId: { company: 'Enlace', product: 'turnos', language: 'ES' }, ttl: 900 })
  return {
    add(
      id: string,
      span: { from_ts: number; to_ts: number },
      summary: string,
      description: string,
      gap = false,
    ) {
      made.createEvent({
        id: hashOf(`${id}|${span.from_ts}`).slice(0, 32),
        start: new Date(span.from_ts),
        end: new Date(span.to_ts),
        stamp: new Date(now),
        summary,
        description,
        status: gap ? ICalEventStatus.TENTATIVE : ICalEventStatus.CONFIRMED,
      })
    },
    text: () => made.toString(),
  }
}

function ownCalendar(source: DutySource, feed: FeedDoc, now: number): string {
  const made = calendar('Mis turnos de guardia / My duty', now)
  for (const { key, name } of source.book.positions)
    for (const span of dutyOfPerson(source, key, feed.user_id, now - BACK_MS, now + AHEAD_MS))
      made.add(
        `${feed.id}|${key}`,
        span,
        `De turno: ${name.es}`,
        `On duty: ${name.en}. Enlace le avisa de los llamados. / Enlace alerts you of calls.`,
      )
  return made.text()
}

function positionCalendar(source: DutySource, feed: FeedDoc, now: number): string {
  const position = source.book.positions.find(({ key }) => key === feed.position)
  const made = calendar(position ? `${position.name.es} / ${position.name.en}` : 'Turnos / Duty', now)
  if (!position) return made.text()
  for (const span of dutySpans(source, position.key, now - BACK_MS, now + AHEAD_MS))
    if (span.people.length > 0)
      made.add(feed.id, span, `${position.name.es}: de turno`, `${position.name.en}: somebody is on duty.`)
  for (const gap of dutyGaps(source, now, now + AHEAD_MS))
    if (gap.position === position.key)
      made.add(
        `${feed.id}|gap`,
        gap,
        `${position.name.es}: SIN NADIE de turno`,
        `${position.name.en}: NOBODY is on duty.`,
        true,
      )
  return made.text()
}
