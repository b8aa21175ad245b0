/**
 * A permission to export, given once somebody confirmed who they are and the audit log has it. As the sessions of interactive
 * authentication it is a MAC over what it says: any worker checks it after any restart, and nothing is kept.
 */
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import { purposes } from '@enlace/evidence'
import { z } from 'zod'
import type { Context } from '../context.ts'
import { forbidden } from '../errors.ts'
import type { Requester } from '../http/types.ts'
import type { Grant } from './types.ts'

/** Long enough for a thousand attachments over a bad connection. */
const LIFETIME_MS = 2 * 3_600_000

const grantSchema = z.strictObject({
  export_id: z.string(),
  user_id: z.string(),
  device_id: z.string(),
  kind: z.enum(['cases', 'person']),
  purpose: z.enum(purposes),
  case_ids: z.array(z.string()),
  institution: z.string().optional(),
  role: z.string().optional(),
  authorised_ts: z.number(),
})

export const newExportId = (): string => `x${randomBytes(12).toString('base64url')}`

const macOf = (ctx: Pick<Context, 'tokens'>, body: string): Buffer =>
  createHmac('sha256', ctx.tokens.macSecret).update(`export|${body}`).digest()

export function sealGrant(ctx: Pick<Context, 'tokens'>, grant: Grant): string {
  const body = Buffer.from(JSON.stringify(grant)).toString('base64url')
  return `${body}.${macOf(ctx, body).toString('base64url')}`
}

/** For the device it was given to, and for a while. @throws M_FORBIDDEN */
export function openGrant(
  ctx: Pick<Context, 'tokens' | 'clock'>,
  text: string,
  { userId, deviceId }: Requester,
): Grant {
  const [body = '', mac = ''] = text.split('.')
  const given = Buffer.from(mac, 'base64url')
  const right = macOf(ctx, body)
  if (given.length === right.length && timingSafeEqual(given, right)) {
    const grant = grantSchema.parse(JSON.parse(Buffer.from(body, 'base64url').toString()))
    const fresh = ctx.clock.now() - grant.authorised_ts < LIFETIME_MS
    if (fresh && grant.user_id === userId && grant.device_id === deviceId) return grant
  }
  throw exportEnded()
}

export const exportEnded = () =>
  forbidden('This export has ended. Begin it again.', {
    'org.enlace.rule': 'export.grant',
    'org.enlace.message': {
      es: 'Esta exportación ya terminó. Empiécela de nuevo.',
      en: 'This export has ended. Begin it again.',
    },
  })
