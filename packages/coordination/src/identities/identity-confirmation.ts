/**
 * What a coordinator signs when somebody of the institution starts again with a new cross-signing identity, and the code by
 * which two people compare that identity over the telephone.
 */
import { z } from 'zod'

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

const DIGITS = 16

/**
 * Sixteen digits that stand for one new identity of one person. Each side works them out for itself from the key it has, so
 * that a server in between which hands on another key is found out. Too many to try out keys until they are the same.
 */
export async function restartCode(user: string, masterKey: string): Promise<string> {
  const text = new TextEncoder().encode(JSON.stringify(['org.enlace.restart', user, masterKey]))
  const hash = new DataView(await crypto.subtle.digest('SHA-256', text))
  const digits = (hash.getBigUint64(0) % 10n ** BigInt(DIGITS)).toString().padStart(DIGITS, '0')
  return digits.replace(/(\d{4})(?=\d)/g, '$1 ')
}

/** However it was typed: with spaces, hyphens or without. */
export const isSameCode = (typed: string, code: string): boolean =>
  code !== '' && typed.replace(/[\s.-]/g, '') === code.replace(/\s/g, '')
