/** A local person's event, and those that are made for them: new rooms, finished invites. */
import { checkAuth, type Pdu, stateKeyOf } from '@enlace/room-model'
import { MatrixError, notFound } from '../../errors.ts'
import { isDuplicateKey } from '../../lib/duplicate-key.ts'
import { groupBefore, type Room } from '../room.ts'
import { transactionKey } from '../store.ts'
import type { Door, Drafts, EventDraft, StoredEvent } from '../types.ts'
import { destinations } from './draft.ts'
import { rememberRoom } from './outliers.ts'
import { settled } from './persist.ts'
import type { Persisted, Steps } from './types.ts'
import { BuiltOnSand } from './write-buffer.ts'

const MAX_TRANSACTIONS = 20_000

export function createSend(
  steps: Steps,
): Pick<Door, 'send' | 'sendFinished' | 'createRoom'> & Pick<Drafts, 'sentAs'> {
  const { ctx, models, store, redactions, open, draft, checks, persist, drained } = steps
  /** Event ids by transaction, the latest ones. */
  const transactions = new Map<string, string>()
  /** Transactions whose event is on its way to disk. */
  const sending = new Map<string, Promise<StoredEvent>>()
  let lastCreated = 0

  const keyOf = (args: Pick<EventDraft, 'roomId' | 'sender' | 'transaction'>): string | undefined =>
    args.transaction && transactionKey(args.roomId, { userId: args.sender, ...args.transaction })

  async function sentBefore(txn: string): Promise<StoredEvent | undefined> {
    const id = transactions.get(txn)
    return id === undefined ? undefined : store.events.get(id)
  }

  /** Sent before a restart: the transaction id is the proof. Served by {txn}. */
  async function sentOnDisk(txn: string): Promise<StoredEvent | undefined> {
    const doc = await models.Event.findOne({ txn }).lean()
    return doc ? (await store.events.fromDocs([doc]))[0] : undefined
  }

  /** Remembers the event of a transaction while it is on its way and after. */
  function remember(txn: string, durable: Promise<StoredEvent>): void {
    sending.set(txn, durable)
    durable
      .then(
        (event) => {
          transactions.set(txn, event.eventId)
          if (transactions.size > MAX_TRANSACTIONS) transactions.delete(transactions.keys().next().value!)
        },
        () => undefined,
      )
      .finally(() => sending.delete(txn))
  }

  /** On the room's queue. */
  async function sendNow(
    room: Room,
    event: EventDraft,
    txn: string | undefined,
  ): Promise<Pick<Persisted, 'durable'>> {
    const under = txn === undefined ? undefined : sending.get(txn)
    if (under) return { durable: under }
    const before = txn === undefined ? undefined : await sentBefore(txn)
    if (before) return settled(before)
    if (event.stateKey !== undefined || event.redacts !== undefined) await drained(room)
    const same = await unchanged(room, event)
    if (same) return settled(same)
    const { pdu, eventId } = draft.finish(await draft.template(room, event), room.version)
    await checks.checkLocal(room, pdu)
    const { durable } = await persist(room, {
      id: eventId,
      pdu,
      verdict: 'accept',
      before: await groupBefore(room, pdu, store),
      dest: destinations(ctx.serverName, room, pdu),
      txn,
      gather: true,
    })
    if (txn !== undefined) remember(txn, durable)
    if (pdu.type === 'm.room.redaction') await redactions.settle(await durable)
    return { durable }
  }

  /** Sending the state that is there already changes nothing. */
  async function unchanged(room: Room, event: EventDraft): Promise<StoredEvent | undefined> {
    if (event.stateKey === undefined) return undefined
    const id = room.state.get(stateKeyOf(event.type, event.stateKey))
    const current = id === undefined ? undefined : await store.events.get(id)
    if (!current || current.pdu.sender !== event.sender) return undefined
    return JSON.stringify(current.pdu.content) === JSON.stringify(event.content) ? current : undefined
  }

  async function requireRoom(roomId: string): Promise<Room> {
    const room = await open(roomId)
    if (!room) throw notFound('There is no such room here.')
    return room
  }

  return {
    async send(event) {
      ctx.restored.checkRoom(event.roomId)
      const room = await requireRoom(event.roomId)
      const txn = keyOf(event)
      for (;;) {
        try {
          return await (await room.enqueue(() => sendNow(room, event, txn))).durable
        } catch (error) {
          if (error instanceof BuiltOnSand) continue
          if (txn === undefined || !isDuplicateKey(error)) throw error
          const known = await sentOnDisk(txn)
          if (!known) throw error
          return known
        }
      }
    },

    async sentAs(args) {
      const txn = keyOf(args)
      if (txn === undefined) return undefined
      return (await sending.get(txn)) ?? (await sentBefore(txn)) ?? sentOnDisk(txn)
    },

    async sendFinished({ pdu, eventId: id, roomId }) {
      ctx.restored.checkRoom(roomId)
      const room = await requireRoom(roomId)
      return room.enqueue(async () => {
        await store.events.getMany(pdu.auth_events)
        await checks.checkLocal(room, pdu)
        const known = await store.events.get(id)
        if (known && !known.outlier) return known
        const { durable } = await persist(room, {
          id,
          pdu,
          verdict: 'accept',
          before: await groupBefore(room, pdu, store),
          dest: destinations(ctx.serverName, room, pdu),
        })
        return durable
      })
    },

    async createRoom({ version, roomId, creator, content }) {
      // From version 12 on the ID is that of the create event: two that say the same in one millisecond would be one room.
      lastCreated = Math.max(Date.now(), lastCreated + 1)
      const {
        pdu,
        eventId,
        roomId: id,
      } = draft.finish(
        {
          ...(version.roomIdIsCreateHash ? {} : { room_id: roomId! }),
          type: 'm.room.create',
          state_key: '',
          sender: creator,
          content: content as Pdu['content'],
          origin_server_ts: lastCreated,
          depth: 1,
          prev_events: [],
          auth_events: [],
        },
        version,
      )
      const verdict = checkAuth(pdu, () => undefined, version)
      if (!verdict.allowed)
        throw new MatrixError(400, 'M_BAD_JSON', `The room cannot be made: ${verdict.reason}.`)
      await rememberRoom(steps, id, version)
      const room = (await open(id))!
      await room.enqueue(() => persist(room, { id: eventId, pdu, verdict: 'accept', before: undefined }))
      return id
    },
  }
}
