import type { Steps } from '../steps.ts'

/**
 * An inverted index in typed arrays: some bytes for each word of a document, so that twenty thousand services fit on a
 * phone. Terms are words or names of concepts; what a term is worth in a document is a number up to 255.
 */
export interface Postings {
  documents: Uint32Array
  weights: Uint8Array
}

const maxPrefixTerms = 300

export class WordIndex {
  readonly size: number
  readonly #postings: ReadonlyMap<string, Postings>
  /** terms in order, so that those with one beginning stand together */
  readonly #sorted: string[]

  constructor(size: number, postings: ReadonlyMap<string, Postings>) {
    this.size = size
    this.#postings = postings
    this.#sorted = [...postings.keys()].sort()
  }

  has(term: string): boolean {
    return this.#postings.has(term)
  }

  get(term: string): Postings | undefined {
    return this.#postings.get(term)
  }

  /** Every term and in how many documents it is. */
  *terms(): IterableIterator<[term: string, count: number]> {
    for (const [term, { documents }] of this.#postings) yield [term, documents.length]
  }

  /** Terms with this beginning, itself aside. */
  startingWith(beginning: string): string[] {
    let low = 0
    let high = this.#sorted.length
    while (low < high) {
      const middle = (low + high) >> 1
      if (this.#sorted[middle]! < beginning) low = middle + 1
      else high = middle
    }
    const found: string[] = []
    for (let at = low; at < this.#sorted.length && found.length < maxPrefixTerms; at++) {
      const term = this.#sorted[at]!
      if (!term.startsWith(beginning)) break
      if (term !== beginning) found.push(term)
    }
    return found
  }

  /** Rough size in memory, bytes. */
  get bytes(): number {
    let sum = 0
    for (const [term, { documents }] of this.#postings) sum += documents.length * 5 + term.length * 2 + 200
    return sum
  }
}

/** Collects the documents of an index, one by one. */
export class WordIndexBuilder {
  readonly #building = new Map<string, { documents: number[]; weights: number[] }>()
  #size = 0

  /** @param terms the terms of the next document and what they are worth in it */
  add(terms: ReadonlyMap<string, number>): void {
    for (const [term, weight] of terms) {
      let list = this.#building.get(term)
      if (!list) {
        list = { documents: [], weights: [] }
        this.#building.set(term, list)
      }
      list.documents.push(this.#size)
      list.weights.push(Math.min(255, Math.max(1, Math.round(weight))))
    }
    this.#size += 1
  }

  *finish(): Steps<WordIndex> {
    const postings = new Map<string, Postings>()
    for (const [term, list] of this.#building) {
      postings.set(term, {
        documents: Uint32Array.from(list.documents),
        weights: Uint8Array.from(list.weights),
      })
      yield
    }
    return new WordIndex(this.#size, postings)
  }
}

/** What each document is worth for a part of a query: the best of the part's terms, not their sum. */
export class Scores {
  readonly values: Float32Array
  readonly touched: number[] = []

  constructor(size: number) {
    this.values = new Float32Array(size)
  }

  raise(postings: Postings | undefined, factor: number): void {
    if (!postings) return
    const { documents, weights } = postings
    for (let at = 0; at < documents.length; at++) {
      const document = documents[at]!
      const value = weights[at]! * factor
      const before = this.values[document]!
      if (before === 0) this.touched.push(document)
      if (value > before) this.values[document] = value
    }
  }

  add(others: Scores): void {
    for (const document of others.touched) {
      if (this.values[document] === 0) this.touched.push(document)
      this.values[document]! += others.values[document]!
    }
  }

  clear(): void {
    for (const document of this.touched) this.values[document] = 0
    this.touched.length = 0
  }
}
