/**
 * A person's calendar of meetings: an address of 256 random bits to subscribe to, told once and kept as its hash, and whether they want
 * each meeting by mail. Both say that there is a meeting, and when.
 */
import { createHash, randomBytes } from 'node:crypto'
import { Schema } from 'mongoose'
import { isActive } from '../accounts/suspension.ts'
import { mayReadCase } from '../cases/board.ts'
import type { Context } from '../context.ts'
import { invalidParam, notFound } from '../errors.ts'
import { openModel } from '../storage/db.ts'
import { type BlindMeeting, blindCalendar } from './blind-calendar.ts'
import type { MeetingCalendarDoc, MeetingCalendars, MeetingRow } from './types.ts'

const DAY_MS = 86_400_000
const BACK_MS = 30 * DAY_MS
const MAX_EVENTS = 300
/** A calendar asks every quarter of an hour; that it did is noted once an hour. */
const NOTE_MS = 3_600_000
/** Meetings told of in one look, for all people: the rest at the next. */
const MAX_MAILED = 200
/** Keys of invitations raised since the start; beyond that the ledger of alerts is asked again. */
const MAX_KNOWN = 20_000

const hashOf = (text: string) => createHash('sha256').update(text).digest('hex')
const keyOf = (row: MeetingRow, userId: string) => `meeting|${row.id}|${row.starts_ts}|${userId}`

export async function createMeetingCalendars(
  ctx: Context,
  rows: ReadonlyMap<string, MeetingRow>,
): Promise<MeetingCalendars> {
  const schema = new Schema<MeetingCalendarDoc>(
    { _id: String, token: String, created_ts: Number, last_ts: Number, mail: Boolean },
    { versionKey: false, strict: 'throw', minimize: false },
  )
  schema.index({ token: 1 })
  schema.index({ mail: 1 })
  const Calendar = await openModel(ctx.db, 'meeting_calendars', schema)
  const known = new Set<string>()

  /** Of this person's institution, in a channel they are in, as the list of meetings shows it. */
  async function concerns(row: MeetingRow, userId: string, institution: string): Promise<boolean> {
    if (!row.institutions.includes(institution)) return false
    return mayReadCase(ctx, userId, row.id)
  }

  /** Undefined: suspended, closed, or of no institution now. */
  async function institutionOf(userId: string): Promise<string | undefined> {
    if (!isActive(await ctx.accounts.get(userId))) return undefined
    return (await ctx.policy.memberOf(userId)).institution?.key
  }

  async function meetingsOf(userId: string, institution: string, now: number): Promise<BlindMeeting[]> {
    const followed = new Set([...rows.values()].flatMap(({ follows }) => (follows ? [follows.event_id] : [])))
    const found: BlindMeeting[] = []
    const near = [...rows.values()]
      .filter((row) => Math.max(row.starts_ts, row.next_ts ?? 0) > now - BACK_MS)
      .sort((a, b) => b.starts_ts - a.starts_ts)
    for (const row of near) {
      if (found.length >= MAX_EVENTS) break
      if (!(await concerns(row, userId, institution))) continue
      if (row.starts_ts > now - BACK_MS) found.push({ key: row.id, at: row.starts_ts })
      // The date the next one was set for, until that one is convened.
      if (row.next_ts !== undefined && row.next_ts > now && !followed.has(row.id))
        found.push({ key: `${row.id}|next`, at: row.next_ts })
    }
    return found
  }

  async function invite(some: Iterable<MeetingRow>): Promise<void> {
    if (!ctx.alerts.own.offered.has('email')) return
    const now = ctx.clock.now()
    const ahead = [...some].filter((row) => row.starts_ts > now && row.next_ts === undefined)
    if (ahead.length === 0) return
    let left = MAX_MAILED
    // Served by {mail}.
    for (const { _id: userId } of await Calendar.find({ mail: true }, { _id: 1 }).lean()) {
      const untold = ahead.filter((row) => !known.has(keyOf(row, userId)))
      const institution = untold.length > 0 ? await institutionOf(userId) : undefined
      if (institution === undefined) continue
      for (const row of untold) {
        if (!(await concerns(row, userId, institution))) continue
        if (left-- <= 0) return
        await ctx.alerts.mail({
          key: keyOf(row, userId),
          userId,
          urgent: false,
          kind: 'meeting',
          roomId: row.room_id,
          eventId: row.id,
          dueTs: row.starts_ts,
        })
        if (known.size >= MAX_KNOWN) known.clear()
        known.add(keyOf(row, userId))
      }
    }
  }

  return {
    async of(userId) {
      const doc = await Calendar.findById(userId).lean()
      return {
        address: doc?.token
          ? {
              created_ts: doc.created_ts ?? 0,
              ...(doc.last_ts === undefined ? {} : { last_ts: doc.last_ts }),
            }
          : null,
        mail: doc?.mail === true,
        mail_usable: await ctx.alerts.own.usable(userId, 'email'),
      }
    },
    async renew(userId) {
      const token = randomBytes(32).toString('base64url')
      await Calendar.updateOne(
        { _id: userId },
        { $set: { token: hashOf(token), created_ts: ctx.clock.now() }, $unset: { last_ts: 1 } },
        { upsert: true },
      )
      return token
    },
    async revoke(userId) {
      const done = await Calendar.updateOne(
        { _id: userId, token: { $exists: true } },
        { $unset: { token: 1, created_ts: 1, last_ts: 1 } },
      )
      return done.modifiedCount > 0
    },
    async mail(userId, on) {
      if (on && !(await ctx.alerts.own.usable(userId, 'email')))
        throw invalidParam(
          'No hay un correo suyo confirmado. Escríbalo en Ajustes, Avisos urgentes, confírmelo, y vuelva. / There is no confirmed mail address of yours. Write it under Settings, Urgent alerts, confirm it, and come back.',
        )
      await Calendar.updateOne({ _id: userId }, on ? { $set: { mail: true } } : { $unset: { mail: 1 } }, {
        upsert: true,
      })
      if (on) await invite(rows.values())
    },
    async read(token) {
      // Served by {token}.
      const doc = await Calendar.findOne({ token: hashOf(token) }).lean()
      const institution = doc ? await institutionOf(doc._id) : undefined
      // Whoever has left the institution, or is suspended, subscribes to nothing of it.
      if (!doc || institution === undefined)
        throw notFound('Ese calendario no existe o fue retirado. / There is no such calendar.')
      const now = ctx.clock.now()
      if (now - (doc.last_ts ?? 0) > NOTE_MS)
        await Calendar.updateOne({ _id: doc._id, token: doc.token! }, { $set: { last_ts: now } })
      const link = ctx.config.public_base_url
      return blindCalendar(await meetingsOf(doc._id, institution, now), { now, link })
    },
    async forget(userId) {
      await Calendar.deleteOne({ _id: userId })
    },
    invite,
    async changed(before, after) {
      // What was not sent yet says a time that does not hold any more.
      if (before && before.starts_ts !== after?.starts_ts)
        await ctx.alerts.settle(`meeting|${before.id}|${before.starts_ts}|`, 'superseded')
      if (after) await invite([after])
    },
  }
}
