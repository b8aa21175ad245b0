import MiniSearch, { type SearchOptions } from 'minisearch'
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
  const weights = [...new Set(documents.flatMap(({ fields }) => fields.map(({ weight }) => weight)))]
  // MiniSearch weighs fields by name, so all texts of one weight are one field.
  const index = new MiniSearch<{ position: number; fields: readonly SearchField[] }>({
    idField: 'position',
    fields: weights.map(String),
    extractField: (document, name) =>
      name === 'position'
        ? document.position
        : document.fields.flatMap(({ text, weight }) => (String(weight) === name ? [text] : [])).join(' '),
    tokenize: words,
    // A word that is not finished must find those whose stem is shorter, so both are known.
    processTerm: (word) => [...new Set([word, stem(word)])],
  })
  index.addAll(documents.map(({ fields }, position) => ({ position, fields })))
  const boost = Object.fromEntries(weights.map((weight) => [String(weight), weight]))
  const options: SearchOptions = {
    combineWith: 'AND',
    prefix: true,
    boost,
    tokenize: queryWords,
    processTerm: stem,
  }

  return {
    search(query, limit = documents.length) {
      return index
        .search(query, options)
        .sort((a, b) => b.score - a.score || a.id - b.id)
        .slice(0, limit)
        .map(({ id }) => documents[id]!.id)
    },
  }
}
