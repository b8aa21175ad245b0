/**
 * The Socket.IO contract between a client and its node. What travels is the JSON of the Matrix client-server API: the
 * server pushes `/sync` bodies, the client makes the hot requests as calls that are acknowledged.
 */
import { z } from 'zod'

export const REALTIME_PATH = '/_enlace/realtime'

/** Pushes a client may have unacknowledged; more are held back and come later as one larger answer. */
export const WINDOW = 64

/** Largest message a client may send, bytes: a full event (64 KiB) and its envelope. */
export const MAX_MESSAGE_BYTES = 256 * 1024

const text = z.string().max(255)
const content = z.record(z.string(), z.unknown())

/** Hot requests. Each is the endpoint of the same name with the same body, answer and errors. */
export const callSchema = z.discriminatedUnion('name', [
  z.strictObject({ name: z.literal('send'), roomId: text, eventType: text, txnId: text, body: content }),
  z.strictObject({ name: z.literal('redact'), roomId: text, eventId: text, txnId: text, body: content }),
  z.strictObject({ name: z.literal('typing'), roomId: text, userId: text, body: content }),
  z.strictObject({
    name: z.literal('receipt'),
    roomId: text,
    receiptType: text,
    eventId: text,
    body: content,
  }),
  z.strictObject({ name: z.literal('sendToDevice'), eventType: text, txnId: text, body: content }),
])
export type Call = z.output<typeof callSchema>

export const subscriptionSchema = z.strictObject({
  /** Sync token: everything up to it the client has. */
  since: z.string().max(64),
  filter: z.string().max(65_536).optional(),
  useStateAfter: z.boolean().optional(),
  setPresence: z.enum(['online', 'offline', 'unavailable']).optional(),
})
export type Subscription = z.output<typeof subscriptionSchema>

export const tokenSchema = z.string().min(1).max(4_096)
export const acknowledgementSchema = z.int().min(0)

/** Status and JSON body, as HTTP would have answered. */
export type Answer = { status: number; body: unknown }

export type SyncBody = Record<string, unknown> & { next_batch: string }

export interface ClientToServerEvents {
  /** Begin pushing from a token; a second call begins anew. */
  subscribe(subscription: Subscription, answer: (answer: Answer) => void): void
  /** How many pushes of this subscription the client has taken in all. */
  ack(count: number): void
  call(call: Call, answer: (answer: Answer) => void): void
  /** Up to where this subscription has been told; null while something is on its way, or without a subscription. */
  position(answer: (token: string | null) => void): void
  /** A new access token of the same device, before the old one expires. */
  token(accessToken: string, answer: (answer: Answer) => void): void
}

export interface ServerToClientEvents {
  /**
   * What came after the token `from`, up to the body's `next_batch`. Each push begins where the one before it ended, the
   * first at the subscription's `since`; a client that sees it otherwise has missed one, and subscribes again.
   */
  sync(body: SyncBody, from: string): void
  /** The session is over (signed out, token expired); the socket is closed after this. */
  ended(error: Record<string, unknown>): void
}
