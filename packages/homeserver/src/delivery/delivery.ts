/**
 * The delivery ledger: for what this node's people send, accepted by each partner's server, on a device, read.
 *
 *   outbox: a transaction was accepted, a partner went or came ─┐
 *   devices of this node: positions acknowledged ──> marks ─────┼──> news to the senders' clients, who ask for the rest
 *   partners: `org.enlace.delivered` ──────────────> marks ─────┘
 */
import type { Context } from '../context.ts'
import type { StoredEvent } from '../rooms/types.ts'
import { createAccepted } from './accepted.ts'
import { createAcknowledgements } from './acknowledgements.ts'
import { receiveClaim } from './claims.ts'
import { createLedger, type EventLedger } from './ledger.ts'
import { createMarks } from './marks.ts'
import { openDeliveryModels } from './models.ts'
import { createNews } from './news.ts'

export type Delivery = {
  /** sync/: a device of the person has everything up to a position of the log. Costs nothing; worked through later. */
  acknowledged(userId: string, pos: number): void
  /** federation/: `org.enlace.delivered` of a server that is in the room. @throws Error when it could not be kept */
  receive(origin: string, content: Record<string, unknown>): Promise<void>
  /** federation/: a partner accepted events after position `from`, up to `upto`. */
  accepted(destination: string, from: number, upto: number): void
  /** federation/: what these sent has become more, or less, delivered. */
  changed(events: Iterable<{ roomId: string; sender: string }>): void
  /** sync/: whether the person is to be told of the room, `org.enlace.delivery`. */
  newsBetween(roomId: string, userId: string, from: number, to: number): boolean
  /** What has become of an event; `times`: also when partners accepted it. */
  of(event: StoredEvent, options: { times: boolean }): Promise<EventLedger>
  /** Works through what devices have acknowledged, now: for tests. */
  flush(): Promise<void>
  trim(): Promise<void>
  close(): Promise<void>
}

export async function createDelivery(ctx: Context): Promise<Delivery> {
  const models = await openDeliveryModels(ctx.db)
  const marks = createMarks(models)
  const news = createNews(ctx)
  const accepted = createAccepted(models, ctx.log)
  const acknowledgements = createAcknowledgements(ctx, marks, news)
  const ledger = createLedger(ctx, marks, accepted)
  return {
    acknowledged: acknowledgements.acknowledged,
    receive: (origin, content) => receiveClaim({ ctx, marks, news }, origin, content),
    accepted: accepted.note,
    changed(events) {
      for (const { roomId, sender } of events) news.tell(roomId, [sender])
    },
    newsBetween: news.between,
    of: ledger.of,
    flush: acknowledgements.flush,
    trim: accepted.trim,
    async close() {
      news.close()
      await acknowledgements.close()
      await accepted.close()
    },
  }
}
