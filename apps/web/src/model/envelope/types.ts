import type { ReadableStore } from '../../lib/store.ts'

/** What the signed roster says of somebody; `unknown` where this device could not check one. */
export type RosterPlace = 'staff' | 'coordinator' | 'official' | 'not_member' | 'unknown'

/** A person's identity, as this device knows it. */
export type KnownIdentity = { masterKey: string; compared: boolean; changed: boolean }

/** Somebody of the institution who could keep a part, and what is still in the way. */
export interface Keeper {
  userId: string
  /** `listed` by the node only; `no_device`: none that they have confirmed. */
  state: 'ready' | 'not_compared' | 'changed' | 'no_device' | 'not_listed'
}

/** One part, as a coordinator's devices keep it. */
export interface HeldPart {
  owner: string
  id: string
  institution: string
  madeTs: number
  /** base64url */
  share: string
}

/** Why the parts have to be given out anew: who is no longer a coordinator, who is new, whose identity is another one. */
export interface EnvelopeNews {
  left: readonly string[]
  came: readonly string[]
  changed: readonly string[]
}

export interface EnvelopeKept {
  id: string
  madeTs: number
  holders: readonly string[]
  /** Who has said that their part is kept. */
  kept: readonly string[]
  /** Whether enough have. */
  enough: boolean
}

/** What the asking device shows. */
export type AskingState =
  | { step: 'none' }
  | {
      step: 'waiting'
      code: string
      coordinators: readonly string[]
      released: readonly string[]
      /** Whose part did not fit: it was altered on the way, or is of another time. */
      altered: readonly string[]
      /** Who released a part and is no coordinator by the signed roster. */
      strangers: readonly string[]
      rosterUnknown: boolean
      expiresTs: number
    }
  | { step: 'opening' }
  | { step: 'over'; why: 'refused' | 'expired' | 'withdrawn' | 'envelope_altered' | 'old_key' }
  | { step: 'done' }

/** The person's side: keeps the recovery key with the coordinators, and gets it back from two of them. */
export interface Envelope {
  /** Undefined while there is none. */
  readonly kept: ReadableStore<EnvelopeKept | undefined>
  readonly news: ReadableStore<EnvelopeNews | undefined>
  readonly asking: ReadableStore<AskingState>
  /** Asked anew. @throws without a network */
  keepers(): Promise<readonly Keeper[]>
  /** Seals the key and gives out the parts. @throws without a network */
  make(recoveryKey: string): Promise<'ok' | 'too_few'>
  /** Whether there is one to be opened. @throws without a network */
  exists(): Promise<boolean>
  /** Begins asking, or goes on. @throws */
  ask(): Promise<void>
  look(): Promise<void>
  withdraw(): Promise<void>
  /** Until this is set there are no keepers, because nobody could check who they are. */
  readRosters(read: (userId: string, institution: string) => Promise<RosterPlace>): void
  /** Something that was in the way may have changed. */
  wake(): void
  /** A coordinator's side. */
  readonly holder: Holder
  close(): void
}

export interface Holder {
  /**
   * A part for the device that asks, when the code that was read to the coordinator is the one of the key it would be sealed for.
   * @throws without a network
   */
  partFor(
    ask: { id: string; userId: string; envelope: string; publicKey: string },
    typedCode: string,
  ): Promise<{ sealed: string } | 'wrong_code' | 'no_part' | 'other_envelope'>
}
