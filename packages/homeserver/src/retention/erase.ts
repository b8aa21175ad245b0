/**
 * Deleting on this node: written down first, then done, so that a crash at any point is taken up where it was. Each step does
 * no harm when it is done twice.
 */
import {
  caseEventType,
  caseUpdateEventType,
  envelopeSchemas,
  type RetentionReceipt,
} from '@enlace/coordination'
import { signJson } from '@enlace/room-model'
import type { Context } from '../context.ts'
import type { ErasureStore } from './store.ts'
import type { ErasedDevice, Erasure } from './types.ts'

/** What people write in a channel outside of cases. */
export const MESSAGE_TYPES = ['m.room.encrypted', 'm.room.message', 'm.reaction'] as const
/** Account data by which devices hear that there is something to delete. It says no more than that. */
export const ERASURES_TYPE = 'org.enlace.erasures'
const BATCH = 500
/** Relations followed to find whether a message belongs to a case: a correction of an answer in its thread. */
const MAX_UP = 3

/** Calls, holds and periods stay: nothing in them is about the person of a case. */
const stays = (type: string): boolean =>
  type === 'm.room.redaction' ||
  (Object.hasOwn(envelopeSchemas, type) && type !== caseEventType && type !== caseUpdateEventType)

/** Taken at once: between any two the holds are looked at again. */
const AT_ONCE = 200

export function createEraser(
  ctx: Context,
  store: ErasureStore,
  permits: (erasure: Erasure) => Promise<boolean>,
) {
  /** Whoever was sent away has what was sent until then, as whoever left. */
  const localMembers = async (roomId: string) => {
    const everyone: string[] = []
    for (const membership of ['join', 'leave', 'ban'] as const)
      everyone.push(...(await ctx.rooms.members(roomId, membership)))
    return everyone.filter((userId) => ctx.accounts.isLocal(userId))
  }

  async function devicesOf(roomId: string): Promise<ErasedDevice[]> {
    const found: ErasedDevice[] = []
    for (const user_id of await localMembers(roomId))
      for (const { deviceId, lastSeenTs } of await ctx.devices.list(user_id))
        found.push({
          user_id,
          device_id: deviceId,
          ...(lastSeenTs === undefined ? {} : { last_seen_ts: lastSeenTs }),
        })
    return found
  }

  /** @returns false when it may not go on; what is left stays as it is */
  async function takeAll(id: string, ids: readonly string[]): Promise<boolean> {
    for (let at = 0; at < ids.length; at += AT_ONCE) {
      const erasure = (await store.get(id))!
      if (!(await permits(erasure))) {
        if (erasure.counts.events === 0) await store.drop(id)
        else if (!erasure.held) await store.change(id, (now) => ({ ...now, held: true }))
        return false
      }
      await take(erasure, ids.slice(at, at + AT_ONCE))
    }
    return true
  }

  async function take(erasure: Erasure, ids: readonly string[]): Promise<void> {
    const { id, room_id } = erasure
    // Known before their events are gone, and on disk: devices and backups are told of them after a crash as well.
    const sessions = new Set([...erasure.sessions, ...(await ctx.rooms.sessionsOnlyIn(room_id, ids))])
    await store.change(id, (now) => ({ ...now, sessions: [...sessions] }))
    const files = await ctx.media.removeCarriedBy(ids)
    const keys = await ctx.keyBackup.forget(await localMembers(room_id), room_id, [...sessions])
    const events = await ctx.rooms.erase(ids)
    await ctx.reports.erased(ids)
    await store.change(id, ({ held: _, ...now }) => ({
      ...now,
      counts: {
        events: now.counts.events + events,
        files: now.counts.files + files,
        keys: now.counts.keys + keys,
      },
    }))
  }

  /** Whether a message is of a case: its thread, or a correction of what is in it. */
  async function ofCase(relatesTo: unknown, depth = 0): Promise<boolean> {
    const id = (relatesTo as { event_id?: unknown } | undefined)?.event_id
    if (typeof id !== 'string' || depth >= MAX_UP) return false
    const target = await ctx.rooms.event(id)
    // What it hangs on is not here: it may be of a case that goes on.
    if (!target) return true
    if (target.pdu.type === caseEventType) return true
    return ofCase(target.pdu.content['m.relates_to'], depth + 1)
  }

  async function* messagesBefore(roomId: string, from: number, untilTs: number): AsyncGenerator<string[]> {
    for (let after: { ts: number; id: string } | undefined; ; ) {
      const page = await ctx.rooms.sentBefore(roomId, MESSAGE_TYPES, { from, untilTs, after }, BATCH)
      const found: string[] = []
      for (const { eventId, pdu } of page)
        if (!(await ofCase(pdu.content['m.relates_to']))) found.push(eventId)
      if (found.length > 0) yield found
      const last = page.at(-1)
      if (page.length < BATCH || !last) return
      after = { ts: last.pdu.origin_server_ts, id: last.eventId }
    }
  }

  return {
    belongingTo: (roomId: string, caseId: string) => ctx.rooms.belonging(roomId, caseId, stays),
    messagesBefore,

    /** Takes the content away. The room it took is overwritten after this. */
    async erase(erasure: Erasure): Promise<void> {
      const { id, room_id, subject, until_ts } = erasure
      if (subject === 'messages') {
        for await (const ids of messagesBefore(room_id, 0, until_ts!)) if (!(await takeAll(id, ids))) return
      } else {
        if (!(await takeAll(id, erasure.event_ids ?? [subject]))) return
        const root = await ctx.rooms.event(subject)
        if (root) ctx.cases.revisit([root])
        await ctx.cases.settled()
      }
      await store.change(id, (now) => ({ ...now, state: 'rewriting' }))
    },

    /** Says that it is done, signed, once no copy of the files can hold it. */
    async sign(erasure: Erasure, storage: RetentionReceipt['storage']): Promise<Erasure> {
      const { id, room_id, subject, until_ts, counts } = erasure
      const body = {
        type: 'org.enlace.retention.receipt' as const,
        server: ctx.serverName,
        room_id,
        subject,
        ...(until_ts === undefined ? {} : { until_ts }),
        erased_ts: ctx.clock.now(),
        counts,
        storage,
      }
      const receipt = signJson(body, ctx.serverName, ctx.signingKey)
      const devices = await devicesOf(room_id)
      // Recorded first: what is deleted cannot be told of again, and an entry twice does no harm.
      await ctx.audit.record({
        act: 'retention.delete',
        by: 'node',
        room: room_id,
        ...(subject === 'messages' ? {} : { case: subject }),
        facts: { events: counts.events, files: counts.files, keys: counts.keys },
      })
      const done = await store.change(id, (now) => ({ ...now, state: 'done', receipt, devices }))
      // Wakes those that are open; a device asks at each start as well, however long it was off.
      for (const userId of new Set(devices.map(({ user_id }) => user_id)))
        await ctx.accountData.set(userId, ERASURES_TYPE, { newest_ts: receipt.erased_ts })
      return done!
    },
  }
}
