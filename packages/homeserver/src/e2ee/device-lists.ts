/**
 * Changes of device lists: who must hear of them, here (sync) and elsewhere (EDUs).
 *
 * A local change is written with its position and its place in the user's sequence of EDUs before anything is sent; it
 * stays `pending` until the outbox of every partner has it, so a crash in between is made good at the next start.
 */
import type { Context } from '../context.ts'
import { createKeyedQueue } from '../lib/in-turn.ts'
import type { StreamEntry } from '../stream/entries.ts'
import type { EncryptionModels, PendingUpdateDoc } from './models.ts'
import { joinedRooms, sharingWith } from './sharing.ts'

/** Events read per room when the log's tail no longer reaches back; beyond it everyone in the room counts as changed. */
const MAX_CATCH_UP_EVENTS = 500
const RETRY_MS = 30_000

export function createDeviceLists(
  ctx: Context,
  models: EncryptionModels,
  describe: {
    device(userId: string, deviceId: string): Promise<Record<string, unknown>>
    crossSigning(userId: string): Promise<Record<string, unknown>>
  },
) {
  const inTurn = createKeyedQueue()

  async function tellPartners(update: PendingUpdateDoc): Promise<void> {
    const destinations = await ctx.federation.serversSharingRoomWith(update.user_id)
    if (destinations.length > 0) await sendEdu(update, destinations)
    await models.PendingUpdate.deleteOne({ _id: update._id })
  }

  async function sendEdu(change: PendingUpdateDoc, destinations: readonly string[]): Promise<void> {
    const edu =
      change.edu === 'signing_key'
        ? {
            edu_type: 'm.signing_key_update',
            content: { user_id: change.user_id, ...(await describe.crossSigning(change.user_id)) },
          }
        : {
            edu_type: 'm.device_list_update',
            content: {
              user_id: change.user_id,
              device_id: change.device_id!,
              stream_id: change._id,
              prev_id: change.prev_id === undefined ? [] : [change.prev_id],
              ...(await describe.device(change.user_id, change.device_id!)),
            },
          }
    await ctx.federation.sendEdu(destinations, edu, { durable: true })
  }

  /** Writes a change, publishes it, hands its EDU over. In turn per user, so that EDUs leave in sequence. */
  const record = (
    userId: string,
    args: { onlyFor?: string; edu?: PendingUpdateDoc['edu']; deviceId?: string },
  ): Promise<void> =>
    inTurn(userId, async () => {
      const { onlyFor, edu, deviceId } = args
      let update: PendingUpdateDoc | undefined
      await ctx.stream.append(async (pos) => {
        if (edu) {
          update = {
            _id: pos,
            user_id: userId,
            edu,
            ...(deviceId === undefined ? {} : { device_id: deviceId }),
            ...(edu === 'device' ? await nextInSequence(userId, pos) : {}),
          }
          await models.PendingUpdate.create(update)
        }
        await models.Change.updateOne(
          { _id: `${userId}|${onlyFor ?? ''}` },
          {
            $max: { pos },
            $setOnInsert: { user_id: userId, ...(onlyFor === undefined ? {} : { only_for: onlyFor }) },
          },
          { upsert: true },
        )
        return { kind: 'device_list' as const, pos, userId, ...(onlyFor === undefined ? {} : { onlyFor }) }
      })
      if (!update) return
      try {
        await tellPartners(update)
      } catch (error) {
        // The change itself is done; telling partners is made up for.
        ctx.log.error({ err: error, user: userId }, 'could not tell partners of a device change')
        retryLater()
      }
    })

  let retry: NodeJS.Timeout | undefined
  function retryLater(): void {
    retry ??= setTimeout(() => {
      retry = undefined
      resume().catch((error: unknown) => {
        ctx.log.error({ err: error }, 'could not tell partners of device changes')
        retryLater()
      })
    }, RETRY_MS)
    retry.unref()
  }

  /** Hands over what a crash or a failure kept from the outbox, in order (served by _id). */
  async function resume(): Promise<void> {
    for (const update of await models.PendingUpdate.find().sort({ _id: 1 }).lean()) {
      await inTurn(update.user_id, () => tellPartners(update))
    }
  }

  async function nextInSequence(userId: string, pos: number): Promise<{ prev_id?: number }> {
    const last = await models.LastChange.findOneAndUpdate(
      { _id: userId },
      { $set: { stream_id: pos } },
      { upsert: true, returnDocument: 'before' },
    ).lean()
    return last ? { prev_id: last.stream_id } : {}
  }

  async function membershipBefore(
    entry: Extract<StreamEntry, { kind: 'event' }>,
  ): Promise<string | undefined> {
    const replaced = entry.event.replaces
    const before = replaced === undefined ? undefined : await ctx.rooms.event(replaced)
    return before?.pdu.content['membership'] as string | undefined
  }

  /** Who was in the room when the user left it: who came later is no longer theirs to know. */
  async function whenLeft(roomId: string, userId: string): Promise<readonly string[]> {
    const left = await ctx.rooms.leftWith(roomId, userId)
    const state = left && (await ctx.rooms.stateAfter(left.eventId))
    const ids = [...(state?.ids ?? [])].flatMap(([key, id]) =>
      key.startsWith('m.room.member\u0000') ? [id] : [],
    )
    return (await ctx.rooms.events(ids)).flatMap(({ pdu }) =>
      pdu.content['membership'] === 'join' && pdu.state_key !== undefined ? [pdu.state_key] : [],
    )
  }

  /** What happened in (from, to] as far as device lists go: from the tail in memory, or from what is stored. */
  async function happenings(
    userId: string,
    from: number,
    to: number,
  ): Promise<{ changed: Set<string>; movedIn: Set<string>; movedOut: Set<string> }> {
    const changed = new Set<string>()
    const movedIn = new Set<string>()
    const movedOut = new Set<string>()
    const myRooms = new Set(await joinedRooms(ctx, userId))

    const member = async (roomId: string, target: string, membership: unknown) => {
      if (target === userId) {
        // Own arrivals and departures concern everyone in the room.
        const people = membership === 'join' ? ctx.rooms.members(roomId, 'join') : whenLeft(roomId, userId)
        for (const other of await people) (membership === 'join' ? movedIn : movedOut).add(other)
      } else if (myRooms.has(roomId)) (membership === 'join' ? movedIn : movedOut).add(target)
    }

    const tail = ctx.stream.recentSince(from)
    if (tail) {
      for (const entry of tail) {
        if (entry.pos > to) break
        if (entry.kind === 'device_list') {
          if (entry.onlyFor === undefined || entry.onlyFor === userId) changed.add(entry.userId)
        } else if (entry.kind === 'event' && entry.event.pdu.type === 'm.room.member') {
          const target = entry.event.pdu.state_key
          const membership = entry.event.pdu.content['membership']
          if (target === undefined || (target !== userId && !myRooms.has(entry.roomId))) continue
          const joins = membership === 'join'
          const wasIn = (await membershipBefore(entry)) === 'join'
          if (joins !== wasIn) await member(entry.roomId, target, membership)
        }
      }
      return { changed, movedIn, movedOut }
    }

    // Index {pos}.
    const stored = await models.Change.find({ pos: { $gt: from, $lte: to } }).lean()
    for (const { user_id, only_for } of stored) {
      if (only_for === undefined || only_for === userId) changed.add(user_id)
    }
    for (const { roomId, membership, pos } of await ctx.rooms.roomsOf(userId)) {
      if (
        pos > from &&
        pos <= to &&
        (membership === 'join' || membership === 'leave' || membership === 'ban')
      ) {
        await member(roomId, userId, membership)
      }
      if (membership !== 'join') continue
      const events = await ctx.rooms.timeline(roomId, { from, to, dir: 'f', limit: MAX_CATCH_UP_EVENTS })
      for (const { pdu } of events) {
        if (pdu.type === 'm.room.member' && pdu.state_key !== undefined && pdu.state_key !== userId) {
          await member(roomId, pdu.state_key, pdu.content['membership'])
        }
      }
      if (events.length >= MAX_CATCH_UP_EVENTS) {
        for (const other of await ctx.rooms.members(roomId, 'join')) movedIn.add(other)
      }
    }
    return { changed, movedIn, movedOut }
  }

  return {
    /** A local user's devices changed (came, went, new keys, new name, new signature). */
    async noteDevices(userId: string, deviceIds: readonly string[]): Promise<void> {
      for (const deviceId of deviceIds) await record(userId, { edu: 'device', deviceId })
    },

    /** A local user's master or self-signing key changed. */
    noteCrossSigning: (userId: string) => record(userId, { edu: 'signing_key' }),

    /** A partner's user changed: for our own people only. */
    noteRemote: (userId: string) => record(userId, {}),

    /** Something about `userId` that only `onlyFor` sees changed: a signature made with a user-signing key. */
    notePrivately: (userId: string, onlyFor: string) => record(userId, { onlyFor }),

    /** The `device_lists` of an incremental sync, as `userId` may see it. */
    async changesFor(
      userId: string,
      from: number,
      to: number,
    ): Promise<{ changed: string[]; left: string[] }> {
      const { changed, movedIn, movedOut } = await happenings(userId, from, to)
      if (changed.size === 0 && movedIn.size === 0 && movedOut.size === 0) return { changed: [], left: [] }
      const shares = await sharingWith(ctx, userId)
      const visible = new Set<string>()
      for (const other of changed) if (other === userId || shares(other)) visible.add(other)
      for (const other of movedIn) if (other !== userId && shares(other)) visible.add(other)
      const left = [...movedOut].filter((other) => other !== userId && !shares(other))
      return { changed: [...visible].sort(), left: left.sort() }
    },

    /** The user's sequence number partners know (`stream_id`). */
    async streamId(userId: string): Promise<number> {
      return (await models.LastChange.findById(userId).lean())?.stream_id ?? 0
    },

    /** Our user came into a room with partners that had no reason to know the devices: tells those. */
    introduce: (userId: string, deviceIds: readonly string[], destinations: readonly string[]) =>
      inTurn(userId, async () => {
        const last = await models.LastChange.findById(userId).lean()
        for (const device_id of deviceIds) {
          const change = { _id: last?.stream_id ?? 0, user_id: userId, edu: 'device' as const, device_id }
          await sendEdu(change, destinations)
        }
      }),

    resume,
  }
}
