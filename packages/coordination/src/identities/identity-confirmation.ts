/**
 * What a coordinator signs when somebody of the institution starts again with a new cross-signing identity, and the code by
 * which two people compare that identity over the telephone.
 */
import { z } from 'zod'
import { spokenCode } from './spoken-code.ts'

export const identityConfirmationType = 'org.enlace.identity_confirmation'

const userId = z.string().max(255)

export const identityConfirmationSchema = z.strictObject({
  type: z.literal(identityConfirmationType),
  /** Whose new identity it is. */
  user_id: userId,
  /** The public part of the new master key, base64. */
  master_key: z.string().regex(/^[A-Za-z0-9+/]{43}$/),
  institution: z.string().min(1).max(64),
  confirmed_by: userId,
  confirmed_ts: z.number().int().nonnegative(),
  /** By the coordinator's device or master key; anything else in it counts for nothing. */
  signatures: z.record(z.string(), z.record(z.string().max(300), z.string().max(200))),
})
export type IdentityConfirmation = z.output<typeof identityConfirmationSchema>

/** What is signed: canonical JSON, which for flat texts and whole numbers is JSON with its keys in order. */
export function confirmationText(confirmation: Omit<IdentityConfirmation, 'signatures'>): string {
  const { type, user_id, master_key, institution, confirmed_by, confirmed_ts } = confirmation
  const bare = { type, user_id, master_key, institution, confirmed_by, confirmed_ts }
  return JSON.stringify(bare, Object.keys(bare).sort())
}

/** Stands for one new identity of one person. */
export const restartCode = (user: string, masterKey: string): Promise<string> =>
  spokenCode(['org.enlace.restart', user], masterKey)
