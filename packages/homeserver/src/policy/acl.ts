/**
 * Access control lists of channels and corridors follow the network’s list, for partners that know no such list: a coordinator’s
 * node writes them, once, whoever comes first.
 */
import { aclAfterSuspension, aclVersion, corridorEventType, topicPolicyEventType } from '@enlace/coordination'
import { serverNameOf } from '@enlace/room-model'
import { isActive } from '../accounts/suspension.ts'
import type { Context } from '../context.ts'
import { MatrixError } from '../errors.ts'
import type { StateView } from '../rooms/types.ts'
import type { Persons } from './types.ts'

const TYPE = 'm.room.server_acl'
/** What the first in line has not written within this time, the next one writes. */
const TURN_MS = 3_000
const MAX_TURNS = 5
/** For so long a content that knows a newer list than this node is right; then this node’s list counts. */
const NEWER_MS = 10 * 60_000

export function createAcl(ctx: Context, persons: Pick<Persons, 'standing'>, again: (roomId: string) => void) {
  /** Since when a room’s list is not as it should be. */
  const since = new Map<string, number>()
  const waiting = new Set<NodeJS.Timeout>()

  /** Coordinators who may write it, in the order in which they are to: each server has one turn. */
  async function writers(roomId: string): Promise<string[]> {
    const able: string[] = []
    for (const userId of await ctx.rooms.members(roomId, 'join')) {
      // Nothing is written in the name of somebody who is suspended.
      if (ctx.accounts.isLocal(userId) && !isActive(await ctx.accounts.get(userId))) continue
      const server = serverNameOf(userId)
      if (server === undefined || ctx.federation.cutOff(server)) continue
      if (!(await ctx.rooms.maySendState(roomId, userId, TYPE))) continue
      const standing = await persons.standing(userId)
      if (standing.known && standing.member.role === 'coordinator') able.push(userId)
    }
    return able.sort()
  }

  async function write(roomId: string, sender: string, content: Record<string, unknown>): Promise<boolean> {
    try {
      await ctx.rooms.send({ roomId, sender, type: TYPE, stateKey: '', content })
      ctx.log.info({ room: roomId, by: sender }, 'access control list of a room brought up to date')
      return true
    } catch (error) {
      if (!(error instanceof MatrixError)) throw error
      ctx.log.warn({ err: error, room: roomId }, 'access control list of a room could not be written')
      return false
    }
  }

  function later(roomId: string, ms: number): void {
    const timer = setTimeout(() => {
      waiting.delete(timer)
      again(roomId)
    }, ms)
    timer.unref()
    waiting.add(timer)
  }

  return {
    async follow(roomId: string, state: StateView, members: Iterable<string>): Promise<void> {
      const ground = ctx.federationList.members()
      if (!ground || !(state.get(topicPolicyEventType) ?? state.get(corridorEventType))) return
      const servers = new Set([...members].map((userId) => serverNameOf(userId) ?? ''))
      const strangers = [...servers].filter((one) => ctx.federation.cutOff(one)).sort()
      const current = state.get(TYPE)?.pdu
      const active = [...ground.active, ctx.serverName]
      const wanted = aclAfterSuspension(current?.content, { ...ground, active }, strangers)
      if (!wanted) {
        since.delete(roomId)
        return
      }
      const newer = current !== undefined && aclVersion(current.content) > ground.version
      if (newer && Date.now() - current.origin_server_ts < NEWER_MS) return
      const line = await writers(roomId)
      const mine = line.filter((userId) => ctx.accounts.isLocal(userId))
      if (mine.length === 0) return
      const now = ctx.clock.monotonic()
      const began = since.get(roomId) ?? now
      since.set(roomId, began)
      const before = new Set(line.slice(0, line.indexOf(mine[0]!)).map((userId) => serverNameOf(userId)))
      const turn = began + Math.min(before.size, MAX_TURNS) * TURN_MS
      if (now < turn) {
        later(roomId, turn - now)
        return
      }
      for (const sender of mine) if (await write(roomId, sender, wanted)) return
    },
    close(): void {
      for (const timer of waiting) clearTimeout(timer)
    },
  }
}
