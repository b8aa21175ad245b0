/** Text for people, and how words are compared. Needs nothing, so that every package and the browser can have it. */

/** Text a person reads. Spanish is the default language, English the second. */
export interface BilingualText {
  es: string
  en: string
}

/** Glottal stops and apostrophes within and after words, as keyboards have them: q'eqchi', q’eqchi’ and qʼeqchiʼ. */
const APOSTROPHES = /(?<=\p{L}\p{M}*)['’‘ʼʻʹ′`´＇\u2032]/gu

/** One form for all spellings of a word: lower case, no accents, no apostrophes. "Niñez" and "ninez" are one word. */
export function foldText(text: string): string {
  return text.replace(APOSTROPHES, '').normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase()
}

/**
 * What is not seen on a page: control and format characters (direction marks, joiners, invisible tags), selectors, and
 * fillers that look like nothing. Not the ends of lines.
 */
export const UNSEEN =
  /(?![\t\n\r\u0085\u2028\u2029])[\p{Cc}\p{Cf}\p{Co}\p{Cs}\u115f\u1160\u17b4\u17b5\u3164\uffa0\u2800]|\p{Variation_Selector}/gu

/** What a person wrote, as far as it is seen: unseen signs alone are no answer, and do not part a word in two. */
export function seenText(text: string): string {
  return text.normalize('NFC').replace(UNSEEN, '').trim()
}

const lists = {
  es: new Intl.ListFormat('es', { type: 'disjunction' }),
  en: new Intl.ListFormat('en', { type: 'disjunction' }),
}

/** "A, B o C", "A, B, or C": the choices a sentence offers. */
export function choicesText(choices: readonly BilingualText[]): BilingualText {
  return {
    es: lists.es.format(choices.map((one) => one.es)),
    en: lists.en.format(choices.map((one) => one.en)),
  }
}
