import type { ReadableStore } from '../../lib/store.ts'
import type {
  DeliveryLedger,
  DeliverySummary,
  PartnerNames,
  Summaries,
} from '../../model/delivery/delivery-api.ts'

// What views show of the model.
export type {
  DeliveryGroup,
  DeliveryLedger,
  DeliveryServer,
  DeliverySummary,
} from '../../model/delivery/delivery-api.ts'

export interface DeliveryView {
  summary: DeliverySummary
  names: PartnerNames
}

export interface DeliveryModel {
  /** Undefined until the node has answered, and where it does not know. */
  of(roomId: string, eventId: string): ReadableStore<DeliveryView | undefined>
  /** Keeps it fresh until the returned function is called. */
  watch(roomId: string, eventId: string): () => void
  /** Where an event stands at each institution. @throws RequestError */
  ledger(roomId: string, eventId: string): Promise<DeliveryLedger>
}

/** What the view-model needs of a session; a test gives its own. */
export interface DeliveryDeps {
  fetch(roomId: string, eventIds: readonly string[]): Promise<Summaries | undefined>
  fetchLedger(roomId: string, eventId: string): Promise<DeliveryLedger>
  /** Calls back with a room's id when there is news of that room, and without one when anything may have changed. */
  onNews(listener: (roomId?: string, urgent?: boolean) => void): () => void
}
