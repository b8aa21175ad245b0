import type { Requester } from '../http/types.ts'
import type { FirstPasskey, Role, SignInWay } from './models.ts'

/** accounts/: ES256 JWT access tokens (15 min with refresh tokens, else until unused), revoked at once with the device. */
export interface Tokens {
  /**
   * `address` is noted as where the device was last seen. Whoever must have a second factor by now and has none gets no
   * further, unless `withoutFactor`: what they need to add one. Whoever is suspended, unless `whileSuspended`: to leave.
   * @throws M_UNKNOWN_TOKEN (soft_logout true when only expired), M_LIMIT_EXCEEDED after many bad ones from one address
   */
  authenticate(
    accessToken: string,
    address?: string,
    options?: { withoutFactor?: boolean; whileSuspended?: boolean },
  ): Promise<Requester>
  /** Starts a session on a device that exists; whatever session it had is over. */
  start(
    userId: string,
    deviceId: string,
    options: { refreshable: boolean; oauth?: OauthSession },
  ): Promise<IssuedTokens>
  /**
   * `client`: the OAuth client that asks. A session is refreshed only by whoever began it.
   * @throws M_UNKNOWN_TOKEN
   */
  refresh(refreshToken: string, address?: string, client?: string): Promise<IssuedTokens>
  /** Whose open session an access or refresh token is of, expired or not: for ending it. */
  sessionOf(token: string): Promise<{ userId: string; deviceId: string } | undefined>
  /** Ends the session of a device. Once it resolves no token of it is good, cached or not. The device stays. */
  end(userId: string, deviceId: string): Promise<void>
  /** Open connections of the account's devices are closed; the sessions stay. */
  interrupt(userId: string): Promise<void>
  /** Called when a session ended, so that open connections of the device can be closed. Returns the unsubscribe function. */
  onEnded(listener: (userId: string, deviceId: string) => void): () => void
  /** A short-lived token by which a third party learns who somebody is; good for nothing else. */
  issueOpenId(userId: string): { token: string; expiresInMs: number }
  openIdUser(token: string): string | undefined
  /** MAC key for what the node hands out and takes back (interactive authentication sessions). */
  readonly macSecret: Buffer
}

/** Of a session that an OAuth client has. */
/** Without a client: the node's own, which a second device was let in with. */
export type OauthSession = { client?: string; grant: string }

export type IssuedTokens = { access_token: string; expires_in_ms?: number; refresh_token?: string }

export interface Accounts {
  exists(userId: string): Promise<boolean>
  /**
   * Checks a password, slowly for guessers. Unknown accounts take as long as known ones.
   * @throws M_LIMIT_EXCEEDED
   */
  checkPassword(userId: string, password: string, place: SignInPlace): Promise<'right' | 'wrong'>
  /**
   * For what follows a password, or stands for it; see `LoginThrottle`.
   * @throws M_LIMIT_EXCEEDED
   */
  attempt(userId: string, place: SignInPlace, what: Guessed): Attempt
  /** @returns whether it is the account's first sign-in */
  noteSignIn(userId: string): Promise<boolean>
  /** Changes with the password, and tells nothing of it; empty when there is none. */
  passwordMark(userId: string): Promise<string>
  /** @throws M_WEAK_PASSWORD */
  checkNewPassword(localpart: string, password: string): Promise<void>
  /** @throws M_WEAK_PASSWORD */
  setPassword(userId: string, password: string): Promise<void>
  /**
   * Ends the account for good: no password, no sessions from this moment on; then its rooms are left and what it had for
   * itself goes. The id is never given out again. With `erase`, what the person said is hidden from those who were not
   * there. Doing it again does no harm.
   */
  deactivate(userId: string, options?: { erase?: boolean }): Promise<void>
  /**
   * Shuts the account as `deactivate` does, sessions first, but so that it can be opened again: `leaving` names the departure,
   * `null` opens it. What the person is a member of stays.
   */
  setLeaving(userId: string, leaving: string | null): Promise<void>
  /** Institution and role, by the institution's word alone; `undefined` leaves one as it is, `null` takes it away. */
  setPosition(
    userId: string,
    position: { institution?: string | null; role?: Role | null },
  ): Promise<'done' | 'no account'>
  /** What the institution's provider leaves of the person's role; `null`: all of it. */
  setProviderRoles(userId: string, roles: Role[] | null): Promise<void>
  /**
   * Shuts somebody out until it is lifted: no sign-in, no token, open connections end. Devices and keys stay.
   * @returns false when there is no such account; a suspension that stands is not changed
   */
  suspend(userId: string, by: string, reason: string): Promise<boolean>
  restore(userId: string): Promise<boolean>
  /** Whose account was made by the invitation. */
  ofInvitation(invitation: string): Promise<string | undefined>
  /** Ends every session and removes the devices. */
  endSessions(userId: string): Promise<void>
  /** Everybody with an account here, by user id. */
  list(): Promise<AccountRecord[]>
  /** Whether the person asked to be forgotten. */
  isErased(userId: string): boolean
  /** The user id meant by what a person typed as user name or user id, if it is of this node. */
  userIdFrom(user: string): string | undefined
  /** Made by `registration: open|token`, by the operator's tool, and by the demo network. */
  create(args: {
    localpart: string
    /** Absent: the account is opened with the passkey alone. */
    password?: string
    displayName?: string
    institution?: string
    role?: Role
    isAdmin?: boolean
    isGuest?: boolean
    invitation?: string
    /** Whose invitation it was: their act. */
    invitedBy?: string
    firstPasskey?: FirstPasskey
  }): Promise<{ userId: string; recoveryCodes?: string[] }>
  get(userId: string): Promise<AccountRecord | undefined>
  isLocal(userId: string): boolean
  close(): void
}

export type AccountRecord = {
  userId: string
  institution?: string
  role?: string
  providerRoles?: Role[]
  deactivated: boolean
  /** Shut because a departure is under way, which ends what they have in its own order. */
  leaving?: true
  suspended?: { sinceTs: number; by: string; reason: string }
  hasPassword: boolean
  isAdmin: boolean
  isGuest: boolean
}

export type DeviceRecord = {
  deviceId: string
  displayName?: string
  createdTs: number
  lastSeenTs?: number
  lastSeenIp?: string
  /** Address of the last sign-in, and how it was done; unknown for sessions from before this was noted. */
  signedInTs?: number
  signedInIp?: string
  signedInWith?: SignInWay
  /** When a second factor was given on it last. */
  provedTs?: number
  /** The OAuth client that has it. */
  oauthClient?: string
}

export interface Devices {
  list(userId: string): Promise<DeviceRecord[]>
  exists(userId: string, deviceId: string): Promise<boolean>
  get(userId: string, deviceId: string): Promise<DeviceRecord | undefined>
  /** The device to sign in on: the one named, or a new one. The display name counts for a new one only. */
  open(
    userId: string,
    wanted: { deviceId?: string; displayName?: string },
  ): Promise<{ deviceId: string; isNew: boolean }>
  /**
   * A session begins on it: how, and from where. A second factor from before does not count for it. `unknown`: nothing showed
   * that the person has signed in there before, so they are to be told.
   */
  signedIn(
    userId: string,
    deviceId: string,
    how: { with: SignInWay; address: string; factor: boolean; unknown: boolean },
  ): Promise<void>
  /** A second factor was given on it now. */
  proved(userId: string, deviceId: string): Promise<void>
  /** Tells the person, by every channel of theirs, that somebody signed in there, unless they were told. */
  announce(userId: string, deviceId: string): Promise<void>
  /** @returns false when there is no such device */
  rename(userId: string, deviceId: string, displayName: string): Promise<boolean>
  /** The device whose session was begun by an OAuth grant. */
  byGrant(grant: string): Promise<{ userId: string; deviceId: string } | undefined>
  /** Of these OAuth clients, those that have a device. */
  clientsInUse(clients: readonly string[]): Promise<Set<string>>
  /** Ends the sessions of a device, at once, and deletes its keys and queued to-device messages. */
  remove(userId: string, deviceIds: readonly string[]): Promise<void>
}

/** Where a password is typed. */
export type SignInPlace = {
  address: string
  /** A device proven to have signed in to this account before. */
  knownDevice?: string
  /** Tells that whoever typed it has gone away. */
  signal?: AbortSignal
}

/** Slows the guessing of passwords, by account and place. */
export interface LoginThrottle {
  /**
   * Before looking at the password. It counts as a failure until it is said to be `right`, or not to have been looked at.
   * @throws M_LIMIT_EXCEEDED with `retry_after_ms`
   */
  attempt(account: string, place: SignInPlace, what?: Guessed): Attempt
}

/** `code`: few digits. `key`: nobody guesses it, but looking at it costs time. */
export type Guessed = 'password' | 'code' | 'key'
export type Attempt = { right(): void; unseen(): void }
