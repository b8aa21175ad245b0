/**
 * Transactions from partners (server-server API, "Transactions"). Each is done once, whatever is repeated; each event
 * stands for itself; those of a room are taken in order, rooms beside each other, on the room's own queue.
 */
import { type FaultyPdu, type PduReading, type RoomVersion, readPdu, serverNameOf } from '@enlace/room-model'
import { Schema } from 'mongoose'
import type { Context } from '../../context.ts'
import { limitExceeded } from '../../errors.ts'
import { growingCache } from '../../lib/cache.ts'
import { RoomOverloaded } from '../../rooms/room.ts'
import type { AppendOutcome } from '../../rooms/types.ts'
import { openModel } from '../../storage/db.ts'
import { isAboutKeys, receiveEdu } from './edus.ts'
import type { Missing, TransactionAnswer, Transactions } from './types.ts'

const REMEMBERED_S = 3 * 24 * 3_600
/**
 * A partner has one transaction on its way at a time, and one more where it gave up waiting for an answer. People of this
 * node take turns with each of them, so that more would only make them wait.
 */
const MAX_AT_ONCE = 2
/** An event for a room that is being joined waits for the join this long at most. */
const JOIN_WAIT_MS = 60_000

type TransactionDoc = { _id: string; json: string; at: Date }

export async function openTransactions(
  ctx: Context,
  missing: Missing,
  joinsUnderWay: (roomId: string) => Promise<unknown> | undefined,
): Promise<Transactions> {
  const schema = new Schema<TransactionDoc>({ _id: String, json: String, at: Date }, { versionKey: false })
  schema.index({ at: 1 }, { expireAfterSeconds: REMEMBERED_S })
  const Done = await openModel(ctx.db, 'inbound_transactions', schema)
  const underWay = new Map<string, Promise<TransactionAnswer>>()
  const atOnce = new Map<string, number>()
  const answers = growingCache<string, TransactionAnswer>(2_000)
  const heardSinceStart = growingCache<string, true>(10_000)
  const writing = new Set<Promise<unknown>>()

  async function process(origin: string, body: { pdus: unknown[]; edus: unknown[] }) {
    const answer: TransactionAnswer = { pdus: {} }
    const first = body.edus.filter(isAboutKeys)
    const later = body.edus.filter((edu) => !isAboutKeys(edu))
    for (const edu of first) await receiveEdu(ctx, origin, edu)
    const byRoom = new Map<string, unknown[]>()
    for (const raw of body.pdus) {
      const roomId = (raw as { room_id?: unknown } | null)?.room_id
      if (typeof roomId !== 'string' || roomId.length > 255) continue
      const list = byRoom.get(roomId)
      if (list) list.push(raw)
      else byRoom.set(roomId, [raw])
    }
    await Promise.all(
      [...byRoom].map(async ([roomId, list]) => {
        // Taken one after the other, written together: the answer waits for the disk once.
        const durable: Promise<unknown>[] = []
        for (const raw of list) {
          const { id, error } = await takePdu(origin, roomId, raw, (one) => durable.push(one))
          if (id !== undefined) answer.pdus[id] = error === undefined ? {} : { error }
        }
        await Promise.all(durable)
      }),
    )
    for (const edu of later) await receiveEdu(ctx, origin, edu)
    return answer
  }

  /** @returns the event's id where it can be told, and for the sender why it was not taken */
  async function takePdu(
    origin: string,
    roomId: string,
    raw: unknown,
    onDurable: (durable: Promise<unknown>) => void,
  ): Promise<{ id?: string; error?: string }> {
    let id: string | undefined
    try {
      const joining = joinsUnderWay(roomId)
      if (joining) await within(joining, JOIN_WAIT_MS)
      const room = await ctx.rooms.room(roomId)
      const version = room?.version ?? (await versionOutside(roomId, raw))
      if (!version) return {}
      const event = readPdu(raw, version)
      if (!event.ok) return unreadable(origin, roomId, event)
      id = event.eventId
      if (!room?.joinedLocally) {
        const done = await takeWithdrawal(event)
        return done ? { id } : { id, error: 'This server is not in the room.' }
      }
      if (!(await ctx.rooms.serverAllowed(roomId, origin)))
        return { id, error: 'The access control list of the room refuses that server.' }
      // Others' events are passed on by servers of the room alone. One's own may be ahead of the news of one's joining.
      const own = serverNameOf(event.pdu.sender) === origin
      if (!own && !(await ctx.rooms.joinedServers(roomId)).includes(origin))
        return { id, error: 'That server is not in the room.' }
      let outcome = await ctx.rooms.receive(event, { onDurable })
      if (outcome.outcome === 'missing') outcome = await missing.fill(origin, event)
      if (outcome.outcome === 'rejected' || outcome.outcome === 'soft-failed')
        ctx.log.info({ origin, room: roomId, event: id, reason: outcome.reason }, `event ${outcome.outcome}`)
      const error = errorOf(outcome)
      if (error !== undefined)
        ctx.log.info({ origin, room: roomId, event: id, reason: error }, 'event not taken')
      return error === undefined ? { id } : { id, error }
    } catch (error) {
      if (isPassing(error)) throw error
      ctx.log.error(
        { err: error, origin, room: roomId, event: id },
        'event of a partner could not be processed',
      )
      return id === undefined ? {} : { id, error: 'The event could not be processed.' }
    }
  }

  function unreadable(origin: string, roomId: string, { fault, reason, eventId: id }: FaultyPdu) {
    ctx.log.info({ origin, room: roomId, event: id, fault, reason }, 'what a partner sent is no event')
    return id === undefined ? {} : { id, error: `The event is not valid: ${reason}.` }
  }

  async function invitedTo(roomId: string, userId: unknown) {
    if (typeof userId !== 'string' || !ctx.accounts.isLocal(userId)) return undefined
    const current = await ctx.rooms.membership(roomId, userId)
    return current?.membership === 'invite' || current?.membership === 'knock' ? current.event : undefined
  }

  async function versionOutside(roomId: string, raw: unknown): Promise<RoomVersion | undefined> {
    return (await invitedTo(roomId, (raw as { state_key?: unknown } | null)?.state_key))?.version
  }

  /** An invitation taken back, or a knock answered with no: all that concerns a room nobody here is in. */
  async function takeWithdrawal(event: PduReading): Promise<boolean> {
    const { pdu, roomId } = event
    const membership = pdu.content['membership']
    if (pdu.type !== 'm.room.member' || (membership !== 'leave' && membership !== 'ban')) return false
    const current = await invitedTo(roomId, pdu.state_key)
    // It must build on the invitation, and come from where the person could be put out.
    if (!current || !pdu.auth_events.includes(current.eventId)) return false
    if (!(await ctx.keyRing.verifyEvent(event)).ok) return false
    await ctx.rooms.storeOutOfRoomMembership({ event, strippedState: [] })
    return true
  }

  return {
    async receive(origin, txnId, body) {
      const key = `${origin}|${txnId}`
      const before = underWay.get(key) ?? answers.get(key)
      if (before) return before
      const running = atOnce.get(origin) ?? 0
      if (running >= MAX_AT_ONCE) throw limitExceeded(1_000)
      atOnce.set(origin, running + 1)
      const work = (async () => {
        // A partner has one transaction on its way: only the first one after a start can be one from before it.
        if (!heardSinceStart.has(origin)) {
          const doc = await Done.findById(key).lean()
          if (doc) return JSON.parse(doc.json) as TransactionAnswer
        }
        const answer = await process(origin, body)
        heardSinceStart.set(origin, true)
        // Not waited for: everything in a transaction can be done twice without harm, this only saves the work.
        const saved = Done.updateOne(
          { _id: key },
          { $set: { json: JSON.stringify(answer), at: new Date() } },
          { upsert: true },
        )
          .exec()
          .catch((error: unknown) => ctx.log.warn({ err: error }, 'transaction not remembered'))
          .finally(() => writing.delete(saved))
        writing.add(saved)
        return answer
      })()
      underWay.set(key, work)
      try {
        const answer = await work
        answers.set(key, answer)
        return answer
      } finally {
        underWay.delete(key)
        const left = atOnce.get(origin)! - 1
        if (left > 0) atOnce.set(origin, left)
        else atOnce.delete(origin)
      }
    },

    async close() {
      await Promise.allSettled([...underWay.values(), ...writing])
    },
  }
}

function errorOf(outcome: AppendOutcome): string | undefined {
  switch (outcome.outcome) {
    // A rejected event has its place in the room's history: the sender is not told otherwise ("Rejection").
    case 'refused':
      return `The event was not accepted: ${outcome.reason}.`
    case 'missing':
      return 'What the event builds on could not be fetched.'
    default:
      return undefined
  }
}

/** The database or the room's queue gave up: nothing is wrong with the event, and the partner has to send it again. */
const isPassing = (error: unknown): boolean =>
  error instanceof RoomOverloaded || (error instanceof Error && /^(Mongo|Mongoose)/.test(error.name))

async function within(work: Promise<unknown>, ms: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<void>((done) => {
    timer = setTimeout(done, ms)
  })
  await Promise.race([work.catch(() => undefined), late])
  clearTimeout(timer)
}
