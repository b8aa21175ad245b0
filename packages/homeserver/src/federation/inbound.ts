/**
 * Transactions from partners (server-server API, "Transactions"). Each is done once, whatever is repeated; each event
 * stands for itself; what an event builds on and this node does not have is fetched, with bounded effort.
 */
import { eventId as eventIdOf, type Pdu, parsePdu, serverNameOf } from '@enlace/room-model'
import { Schema } from 'mongoose'
import type { Context } from '../context.ts'
import type { AppendOutcome } from '../rooms/types.ts'
import { openModel } from '../storage/db.ts'
import type { FederationClient } from './client.ts'

const MAX_MISSING = 50
const KEEP_TRANSACTIONS_S = 3 * 24 * 3_600

type Answer = { pdus: Record<string, { error?: string }> }
type TransactionDoc = { _id: string; json: string; at: Date }

export type Inbound = Awaited<ReturnType<typeof openInbound>>

export async function openInbound(ctx: Context, client: FederationClient) {
  const schema = new Schema<TransactionDoc>({ _id: String, json: String, at: Date }, { versionKey: false })
  schema.index({ at: 1 }, { expireAfterSeconds: KEEP_TRANSACTIONS_S })
  const Transactions = await openModel(ctx.db, 'inbound_transactions', schema)
  const underWay = new Map<string, Promise<Answer>>()
  /** Per origin and room, one after the other: order is part of what a partner says. */
  const lanes = new Map<string, Promise<unknown>>()

  async function transaction(
    origin: string,
    txnId: string,
    body: { pdus: unknown[]; edus: unknown[] },
  ): Promise<Answer> {
    const key = `${origin}|${txnId}`
    const running = underWay.get(key)
    if (running) return running
    const work = (async () => {
      const before = await Transactions.findById(key).lean()
      if (before) return JSON.parse(before.json) as Answer
      const answer = await process(origin, body)
      await Transactions.updateOne(
        { _id: key },
        { $set: { json: JSON.stringify(answer), at: new Date() } },
        { upsert: true },
      )
      return answer
    })()
    underWay.set(key, work)
    try {
      return await work
    } finally {
      underWay.delete(key)
    }
  }

  async function process(origin: string, body: { pdus: unknown[]; edus: unknown[] }): Promise<Answer> {
    const answer: Answer = { pdus: {} }
    for (const raw of body.pdus) {
      const id = await idOf(raw)
      const error = await handlePdu(origin, raw).catch((reason: unknown) => {
        ctx.log.error({ err: reason, origin }, 'event of a partner could not be processed')
        return 'internal error'
      })
      if (id !== undefined) answer.pdus[id] = error === undefined ? {} : { error }
    }
    for (const raw of body.edus) {
      await handleEdu(origin, raw).catch((reason: unknown) => {
        ctx.log.debug({ err: reason, origin }, 'notice of a partner not taken')
      })
    }
    return answer
  }

  async function idOf(raw: unknown): Promise<string | undefined> {
    const roomId = (raw as { room_id?: unknown } | null)?.room_id
    const room = typeof roomId === 'string' ? await ctx.rooms.room(roomId) : undefined
    if (!room) return undefined
    const parsed = parsePdu(raw, room.version)
    return parsed.ok ? eventIdOf(parsed.pdu, room.version) : undefined
  }

  /** @returns why the event was not taken, for the sender */
  async function handlePdu(origin: string, raw: unknown): Promise<string | undefined> {
    const roomId = (raw as { room_id?: unknown } | null)?.room_id
    if (typeof roomId !== 'string') return 'no room_id'
    const lane = `${origin}|${roomId}`
    const previous = lanes.get(lane) ?? Promise.resolve()
    const run = previous.then(() => takePdu(origin, roomId, raw))
    const settled = run.catch(() => undefined)
    lanes.set(lane, settled)
    try {
      return await run
    } finally {
      if (lanes.get(lane) === settled) lanes.delete(lane)
    }
  }

  async function takePdu(origin: string, roomId: string, raw: unknown): Promise<string | undefined> {
    const room = await ctx.rooms.room(roomId)
    if (!room?.joinedLocally) return 'this server is not in the room'
    if (!(await ctx.rooms.serverAllowed(roomId, origin)))
      return 'the room’s access control list refuses that server'
    let outcome = await ctx.rooms.receive(raw, origin)
    if (outcome.outcome === 'missing') outcome = await withMissing(origin, roomId, raw as Pdu, outcome)
    switch (outcome.outcome) {
      case 'refused':
        return outcome.reason
      case 'missing':
        return 'what the event builds on could not be fetched'
      default:
        return undefined
    }
  }

  /** Fetches what lies between what is known and the event; where that is too much, the state before it. */
  async function withMissing(
    origin: string,
    roomId: string,
    pdu: Pdu,
    first: AppendOutcome & { outcome: 'missing' },
  ): Promise<AppendOutcome> {
    const room = (await ctx.rooms.room(roomId))!
    const id = eventIdOf(pdu, room.version)
    if (first.authEvents.length > 0) await fetchAuth(origin, roomId, id)
    if (first.prevEvents.length > 0) {
      const known = await ctx.rooms.events(room.extremities)
      const depth = Math.min(...known.map((event) => event.pdu.depth))
      try {
        const answer = (await client.requestJson(origin, {
          method: 'POST',
          path: `/_matrix/federation/v1/get_missing_events/${encodeURIComponent(roomId)}`,
          body: {
            latest_events: [id],
            earliest_events: [...room.extremities],
            limit: MAX_MISSING,
            min_depth: Math.max(0, depth),
          },
          timeoutMs: 20_000,
        })) as { events?: unknown }
        const between = Array.isArray(answer.events) ? answer.events.slice(0, MAX_MISSING) : []
        for (const one of between) await takeOlder(origin, roomId, one)
      } catch (error) {
        ctx.log.debug({ err: error, origin }, 'missing events not fetched')
      }
    }
    let outcome = await ctx.rooms.receive(pdu, origin)
    if (outcome.outcome === 'missing') {
      if (outcome.authEvents.length > 0) await fetchAuth(origin, roomId, id)
      const stateBefore = outcome.prevEvents.length > 0 ? await fetchState(origin, roomId, id) : undefined
      outcome = await ctx.rooms.receive(pdu, origin, stateBefore ? { stateBefore } : {})
    }
    return outcome
  }

  async function takeOlder(origin: string, roomId: string, raw: unknown): Promise<void> {
    if ((raw as { room_id?: unknown } | null)?.room_id !== roomId) return
    const room = (await ctx.rooms.room(roomId))!
    const parsed = parsePdu(raw, room.version)
    if (!parsed.ok) return
    let outcome = await ctx.rooms.receive(raw, origin)
    if (outcome.outcome !== 'missing') return
    const id = eventIdOf(parsed.pdu, room.version)
    if (outcome.authEvents.length > 0) await fetchAuth(origin, roomId, id)
    const stateBefore = outcome.prevEvents.length > 0 ? await fetchState(origin, roomId, id) : undefined
    outcome = await ctx.rooms.receive(raw, origin, stateBefore ? { stateBefore } : {})
  }

  async function fetchAuth(origin: string, roomId: string, id: string): Promise<void> {
    const room = (await ctx.rooms.room(roomId))!
    try {
      const answer = (await client.requestJson(origin, {
        method: 'GET',
        path: `/_matrix/federation/v1/event_auth/${encodeURIComponent(roomId)}/${encodeURIComponent(id)}`,
        timeoutMs: 20_000,
      })) as { auth_chain?: unknown }
      if (Array.isArray(answer.auth_chain))
        await ctx.rooms.receiveOutliers(answer.auth_chain.slice(0, 10_000), origin, room.version)
    } catch (error) {
      ctx.log.debug({ err: error, origin }, 'auth chain not fetched')
    }
  }

  /** @returns ids of the state before the event, all of them known here; undefined when it could not be had */
  async function fetchState(origin: string, roomId: string, id: string): Promise<string[] | undefined> {
    const room = (await ctx.rooms.room(roomId))!
    const query = { event_id: id }
    try {
      const answer = (await client.requestJson(origin, {
        method: 'GET',
        path: `/_matrix/federation/v1/state_ids/${encodeURIComponent(roomId)}`,
        query,
        timeoutMs: 30_000,
      })) as { pdu_ids?: unknown; auth_chain_ids?: unknown }
      const strings = (value: unknown) =>
        Array.isArray(value)
          ? value.filter((one): one is string => typeof one === 'string').slice(0, 50_000)
          : []
      const wanted = strings(answer.pdu_ids)
      const all = [...new Set([...strings(answer.auth_chain_ids), ...wanted])]
      const known = new Set((await ctx.rooms.events(all)).map((event) => event.eventId))
      const unknown = all.filter((one) => !known.has(one))
      if (unknown.length > 0 && unknown.length <= 20) {
        const fetched = await Promise.all(unknown.map((one) => fetchEvent(origin, one)))
        await ctx.rooms.receiveOutliers(
          fetched.filter((one) => one !== undefined),
          origin,
          room.version,
        )
      } else if (unknown.length > 0) {
        const full = (await client.requestJson(origin, {
          method: 'GET',
          path: `/_matrix/federation/v1/state/${encodeURIComponent(roomId)}`,
          query,
          timeoutMs: 60_000,
        })) as { pdus?: unknown[]; auth_chain?: unknown[] }
        await ctx.rooms.receiveOutliers(
          [...(full.auth_chain ?? []), ...(full.pdus ?? [])],
          origin,
          room.version,
        )
      }
      const usable = (await ctx.rooms.events(wanted)).filter(
        (event) => event.roomId === roomId && event.verdict === 'accept',
      )
      return usable.length > 0 ? usable.map((event) => event.eventId) : undefined
    } catch (error) {
      ctx.log.debug({ err: error, origin }, 'state not fetched')
      return undefined
    }
  }

  async function fetchEvent(origin: string, id: string): Promise<unknown> {
    try {
      const answer = (await client.requestJson(origin, {
        method: 'GET',
        path: `/_matrix/federation/v1/event/${encodeURIComponent(id)}`,
        timeoutMs: 20_000,
      })) as { pdus?: unknown[] }
      return answer.pdus?.[0]
    } catch {
      return undefined
    }
  }

  async function handleEdu(origin: string, raw: unknown): Promise<void> {
    const { edu_type: type, content } = (raw ?? {}) as { edu_type?: unknown; content?: unknown }
    if (typeof type !== 'string' || typeof content !== 'object' || content === null || Array.isArray(content))
      return
    const edu = { edu_type: type, content: content as Record<string, unknown> }
    switch (type) {
      case 'm.typing':
      case 'm.receipt':
      case 'm.presence':
        return ctx.ephemeral.receiveEdu(origin, edu)
      case 'm.direct_to_device':
        if (serverNameOf(String(edu.content['sender'])) !== origin) return
        return ctx.toDevice.receive(origin, edu.content)
      case 'm.device_list_update':
        return ctx.deviceKeys.receiveDeviceListUpdate(origin, edu.content)
      case 'm.signing_key_update':
        return ctx.deviceKeys.receiveSigningKeyUpdate(origin, edu.content)
    }
  }

  return {
    transaction,
    fetchState,
    fetchAuth,
    /** One event handed over outside a transaction. @returns why it was not taken */
    take: takePdu,
  }
}
