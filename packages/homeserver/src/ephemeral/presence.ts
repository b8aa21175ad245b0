/**
 * Presence (client-server API, "Presence"): whether a person is there now. In memory only, told to those who share a room.
 *
 * @NOTE Partners are told too: whether somebody is at the other desk matters for an urgent call. What is told is the
 * state and its changes, never each action.
 */

import { z } from 'zod'
import { serverOfUser } from '../accounts/user-ids.ts'
import type { Context } from '../context.ts'
import { growingCache } from '../lib/cache.ts'
import { type Clock, systemClock } from '../lib/clock.ts'
import type { ClientEvent } from '../rooms/types.ts'
import { introducePresence } from './introductions.ts'

export type PresenceState = 'online' | 'unavailable' | 'offline'

/** Not heard of for this long: gone. */
const OFFLINE_AFTER_MS = 5 * 60_000
const SWEEP_MS = 30_000
const MAX_STATUS = 512

type Known = { presence: PresenceState; statusMsg?: string; activeAt: number; pos: number }

const presenceEdu = z.object({
  push: z
    .array(
      z.object({
        user_id: z.string(),
        presence: z.enum(['online', 'unavailable', 'offline']),
        status_msg: z.string().max(MAX_STATUS).nullish(),
        last_active_ago: z.number().optional(),
      }),
    )
    .max(500),
})

export function createPresence(ctx: Context, { now }: Clock = systemClock) {
  const known = growingCache<string, Known>(20_000)

  async function change(userId: string, next: Omit<Known, 'pos'>): Promise<boolean> {
    const before = known.get(userId)
    known.set(userId, { ...next, pos: before?.pos ?? 0 })
    if (
      (before?.presence ?? 'offline') === next.presence &&
      (before?.statusMsg ?? '') === (next.statusMsg ?? '')
    ) {
      return false
    }
    await ctx.stream.append(async (pos) => {
      const current = known.get(userId)
      if (current) current.pos = pos
      return { kind: 'presence' as const, pos, userId }
    })
    return true
  }

  async function tellPartners(userId: string): Promise<void> {
    const servers = await ctx.federation.serversSharingRoomWith(userId)
    if (servers.length === 0) return
    await ctx.federation.sendEdu(
      servers,
      { edu_type: 'm.presence', content: { push: [{ user_id: userId, ...contentOf(userId) }] } },
      { durable: false, coalesceKey: `presence|${userId}` },
    )
  }

  function contentOf(userId: string): Record<string, unknown> {
    const state = known.get(userId)
    if (!state) return { presence: 'offline' }
    return {
      presence: state.presence,
      last_active_ago: Math.max(0, now() - state.activeAt),
      currently_active: state.presence === 'online',
      ...(state.statusMsg ? { status_msg: state.statusMsg } : {}),
    }
  }

  async function sweep(): Promise<void> {
    for (const [userId, state] of known.entries()) {
      if (state.presence === 'offline' || now() - state.activeAt < OFFLINE_AFTER_MS) continue
      const changed = await change(userId, { ...state, presence: 'offline' })
      if (changed && ctx.accounts.isLocal(userId)) await tellPartners(userId)
    }
  }
  const timer = setInterval(() => {
    sweep().catch((error: unknown) => ctx.log.warn({ err: error }, 'presence sweep failed'))
  }, SWEEP_MS)
  timer.unref()

  const introductions = introducePresence(ctx, {
    present: (userId) =>
      (known.get(userId)?.presence ?? 'offline') === 'offline' ? undefined : contentOf(userId),
    async announce(userId) {
      await ctx.stream.append(async (pos) => ({ kind: 'presence' as const, pos, userId }))
    },
  })

  return {
    contentOf,
    sweep,

    async set(userId: string, presence: PresenceState, statusMsg?: string): Promise<void> {
      const before = known.get(userId)
      const status = statusMsg === undefined ? before?.statusMsg : statusMsg.slice(0, MAX_STATUS)
      const activeAt = presence === 'online' ? now() : (before?.activeAt ?? now())
      const next = { presence, activeAt, ...(status ? { statusMsg: status } : {}) }
      if (await change(userId, next)) await tellPartners(userId)
    },

    events(userIds: readonly string[]): ClientEvent[] {
      return userIds
        .filter((userId) => known.has(userId))
        .map((userId) => ({ type: 'm.presence', sender: userId, content: contentOf(userId) }))
    },

    async receive(origin: string, content: Record<string, unknown>): Promise<void> {
      const parsed = presenceEdu.safeParse(content)
      if (!parsed.success) return
      for (const { user_id, presence, status_msg, last_active_ago } of parsed.data.push) {
        if (serverOfUser(user_id) !== origin) continue
        await change(user_id, {
          presence,
          activeAt: now() - Math.max(0, last_active_ago ?? 0),
          ...(status_msg ? { statusMsg: status_msg } : {}),
        })
      }
    },

    close() {
      introductions.close()
      clearInterval(timer)
    },
  }
}
