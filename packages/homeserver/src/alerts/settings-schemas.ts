/** What a person may say about their own channels: addresses, what is switched on, quiet hours, a browser's subscription. */
import { z } from 'zod'
import { quietHoursSchema } from './quiet-hours.ts'

/** Body of PUT alert-channels: the whole of it, each time. */
export const settingsSchema = z.strictObject({
  email: z.email('must be a mail address').max(254).nullable(),
  /** E.164, for the operator's SMS or WhatsApp gateway. */
  phone: z
    .string()
    .regex(/^\+[1-9]\d{6,14}$/, 'must be a telephone number with country code, such as +50499990000')
    .nullable(),
  on: z.strictObject({
    web_push: z.boolean(),
    email: z.boolean(),
    webhook: z.boolean(),
    /** By mail: what waits while the person is away, and a coordinator's week. */
    digest: z.boolean().default(true),
  }),
  quiet_hours: quietHoursSchema.nullable(),
})
export type AlertSettings = z.output<typeof settingsSchema>

const base64url = (bytes: number) =>
  z
    .string()
    .max(128)
    .regex(/^[A-Za-z0-9_-]+=*$/, 'must be base64url')
    .refine((value) => Buffer.from(value, 'base64url').length === bytes, `must be ${bytes} bytes`)

/** What a browser's `PushSubscription.toJSON()` gives. */
export const subscriptionSchema = z.strictObject({
  endpoint: z
    .string()
    .max(2_048)
    .refine((value) => {
      const url = URL.canParse(value) ? new URL(value) : undefined
      return url?.protocol === 'https:' && !url.username && !url.password && !url.hash
    }, 'must be an https URL'),
  expirationTime: z.number().nullish(),
  keys: z.strictObject({
    // An uncompressed point of P-256, and 16 bytes (RFC 8291 §2).
    p256dh: base64url(65).refine((value) => Buffer.from(value, 'base64url')[0] === 4, 'must be a P-256 key'),
    auth: base64url(16),
  }),
})
export type PushSubscriptionJson = z.output<typeof subscriptionSchema>
