/** Everything this node keeps about an account, for the person it is about: no content, which it cannot read. */
import type { Context } from '../context.ts'

type Section = { section: string; data: unknown }

const AUDIT_PAGE = 200
const MAX_AUDIT = 50_000
const MAX_FILES = 10_000

export async function* accountLines(ctx: Context, userId: string): AsyncGenerator<Section> {
  const account = await ctx.accounts.get(userId)
  yield { section: 'account', data: account }
  yield { section: 'profile', data: (await ctx.profiles.get(userId)) ?? {} }
  const place = await ctx.policy.placeOf(userId)
  yield { section: 'place', data: place }
  const institution = place.institution ?? account?.institution
  if (institution !== undefined)
    yield {
      section: 'roster_entry',
      data: { institution, entry: (await ctx.policy.rosterEntry(institution, userId)) ?? null },
    }
  for (const device of await ctx.devices.list(userId)) yield { section: 'session', data: device }
  yield { section: 'sign_in_factors', data: await ctx.factors.of(userId) }
  for (const { roomId, membership, eventId } of await ctx.rooms.roomsOf(userId)) {
    const event = await ctx.rooms.event(eventId)
    yield {
      section: 'membership',
      data: { room_id: roomId, membership, since_ts: event?.pdu.origin_server_ts ?? null },
    }
  }
  for (const { roomId, type, content } of await ctx.accountData.since(userId, 0, ctx.stream.stable))
    yield { section: 'account_data', data: { ...(roomId ? { room_id: roomId } : {}), type, content } }
  yield { section: 'alert_settings', data: await ctx.alerts.own.settings(userId) }
  yield { section: 'meeting_calendar', data: await ctx.meetings.calendars.of(userId) }
  for (const { _id, device_id, created_ts } of await ctx.alerts.own.subscriptions(userId))
    yield { section: 'alert_subscription', data: { id: _id, device_id, created_ts } }
  for (const notice of await ctx.alerts.own.list(userId)) yield { section: 'notice', data: notice }
  if (institution !== undefined)
    yield { section: 'duty', data: await ctx.duty.heldBy(institution, userId).catch(() => null) }
  for (const file of await ctx.media.operator.list({ by: userId, limit: MAX_FILES }))
    yield { section: 'file', data: file }
  if (institution !== undefined) yield* activity(ctx, userId, institution)
}

/** Entries of the audit log that name the person, newest first. */
async function* activity(ctx: Context, person: string, institution: string): AsyncGenerator<Section> {
  let before: number | undefined
  for (let count = 0; count < MAX_AUDIT; ) {
    const page = await ctx.audit.find({
      institution,
      person,
      limit: AUDIT_PAGE,
      ...(before === undefined ? {} : { before }),
    })
    for (const { salt: _salt, ...entry } of page.entries) yield { section: 'activity', data: entry }
    count += page.entries.length
    if (page.next === undefined) return
    before = page.next
  }
}
