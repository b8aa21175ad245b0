import type { Failure } from '../../lib/failure.ts'
import type { ReadableStore } from '../../lib/store.ts'
import type { Proof, ProofOutcome } from '../session/with-proof.ts'

/** Somebody of the coordinator's institution who starts again with a new identity, or did. */
export interface ResetRequest {
  id: string
  userId: string
  deviceId: string
  deviceName?: string
  masterKey: string
  requestedTs: number
  expiresTs: number
  state: 'waiting' | 'approved' | 'refused' | 'withdrawn' | 'denied' | 'done' | 'reported' | 'expired'
  /** A user id, or `operator`. */
  decidedBy?: string
  decidedTs?: number
  /** Somebody signed in to the account says that it was not them. */
  doubted: boolean
}

/** `wrong_code`: what was typed belongs to another key, so perhaps to another person. */
export type ResetOutcome = 'wrong_code' | ProofOutcome

/** What a coordinator decides about people of their institution. */
export interface Resets {
  /** Whether this person coordinates at all. */
  readonly mine: ReadableStore<boolean>
  readonly waiting: ReadableStore<readonly ResetRequest[]>
  readonly decided: ReadableStore<readonly ResetRequest[]>
  readonly failure: ReadableStore<Failure | undefined>
  /** Those who ask for their recovery key back. */
  readonly envelopes: EnvelopeAsks
  refresh(): Promise<void>
  approve(request: ResetRequest, typedCode: string, proof: Proof): Promise<ResetOutcome>
  refuse(request: ResetRequest, proof: Proof): Promise<ResetOutcome>
  close(): void
}

/** Somebody of the coordinator's institution who asks for their recovery key back. */
export interface EnvelopeAsk {
  id: string
  userId: string
  deviceName?: string
  envelope: string
  publicKey: string
  requestedTs: number
  expiresTs: number
  /** Coordinators who have released their part. */
  releasedBy: readonly string[]
}
/** `no_part`: none is kept here for that person; `other_envelope`: theirs is of another one, given out before or since. */
export type ReleaseOutcome = 'wrong_code' | 'no_part' | 'other_envelope' | ProofOutcome

export interface EnvelopeAsks {
  readonly waiting: ReadableStore<readonly EnvelopeAsk[]>
  refresh(): Promise<void>
  release(ask: EnvelopeAsk, typedCode: string, proof: Proof): Promise<ReleaseOutcome>
  /** @throws */
  refuse(ask: EnvelopeAsk): Promise<void>
}
