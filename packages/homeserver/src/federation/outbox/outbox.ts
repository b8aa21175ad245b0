/**
 * What leaves this node for its partners: one queue per destination (destination.ts), woken by the log. Nothing is copied:
 * an event carries the names of the servers it is for, so accepting it is what puts it in their queues.
 */
import { canonicalJson, type JsonObject, type Pdu, serverNameOf } from '@enlace/room-model'
import type { Collection } from 'mongoose'
import { z } from 'zod'
import type { Context } from '../../context.ts'
import { badJson } from '../../errors.ts'
import type { Federation, FederationClient, FederationList } from '../types.ts'
import { Destination, type DestinationDeps } from './destination.ts'
import { type OutgoingEduDoc, openOutboxModels } from './models.ts'

const MAX_PENDING_SHOWN = 100
const MAX_MEASURED = 100
/** When a partner goes or comes, the senders of so many waiting events are told; others learn it when they ask. */
const MAX_TOLD = 500
/** Partners told at a start that this node is back: those that took something within this time. */
const ANNOUNCE_WITHIN_MS = 30 * 24 * 3_600_000

/** Before the moment of a partner's backup: what was on its way then. */
const AGAIN_MARGIN_MS = 10 * 60_000
const AGAIN_PAGE = 1_000

type EventText = { _id: string; room_id: string; pos: number; json: string }

export type Outbox = Pick<
  Federation,
  'sendEdu' | 'sendAgain' | 'ensureDestinations' | 'delivery' | 'standing' | 'waiting'
> & {
  /** Resumes what an earlier run left, and begins to follow the log. */
  start(): Promise<void>
  heardFrom(serverName: string): void
  close(): Promise<void>
}

export async function createOutbox(
  ctx: Context,
  client: FederationClient,
  list: FederationList,
): Promise<Outbox> {
  const models = await openOutboxModels(ctx.db)
  const events = ctx.db.connection.collection('events') as unknown as Collection<EventText>
  const destinations = new Map<string, Destination>()
  /** Destinations whose record exists: the next start looks at them. */
  const recorded = new Set<string>()
  let lastEdu = 0
  let unsubscribe = () => {}

  const deps: DestinationDeps = {
    serverName: ctx.serverName,
    ...(ctx.restored.epoch === undefined ? {} : { epoch: `r${ctx.restored.epoch}-` }),
    log: ctx.log,
    models,
    events: events as unknown as DestinationDeps['events'],
    stable: () => ctx.stream.stable,
    allowed: (destination) => list.allows(destination),
    send: (destination, txnId, body, signal) =>
      client.requestJson(
        destination,
        {
          entryPoint: 'send',
          method: 'PUT',
          path: `/_matrix/federation/v1/send/${encodeURIComponent(txnId)}`,
          body,
          signal,
          timeoutMs: 120_000,
          insistent: true,
        },
        z.unknown(),
      ),
    accepted(destination, { from, upto, pdus }) {
      ctx.delivery.accepted(destination, from, upto)
      ctx.delivery.changed(
        pdus.flatMap((pdu) => (pdu.room_id ? { roomId: pdu.room_id, sender: pdu.sender } : [])),
      )
    },
    reachability: tellWaiting,
  }

  function queueOf(name: string): Destination {
    const known = destinations.get(name)
    if (known) return known
    const made = new Destination(name, deps)
    destinations.set(name, made)
    return made
  }

  function tellWaiting(destination: string, cursor: number): void {
    // Served by {dest, pos}, filter and sort alike.
    events
      .find({ dest: destination, pos: { $gt: cursor } } as never)
      .sort({ pos: -1 })
      .limit(MAX_TOLD)
      .project<{ room_id: string; sender: string }>({ room_id: 1, sender: 1 })
      .toArray()
      .then((waiting) =>
        ctx.delivery.changed(waiting.map((one) => ({ roomId: one.room_id, sender: one.sender }))),
      )
      .catch((error: unknown) => ctx.log.warn({ err: error, destination }, 'senders not told'))
  }

  /** Positions are the order; the clock only keeps them above those of earlier runs. */
  function nextEdu(): number {
    lastEdu = Math.max(lastEdu + 1, Date.now() * 1_000)
    return lastEdu
  }

  async function ensureDestinations(names: readonly string[]): Promise<void> {
    const fresh = names.filter((name) => !recorded.has(name) && name !== ctx.serverName)
    if (fresh.length === 0) return
    await models.Destination.bulkWrite(
      fresh.map((name) => ({
        updateOne: {
          filter: { _id: name },
          update: { $setOnInsert: { cursor: 0, failures: 0, retry_at: 0 } },
          upsert: true,
        },
      })),
      { ordered: false },
    )
    for (const name of fresh) recorded.add(name)
  }

  return {
    ensureDestinations,

    async start() {
      lastEdu = (await models.Edu.findOne().sort({ _id: -1 }).lean())?._id ?? 0
      unsubscribe = ctx.stream.subscribe((entries) => {
        for (const entry of entries) {
          if (entry.kind !== 'event' || !entry.event.dest) continue
          const { eventId, pdu, dest } = entry.event
          const event = { id: eventId, pos: entry.pos, size: sizeOf(pdu), pdu }
          for (const name of dest) queueOf(name).noteEvent(event)
        }
      })
      list.onChange(() => {
        for (const one of destinations.values()) one.recheck()
      })
      for (const doc of await models.Destination.find().lean()) {
        recorded.add(doc._id)
        // A start is a new beginning: what was unreachable is tried at once.
        const queue = new Destination(doc._id, deps, { ...doc, retry_at: 0 })
        destinations.set(doc._id, queue)
        if ((doc.last_success_ts ?? 0) > Date.now() - ANNOUNCE_WITHIN_MS) queue.announce()
        else queue.wake()
      }
    },

    async sendEdu(names, edu, { durable, coalesceKey }) {
      // What is kept for a partner that was cut off would go out on the day it comes back.
      const to = [...new Set(names)].filter((name) => name !== ctx.serverName && !list.cutOff(name))
      if (to.length === 0) return
      try {
        canonicalJson(edu as unknown as JsonObject)
      } catch {
        throw badJson('Other servers can only be sent whole numbers, and no broken text.')
      }
      if (!durable) {
        const key = coalesceKey ?? `${edu.edu_type}|${nextEdu()}`
        for (const name of to) if (list.allows(name)) queueOf(name).addPassing(key, edu)
        return
      }
      await ensureDestinations(to)
      const json = JSON.stringify(edu)
      const docs: OutgoingEduDoc[] = to.map((dest) => ({ _id: nextEdu(), dest, json }))
      await models.Edu.insertMany(docs)
      for (const name of to) queueOf(name).noteEdus()
    },

    async sendAgain(name, sinceTs) {
      const from = new Date(sinceTs - AGAIN_MARGIN_MS)
      // Served by {dest, at}, filter and sort alike.
      let after = from
      for (;;) {
        const some = await models.SentEdu.find({ dest: name, at: { $gte: after } })
          .sort({ at: 1 })
          .limit(AGAIN_PAGE)
          .lean()
        const fresh = some.filter(({ at }) => at > after || after === from)
        if (fresh.length === 0) break
        await models.Edu.bulkWrite(
          fresh.map(({ _id, json }) => ({
            updateOne: { filter: { _id }, update: { $setOnInsert: { dest: name, json } }, upsert: true },
          })),
          { ordered: false },
        )
        after = fresh.at(-1)!.at
        if (some.length < AGAIN_PAGE) break
      }
      await ensureDestinations([name])
      queueOf(name).noteEdus()
    },

    heardFrom: (serverName) => destinations.get(serverName)?.heardFrom(),

    async standing(serverName) {
      return { ...(await queueOf(serverName).status()), allowed: list.allows(serverName) }
    },

    async waiting() {
      const measured = [...destinations.values()].slice(0, MAX_MEASURED).map(async (one) => {
        const { cursor } = await one.status()
        // Served by {dest, pos}: nothing to read for a partner that keeps up.
        const [oldest] = await events
          .find({ dest: one.name, pos: { $gt: cursor } } as never)
          .sort({ pos: 1 })
          .limit(1)
          .project<{ json: string }>({ json: 1 })
          .toArray()
        const ts = oldest && (JSON.parse(oldest.json) as Pdu).origin_server_ts
        return { serverName: one.name, ms: ts === undefined ? 0 : Math.max(0, Date.now() - ts) }
      })
      return Promise.all(measured)
    },

    async delivery(roomId) {
      const servers = (await ctx.rooms.joinedServers(roomId)).filter((name) => name !== ctx.serverName)
      return Promise.all(
        servers.map(async (serverName) => {
          const { cursor, ...rest } = await queueOf(serverName).status()
          // Served by {dest, pos}.
          const pending = await events
            .find({ dest: serverName, pos: { $gt: cursor }, room_id: roomId } as never)
            .sort({ pos: 1 })
            .limit(MAX_PENDING_SHOWN)
            .project<{ _id: string }>({ _id: 1 })
            .toArray()
          return { serverName, pending: pending.map((one) => one._id), ...rest }
        }),
      )
    },

    async close() {
      unsubscribe()
      await Promise.all([...destinations.values()].map((one) => one.close()))
    },
  }
}

/** About how large an event is in a transaction: for its limit, not for its format. */
const sizeOf = (pdu: Pdu) => 1_024 + JSON.stringify(pdu.content).length

/** Servers other than this one that share a room with the user. */
export async function serversSharingRoomWith(ctx: Context, userId: string): Promise<string[]> {
  const servers = new Set<string>()
  for (const { roomId, membership } of await ctx.rooms.roomsOf(userId)) {
    if (membership !== 'join') continue
    for (const server of await ctx.rooms.joinedServers(roomId)) servers.add(server)
  }
  servers.delete(ctx.serverName)
  servers.delete(serverNameOf(userId) ?? '')
  return [...servers]
}
