/** What shows, beside the password, that somebody is who they say: an app's codes, passkeys, recovery codes. */
import type {
  AuthenticationResponseJSON,
  PublicKeyCredentialCreationOptionsJSON,
  PublicKeyCredentialRequestOptionsJSON,
  RegistrationResponseJSON,
} from '@simplewebauthn/server'
import type { FirstPasskey } from '../models.ts'
import type { SignInPlace } from '../types.ts'

export type FactorMethod = 'totp' | 'passkey' | 'recovery_code'

/** One of them, as the person gives it. */
export type FactorProof =
  | { method: 'totp'; code: string }
  | { method: 'recovery_code'; code: string }
  | { method: 'passkey'; response: AuthenticationResponseJSON }

/** `used`: the code was right, and has counted already. */
export type ProofOutcome = 'right' | 'wrong' | 'used'

export type PasskeyRecord = {
  id: string
  name: string
  createdTs: number
  lastUsedTs?: number
  /** Kept by the maker of the device on others of the person's as well. */
  synced: boolean
}

export type FactorsOf = {
  totp?: { sinceTs: number }
  passkeys: PasskeyRecord[]
  /** Recovery codes that were not used yet. */
  recovery?: { left: number; madeTs: number }
}

/** What the node's configuration asks of a person's role. */
export type Duty = {
  must: boolean
  /** Until then they sign in without; absent when they may for good, or have a factor. */
  deadlineTs?: number
  /** The time is over: until they add one, nothing but that is open to them. */
  overdue: boolean
}

export type AddedFactor = {
  /** With the first factor: ten codes, shown this once. */
  recoveryCodes?: string[]
}

/** When a device of the institution's people has to have a lock, and after how long at the latest it shuts. */
export type LockRule = { required: 'no' | 'shared' | 'always'; idleMinutes?: number }

export interface Factors {
  /** By the word of the institution's coordinators; without one nothing is demanded. */
  lockRule(institution: string): Promise<LockRule>
  setLockRule(institution: string, rule: LockRule, by: string): Promise<void>
  /** Whether passkeys work here: they are bound to the host name under which people reach this node. */
  readonly passkeysOffered: boolean
  of(userId: string): Promise<FactorsOf>
  /** With what a second step can be taken; empty when the password alone opens the account. */
  methods(userId: string): Promise<FactorMethod[]>
  /** Asked at each request of those whose role must have one; for others it costs nothing. */
  duty(account: { userId: string; institution?: string; role?: string }): Promise<Duty>

  /** Makes the secret of an app, which counts from `confirmTotp` on. The only time that it is told. */
  beginTotp(userId: string): Promise<{ secret: string; uri: string }>
  /** @throws M_FORBIDDEN when the code is not the app's */
  confirmTotp(userId: string, code: string): Promise<AddedFactor>
  /** @throws M_FORBIDDEN when it is the last factor of somebody who must have one */
  removeTotp(userId: string): Promise<void>

  beginPasskey(userId: string, deviceId: string): Promise<PublicKeyCredentialCreationOptionsJSON>
  /** @throws M_FORBIDDEN when it does not answer what was asked of this device */
  addPasskey(
    userId: string,
    deviceId: string,
    args: { response: RegistrationResponseJSON; name: string },
  ): Promise<AddedFactor & { id: string }>
  /** For an account that is not there yet; `binding` stands for the device that asks. */
  beginFirstPasskey(userId: string, binding: string): Promise<PublicKeyCredentialCreationOptionsJSON>
  /** Looks at it and keeps nothing. @throws M_FORBIDDEN */
  checkFirstPasskey(
    userId: string,
    binding: string,
    args: { response: RegistrationResponseJSON; name: string },
  ): Promise<FirstPasskey>
  /** Doing it again does no harm. */
  keepFirstPasskey(userId: string, first: FirstPasskey): Promise<AddedFactor>
  /** @returns false when the person has no such passkey */
  renamePasskey(userId: string, id: string, name: string): Promise<boolean>
  removePasskey(userId: string, id: string): Promise<boolean>

  /** A new set; the one before counts no more. */
  newRecoveryCodes(userId: string): Promise<string[]>

  /** What a passkey has to sign. With `userId`: one of that person's. */
  challenge(purpose: string, userId?: string): Promise<PublicKeyCredentialRequestOptionsJSON>
  /**
   * Looks at one proof. Each counts once, also after a crash.
   * @throws M_LIMIT_EXCEEDED
   */
  prove(userId: string, proof: FactorProof, place: SignInPlace, purpose: string): Promise<ProofOutcome>
  /**
   * Whose passkey signed, with nothing known before. @throws M_LIMIT_EXCEEDED
   */
  whoseProof(
    response: AuthenticationResponseJSON,
    place: SignInPlace,
    purpose: string,
  ): Promise<string | undefined>

  /** By the institution's word, for whoever has lost all of them. The password alone opens the account again. */
  removeAll(userId: string): Promise<void>
  /** Housekeeping: challenges that nobody can answer any more. */
  trim(): Promise<void>
}
