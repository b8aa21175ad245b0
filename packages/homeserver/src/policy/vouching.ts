/**
 * Whom of a room's members this node vouches for. Clients encrypt for nobody else (docs/enlace-api.md, "Vouched members").
 * Members are judged when the room changes, and again when the federation list, the directory, an account or what a
 * partner says of its people changes; whoever has to go is removed in the name of a local coordinator.
 */
import { conversationEventType, topicPolicyEventType } from '@enlace/coordination'
import type { Context } from '../context.ts'
import { createKeyedQueue } from '../lib/in-turn.ts'
import { createAcl } from './acl.ts'
import { createDrain } from './drain.ts'
import { judge } from './judge.ts'
import { createRemoval } from './removal.ts'
import type { Persons, Policy, Verdict } from './types.ts'

/** Rooms judged since the start are looked at this often: accounts of this node, and who could not be asked before. */
const LOOK_MS = 15_000
/** All rooms of the node. */
const SWEEP_MS = 10 * 60_000
/** Partners are asked about their people this often. */
const STALE_MS = 10 * 60_000
/** A client waits so long for partners who are asked for the first time. */
const FIRST_MS = 5_000

type Judged = { version: number; members: ReadonlyMap<string, Verdict> }
type Vouching = Pick<
  Policy,
  'vouched' | 'newsBetween' | 'roomChanged' | 'personChanged' | 'settled' | 'close'
>

export function createVouching(ctx: Context, persons: Persons): Vouching {
  const removal = createRemoval(ctx, persons)
  const acl = createAcl(ctx, persons, (roomId) => schedule([roomId]))
  const judged = new Map<string, Judged>()
  /** Before it nothing is remembered of what clients were told: they are told again. */
  const startedAt = ctx.stream.stable
  const inTurn = createKeyedQueue()
  let closed = false

  const versionOf = (roomId: string) => judged.get(roomId)?.version ?? startedAt

  async function membersOf(roomId: string): Promise<string[]> {
    return [...(await ctx.rooms.members(roomId, 'join')), ...(await ctx.rooms.members(roomId, 'invite'))]
  }

  /** By what is known now. @returns undefined for rooms that nobody of this node is in */
  async function evaluate(roomId: string): Promise<Map<string, Verdict> | undefined> {
    if (!(await ctx.rooms.room(roomId))?.joinedLocally) return undefined
    const state = await ctx.rooms.currentState(roomId)
    const content = state.get(topicPolicyEventType)?.pdu.content
    const owner = state.get('m.room.create')?.pdu.sender ?? ''
    const conversation: unknown = state.get(conversationEventType)?.pdu.content
    const out = new Map<string, Verdict>()
    for (const userId of await membersOf(roomId))
      out.set(userId, judge(ctx, userId, await persons.standing(userId), content, owner, conversation))
    return out
  }

  /** Judges by what is known now, and tells clients of what is new. One after the other in a room. */
  const update = (roomId: string) => inTurn(roomId, () => updateNow(roomId))

  async function updateNow(roomId: string): Promise<void> {
    const members = await evaluate(roomId)
    if (!members) {
      judged.delete(roomId)
      return
    }
    const before = judged.get(roomId)
    if (!before) judged.set(roomId, { version: startedAt, members })
    else if (!same(before.members, members)) {
      await ctx.stream.append(async (pos) => {
        judged.set(roomId, { version: pos, members })
        return { kind: 'vouched' as const, pos, roomId, version: pos }
      })
    }
    // Before people are removed: they do not come back by way of a server that is shut out.
    await acl.follow(roomId, await ctx.rooms.currentState(roomId), members.keys())
    await removal.remove(roomId, members)
  }

  /** Asks partners about their people in the room, and judges again. */
  async function confirm(roomId: string): Promise<void> {
    if (!judged.has(roomId)) return
    const state = await ctx.rooms.currentState(roomId)
    if (![topicPolicyEventType, conversationEventType].some((type) => state.get(type) !== undefined)) return
    await persons.ask(await membersOf(roomId), STALE_MS)
    await update(roomId)
  }

  const failed = (roomId: string) => (error: unknown) =>
    ctx.log.warn({ err: error, room: roomId }, 'members of a room could not be judged')

  /** What is known counts at once: that somebody is cut off does not wait for what partners say of others. */
  const first = createDrain(1, async (roomId: string) => {
    await update(roomId).catch(failed(roomId))
    second.add(roomId)
  })
  const second = createDrain(10, (roomId: string) => confirm(roomId).catch(failed(roomId)))

  function schedule(roomIds: Iterable<string>): void {
    if (closed) return
    for (const roomId of roomIds) first.add(roomId)
  }

  async function sweep(): Promise<void> {
    for await (const roomIds of ctx.rooms.allRooms()) schedule(roomIds)
  }
  async function personChanged(userId: string): Promise<void> {
    const rooms = await ctx.rooms.roomsOf(userId)
    schedule(
      rooms.flatMap(({ roomId, membership }) =>
        membership === 'join' || membership === 'invite' ? [roomId] : [],
      ),
    )
  }
  /** Whom it concerns first; then all, whoever it may concern as well. */
  async function changed(userIds: readonly string[]): Promise<void> {
    for (const userId of userIds) await personChanged(userId)
    sweepNow()
  }
  const sweepNow = () =>
    !closed &&
    void sweep().catch((error: unknown) => ctx.log.warn({ err: error }, 'rooms could not be gone through'))

  const unsubscribe = ctx.stream.subscribe((entries) => {
    for (const entry of entries)
      if (entry.kind === 'event' && entry.event.pdu.type === topicPolicyEventType) schedule([entry.roomId])
  })
  ctx.federationList.onChange(sweepNow)
  ctx.directory.onChange(sweepNow)
  const stopWatching = persons.onChange((userIds) => {
    void changed(userIds).catch((error: unknown) =>
      ctx.log.warn({ err: error }, 'people who are somebody else now could not be judged again'),
    )
  })
  const looking = setInterval(() => schedule([...judged.keys()]), LOOK_MS)
  const sweeping = setInterval(sweepNow, SWEEP_MS)
  looking.unref()
  sweeping.unref()
  // What changed while the node was down.
  const starting = setTimeout(sweepNow, LOOK_MS)
  starting.unref()

  return {
    async vouched(roomId) {
      if (!judged.has(roomId)) {
        let timer: NodeJS.Timeout | undefined
        const late = new Promise<void>((done) => {
          timer = setTimeout(done, FIRST_MS)
        })
        await update(roomId)
        await Promise.race([confirm(roomId), late]).finally(() => clearTimeout(timer))
      } else await update(roomId)
      const { version, members } = judged.get(roomId) ?? { version: startedAt, members: new Map() }
      return { version, members }
    },
    newsBetween(roomId, from, to) {
      const version = versionOf(roomId)
      return version > from && version <= to ? version : undefined
    },
    roomChanged: (roomId) => schedule([roomId]),
    personChanged,
    async settled() {
      await first.idle()
      await second.idle()
    },
    async close() {
      closed = true
      unsubscribe()
      stopWatching()
      acl.close()
      clearInterval(looking)
      clearInterval(sweeping)
      clearTimeout(starting)
      await Promise.all([first.close(), second.close()])
    },
  }
}

function same(a: ReadonlyMap<string, Verdict>, b: ReadonlyMap<string, Verdict>): boolean {
  if (a.size !== b.size) return false
  for (const [userId, verdict] of a) {
    const other = b.get(userId)
    if (!other || other.vouched !== verdict.vouched) return false
    if (!verdict.vouched && !other.vouched && verdict.rule !== other.rule) return false
  }
  return true
}
