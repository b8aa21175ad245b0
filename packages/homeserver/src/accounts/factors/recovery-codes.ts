/**
 * Codes on paper, for the day on which the telephone is gone. Sixty bits each: nobody guesses them, so a keyed hash keeps
 * them, and no slow one. Letters and digits that are not taken for each other (Crockford's base 32).
 */
import { randomInt } from 'node:crypto'

const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'
const LENGTH = 12
export const RECOVERY_CODES = 10

const one = () => Array.from({ length: LENGTH }, () => ALPHABET[randomInt(ALPHABET.length)]).join('')

export const newRecoveryCodes = (): string[] => Array.from({ length: RECOVERY_CODES }, one)

/** In groups of four, as it is printed. */
export const shownCode = (code: string): string => code.replace(/(.{4})(?=.)/g, '$1-')

/** As it was made, however it was typed; undefined when it can be none. */
export function typedCode(typed: string): string | undefined {
  const code = typed.toUpperCase().replace(/[\s-]/g, '').replaceAll('O', '0').replace(/[IL]/g, '1')
  return code.length === LENGTH && [...code].every((letter) => ALPHABET.includes(letter)) ? code : undefined
}
