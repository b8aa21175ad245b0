/**
 * The delivery ledger: for what this node's people send, accepted by each partner's server, on a device, read.
 *
 *   outbox: a transaction was accepted, a partner went or came ─┐
 *   devices of this node: positions acknowledged ──> marks ─────┼──> news to the senders' clients, who ask for the rest
 *   partners: `org.enlace.delivered` ──────────────> marks ─────┘
 */
import type { Context } from '../context.ts'
import { createAccepted } from './accepted.ts'
import { createAcknowledgements } from './acknowledgements.ts'
import { receiveClaim } from './claims.ts'
import { followDepartures } from './departures.ts'
import { createLedger } from './ledger.ts'
import { createMarks } from './marks.ts'
import { openDeliveryModels } from './models.ts'
import { createNews } from './news.ts'
import type { Delivery } from './types.ts'

export async function createDelivery(ctx: Context): Promise<Delivery> {
  const models = await openDeliveryModels(ctx.db)
  const marks = createMarks(models)
  const news = createNews(ctx)
  const accepted = createAccepted(models, ctx.log)
  const acknowledgements = createAcknowledgements(ctx, marks, news)
  const departures = await followDepartures(ctx, marks, acknowledgements)
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
    async flush() {
      await acknowledgements.flush()
      await departures.caughtUp()
    },
    trim: accepted.trim,
    async close() {
      news.close()
      await departures.close()
      await acknowledgements.close()
      await accepted.close()
    },
  }
}
