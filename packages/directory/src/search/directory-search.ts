import { metresBetween, type Position } from '../entry/plus-code.ts'
import { runSteps, type Steps } from '../steps.ts'
import { placeAndAround, placeByKey, places, positionOfPlace } from './places.ts'
import { Speller, stem, stopWords, wordsOf } from './spelling.ts'
import { acronyms, servicePhrases } from './vocabulary.ts'
import { Scores, type WordIndex, WordIndexBuilder } from './word-index.ts'

/**
 * Search as people ask: what they need first, where second. "Comida", "abogado" or "partida de nacimiento" are service
 * categories, "pto barrios" is a place, RENAP an institution; the rest are words, of which every one must be there.
 */

/** A text and how much a match in it counts. */
export interface SearchField {
  text: string
  weight: number
}

export interface SearchDocument<Id> {
  id: Id
  fields: readonly SearchField[]
  /** service categories */
  categories?: readonly string[]
  /** names of places it is in: municipality, department, town of an address */
  places?: readonly string[]
  /** the name of whose it is, in which acronyms and places are looked for */
  name?: string
  country?: string
  position?: Position | undefined
}

export interface SearchResult<Id> {
  id: Id
  /** where it is, when a place was asked for: there, within a day's way, or anywhere else */
  where?: 'here' | 'near' | 'elsewhere'
}

export interface SearchAnswer<Id> {
  results: SearchResult<Id>[]
  understood: {
    services: string[]
    places: string[]
    institutions: string[]
    /** words as they were taken, where they were written otherwise */
    corrected: Record<string, string>
    /** words found nowhere, without which there are results */
    ignored: string[]
  }
}

export interface SearchIndex<Id> {
  /**
   * IDs of the documents that answer the query; best first. Where a place was asked for, those there; where none is,
   * those near it; else the others.
   */
  search(query: string, limit?: number): Id[]
  /** All that answer, wherever they are, and what was understood. */
  ask(query: string, limit?: number): SearchAnswer<Id>
  /** rough size in memory */
  readonly bytes: number
}

export const maxQueryLength = 200
const maxQueryWords = 12
const maxPhraseWords = 5
const nearMetres = 60_000

const serviceWeight = 24
const institutionWeight = 40
const placeWeight = 8
/** Weights of fields are small numbers; in the index they leave room for what is less than one. */
const fieldScale = 4
const beginningFactor = 0.5

const serviceTerm = (category: string) => `#service ${category}`
const placeTerm = (key: string) => `#place ${key}`
const institutionTerm = (key: string) => `#institution ${key}`

/** Words as they stand in the index, without those that say nothing, unless there is nothing else. */
function tellingWords(text: string): string[] {
  const all = wordsOf(text)
  const telling = all.filter((word) => !stopWords.has(word))
  return telling.length > 0 ? telling : all
}

const phraseKey = (text: string) => tellingWords(text).map(stem).join(' ')

/** Phrases to the terms they stand for. Built once; the same for every directory. */
const phrases: ReadonlyMap<string, readonly string[]> = (() => {
  const map = new Map<string, string[]>()
  const add = (phrase: string, term: string) => {
    const key = phraseKey(phrase)
    const terms = map.get(key) ?? []
    if (!terms.includes(term)) terms.push(term)
    map.set(key, terms)
  }
  for (const [category, list] of Object.entries(servicePhrases))
    for (const phrase of list.split(',')) add(phrase, serviceTerm(category))
  for (const place of places) for (const name of place.names) add(name, placeTerm(place.key))
  for (const acronym of acronyms) for (const name of acronym.names) add(name, institutionTerm(acronym.key))
  return map
})()

const sortedPhrases = [...phrases.keys()].sort()
const phraseWords = new Set(sortedPhrases.flatMap((phrase) => phrase.split(' ')))

const fullNames = acronyms.map(({ key, full, country }) => ({
  term: institutionTerm(key),
  words: ` ${phraseKey(full)} `,
  country,
}))

/** Words with which a name of a place or an institution begins: most words begin none. */
const firstWords = new Set(
  [...phrases].flatMap(([phrase, terms]) =>
    terms.some((term) => !term.startsWith('#service')) ? [phrase.split(' ')[0]!] : [],
  ),
)

/** Acronyms and places that a text names. */
function named(text: string, country: string | undefined): string[] {
  const words = tellingWords(text).map(stem)
  const found: string[] = []
  for (let from = 0; from < words.length; from++) {
    if (!firstWords.has(words[from]!)) continue
    for (let length = 1; length <= maxPhraseWords && from + length <= words.length; length++)
      for (const term of phrases.get(words.slice(from, from + length).join(' ')) ?? [])
        if (!term.startsWith('#service')) found.push(term)
  }
  const whole = ` ${words.join(' ')} `
  for (const each of fullNames)
    if ((!each.country || each.country === country) && whole.includes(each.words)) found.push(each.term)
  return found
}

/** Places by the texts that name them, remembered while an index is built: a directory has few. */
class PlaceReader {
  readonly #known = new Map<string, string[]>()

  read(texts: readonly string[] | undefined): string[] {
    return (texts ?? []).flatMap((text) => {
      let keys = this.#known.get(text)
      if (!keys) {
        keys = named(text, undefined).flatMap((term) =>
          term.startsWith('#place ') ? placeAndAround(term.slice(7)) : [],
        )
        this.#known.set(text, keys)
      }
      return keys
    })
  }
}

function termsOf<Id>(document: SearchDocument<Id>, placeKeys: readonly string[]): Map<string, number> {
  const terms = new Map<string, number>()
  const raise = (term: string, weight: number) => {
    if (weight > (terms.get(term) ?? 0)) terms.set(term, weight)
  }
  for (const { text, weight } of document.fields) {
    for (const word of wordsOf(text)) {
      raise(word, weight * fieldScale)
      // A word that is not finished must find those whose stem is shorter, so both are known.
      raise(stem(word), weight * fieldScale)
    }
  }
  for (const category of document.categories ?? []) raise(serviceTerm(category), serviceWeight)
  for (const key of placeKeys) raise(placeTerm(key), placeWeight)
  if (document.name)
    for (const term of named(document.name, document.country))
      raise(term, term.startsWith('#place') ? placeWeight : institutionWeight)
  return terms
}

/** A part of a query: what its words stand for, and the words themselves. */
interface Unit {
  kind: 'need' | 'place'
  terms: readonly string[]
  words: readonly string[]
  /** the last word may go on */
  open: boolean
}

/** An index in memory over all of a directory; ties keep the documents' order. */
export function createSearchIndex<Id>(documents: readonly SearchDocument<Id>[]): SearchIndex<Id> {
  return runSteps(searchIndexInSteps(documents, (document) => document))
}

/** The same, of things whose documents are made one after the other, so that not all are in memory at once. */
export function* searchIndexInSteps<Of, Id>(
  list: readonly Of[],
  documentOf: (each: Of) => SearchDocument<Id>,
): Steps<SearchIndex<Id>> {
  const reader = new PlaceReader()
  const positions: Array<Position | undefined> = []
  const ids: Id[] = []
  const building = new WordIndexBuilder()
  for (const each of list) {
    const document = documentOf(each)
    const placeKeys = reader.read(document.places)
    positions.push(document.position ?? smallestPosition(placeKeys))
    ids.push(document.id)
    building.add(termsOf(document, placeKeys))
    yield
  }
  return indexOver(ids, positions, yield* building.finish())
}

function indexOver<Id>(
  ids: readonly Id[],
  positions: ReadonlyArray<Position | undefined>,
  index: WordIndex,
): SearchIndex<Id> {
  let speller: Speller | undefined
  const spell = (word: string) => {
    speller ??= new Speller([
      ...[...phraseWords].map((each) => [each, 1_000_000] as const),
      ...[...index.terms()].filter(([term]) => !term.startsWith('#')),
    ])
    return speller.meant(word)[0]
  }
  const isKnown = (word: string) => phraseWords.has(word) || index.has(word) || isBeginning(word)
  const isBeginning = (word: string) =>
    word.length > 1 && (beginningOfPhrase(word).length > 0 || index.startingWith(word).length > 0)

  function unitsOf(query: string): { units: Unit[]; corrected: Record<string, string> } {
    const corrected: Record<string, string> = {}
    const words = [...new Set(tellingWords(query.slice(0, maxQueryLength)).slice(0, maxQueryWords))].map(
      (written) => {
        const word = stem(written)
        if (isKnown(word) || isKnown(written)) return isKnown(word) ? word : written
        const meant = spell(word)
        if (meant === undefined) return word
        corrected[written] = meant
        return stem(meant)
      },
    )
    const units: Unit[] = []
    for (let from = 0; from < words.length; ) {
      const unit = longestPhrase(words, from)
      units.push(unit)
      from += unit.words.length
    }
    return { units, corrected }
  }

  const ofWords = new Scores(index.size)

  /** What is named so comes before what is only of that kind. */
  function scoreUnit(unit: Unit, scores: Scores): void {
    for (const term of unit.terms) scores.raise(index.get(term), 1)
    scoreWords(unit, ofWords)
    scores.add(ofWords)
    ofWords.clear()
  }

  function scoreWords(unit: Unit, scores: Scores): void {
    if (unit.words.length === 1) {
      const word = unit.words[0]!
      scores.raise(index.get(word), 1)
      if (unit.open)
        for (const longer of index.startingWith(word))
          if (!longer.startsWith('#')) scores.raise(index.get(longer), beginningFactor)
      return
    }
    // A phrase is also there when all its words are.
    const lists = unit.words.map((word) => index.get(word))
    if (lists.some((list) => list === undefined)) return
    const count = new Map<number, number>()
    for (const list of lists)
      for (const document of list!.documents) count.set(document, (count.get(document) ?? 0) + 1)
    const all = [...count].flatMap(([document, times]) => (times === lists.length ? [document] : []))
    scores.raise(
      { documents: Uint32Array.from(all), weights: new Uint8Array(all.length).fill(placeWeight) },
      1,
    )
  }

  function ask(query: string, limit = ids.length): SearchAnswer<Id> {
    const { units, corrected } = unitsOf(query)
    const total = new Float32Array(index.size)
    const matched = new Uint8Array(index.size)
    const here = new Uint8Array(index.size)
    const scores = new Scores(index.size)
    const understood: SearchAnswer<Id>['understood'] = {
      services: [],
      places: [],
      institutions: [],
      corrected,
      ignored: [],
    }
    let needs = 0
    let placeUnits = 0
    const candidates: number[] = []
    for (const unit of units) {
      scoreUnit(unit, scores)
      if (scores.touched.length === 0 && unit.kind === 'need') {
        understood.ignored.push(...unit.words)
        continue
      }
      for (const term of unit.terms) understand(term, understood)
      if (unit.kind === 'place') {
        placeUnits += 1
        for (const document of scores.touched) {
          here[document]! += 1
          total[document]! += scores.values[document]!
        }
      } else {
        for (const document of scores.touched) {
          if (needs === 0) candidates.push(document)
          if (matched[document] === needs) matched[document]! += 1
          total[document]! += scores.values[document]!
        }
        needs += 1
      }
      scores.clear()
    }
    if (needs === 0 && placeUnits === 0) return { results: [], understood }
    // Only a place: what is there; where nothing is, what is near it.
    const found =
      needs > 0 ? candidates.filter((document) => matched[document] === needs) : placed(here, placeUnits)
    const reference = smallestPosition(understood.places)
    const near = needs > 0 || found.length > 0 ? found : aroundIt(positions, reference)
    if (placeUnits === 0) {
      const order = (a: number, b: number) => total[b]! - total[a]! || a - b
      return { results: firstOf(near, limit, order).map((document) => ({ id: ids[document]! })), understood }
    }
    // Most documents of one place share its position.
    const known = new Map<Position, number>()
    const metres = new Float64Array(index.size)
    const where = new Uint8Array(index.size)
    for (const document of near) {
      if (here[document] === placeUnits) continue
      const position = positions[document]
      let away = position && reference ? known.get(position) : Number.POSITIVE_INFINITY
      if (away === undefined && position && reference) {
        away = metresBetween(reference, position)
        known.set(position, away)
      }
      metres[document] = away ?? Number.POSITIVE_INFINITY
      where[document] = metres[document]! <= nearMetres ? 1 : 2
    }
    const order = (a: number, b: number) =>
      where[a]! - where[b]! || compare(metres[a]!, metres[b]!) || total[b]! - total[a]! || a - b
    const results = firstOf(near, limit, order).map((document) => ({
      id: ids[document]!,
      where: (['here', 'near', 'elsewhere'] as const)[where[document]!]!,
    }))
    return { results, understood }
  }

  return {
    ask,
    search(query, limit = ids.length) {
      const { results } = ask(query)
      const [first] = results
      return results.flatMap(({ id, where }) => (where === first?.where ? [id] : [])).slice(0, limit)
    },
    get bytes() {
      return index.bytes
    },
  }
}

/** The first of a list in order. A page of a large list is found without ordering all of it. */
function firstOf(list: readonly number[], limit: number, order: (a: number, b: number) => number): number[] {
  if (list.length <= limit * 4) return [...list].sort(order).slice(0, limit)
  let kept: number[] = []
  let last: number | undefined
  for (const each of list) {
    if (last !== undefined && order(last, each) < 0) continue
    kept.push(each)
    if (kept.length >= limit * 4) {
      kept = kept.sort(order).slice(0, limit)
      last = kept.at(-1)
    }
  }
  return kept.sort(order).slice(0, limit)
}

/** Infinity less itself is no number. */
const compare = (a: number, b: number) => (a === b ? 0 : a < b ? -1 : 1)

function placed(here: Uint8Array, units: number): number[] {
  const found: number[] = []
  for (let document = 0; document < here.length; document++)
    if (here[document] === units) found.push(document)
  return found
}

function aroundIt(positions: ReadonlyArray<Position | undefined>, reference: Position | undefined): number[] {
  if (!reference) return []
  return positions.flatMap((position, document) =>
    position && metresBetween(reference, position) <= nearMetres ? [document] : [],
  )
}

function understand(term: string, understood: SearchAnswer<unknown>['understood']): void {
  const [kind, key] = [term.slice(0, term.indexOf(' ')), term.slice(term.indexOf(' ') + 1)]
  const list =
    kind === '#service'
      ? understood.services
      : kind === '#place'
        ? understood.places
        : understood.institutions
  if (!list.includes(key)) list.push(key)
}

/** Where the smallest place is that these texts name, as near as its town. */
export function townPosition(texts: readonly string[]): Position | undefined {
  return smallestPosition(new PlaceReader().read(texts))
}

/** Of places of which one is in the other, the smallest is meant. */
function smallestPosition(keys: readonly string[]): Position | undefined {
  const [smallest] = [...keys].sort((a, b) => placeAndAround(b).length - placeAndAround(a).length)
  return smallest === undefined || !placeByKey(smallest) ? undefined : positionOfPlace(smallest)
}

function longestPhrase(words: readonly string[], from: number): Unit {
  for (let length = Math.min(maxPhraseWords, words.length - from); length > 0; length--) {
    const part = words.slice(from, from + length)
    const key = part.join(' ')
    const isLast = from + length === words.length
    const exact = phrases.get(key)
    const terms = exact ?? (isLast && key.length > 2 ? beginningOfPhrase(key) : [])
    if (terms.length > 0) {
      const onlyPlaces = terms.every((term) => term.startsWith('#place'))
      // "Puerto c" may go on in several ways, of which some are places and some are not.
      if (exact || length > 1 || !onlyPlaces)
        return { kind: onlyPlaces ? 'place' : 'need', terms, words: part, open: isLast }
    }
  }
  return { kind: 'need', terms: [], words: [words[from]!], open: true }
}

function beginningOfPhrase(beginning: string): string[] {
  const terms = new Set<string>()
  let low = 0
  let high = sortedPhrases.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (sortedPhrases[middle]! < beginning) low = middle + 1
    else high = middle
  }
  for (let at = low; at < sortedPhrases.length && sortedPhrases[at]!.startsWith(beginning); at++)
    for (const term of phrases.get(sortedPhrases[at]!)!) terms.add(term)
  return [...terms]
}
