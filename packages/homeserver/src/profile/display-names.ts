/** Whose name a display name looks like. People decide by names whom they trust; so a name is one person's within a node. */
import type { BilingualText } from '@enlace/directory/text'
import type { AccountRecord } from '../accounts/types.ts'
import { MatrixError } from '../errors.ts'

/** Letters and digits that look like a Latin one, after folding accents and case. */
const LOOKS_LIKE = new Map(
  (
    'а:a α:a ɑ:a в:b β:b ь:b с:c ϲ:c ԁ:d е:e ε:e ҽ:e ɡ:g ց:g һ:h н:h η:n і:l ι:l ӏ:l ј:j к:k κ:k м:m п:n ո:n о:o ο:o σ:o օ:o р:p ρ:p ԛ:q г:r ѕ:s ' +
    'т:t τ:t υ:u ս:u ν:v ѵ:v ԝ:w ω:w х:x χ:x у:y γ:y з:3 ı:l i:l 1:l |:l 0:o 5:s $:s @:a 4:a 3:e 7:t 8:b ø:o ł:l đ:d ß:b æ:ae œ:oe'
  )
    .split(' ')
    .map((pair) => pair.split(':') as [string, string]),
)

/** Signs that are not seen, or turn the direction of what follows: they serve to look like somebody else. */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Co}\p{Cn}\p{Zl}\p{Zp}\u115f\u1160\u3164\uffa0]|\p{Variation_Selector}/gu

/** The name without what is not seen, its spaces made one. */
export const cleanName = (name: string): string =>
  name.normalize('NFC').replace(UNSEEN, '').replace(/\s+/gu, ' ').trim()

/** Equal for names that look alike: accents, case, spaces, signs and letters of other alphabets do not count. */
export function skeletonOf(name: string): string {
  const folded = cleanName(name).normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase()
  return [...folded]
    .map((letter) => LOOKS_LIKE.get(letter) ?? letter)
    .join('')
    .replace(/[^\p{L}\p{N}]/gu, '')
    .replaceAll('rn', 'm')
    .replaceAll('vv', 'w')
}

/** Beginnings of words that say what somebody may do, and the role that may bear them. */
const TITLES: readonly { begins: readonly string[]; role: string | undefined }[] = [
  { begins: ['coordinacion', 'coordinador', 'coordination', 'coordinator'], role: 'coordinator' },
  { begins: ['oficial', 'official', 'officer', 'guardia'], role: 'official' },
  {
    begins: ['administrador', 'administrator', 'admin', 'soporte', 'support', 'sistema', 'system'],
    role: undefined,
  },
]

/** Whether the name bears a title that is not the account's: that of another role than it has. The institution may give any name. */
export function bearsForeignTitle(name: string, account: Pick<AccountRecord, 'isAdmin' | 'role'>): boolean {
  if (account.isAdmin) return false
  const words = cleanName(name)
    .split(/[^\p{L}\p{N}|$@]+/u)
    .map(skeletonOf)
  return TITLES.some(
    ({ begins, role }) =>
      (role === undefined || role !== account.role) &&
      begins.some((title) => words.some((word) => word.startsWith(skeletonOf(title)))),
  )
}

const refused = (message: BilingualText) =>
  new MatrixError(403, 'M_FORBIDDEN', `${message.es} / ${message.en}`, { 'org.enlace.message': message })

export const foreignTitle = () =>
  refused({
    es: 'Ese nombre lleva una función que su cuenta no tiene. La institución puede ponérselo si le corresponde.',
    en: 'That name has a title which your account does not have. Your institution can give it to you if it is yours.',
  })

export const takenName = () =>
  refused({
    es: 'Ese nombre se confunde con el de otra persona o institución. Añada algo que lo distinga, como su oficina.',
    en: 'That name looks like the one of another person or institution. Add something that tells you apart, such as your office.',
  })
