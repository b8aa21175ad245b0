/**
 * Glob matching (appendices, "Glob-style matching"), case-insensitive: `*` is any run of characters, `?` one. Patterns come
 * from people and texts from strangers, so no pattern is made into a regular expression: time stays proportional to text times
 * pattern.
 */

type Token = string | typeof ANY | typeof ONE
const ANY = Symbol('*')
const ONE = Symbol('?')

/** The pattern matches the entire text. */
export function matchesWhole(text: string, pattern: string): boolean {
  const chars = [...text.toLowerCase()]
  const tokens = tokensOf(pattern)
  let [at, place] = [0, 0]
  // Where to go on when what follows the last star does not match: one more character is the star's.
  let [star, taken] = [-1, 0]
  while (at < chars.length) {
    const token = tokens[place]
    if (token === ANY) {
      star = place++
      taken = at
    } else if (token !== undefined && (token === ONE || token === chars[at])) {
      at++
      place++
    } else if (star >= 0) {
      place = star + 1
      at = ++taken
    } else return false
  }
  while (tokens[place] === ANY) place++
  return place === tokens.length
}

/** The pattern matches a part of the text that begins and ends at word boundaries. */
export function matchesWords(text: string, pattern: string): boolean {
  if (!/[*?]/.test(pattern)) return containsWords(text, pattern)
  return hasWords([...text.toLowerCase()], tokensOf(pattern))
}

/** The literal is in the text as words of its own; `*` and `?` in it are themselves. */
export function containsWords(text: string, literal: string): boolean {
  const [lowerText, lowerLiteral] = [text.toLowerCase(), literal.toLowerCase()]
  return lowerText.includes(lowerLiteral) && hasWords([...lowerText], [...lowerLiteral])
}

function tokensOf(pattern: string): Token[] {
  return [...pattern.toLowerCase().replace(/\*+/g, '*')].map(
    (char): Token => (char === '*' ? ANY : char === '?' ? ONE : char),
  )
}

const isWord = (char: string | undefined) => char !== undefined && /^[A-Za-z0-9_]$/.test(char)

/** Walks the text once, keeping the set of places in the pattern that are possible. */
function hasWords(text: readonly string[], tokens: readonly Token[]): boolean {
  const end = tokens.length
  let places = new Set<number>()
  for (let index = 0; index <= text.length; index++) {
    if (!isWord(text[index - 1])) places.add(0)
    // A star may stand for nothing. Iterating a set visits what is added meanwhile.
    for (const place of places) if (tokens[place] === ANY) places.add(place + 1)
    if (places.has(end) && !isWord(text[index])) return true
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
