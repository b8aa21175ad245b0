import { foldText } from './text.ts'

/** A text and how much a match in it counts. */
export interface SearchField {
  text: string
  weight: number
}

export interface SearchDocument<Id> {
  id: Id
  fields: readonly SearchField[]
}

export interface SearchIndex<Id> {
  /** IDs of the documents that hold every word of the query, or a word beginning with it; best first. */
  search(query: string, limit?: number): Id[]
}

const stopWords = new Set([
  'de',
  'del',
  'la',
  'las',
  'el',
  'los',
  'y',
  'e',
  'en',
  'a',
  'para',
  'con',
  'the',
  'of',
  'and',
  'in',
])

export const maxQueryLength = 200
const maxQueryWords = 12

function words(text: string): string[] {
  return foldText(text).match(/[\p{L}\p{N}]+/gu) ?? []
}

/** "Albergues" finds "albergue", "migraciones" finds "migracion". */
function stem(word: string): string {
  if (word.length > 5 && word.endsWith('es') && !/[aeiou]/.test(word.at(-3) ?? '')) return word.slice(0, -2)
  if (word.length > 3 && word.endsWith('s')) return word.slice(0, -1)
  return word
}

/**
 * Words of a query, without those that say nothing, unless there is nothing else. Bounded in length and number.
 */
function queryWords(query: string): string[] {
  const all = words(query.slice(0, maxQueryLength)).slice(0, maxQueryWords)
  const telling = all.filter((word) => !stopWords.has(word))
  return telling.length > 0 ? telling : all
}

/** An index in memory over a few thousand short documents; ties keep the documents' order. */
export function createSearchIndex<Id>(documents: readonly SearchDocument<Id>[]): SearchIndex<Id> {
  const postings = new Map<string, Map<number, number>>()
  documents.forEach((document, position) => {
    for (const { text, weight } of document.fields) {
      for (const word of new Set(words(text).flatMap((each) => [each, stem(each)]))) {
        const posting = postings.get(word) ?? new Map<number, number>()
        postings.set(word, posting)
        posting.set(position, Math.max(posting.get(position) ?? 0, weight))
      }
    }
  })
  const vocabulary = [...postings.keys()].sort()

  const matches = (word: string): Map<number, number> => {
    const found = new Map<number, number>()
    const candidates = new Set([word, stem(word)])
    for (const candidate of candidates) {
      for (let index = lowerBound(vocabulary, candidate); index < vocabulary.length; index++) {
        const known = vocabulary[index]!
        if (!known.startsWith(candidate)) break
        const exact = known === candidate
        for (const [position, weight] of postings.get(known)!)
          found.set(position, Math.max(found.get(position) ?? 0, exact ? weight * 2 : weight))
      }
    }
    return found
  }

  return {
    search(query, limit = documents.length) {
      let scores: Map<number, number> | undefined
      for (const word of queryWords(query)) {
        const found = matches(word)
        if (!scores) {
          scores = found
          continue
        }
        const both = new Map<number, number>()
        for (const [position, score] of scores) {
          const more = found.get(position)
          if (more !== undefined) both.set(position, score + more)
        }
        scores = both
      }
      if (!scores) return []
      return [...scores]
        .sort(([a, scoreA], [b, scoreB]) => scoreB - scoreA || a - b)
        .slice(0, limit)
        .map(([position]) => documents[position]!.id)
    },
  }
}

function lowerBound(sorted: readonly string[], value: string): number {
  let low = 0
  let high = sorted.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (sorted[middle]! < value) low = middle + 1
    else high = middle
  }
  return low
}
