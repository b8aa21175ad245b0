/**
 * How names of Honduras and Guatemala sound, so that Hernández and Ernandes are one name. Only what is spelled otherwise and said
 * alike is joined: Antonio and Antonia, Fernando and Hernando stay two, as twins may be called so.
 */
import { foldText, seenText } from '@enlace/directory/text'

/** Particles that papers drop or add. */
const particles = new Set(['de', 'del', 'la', 'las', 'los', 'lo', 'el', 'y', 'da', 'e'])

/** As registers and lists shorten names. */
const shortened: Readonly<Record<string, string>> = {
  ma: 'maria',
  mª: 'maria',
  fco: 'francisco',
  fca: 'francisca',
  gpe: 'guadalupe',
  hdez: 'hernandez',
  hndz: 'hernandez',
  fdez: 'fernandez',
  glez: 'gonzalez',
  gzlz: 'gonzalez',
  glz: 'gonzalez',
  rdz: 'rodriguez',
  rguez: 'rodriguez',
  rdguez: 'rodriguez',
  mtz: 'martinez',
  mtnez: 'martinez',
  lpz: 'lopez',
  schz: 'sanchez',
  vdez: 'valdez',
}

/** What is written in place of a name that is not known. */
const NO_NAME =
  /^(?:n\.?\s*\/?\s*n\.?|x+|s\s*\/\s*[an]|-+|\?+|\.+|0+|(?:(?:nombre|apellido)s? )?(?:no (?:se )?(?:conoce|sabe|consta|tiene|indica)n?|desconocid[oa]s?|ignorad[oa]s?|ningun[oa]?|sin (?:nombre|apellido|identificar)s?|por (?:confirmar|identificar)|pendientes?|unknown|not known|none|no (?:name|surname)|fnu|lnu|jane doe|john doe)|(?:bebe|recien nacid[oa]|rn|menor|fulan[oa]))$/

/** Whether a name field holds words that stand for "not known" and no name. */
export const isNoName = (text: string): boolean => {
  const said = foldText(seenText(text)).replace(/\s+/g, ' ').trim()
  return said !== '' && NO_NAME.test(said)
}

/** Comparing a form with all cases asks for the same words over and over. */
function remembered<T>(make: (text: string) => T): (text: string) => T {
  const known = new Map<string, T>()
  return (text) => {
    const found = known.get(text)
    if (found !== undefined) return found
    const made = make(text)
    if (known.size > 20_000) known.clear()
    known.set(text, made)
    return made
  }
}

/** How a name may be said, most often one way. Names that share one sound alike. */
export const soundsOf = remembered((name): readonly string[] => {
  // A diaeresis is heard; all other marks are not.
  const word = foldText(name.normalize('NFC').toLowerCase().replace(/gü/g, 'w').replace(/ñ/g, 'n'))
  const said = (shortened[word] ?? word)
    .replace(/ph/g, 'f')
    .replace(/ch/g, '9')
    .replace(/sh/g, 'x')
    .replace(/th/g, 't')
    .replace(/^(?:hi|i|y)(?=e)|^i(?=[aou])/, 'y')
    .replace(/^hu(?=[aeio])/, 'w')
    .replace(/([aeiou])hu(?=[aeio])/g, '$1w')
    .replace(/gu(?=[ao])/g, 'w')
    .replace(/gu(?=[ei])/g, '6')
    .replace(/qu(?=[ei])/g, 'k')
    .replace(/g(?=[eiy])/g, 'j')
    .replace(/g/g, '6')
    .replace(/sc(?=[ei])/g, 's')
    .replace(/cc(?=[ei])/g, 'ks')
    .replace(/c(?=[eiy])/g, 's')
    .replace(/[cq]/g, 'k')
    .replace(/h/g, '')
    .replace(/v/g, 'b')
    .replace(/z/g, 's')
    .replace(/ll/g, 'y')
    .replace(/y(?![aeiou])/g, 'i')
    .replace(/n(?=[bp])/g, 'm')
    .replace(/(.)\1+/g, '$1')
  const ways = new Set([said])
  // X is said as s or sh, and in old spellings as j: Xiomara, Xol, Ximénez.
  if (said.includes('x')) {
    ways.delete(said)
    ways.add(said.replace(/x/g, 's')).add(said.replace(/x/g, 'j'))
    if (/[aeiou]x[aeiou]/.test(said)) ways.add(said.replace(/x/g, 'ks'))
  }
  // English names are written as they are said, too: Jessica and Yesica, Johana and Yohana.
  for (const way of [...ways]) if (/^j[aeiou]/.test(way)) ways.add(`y${way.slice(1)}`)
  return [...ways].map((way) => way.replace(/(.)\1+/g, '$1'))
})

export const soundAlike = (a: string, b: string): boolean => {
  const heard = soundsOf(a)
  return soundsOf(b).some((one) => heard.includes(one))
}

interface Word {
  written: string
  folded: string
}

/** Apostrophes belong to the word; points and hyphens part it. */
const wordsIn = remembered((text): readonly Word[] =>
  isNoName(text)
    ? []
    : seenText(text)
        .replace(/(?<=\p{L}\p{M}*)['’‘ʼʻʹ′`´＇]/gu, '')
        .split(/[^\p{L}\p{M}\p{N}ª]+/u)
        .filter((word) => word !== '')
        .map((written) => ({ written, folded: foldText(written) })),
)

const telling = (words: readonly Word[]) =>
  words.filter(({ folded }) => folded.length > 1 && !particles.has(folded)).map(({ written }) => written)

/** The words of a name, without particles and initials. */
export const nameWords = (text: string): string[] => telling(wordsIn(text))

/** Those words, joined where the other writes them as one: "de la Cruz" and "Delacruz", "María José" and "Mariajosé". */
export function wordsBeside(text: string, other: string): string[] {
  let words = wordsIn(text)
  const joined = wordsIn(other)
  for (let length = 3; length > 1; length--)
    for (let at = 0; at + length <= words.length; at++) {
      const part = words.slice(at, at + length)
      const folded = part.map((one) => one.folded).join('')
      if (joined.some((one) => one.folded === folded))
        words = [
          ...words.slice(0, at),
          { written: part.map((one) => one.written).join(''), folded },
          ...words.slice(at + length),
        ]
    }
  return telling(words)
}

/** How many words of the shorter list are heard in the other; -1 when one of them is not. */
export function heardWithin(a: readonly string[], b: readonly string[]): number {
  const [small, large] = a.length <= b.length ? [a, b] : [b, a]
  const left = [...large]
  for (const word of small) {
    const at = left.findIndex((one) => soundAlike(one, word))
    if (at < 0) return -1
    left.splice(at, 1)
  }
  return small.length
}
