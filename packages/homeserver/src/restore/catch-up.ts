/**
 * Partners are told of the restore, each answers with the rooms it shares with this node and their newest events, and what
 * is missing of them is fetched before anything is sent there. A room is open when all of its partners were heard; when
 * some cannot be reached, after ten minutes with what the others had; when none can, after an hour.
 */
import { serverNameOf } from '@enlace/room-model'
import { z } from 'zod'
import type { Context } from '../context.ts'
import { FederationError } from '../federation/errors.ts'
import { type BackoffPolicy, backoffMs } from '../lib/backoff.ts'
import type { PartnerView, RestoreDoc, RestoreModel } from './types.ts'

const SOME_MISSING_MS = 10 * 60_000
const ALL_MISSING_MS = 60 * 60_000
const RETRY: BackoffPolicy = { firstMs: 1_000, longestMs: 60_000, jitter: { from: 0.7, to: 1 } }
const LOOK_MS = 15_000
const AT_ONCE = 4
const PAGE = 200
const MAX_PAGES = 100

export const NOTICE_PATH = '/_enlace/federation/v1/restored'
const roomId = z.string().max(255)
const answerSchema = z.object({
  rooms: z
    .array(
      z.object({
        room_id: roomId,
        heads: z.array(z.string().max(255)).max(100),
        members: z.array(z.string().max(255)).max(1_000),
      }),
    )
    .max(PAGE),
  next: roomId.optional(),
})
const templateSchema = z.looseObject({ event: z.looseObject({ prev_events: z.array(z.string()).max(100) }) })

type Partner = { failures: number; heard: boolean; running?: Promise<void>; timer?: NodeJS.Timeout }

export function createCatchUp(ctx: Context, model: RestoreModel, restore: RestoreDoc) {
  const partners = new Map<string, Partner>()
  const done = Promise.withResolvers<void>()
  /** Partners of rooms, once they are known; before that no room is open. */
  let rooms: Map<string, string[]> | undefined
  let began = ctx.clock.monotonic()
  let closed = false
  let finished = false
  let timer: NodeJS.Timeout | undefined
  const turns: (() => void)[] = []
  let active = 0

  async function inTurn<T>(work: () => Promise<T>): Promise<T> {
    if (active >= AT_ONCE) await new Promise<void>((go) => turns.push(go))
    active += 1
    try {
      return await work()
    } finally {
      active -= 1
      turns.shift()?.()
    }
  }

  async function readRooms(): Promise<void> {
    const found = new Map<string, string[]>()
    for await (const ids of ctx.rooms.allRooms())
      for (const id of ids) {
        if (!(await ctx.rooms.room(id))?.joinedLocally) continue
        const servers = (await ctx.rooms.joinedServers(id)).filter((name) => name !== ctx.serverName)
        if (servers.length > 0) found.set(id, [...servers])
      }
    rooms = found
    for (const servers of found.values()) for (const name of servers) meet(name)
    // Rooms this node does not know of any more, on servers it may not have met when the backup was made.
    for (const name of ctx.federationList.members()?.active ?? []) meet(name)
    const known = ctx.db.connection.collection<{ _id: string }>('destinations')
    for (const { _id } of await known.find({}, { projection: { _id: 1 } }).toArray()) meet(_id)
  }

  function meet(name: string): Partner | undefined {
    if (name === ctx.serverName || !ctx.federationList.allows(name)) return undefined
    const known = partners.get(name)
    if (known) return known
    const partner: Partner = { failures: 0, heard: restore.partners.includes(name) }
    partners.set(name, partner)
    if (!partner.heard) ask(name, partner)
    return partner
  }

  function ask(name: string, partner: Partner): void {
    if (closed || partner.running || partner.heard) return
    clearTimeout(partner.timer)
    partner.timer = undefined
    partner.running = inTurn(() => hear(name))
      .then(
        async () => {
          partner.heard = true
          await model.updateOne({ _id: restore._id }, { $addToSet: { partners: name } })
          restore.partners.push(name)
          ctx.log.info({ partner: name }, 'caught up with a partner after the restore')
        },
        (error: unknown) => {
          partner.failures += 1
          ctx.log.info({ partner: name, reason: (error as Error).message }, 'partner not caught up with yet')
          if (closed) return
          partner.timer = setTimeout(() => ask(name, partner), backoffMs(RETRY, partner.failures))
          partner.timer.unref()
        },
      )
      .finally(() => {
        partner.running = undefined
        void look()
      })
  }

  async function hear(name: string): Promise<void> {
    const view = await viewOf(name)
    for (const { roomId: id, heads, members } of view.rooms) {
      if (closed) throw new Error('The node is stopping.')
      if ((await ctx.rooms.room(id))?.joinedLocally) {
        const open = await ctx.federation.catchUp(name, id, heads)
        if (open > 0) throw new Error(`${open} events could not be fetched`)
        await remember(id)
        continue
      }
      const userId = members.find(
        (member) => ctx.accounts.isLocal(member) && serverNameOf(member) === ctx.serverName,
      )
      if (userId === undefined || !(await ctx.accounts.get(userId))) continue
      // Entered after the backup: this node's own members are in the partner's state of it.
      await ctx.federation.joinRemote({ roomId: id, userId, via: [name], content: { membership: 'join' } })
      await remember(id)
    }
  }

  /** Who is in a room may have changed since the backup: those are asked too. */
  async function remember(id: string): Promise<void> {
    const servers = (await ctx.rooms.joinedServers(id)).filter((name) => name !== ctx.serverName)
    rooms?.set(id, [...servers])
    for (const name of servers) meet(name)
  }

  /** What the partner has. One that is no Enlace node is asked in Matrix's own words, room by room. */
  async function viewOf(name: string): Promise<PartnerView> {
    const found: PartnerView['rooms'] = []
    let from: string | undefined
    try {
      for (let page = 0; page < MAX_PAGES; page++) {
        const answer = await ctx.federation.request(
          name,
          {
            entryPoint: 'restored',
            method: 'POST',
            path: NOTICE_PATH,
            body: {
              made_ts: restore.made_ts,
              restored_ts: restore.restored_ts,
              ...(from === undefined ? {} : { from }),
            },
            timeoutMs: 60_000,
          },
          answerSchema,
        )
        for (const { room_id, heads, members } of answer.rooms)
          found.push({ roomId: room_id, heads, members })
        from = answer.next
        if (from === undefined) break
      }
      return { rooms: found }
    } catch (error) {
      if (!(error instanceof FederationError) || error.answer?.body?.['errcode'] !== 'M_UNRECOGNIZED')
        throw error
    }
    for (const [id, servers] of rooms ?? []) {
      if (!servers.includes(name)) continue
      const [member] = ctx.rooms.localJoined(id)
      if (member === undefined) continue
      const { event } = await ctx.federation.request(
        name,
        {
          entryPoint: 'join',
          method: 'GET',
          path: `/_matrix/federation/v1/make_join/${encodeURIComponent(id)}/${encodeURIComponent(member)}`,
          query: { ver: ['10', '11', '12'] },
          timeoutMs: 30_000,
        },
        templateSchema,
      )
      found.push({ roomId: id, heads: event.prev_events, members: [] })
    }
    return { rooms: found }
  }

  const passed = () => ctx.clock.monotonic() - began

  function isRoomOpen(id: string): boolean {
    if (finished) return true
    if (!rooms) return false
    const servers = rooms.get(id)
    if (!servers) return true
    const waiting = servers.filter((name) => partners.has(name) && !partners.get(name)!.heard)
    if (waiting.length === 0) return true
    return passed() > (waiting.length < servers.length ? SOME_MISSING_MS : ALL_MISSING_MS)
  }

  async function look(): Promise<void> {
    if (finished || closed || !rooms) return
    if ([...partners.values()].some(({ heard }) => !heard) && passed() <= ALL_MISSING_MS) return
    finished = true
    clearInterval(timer)
    for (const partner of partners.values()) clearTimeout(partner.timer)
    await model.updateOne({ _id: restore._id }, { $set: { finished_ts: ctx.clock.now() } })
    const missing = [...partners].filter(([, { heard }]) => !heard).map(([name]) => name)
    ctx.log.info({ missing }, 'this node has caught up after its restore')
    await ctx.audit.record({
      act: 'restore.done',
      by: 'node',
      on: restore.backup,
      facts: { partners: partners.size, missing: missing.length },
    })
    done.resolve()
  }

  return {
    done: done.promise,
    isRoomOpen,
    isFinished: () => finished,
    waitingFor: () => [...partners].filter(([, { heard }]) => !heard).map(([name]) => name),
    /** A partner that speaks is there: it is asked at once. */
    hears(name: string): boolean {
      if (finished || passed() > ALL_MISSING_MS) return true
      const partner = meet(name)
      if (!partner || partner.heard) return true
      if (rooms && partner.timer) ask(name, partner)
      return false
    },
    async start() {
      began = ctx.clock.monotonic()
      await tellOfDevices()
      await readRooms()
      timer = setInterval(() => void look(), LOOK_MS)
      timer.unref()
      await look()
    },
    async close() {
      closed = true
      clearInterval(timer)
      for (const partner of partners.values()) clearTimeout(partner.timer)
      await Promise.all([...partners.values()].map(({ running }) => running))
    },
  }

  /** Once: every local person's devices, under a number that makes partners ask for all of them. */
  async function tellOfDevices(): Promise<void> {
    if (restore.steps.includes('devices told')) return
    for (const { userId } of await ctx.accounts.list()) {
      const devices = await ctx.devices.list(userId)
      const [first] = devices
      if (first) await ctx.deviceKeys.noteChange(userId, [first.deviceId])
    }
    await model.updateOne({ _id: restore._id }, { $addToSet: { steps: 'devices told' } })
    restore.steps.push('devices told')
  }
}
