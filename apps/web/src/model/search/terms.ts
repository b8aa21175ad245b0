/**
 * What a text is found by. Beside its words: numbers and references, however they were parted. `0801-1990-12345` and
 * `0801 1990 12345` are `0801199012345`; a telephone is found with and without the prefix of its country.
 */
import { stopWords } from '@enlace/directory/spelling'
import { foldText } from '@enlace/directory/text'

const SEPARATOR = '[\\s\\-‐‑‒–./()·_]'
/**
 * At least seven digits, whatever stands between them; and words with a digit that signs hold together. Each is tried where a word
 * begins, and nowhere inside it: a word of ten thousand letters would be read ten thousand times.
 */
const RUN = new RegExp(
  `(?<![\\p{L}\\p{N}])(?:\\+?\\(?\\p{Nd}(?:${SEPARATOR}{0,2}\\p{Nd}){6,}|[\\p{L}\\p{N}]+(?:[\\-‐‑‒–./_][\\p{L}\\p{N}]+)+)`,
  'gu',
)
const WORD = /[\p{L}\p{N}]+/gu
const MAX_PARTS = 8
/** Of what somebody looks for; the rest of a page that was pasted is not looked for. */
const MAX_SOUGHT = 32
/** Shorter words are too easily others. */
const LEAST_SPELT = 4
const LENGTH = { least: 6, most: 24 }

export const wordsOf = (text: string): string[] => foldText(text).match(WORD) ?? []

/** Numbers and references of a text, as they stand there. */
export function runsOf(text: string): Array<{ at: number; text: string }> {
  return [...text.matchAll(RUN)]
    .filter(([run]) => /\p{Nd}/u.test(run))
    .map((match) => ({ at: match.index, text: match[0] }))
}

/** A telephone of Honduras or Guatemala without what stands before it abroad: eight digits. */
function localNumber(joined: string): string | undefined {
  return /^(?:00)?50[24](\d{8})$/.exec(joined)?.[1]
}

const isLong = (joined: string) => joined.length >= LENGTH.least && joined.length <= LENGTH.most

/** Every way a part of it may be written in one piece: two numbers side by side are found each by itself. */
function joinedForms(run: string): string[] {
  const parts = wordsOf(run).slice(0, MAX_PARTS)
  const forms = parts.flatMap((_, from) =>
    parts.slice(from).map((_last, length) => parts.slice(from, from + length + 1).join('')),
  )
  return forms.filter(isLong).flatMap((form) => [form, localNumber(form) ?? form])
}

/** The terms a text is kept under. */
export function termsOf(text: string): string[] {
  return [...new Set([...wordsOf(text), ...runsOf(text).flatMap((run) => joinedForms(run.text))])]
}

/** A word that a text has to have. */
export interface Sought {
  word: string
  /** words that begin so answer as well */
  begins: boolean
  /** words that sound so, or are written so but for a letter or two, answer as well */
  spelt: boolean
}

const soughtWord = (word: string): Sought => ({
  word,
  begins: word.length > 2,
  // A number with another digit is another number.
  spelt: isSpelt(word),
})
export const isSpelt = (word: string): boolean => word.length >= LEAST_SPELT && !/\p{N}/u.test(word)

/**
 * What somebody looks for: of each word or number the ways it may stand there, each a list of words that are all needed.
 * Little words count only where there is nothing else. Empty where nothing can be looked for.
 */
export function soughtIn(text: string): Sought[][][] {
  const runs = runsOf(text)
  let rest = ''
  let at = 0
  const sought: Sought[][][] = []
  for (const run of runs) {
    rest += `${text.slice(at, run.at)} `
    at = run.at + run.text.length
    const parts = wordsOf(run.text)
    const joined = parts.join('')
    const whole = isLong(joined) ? [[soughtWord(localNumber(joined) ?? joined)]] : []
    sought.push([...whole, parts.map(soughtWord)])
  }
  rest += text.slice(at)
  const words = wordsOf(rest)
  const telling = words.filter((word) => !stopWords.has(word))
  for (const word of telling.length + sought.length > 0 ? telling : words)
    sought.push([[soughtWord(localNumber(word) ?? word)]])
  return sought.slice(0, MAX_SOUGHT)
}
