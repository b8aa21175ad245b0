import type { AuthedRequest } from '../../lib/request.ts'
import type { ReadableStore } from '../../lib/store.ts'
import type { WaitingCounts } from '../../lib/waiting.ts'
import type { SuspensionNotice } from '../../model/reports/suspension.ts'
import type { Before, GrantEnd, GrantPlaces, ShownCode } from '../../model/session/device-grant.ts'
import type { LoginOutcome, OfferedProvider, SecondStep } from '../../model/session/login.ts'
import type { OpeningStep, Session } from '../../model/session/types.ts'

import type { Lock, UnlockProblem } from './device-lock.ts'
import type { GivenFactor } from './factors.ts'

// What views show of the model.
export type { AskingState, Keeper } from '../../model/envelope/types.ts'
export type { RestartState, Session } from '../../model/session/types.ts'

/** The whole application: signed out, opening, or at work with a session. The heavy parts are fetched when needed. */
export type AppState =
  | {
      phase: 'signed-out'
      notice?:
        | 'expired'
        | 'removed'
        | 'evicted'
        | 'suspended'
        | 'signedOut'
        | 'signedOutOffline'
        | 'signedOutLost'
        | 'providerFailed'
        | 'providerOffline'
      keptUser?: string
    }
  /** Signed in, and the role needs a second factor before anything else. */
  | { phase: 'must-add'; request: AuthedRequest; userId: string; password?: string; done(): void }
  /** Signed in as somebody for whom things of others would be deleted here, of which some wait to be sent. */
  | { phase: 'making-place'; userId: string; waiting: readonly Waiting[]; go(): void; stop(): void }
  | { phase: 'opening'; step: OpeningStep }
  | { phase: 'open-failed' }
  | { phase: 'taken' }
  /** Somebody is signed in here, and what is kept of them is shut. */
  | { phase: 'locked'; userId: string; lock: Lock }
  | { phase: 'ready'; session: Session }

/**
 * What of somebody waits on this device alone (undefined: it is not known whether there is anything), and whether their recovery
 * key is known to be kept.
 */
export type Waiting = { userId: string; counts: WaitingCounts | undefined; keyKept: boolean }

export type { GrantPlaces } from '../../model/session/device-grant.ts'
export type { OfferedProvider, SecondStep } from '../../model/session/login.ts'

export type SignInProblem =
  | Exclude<LoginOutcome['kind'], 'ok' | 'too_many' | 'second_step'>
  | 'cancelled'
  | { waitSeconds: number }
  | { suspended: SuspensionNotice }
/** What comes of an attempt, unless it was the last step: why not, or what is asked for next. */
export type SignInNext = SignInProblem | { step: SecondStep } | undefined

export interface App {
  readonly state: ReadableStore<AppState>
  start(): void
  signIn(user: string, password: string): Promise<SignInNext>
  /** After the right password: a code, a code from the paper, or a passkey. */
  secondStep(step: SecondStep, given: GivenFactor): Promise<SignInNext>
  /**
   * What there is beside passwords: passkeys, where the server offers them and this browser can; institutions' providers;
   * another device that is signed in.
   */
  ways(): Promise<{ passkeys: boolean; providers: OfferedProvider[]; otherDevice: GrantPlaces | undefined }>
  /** Leaves this page for that of the institution's provider. */
  signInAt(provider: string): Promise<void>
  /** With a passkey alone. `quietly`: the browser offers it in the user's field, and nothing happens until it is chosen. */
  signInWithPasskey(quietly?: boolean): Promise<SignInNext>
  /** By an invitation: `send` has the account made and opens its first session. */
  enter(
    send: (options: { deviceId?: string; deviceName: string }) => Promise<LoginOutcome>,
    password?: string,
  ): Promise<SignInNext>
  /** The device of a session that is over: by another device, too, it goes on as itself. */
  deviceBefore(): Promise<Before | undefined>
  /** Against a suspension, with what the refused sign-in gave. @throws RequestError */
  appeal(token: string, words: string): Promise<void>
  signOut(): Promise<void>
  /** Leaves a session that cannot be opened, or an expired one. */
  forget(): Promise<void>
  useHere(): void
  retry(): void
  /** Whether the next sign-in is to leave nothing on this computer. */
  leaveNothing(yes: boolean): void
  /** Whether this session is one that leaves nothing. */
  keepsNothing(): boolean
  /** @returns why not; after too many wrong PINs what was kept here is gone, and the person signs in anew */
  unlock(given: { pin: string } | { passkey: true }): Promise<UnlockProblem | undefined>
  /** Shuts what is kept here, now. For whoever has set a lock. */
  lock(): Promise<void>
  /** Makes room for somebody else: whoever was here keeps a locked place. */
  changePerson(): Promise<void>
  /** User ids of those who keep a locked place here. */
  others(): Promise<string[]>
  /** One of them is at work now: asked for PIN or passkey. */
  takeSeat(userId: string): Promise<void>
}

/** What an institution's own pages are about; the key and the roster are `institution`. */
export type OfficePart = 'people' | 'leaving' | 'succession' | 'activity' | 'reports' | 'retention' | 'status'

/** Where the person is. Addresses carry room and event ids only: no tokens, no text. */
export type Route =
  | { page: 'channels' }
  | {
      page: 'channel'
      roomId: string
      eventId?: string
      panel?: 'members' | 'threads' | 'pinned'
      thread?: string
    }
  | { page: 'rules'; roomId: string }
  | { page: 'board' }
  | { page: 'case'; caseId: string }
  | { page: 'new-case'; draftId: string }
  | { page: 'search' }
  | { page: 'directory' }
  | { page: 'import' }
  | { page: 'export' }
  /** One institution, by its key in the registry. */
  | { page: 'directory-entry'; key: string }
  | { page: 'entry-edit' | 'entry-review' | 'entry-history'; key: string }
  | { page: 'suggestions' }
  | { page: 'overdue' }
  | { page: 'settings' }
  /** Another device of one's own asks to be let in: with the code it shows, or to type it. */
  | { page: 'new-device'; code?: string }
  /** What another app handed over, until a channel is chosen. */
  | { page: 'share' }
  /** From the icon on the phone's home screen. */
  | { page: 'shortcut'; to: 'urgent' | 'case' }
  | { page: 'duty' }
  | { page: 'measures' }
  /** without an ID: all of them */
  | { page: 'meetings'; meetingId?: string }
  /** the map of risks */
  | { page: 'risks' }
  /** the library of materials, one of them, or a draft */
  | { page: 'materials'; materialId?: string; draftId?: string }
  | { page: 'resets' }
  /** without a key: one's own */
  | { page: 'institution'; key?: string }
  /** A page for whoever runs an institution; `detail`: whom or what it shows alone. */
  | { page: 'office'; part: OfficePart; detail?: string }
  | { page: 'network' }
  /** Reached by a link whose secret is in the fragment; nothing of it is in the route. */
  | { page: 'invitation' }
  | { page: 'unknown' }

export interface Router {
  readonly route: ReadableStore<Route>
  go(route: Route, options?: { replace?: boolean }): void
  /** One step back, or to the channels when this page was the first. */
  back(): void
}

/** This device asks another one of the person to let it in. */
export type OtherDeviceState =
  | { phase: 'starting' }
  | { phase: 'shown'; shown: ShownCode; online: boolean }
  | { phase: 'entering' }
  /** `offline`: it could not even begin. */
  | { phase: 'ended'; why: GrantEnd | 'offline' }

export interface OtherDevice {
  readonly state: ReadableStore<OtherDeviceState>
  /** With a new code. */
  again(): void
  close(): void
}

/** Two devices of one person compare seven pictures (client-server API, "SAS verification"). */
export type VerificationState =
  | { step: 'waiting' }
  | { step: 'incoming' }
  | { step: 'compare'; emoji: readonly (readonly [symbol: string, name: string])[] }
  | { step: 'other' }
  | { step: 'done' }
  | { step: 'cancelled' }

export interface Verification {
  readonly state: ReadableStore<VerificationState>
  accept(): Promise<void>
  answer(same: boolean): Promise<void>
  cancel(): Promise<void>
}
