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
  /** Identities that were accepted on a coordinator's word, and that. */
  readonly confirmed: Pick<Confirmed, 'news' | 'seen' | 'approve'>
  /** What a coordinator signs with. */
  readonly identities: Identities
  close(): void
}

/** Identities as this device's encryption knows them, not as a server says at the moment. */
export interface Identities {
  masterKeyOf(userId: string): Promise<string | undefined>
  /** Public keys whose signature is the person's own: the master key, and devices that they have confirmed. By key id. */
  signingKeysOf(userId: string): Promise<Map<string, string>>
  /** Goes on with the identity that has this master key. @returns false when the person has another one */
  accept(userId: string, masterKey: string): Promise<boolean>
  /** Signs with this device's key and, where it is here, the master key. @returns signatures by user and key id */
  sign(text: string): Promise<Record<string, Record<string, string>>>
}

export type ConfirmedNews = { userId: string; by: string; at: number; masterKey: string }

export interface Confirmed {
  /** Accepted, and not yet read by the person. */
  readonly news: ReadableStore<readonly ConfirmedNews[]>
  /** While nothing about somebody is in doubt: who they are, for the day when it is. */
  note(userId: string): Promise<void>
  /** This person, as a coordinator, has approved the key: no question about it here. */
  approve(userId: string, masterKey: string): Promise<void>
  /** Whether a coordinator stands for the new identity; it is then accepted. */
  accepts(userId: string, changedTs: number): Promise<boolean>
  seen(userId: string): Promise<void>
}
