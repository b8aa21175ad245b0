/** The `alerts` keys of a node's configuration. A channel without its key is off. */
import { isIP } from 'node:net'
import { inBoth } from '@enlace/directory/both-languages'
import { z } from 'zod'
import { isLocalhostName, isPrivate, withoutBrackets } from '../federation/addresses.ts'

/** Names within the operator's own walls: loopback, private addresses, a name without a dot (a container's). */
function isNearby(url: URL): boolean {
  const host = withoutBrackets(url.hostname)
  return isLocalhostName(host) || (isIP(host) !== 0 ? isPrivate(host) : !host.includes('.'))
}

function parsed(value: string): URL | undefined {
  return URL.canParse(value) ? new URL(value) : undefined
}

/** Where something confidential may be sent: https, or within the operator’s own walls. */
export const webhookUrl = z
  .string()
  .refine(
    (value) => /^https?:$/.test(parsed(value)?.protocol ?? ''),
    inBoth('debe ser una dirección https', 'must be an https URL'),
  )
  .refine(
    (value) => parsed(value)?.protocol !== 'http:' || isNearby(parsed(value)!),
    inBoth(
      'debe ser https, salvo que esté en esta máquina o en su red privada: lo que se le envía es confidencial',
      'must be https unless the gateway is on this machine or its private network: what it is sent is confidential',
    ),
  )
  .refine(
    (value) => !parsed(value)?.username && !parsed(value)?.password,
    inBoth(
      'no debe llevar contraseña: lo enviado se firma con secret_file',
      'must not contain a password: requests are signed with secret_file',
    ),
  )

const smtpUrl = z
  .string()
  .refine(
    (value) => /^smtps?:$/.test(parsed(value)?.protocol ?? '') && parsed(value)!.hostname !== '',
    inBoth(
      'debe ser smtp://SERVIDOR:PUERTO o smtps://SERVIDOR:PUERTO, con USUARIO:CLAVE@ antes del servidor si hace falta',
      'must be smtp://HOST:PORT or smtps://HOST:PORT, with USER:PASSWORD@ before the host if needed',
    ),
  )

const publicUrl = z
  .string()
  .refine(
    (value) => /^https?:$/.test(parsed(value)?.protocol ?? ''),
    inBoth('debe ser la dirección https del cliente web', 'must be the https URL of the web client'),
  )
  .refine(
    (value) => parsed(value)?.protocol !== 'http:' || isLocalhostName(parsed(value)!.hostname),
    inBoth('debe ser https', 'must be https'),
  )

export const alertsConfigSchema = z
  .strictObject({
    /** Where the web client is: mails link to it. Default: public_base_url. */
    public_url: publicUrl.optional(),
    smtp: z
      .strictObject({
        url: smtpUrl,
        from: z
          .string()
          .regex(
            /^[^\r\n]*[^\s@<>]+@[^\s@<>]+>?$/,
            inBoth('debe ser una dirección de correo', 'must be a mail address'),
          ),
      })
      .optional(),
    webhook: z.strictObject({ url: webhookUrl, secret_file: z.string().min(1) }).optional(),
    web_push: z
      .strictObject({
        contact: z
          .string()
          .regex(
            /^(mailto:[^\s@]+@[^\s@]+|https:\/\/\S+)$/,
            inBoth('debe ser mailto:CORREO o una dirección https', 'must be mailto:ADDRESS or an https URL'),
          ),
      })
      .optional(),
  })
  .default({})
