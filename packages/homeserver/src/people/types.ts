/** Faces of an institution's people. */
import type { PublicKeyCredentialCreationOptionsJSON, RegistrationResponseJSON } from '@simplewebauthn/server'
import type { Model } from 'mongoose'
import type { Role } from '../accounts/models.ts'

/** `join`: an account that is not there yet. `password`: a new password for one that is. */
export type InvitationKind = 'join' | 'password'

export type InvitationDoc = {
  _id: string
  /** SHA-256 of what the link has; the link itself is told once, and kept nowhere. */
  secret_hash: string
  kind: InvitationKind
  institution: string
  /** Who made it. */
  by: string
  /** The proposed id, or the account it is for. */
  user_id: string
  display_name?: string
  role?: Role
  made_ts: number
  expires_ts: number
  revoked_ts?: number
  used_ts?: number
  used_by?: string
  /** Not used yet, nor revoked: of those a person has one. */
  open?: true
}
export type InvitationModel = Model<InvitationDoc>

export type Wanted = { localpart: string; display_name?: string | undefined; role: Role }

export type MadeInvitation = InvitationDoc & { secret: string }
/** What came of each person that was to be invited. */
export type InviteOutcome =
  | { localpart: string; outcome: 'invited'; invitation: MadeInvitation }
  | { localpart: string; outcome: 'has_account' }
  | { localpart: string; outcome: 'invalid' | 'taken'; message: string }

/** Who came by a link, and what they hold. */
export type GivenLink = { id: string; secret: string }

export interface Invitations {
  /**
   * One open invitation for each person: who is invited again gets a new link, and the one before counts no more.
   * @throws M_LIMIT_EXCEEDED when too many are open
   */
  invite(by: string, institution: string, people: readonly Wanted[], hours: number): Promise<InviteOutcome[]>
  /** A link for a new password. Sessions end now, and again when it is used. */
  resetPassword(by: string, institution: string, userId: string, hours: number): Promise<MadeInvitation>
  /** Open ones and those of the last thirty days, the newest first. */
  list(institution: string): Promise<InvitationDoc[]>
  /** @returns false when there is none such that is open */
  revoke(by: string, institution: string, id: string): Promise<boolean>
  /**
   * The invitation to which the link belongs.
   * @throws M_NOT_FOUND for whoever holds no right link, whatever there is; what became of it, for whoever does
   */
  opened(link: GivenLink): Promise<InvitationDoc>
  /** Whether what somebody invited still counts: they coordinate the institution as before. */
  mayInvite(institution: string, by: string): Promise<boolean>
  beginPasskey(link: GivenLink, localpart: string): Promise<PublicKeyCredentialCreationOptionsJSON>
  /** Makes the account, once for each invitation, or sets the password. */
  accept(
    link: GivenLink,
    wanted: {
      localpart?: string | undefined
      displayName?: string | undefined
      password?: string | undefined
      passkey?: RegistrationResponseJSON | undefined
    },
  ): Promise<{ userId: string; way: 'registration' | 'passkey'; recoveryCodes?: string[] }>
  /** Housekeeping: those that were over long ago. */
  trim(): Promise<void>
}

/** people/: what `ctx.people` gives the other parts of a node. */
export interface People {
  readonly invitations: Invitations
}
