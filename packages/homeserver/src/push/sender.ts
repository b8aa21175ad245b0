/**
 * Wakes devices through their push gateways. What leaves this server is that something happened in a room: never a text,
 * a name or a sender, whatever format a pusher asks for (the gateway and the phone's maker are strangers here).
 *
 * Best effort: a notification that cannot be delivered after a few tries is dropped, and so is what stands in line for a
 * gateway when the node ends, for the message itself waits in sync. What was not looked at by then is looked at after the
 * start; what was in the last seconds before a crash may be told twice, under the same event id.
 */
import { isActive } from '../accounts/suspension.ts'
import type { Context } from '../context.ts'
import type { LogRange, StoredEvent } from '../rooms/types.ts'
import { openProjection } from '../stream/projection.ts'
import type { Outcome, PostToGateway, PusherJson, Pushers, Unread } from './types.ts'

const MAX_QUEUE = 20
/** Rooms looked at side by side. */
const AT_ONCE = 16
const RETRY_MS = [1_000, 5_000, 30_000]

type Job = { event: StoredEvent; outcome: Outcome; unread: number }
type Line = { jobs: Job[]; running: boolean }

export async function createPushSender(
  ctx: Context,
  parts: {
    pushers: Pushers
    unread: Unread
    post: PostToGateway
    /** Pauses between tries, in ms. */
    retryMs?: readonly number[]
  },
) {
  const { pushers, unread, post, retryMs = RETRY_MS } = parts
  const lines = new Map<string, Line>()
  let closed = false

  /** People of this node who may be notified of an event. */
  function readers(event: StoredEvent): string[] {
    const { type, state_key, content, sender } = event.pdu
    if (type === 'm.room.member' && content['membership'] === 'invite' && state_key !== undefined) {
      return ctx.accounts.isLocal(state_key) ? [state_key] : []
    }
    return [...ctx.rooms.localJoined(event.roomId)].filter((userId) => userId !== sender)
  }

  /** Who is suspended or gone is not told that there is something to read. */
  const told = async (userId: string) => isActive(await ctx.accounts.get(userId))

  async function consider(event: StoredEvent): Promise<void> {
    for (const userId of readers(event)) {
      if (!pushers.mayHave(userId) || !(await told(userId))) continue
      const outcome = await unread.judge(userId, event)
      if (!outcome.notify) continue
      const targets = (await pushers.list(userId)).filter(({ kind }) => kind === 'http')
      if (targets.length === 0) continue
      const { notification_count } = await unread.counts(userId, event.roomId)
      for (const pusher of targets) enqueue(userId, pusher, { event, outcome, unread: notification_count })
    }
  }

  function enqueue(userId: string, pusher: PusherJson, job: Job): void {
    const key = `${userId}|${pusher.app_id}|${pusher.pushkey}`
    const line = lines.get(key) ?? { jobs: [], running: false }
    lines.set(key, line)
    line.jobs.push(job)
    if (line.jobs.length > MAX_QUEUE) line.jobs.shift()
    if (line.running) return
    line.running = true
    void work(key, line, userId, pusher)
  }

  async function work(key: string, line: Line, userId: string, pusher: PusherJson): Promise<void> {
    for (let job = line.jobs.shift(); job && !closed; job = line.jobs.shift()) {
      if (!(await deliver(userId, pusher, job))) line.jobs.length = 0
    }
    line.running = false
    lines.delete(key)
  }

  /** @returns false when the gateway is to be left alone for now */
  async function deliver(userId: string, pusher: PusherJson, job: Job): Promise<boolean> {
    for (let attempt = 0; !closed; attempt++) {
      if (!(await told(userId))) return false
      try {
        const { gone } = await post(String(pusher.data['url']), notificationOf(pusher, job))
        if (gone.includes(pusher.pushkey)) {
          await pushers.remove(userId, pusher.app_id, pusher.pushkey)
          return false
        }
        return true
      } catch (error) {
        const pause = retryMs[attempt]
        if (pause === undefined) {
          ctx.log.info({ err: error }, 'a push gateway could not be reached')
          return false
        }
        await new Promise<void>((done) => setTimeout(done, pause).unref())
      }
    }
    return false
  }

  /** Events of the rooms of people with pushers: nobody else is to be told. Cost: a query per person and room, at a start. */
  async function read({ after, upTo, limit }: LogRange): Promise<StoredEvent[]> {
    const rooms = new Set<string>()
    for (const userId of pushers.owners())
      for (const { roomId, membership } of await ctx.rooms.roomsOf(userId))
        if (membership === 'join' || membership === 'invite') rooms.add(roomId)
    const found: StoredEvent[] = []
    for (const roomId of rooms)
      found.push(...(await ctx.rooms.timeline(roomId, { from: after, to: upTo, dir: 'f', limit })))
    return found.sort((a, b) => a.pos! - b.pos!).slice(0, limit)
  }

  const projection = await openProjection(ctx, {
    name: 'push',
    startsAt: 'now',
    atOnce: AT_ONCE,
    concerns: (event) => pushers.any() && readers(event).some(pushers.mayHave),
    read,
    keysOf: (event) => [event.roomId],
    async work(_roomId, events) {
      for (const event of events) if (event.redactedBy === undefined) await consider(event)
    },
  })
  void projection.start()

  return {
    async close(): Promise<void> {
      closed = true
      await projection.close()
    },
  }
}

function notificationOf(pusher: PusherJson, { event, outcome, unread }: Job): Record<string, unknown> {
  const tweaks = Object.fromEntries(
    outcome.actions.flatMap((action) =>
      typeof action === 'object' ? [[action.set_tweak, action.value ?? true] as const] : [],
    ),
  )
  const { url: _url, ...data } = pusher.data
  const urgent = outcome.highlight || 'sound' in tweaks
  return {
    event_id: event.eventId,
    room_id: event.roomId,
    prio: urgent ? 'high' : 'low',
    counts: { unread },
    devices: [{ app_id: pusher.app_id, pushkey: pusher.pushkey, data, tweaks }],
  }
}
