import type { Hold } from '../../lib/hold.ts'
import type { ReadableStore } from '../../lib/store.ts'

/** What the last step before the network asks of the session. Until the session has answered, no keys leave it. */
export interface OutgoingGate {
  /** `send`, with what must not leave answered as a server would refuse it. */
  guard(send: typeof fetch): typeof fetch
  /** Who decides, for each person that keys of a conversation are addressed to. */
  decideKeys(decide: (userId: string) => Promise<boolean>): void
}

/**
 * The one way by which what people write leaves this device: only encrypted, only while the node vouches for all who
 * would get the keys, and only while nobody among them has an identity that changed and was not accepted.
 */
export interface Trust {
  /** Rises when what holds back a room, or which rooms are encrypted, may have changed. */
  readonly version: ReadableStore<number>
  /** Whether the room is, or ever was, encrypted: that is never taken back. */
  isEncrypted(roomId: string): boolean
  /** The encryption a room has; remembered where its state no longer says it. */
  encryptionOf(roomId: string): unknown
  /** What held sending back when it was last looked at. */
  holdOf(roomId: string): Hold | undefined
  /** Looks again. @throws RequestError, TypeError when the node cannot be asked */
  check(roomId: string): Promise<Hold | undefined>
  /** Encrypts and sends. @returns the event's id. @throws HeldError when something holds it back */
  send(roomId: string, type: string, content: object, txnId: string): Promise<string>
  close(): void
}
