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
