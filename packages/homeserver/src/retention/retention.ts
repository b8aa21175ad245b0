/** Retention on a node: finds what is due, deletes it, signs that it did, and asks partners and devices until they confirm. */
import { type CaseRow, DAY_MS, type RetentionSubject } from '@enlace/coordination'
import { serverNameOf } from '@enlace/room-model'
import type { Context } from '../context.ts'
import { createDue } from './due.ts'
import { createEraser } from './erase.ts'
import { openRetentionModels } from './models.ts'
import { createFirstDay } from './off.ts'
import { createPartners } from './partners.ts'
import { createErasureStore } from './store.ts'
import type { Erasure, PartnerDevices, Retention, RoomRetention, UpcomingCase } from './types.ts'

const EVERY_MS = 10 * 60_000
const FIRST_MS = 30_000
const PAGE = 500
/** At one run: the rest at the next. */
const MAX_AT_ONCE = 2_000
const MAX_SHOWN = 500
/** Looked at again: what came late from partners, with an old time. */
const OVERLAP_MS = 30 * DAY_MS

export async function createRetention(ctx: Context): Promise<Retention> {
  const models = await openRetentionModels(ctx.db)
  const store = createErasureStore(models)
  /** The next moment at which time alone makes something due; of the last whole run. Undefined: none was whole, or one is under way. */
  let turn: number | undefined
  let nextTurn = Number.POSITIVE_INFINITY
  const due = createDue(ctx, (ts) => {
    nextTurn = Math.min(nextTurn, ts)
  })
  const eraser = createEraser(ctx, store, due.permits)
  const partners = createPartners(ctx, store)
  let running: Promise<Erasure[]> | undefined
  let closed = false
  const firstDay = await createFirstDay(ctx, models)
  await firstDay.look()
  const stopped = () => closed || !firstDay.mode().deletes

  async function* endedCases(upToTs: number): AsyncGenerator<CaseRow> {
    for (let after: { ts: number; id: string } | undefined; !closed; ) {
      const page = await ctx.cases.ended(after, upToTs, PAGE)
      yield* page
      const last = page.at(-1)
      if (page.length < PAGE || !last) return
      after = { ts: last.changed_ts, id: last.id }
    }
  }

  async function dueCases(limit: number): Promise<UpcomingCase[]> {
    const rooms = new Map<string, RoomRetention>()
    const found: UpcomingCase[] = []
    for await (const row of endedCases(ctx.clock.now())) {
      const room = rooms.get(row.room_id) ?? (await due.ofRoom(row.room_id))
      rooms.set(row.room_id, room)
      const standing = await due.standing(row, room)
      if (standing.state === 'due') found.push({ row, standing })
      if (found.length >= limit) break
    }
    return found
  }

  /** A hold that was seen by now wins. Undefined: nothing is deleted. */
  async function beginCase(row: CaseRow): Promise<Erasure | undefined> {
    const standing = await due.standing(row)
    if (standing.state !== 'due') return undefined
    return store.begin({
      id: `${row.room_id}|${row.id}`,
      room_id: row.room_id,
      subject: row.id,
      about: {
        reference: row.reference,
        kind: row.kind,
        requesting: row.requesting,
        owner: row.owner,
        ended_ts: row.changed_ts,
      },
      due_ts: standing.due_ts,
      event_ids: await eraser.belongingTo(row.room_id, row.id),
      ...(await fresh(row.room_id)),
    })
  }

  /** Who is in the room, and who was: they have what was sent until they left. */
  async function serversOf(roomId: string): Promise<Set<string>> {
    const servers = new Set(await ctx.rooms.joinedServers(roomId))
    for (const membership of ['leave', 'ban'] as const)
      for (const userId of await ctx.rooms.members(roomId, membership)) {
        const server = serverNameOf(userId)
        if (server && !servers.has(server) && (await ctx.rooms.leftWith(roomId, userId))) servers.add(server)
      }
    servers.delete(ctx.serverName)
    return servers
  }

  async function fresh(roomId: string) {
    const now = ctx.clock.now()
    const servers = await serversOf(roomId)
    return {
      state: 'erasing' as const,
      began_ts: now,
      sessions: [],
      counts: { events: 0, files: 0, keys: 0 },
      partners: [...servers].map((server) => ({ server, since: now })),
      devices: [],
    }
  }

  /** Up to when the channel's messages are due, and whether there are any. */
  async function messagesDue(roomId: string): Promise<{ until: number; some: boolean } | undefined> {
    const until = await due.cutoff(roomId)
    if (until === undefined) return undefined
    const known = (await models.Sweep.findById(roomId).lean())?.until_ts
    if (known !== undefined && known >= until) return undefined
    const from = Math.max(0, (known ?? 0) - OVERLAP_MS)
    const first = await eraser.messagesBefore(roomId, from, until).next()
    return { until, some: !first.done }
  }

  async function beginMessages(roomId: string): Promise<Erasure | undefined> {
    const now = await messagesDue(roomId)
    if (!now) return undefined
    if (now.some) return messagesUntil(roomId, now.until)
    await models.Sweep.updateOne({ _id: roomId }, { $set: { until_ts: now.until } }, { upsert: true })
    return undefined
  }

  const messagesUntil = async (roomId: string, until_ts: number): Promise<Erasure> =>
    store.begin({
      id: `${roomId}|messages|${until_ts}`,
      room_id: roomId,
      subject: 'messages',
      until_ts,
      due_ts: until_ts,
      ...(await fresh(roomId)),
    })

  /** What was begun is finished: the files are rewritten once for all of them. */
  async function finish(): Promise<Erasure[]> {
    const open = (await store.open(MAX_AT_ONCE)).filter(({ state }) => state !== 'done')
    for (const erasure of open) if (erasure.state === 'erasing' && !stopped()) await eraser.erase(erasure)
    const rewriting = (await store.open(MAX_AT_ONCE)).filter(({ state }) => state === 'rewriting')
    if (rewriting.length === 0 || stopped()) return []
    const storage = await ctx.db.rewrite()
    const done: Erasure[] = []
    for (const erasure of rewriting) {
      done.push(await eraser.sign(erasure, storage))
      if (erasure.until_ts !== undefined)
        await models.Sweep.updateOne(
          { _id: erasure.room_id },
          { $max: { until_ts: erasure.until_ts } },
          { upsert: true },
        )
    }
    return done
  }

  async function runNow(): Promise<Erasure[]> {
    turn = undefined
    nextTurn = Number.POSITIVE_INFINITY
    await firstDay.look()
    if (stopped()) return []
    // Holds that are on their way through the log count.
    await ctx.cases.settled()
    const cases = await dueCases(MAX_AT_ONCE)
    for (const { row } of cases) if (!stopped()) await beginCase(row)
    for await (const roomIds of ctx.rooms.allRooms())
      for (const roomId of roomIds) if (!stopped()) await beginMessages(roomId)
    const done = await finish()
    if (!stopped() && cases.length < MAX_AT_ONCE) turn = nextTurn
    if (!stopped()) await partners.askAll()
    return done
  }

  function run(): Promise<Erasure[]> {
    running ??= runNow().finally(() => {
      running = undefined
    })
    return running
  }

  const tick = () => {
    run().catch((error: unknown) => ctx.log.error({ err: error }, 'retention did not finish; tried again'))
  }
  const first = setTimeout(tick, FIRST_MS)
  const timer = setInterval(tick, EVERY_MS)
  first.unref()
  timer.unref()

  const devicesOf = ({ devices }: Erasure): PartnerDevices => {
    const confirmed = devices.filter((one) => one.confirmed_ts !== undefined).length
    return { confirmed, waiting: devices.length - confirmed }
  }

  const latest = async (roomId: string, subject: string) => (await store.of(roomId, subject, 1))[0]

  return {
    run,
    mode: firstDay.mode,
    due: () => dueCases(MAX_SHOWN),
    async dueMessages(roomIds) {
      const found: { room_id: string; until_ts: number }[] = []
      for await (const all of roomIds ? [[...roomIds]] : ctx.rooms.allRooms())
        for (const room_id of all) {
          const now = await messagesDue(room_id)
          if (now?.some) found.push({ room_id, until_ts: now.until })
        }
      return found
    },
    ofRoom: due.ofRoom,
    standing: due.standing,
    erasureOf: latest,

    async upcoming(roomIds, limit) {
      const rooms = new Map<string, RoomRetention>()
      const found: UpcomingCase[] = []
      for await (const row of endedCases(Number.MAX_SAFE_INTEGER)) {
        if (!roomIds.has(row.room_id)) continue
        const room = rooms.get(row.room_id) ?? (await due.ofRoom(row.room_id))
        rooms.set(row.room_id, room)
        const standing = await due.standing(row, room)
        if (standing.state !== 'open') found.push({ row, standing })
      }
      return found.sort((a, b) => a.standing.due_ts - b.standing.due_ts).slice(0, limit)
    },

    async preview(roomId, institution, shorter) {
      const room = await due.ofRoom(roomId)
      const own = room.rules.rules.get(institution)
      const mark = { institution, law: own?.law ?? [], eventId: '', at: 0, sender: '' }
      room.rules.rules.set(institution, {
        ...mark,
        shorter: shorter as Partial<Record<RetentionSubject, number>>,
      })
      const now = ctx.clock.now()
      const result = { cases: 0, at_once: 0, messages: 0 }
      let first_ts: number | undefined
      for await (const row of endedCases(Number.MAX_SAFE_INTEGER)) {
        if (row.room_id !== roomId) continue
        const standing = await due.standing(row, room)
        if (standing.state === 'open' || standing.state === 'held') continue
        result.cases += 1
        if (standing.due_ts <= now) result.at_once += 1
        first_ts = Math.min(first_ts ?? standing.due_ts, standing.due_ts)
      }
      const until = await due.cutoff(roomId, room)
      if (until !== undefined)
        for await (const ids of eraser.messagesBefore(roomId, 0, until)) result.messages += ids.length
      return { ...result, ...(first_ts === undefined ? {} : { first_ts }) }
    },

    async erasures({ roomIds, open }, limit) {
      const all = open ? await store.open(MAX_SHOWN) : await store.newest(MAX_SHOWN)
      return all.filter((one) => !roomIds || roomIds.has(one.room_id)).slice(0, limit)
    },

    async answer(roomId, subject, untilTs) {
      // A receipt of what was deleted while it was on is given all the same.
      const mode = firstDay.mode()
      if (!mode.deletes) {
        const done = (await store.of(roomId, subject, 20)).find(
          ({ receipt, until_ts }) => receipt && (untilTs === undefined || (until_ts ?? 0) >= untilTs),
        )
        if (!done?.receipt)
          return mode.begins_ts === undefined ? { state: 'off', message: mode.message } : { state: 'not_due' }
        return { state: 'done', receipt: done.receipt, devices: devicesOf(done) }
      }
      if (subject === 'messages') {
        const now = await due.cutoff(roomId)
        if (now === undefined) return { state: 'held' }
        if (untilTs === undefined || now < untilTs) return { state: 'not_due' }
        const done = (await store.of(roomId, 'messages', 20)).find((one) => one.until_ts! >= untilTs)
        // Up to our own day, whatever theirs is: at most one a day, however often and with whatever numbers they ask.
        if (!done) await messagesUntil(roomId, now)
        if (done?.receipt) return { state: 'done', receipt: done.receipt, devices: devicesOf(done) }
      } else {
        const known = await latest(roomId, subject)
        if (known?.receipt) return { state: 'done', receipt: known.receipt, devices: devicesOf(known) }
        if (!known) {
          const row = await rowOf(subject)
          // One of another room is as one that is not there: the partner may be in that room or not.
          if (row?.room_id !== roomId) return { state: 'not_due' }
          const standing = await due.standing(row)
          if (standing.state === 'held') return { state: 'held' }
          if (standing.state !== 'due') return { state: 'not_due' }
        }
      }
      tick()
      return { state: 'working' }
    },

    async forDevice(userId, deviceId) {
      return store.waitingFor(userId, deviceId, 100)
    },

    quietUntil() {
      const now = ctx.clock.now()
      // Messages go by whole days.
      const midnight = (Math.floor(now / DAY_MS) + 1) * DAY_MS
      const mode = firstDay.mode()
      const until = mode.deletes ? turn : (mode.begins_ts ?? midnight)
      return until === undefined || until <= now ? undefined : Math.min(until, midnight)
    },

    async confirmed(userId, deviceId, ids) {
      const confirmed_ts = ctx.clock.now()
      for (const id of ids)
        await store.change(id, (now) => ({
          ...now,
          devices: now.devices.map((one) =>
            one.user_id === userId && one.device_id === deviceId && one.confirmed_ts === undefined
              ? { ...one, confirmed_ts }
              : one,
          ),
        }))
    },

    async close() {
      closed = true
      clearTimeout(first)
      clearInterval(timer)
      await running?.catch(() => undefined)
    },
  }

  async function rowOf(caseId: string): Promise<CaseRow | undefined> {
    await ctx.cases.settled()
    return ctx.cases.row(caseId)
  }
}
