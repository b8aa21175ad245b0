import { lettersApart, lettersDiffer, lettersIn, soundOf, tolerance } from '@enlace/directory/spelling'
import { isSpelt, type Sought, soughtIn, termsOf } from './terms.ts'

/** Which things have which words: numbers for things and words, so that ten thousand texts are looked through in milliseconds. */
export interface WordIndex<T> {
  put(id: string, text: string, about: T): void
  remove(id: string): void
  /** @returns what has every word that is looked for, of what is let through, in no order */
  find(text: string, lets: (about: T) => boolean): Array<WordHit<T>>
  all(lets: (about: T) => boolean): Array<WordHit<T>>
  /** Of each the words that answer. */
  termsOf(hits: ReadonlyArray<WordHit<T>>, text: string): string[][]
}

export interface WordHit<T> {
  id: string
  about: T
  number: number
  /** how many of the words looked for it has to the letter */
  exact: number
}

interface Word {
  term: string
  /** absent where nothing but the letters counts */
  sound?: string
  letters: number
  /** in which things it is, rising */
  things: number[]
}

/** What answers a word: to the letter, or nearly. */
interface Answering {
  word: Word
  exact: boolean
}

const MANY_GONE = 2_000

export function createWordIndex<T>(): WordIndex<T> {
  const words = new Map<string, Word>()
  let things: Array<{ id: string; about: T } | undefined> = []
  let numbers = new Map<string, number>()
  let gone = 0

  function wordOf(term: string): Word {
    const known = words.get(term)
    if (known) return known
    const sound = isSpelt(term) ? soundOf(term) : undefined
    const made = {
      term,
      letters: sound === undefined ? 0 : lettersIn(sound),
      things: [],
      ...(sound === undefined ? {} : { sound }),
    }
    words.set(term, made)
    return made
  }

  function remove(id: string): void {
    const number = numbers.get(id)
    if (number === undefined) return
    numbers.delete(id)
    things[number] = undefined
    gone += 1
    if (gone > MANY_GONE && gone > numbers.size) closeRanks()
  }

  /** Takes out what is gone: it is let lie until it is more than what is there. */
  function closeRanks(): void {
    answers.clear()
    const next: typeof things = []
    const moved = new Int32Array(things.length).fill(-1)
    for (const [number, thing] of things.entries()) {
      if (!thing) continue
      moved[number] = next.length
      next.push(thing)
    }
    for (const [term, word] of words) {
      word.things = word.things.flatMap((number) => (moved[number]! < 0 ? [] : [moved[number]!]))
      if (word.things.length === 0) words.delete(term)
    }
    things = next
    numbers = new Map(next.map((thing, number) => [thing!.id, number]))
    gone = 0
  }

  /** Until a word comes or goes: what was found is then asked about. */
  const answers = new Map<string, Answering[]>()
  function answering(sought: Sought): Answering[] {
    const known = answers.get(sought.word)
    if (known) return known
    const found = answer(sought)
    answers.set(sought.word, found)
    return found
  }

  function answer({ word: sought, begins, spelt }: Sought): Answering[] {
    if (!begins) {
      const word = words.get(sought)
      return word ? [{ word, exact: true }] : []
    }
    const sound = spelt ? soundOf(sought) : undefined
    const letters = sound === undefined ? 0 : lettersIn(sound)
    const far = tolerance(sought)
    const found: Answering[] = []
    for (const word of words.values()) {
      if (word.term.startsWith(sought)) found.push({ word, exact: true })
      else if (sound === undefined || word.sound === undefined) continue
      else if (word.sound.startsWith(sound)) found.push({ word, exact: false })
      else if (
        far > 0 &&
        Math.abs(word.sound.length - sound.length) <= far &&
        lettersDiffer(letters, word.letters) <= far * 2 &&
        lettersApart(sound, word.sound, far) <= far
      )
        found.push({ word, exact: false })
    }
    return found
  }

  /** Of each thing: 0 it has none of these words, 1 nearly one, 2 one to the letter. */
  function marksOf(sought: Sought): Uint8Array {
    const marks = new Uint8Array(things.length)
    for (const { word, exact } of answering(sought))
      for (const number of word.things) if (exact || marks[number] === 0) marks[number] = exact ? 2 : 1
    return marks
  }

  function every(marks: readonly Uint8Array[]): Uint8Array {
    const [first = new Uint8Array(things.length), ...others] = marks
    for (const other of others)
      for (let number = 0; number < first.length; number++)
        first[number] = Math.min(first[number]!, other[number]!)
    return first
  }

  function any(marks: readonly Uint8Array[]): Uint8Array {
    const [first = new Uint8Array(things.length), ...others] = marks
    for (const other of others)
      for (let number = 0; number < first.length; number++)
        first[number] = Math.max(first[number]!, other[number]!)
    return first
  }

  return {
    put(id, text, about) {
      remove(id)
      answers.clear()
      const number = things.length
      things.push({ id, about })
      numbers.set(id, number)
      for (const term of termsOf(text)) wordOf(term).things.push(number)
    },
    remove,
    find(text, lets) {
      const sought = soughtIn(text)
      answers.clear()
      if (sought.length === 0) return []
      const marks = sought.map((ways) => any(ways.map((way) => every(way.map(marksOf)))))
      const hits: Array<WordHit<T>> = []
      for (const [number, thing] of things.entries()) {
        if (!thing) continue
        let exact = 0
        let all = true
        for (const mark of marks) {
          if (mark[number] === 0) {
            all = false
            break
          }
          if (mark[number] === 2) exact += 1
        }
        if (all && lets(thing.about)) hits.push({ id: thing.id, about: thing.about, number, exact })
      }
      return hits
    },
    all: (lets) =>
      things.flatMap((thing, number) =>
        thing && lets(thing.about) ? [{ id: thing.id, about: thing.about, number, exact: 0 }] : [],
      ),
    termsOf(hits, text) {
      const answers = soughtIn(text).flat(2).flatMap(answering)
      return hits.map(({ number }) => [
        ...new Set(answers.flatMap(({ word }) => (has(word.things, number) ? [word.term] : []))),
      ])
    },
  }
}

function has(rising: readonly number[], sought: number): boolean {
  let low = 0
  let high = rising.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (rising[middle]! < sought) low = middle + 1
    else high = middle
  }
  return rising[low] === sought
}
