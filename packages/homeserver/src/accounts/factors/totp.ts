/** Codes of an authenticator app (RFC 6238): six digits, thirty seconds, the one before and the one after count too. */
import { Secret, TOTP } from 'otpauth'

const PERIOD_S = 30
const WINDOW = 1

export const newTotpSecret = (): string => new Secret({ size: 20 }).base32

function totpOf(secret: string, label = ''): TOTP {
  return new TOTP({
    issuer: 'Enlace',
    label,
    algorithm: 'SHA1',
    digits: 6,
    period: PERIOD_S,
    secret: Secret.fromBase32(secret),
  })
}

/** What an app reads from the square. SHA-1 and six digits are what every app knows. */
export const totpUri = (secret: string, userId: string): string => totpOf(secret, userId.slice(1)).toString()

/** The code's thirty seconds, by which it is known again; undefined when it is of none near `now`. */
export function totpStep(secret: string, typed: string, now: number): number | undefined {
  const token = typed.replace(/[\s-]/g, '')
  if (!/^\d{6}$/.test(token)) return undefined
  const delta = totpOf(secret).validate({ token, timestamp: now, window: WINDOW })
  return delta === null ? undefined : Math.floor(now / 1000 / PERIOD_S) + delta
}
