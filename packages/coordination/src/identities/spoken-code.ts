/** What one person reads out to another, who knows their voice: a number that stands for a key, worked out on both sides from the key each has. */

const DIGITS = 24
/** 2^17 hashes for each try: a tenth of a second on an old telephone. */
const ITERATIONS = 131_072

/**
 * A server between the two hands on another key, and looks for one with the same number. It knows the number it has to hit, and has
 * days: so there are 2^79 numbers, and each key it tries costs 2^17 hashes. That is beyond what any machine on earth does in a year.
 *
 * Rejected: both sides' randomness with a commitment before it, which would do with eight digits. Two coordinators and a device that
 * are there at different hours would wait for each other, and a server that drops a message would decide when they begin anew.
 *
 * @param about what the key is for: a number is of no use for anything else
 */
export async function spokenCode(about: readonly string[], key: string): Promise<string> {
  const utf8 = (text: string) => new TextEncoder().encode(text)
  const from = await crypto.subtle.importKey('raw', utf8(key), 'PBKDF2', false, ['deriveBits'])
  const salt = utf8(JSON.stringify(about))
  const how = { name: 'PBKDF2', hash: 'SHA-256', salt, iterations: ITERATIONS }
  const bits = new DataView(await crypto.subtle.deriveBits(how, from, 128))
  const number = (bits.getBigUint64(0) << 64n) | bits.getBigUint64(8)
  const digits = (number % 10n ** BigInt(DIGITS)).toString().padStart(DIGITS, '0')
  return digits.replace(/(\d{4})(?=\d)/g, '$1 ')
}

/** However it was typed: with spaces, hyphens or without. */
export const isSameCode = (typed: string, code: string): boolean =>
  code !== '' && typed.replace(/[\s.-]/g, '') === code.replace(/\s/g, '')
