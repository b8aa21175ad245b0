/**
 * Glob matching (appendices, "Glob-style matching"), case-insensitive, in time proportional to text times pattern:
 * patterns come from people, texts from strangers, and a regular expression made of the two can take forever.
 */

type Token = string | typeof ANY | typeof ONE
const ANY = Symbol('*')
const ONE = Symbol('?')

/** The pattern matches the entire text. */
export const matchesWhole = (text: string, pattern: string): boolean => run(text, pattern, false)

/** The pattern matches a part of the text that begins and ends at word boundaries. */
export const matchesWords = (text: string, pattern: string): boolean => run(text, pattern, true)

/** The literal is in the text as words of its own; no wildcards. */
export function containsWords(text: string, literal: string): boolean {
  const chars = [...text.toLowerCase()]
  return simulate(chars, [...literal.toLowerCase()], true)
}

const isWord = (char: string | undefined) => char !== undefined && /^[A-Za-z0-9_]$/.test(char)

function run(text: string, pattern: string, words: boolean): boolean {
  const lowerText = text.toLowerCase()
  const lowerPattern = pattern.toLowerCase()
  if (!/[*?]/.test(lowerPattern)) {
    if (!words) return lowerText === lowerPattern
    if (!lowerText.includes(lowerPattern)) return false
  }
  const tokens = [...lowerPattern.replace(/\*+/g, '*')].map(
    (char): Token => (char === '*' ? ANY : char === '?' ? ONE : char),
  )
  return simulate([...lowerText], tokens, words)
}

/** Walks the text once, keeping the set of places in the pattern that are possible. */
function simulate(text: readonly string[], tokens: readonly Token[], words: boolean): boolean {
  const end = tokens.length
  let places = new Set<number>()
  for (let index = 0; index <= text.length; index++) {
    if (words ? !isWord(text[index - 1]) : index === 0) places.add(0)
    // A star may stand for nothing. Iterating a set visits what is added meanwhile.
    for (const place of places) if (tokens[place] === ANY) places.add(place + 1)
    if (places.has(end) && (words ? !isWord(text[index]) : index === text.length)) return true
    if (index === text.length) return false
    const next = new Set<number>()
    for (const place of places) {
      const token = tokens[place]
      if (token === ANY) next.add(place)
      else if (place < end && (token === ONE || token === text[index])) next.add(place + 1)
    }
    places = next
  }
  return false
}
