/** What a person may say about their own channels: addresses, what is switched on, quiet hours, a browser's subscription. */
import { inBoth } from '@enlace/directory/both-languages'
import { z } from 'zod'
import { quietHoursSchema } from './quiet-hours.ts'

const NO_ADDRESS = inBoth(
  'Escriba una dirección de correo completa, como nombre@institucion.example.',
  'Write a complete mail address, such as name@institution.example.',
)
/** What a browser gave: its person can only begin anew. */
const NO_PUSH = inBoth(
  'Lo que dio el navegador para los avisos no sirve. Apague los avisos en este navegador y enciéndalos de nuevo.',
  'What the browser gave for alerts is of no use. Switch alerts in this browser off, and on again.',
)

/** Body of PUT alert-channels: the whole of it, each time. */
export const settingsSchema = z.strictObject({
  email: z.email(NO_ADDRESS).max(254, NO_ADDRESS).nullable(),
  /** E.164, for the operator's SMS or WhatsApp gateway. */
  phone: z
    .string()
    .regex(
      /^\+[1-9]\d{6,14}$/,
      inBoth(
        'Escriba el teléfono con el código del país y sin espacios, como +50499990000.',
        'Write the telephone number with its country code and no spaces, such as +50499990000.',
      ),
    )
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
    .max(128, NO_PUSH)
    .regex(/^[A-Za-z0-9_-]+=*$/, NO_PUSH)
    .refine((value) => Buffer.from(value, 'base64url').length === bytes, NO_PUSH)

/** What a browser's `PushSubscription.toJSON()` gives. */
export const subscriptionSchema = z.strictObject({
  endpoint: z
    .string()
    .max(2_048, NO_PUSH)
    .refine((value) => {
      const url = URL.canParse(value) ? new URL(value) : undefined
      return url?.protocol === 'https:' && !url.username && !url.password && !url.hash
    }, NO_PUSH),
  expirationTime: z.number().nullish(),
  keys: z.strictObject({
    // An uncompressed point of P-256, and 16 bytes (RFC 8291 §2).
    p256dh: base64url(65).refine((value) => Buffer.from(value, 'base64url')[0] === 4, NO_PUSH),
    auth: base64url(16),
  }),
})
export type PushSubscriptionJson = z.output<typeof subscriptionSchema>
