import { UNSEEN } from '@enlace/directory/text'

const MAX_LENGTH = 80
/** Marks above and below letters that a name may pile up; more of them would spill over other lines. */
const MANY_MARKS = /(\p{M}{2})\p{M}+/gu
/** As `UNSEEN`, but an emoji of several signs stays one: its joiner and selector turn nothing. */
const UNSEEN_IN_FILES = /(?![\u200d\ufe0f])[\p{Cc}\p{Cf}\p{Co}\p{Cs}\u115f\u1160\u3164\uffa0\u2800]/gu

/** What a file name may not have: signs that systems use for paths, and signs that are not seen or turn directions. */
const NOT_IN_FILES = /[/\\:*?"<>|]/g
/** Names that Windows keeps for itself, whatever ending they have. */
const RESERVED = /^(?:con|prn|aux|nul|com[1-9¹²³]|lpt[1-9¹²³])(?=\.|$)/i
/** Between letters a joiner shows nothing: it holds pictures together. */
const JOINER = /(?<!\p{Extended_Pictographic}\p{EMod}?\ufe0f?)[\u200d\ufe0f](?!\u20e3)/gu
const MAX_FILE_NAME = 120
const letters = new Intl.Segmenter(undefined, { granularity: 'grapheme' })

/** The first so many letters as people see them: no emoji or accented letter is cut in two. */
export function firstLetters(text: string, max: number): string {
  if (text.length <= max) return text
  let kept = ''
  for (const { segment } of letters.segment(text)) {
    if (kept.length + segment.length > max) break
    kept += segment
  }
  return kept
}

/**
 * A file name as it is shown and saved: nothing unseen (`exe.fdp` backwards is no PDF), and its ending stays when it is
 * shortened. @returns `adjunto` when nothing is left
 */
export function plainFileName(name: string | undefined): string {
  const plain = (name ?? '')
    .normalize('NFC')
    .replace(/[\t\n\r\u0085\u2028\u2029]/g, ' ')
    .replace(UNSEEN_IN_FILES, '')
    .replace(JOINER, '')
    .replace(NOT_IN_FILES, '_')
    .replace(MANY_MARKS, '$1')
    .replace(/\s+/g, ' ')
    // Windows drops them at the end: `acta.exe.` is a program there.
    .replace(/^ +|[. ]+$/g, '')
    .replace(RESERVED, '_$&')
  if (/^[._ ]*$/.test(plain)) return 'adjunto'
  if (plain.length <= MAX_FILE_NAME) return plain
  const ending = /\.[^.\s]{1,12}$/u.exec(plain)?.[0] ?? ''
  return `${firstLetters(plain.slice(0, plain.length - ending.length), MAX_FILE_NAME - ending.length - 1)}…${ending}`
}

/** A name as it is shown: one line, nothing invisible, nothing that turns the direction of what stands beside it. */
export function plainName(name: string): string {
  const plain = name
    .normalize('NFC')
    .replace(/[\t\n\r\u0085\u2028\u2029]/g, ' ')
    .replace(UNSEEN, '')
    .replace(MANY_MARKS, '$1')
    .replace(/\s+/g, ' ')
    .trim()
  return plain.length > MAX_LENGTH ? `${firstLetters(plain, MAX_LENGTH - 1)}…` : plain
}
