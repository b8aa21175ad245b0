/** An index may change how a query is answered, never what is answered. */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { encodeDoc } from '../bson/encode.ts'
import { type Doc, Int32, type Value } from '../bson/values.ts'
import { checkConsistency } from '../commands/validate.ts'
import { MongoError } from '../errors.ts'
import { finish, pace, pause } from '../pace.ts'
import type { Collection } from '../storage/collection.ts'
import { defaultIndexName, parseIndexSpec } from '../storage/index-spec.ts'
import { Store } from '../storage/store.ts'
import { denseDocument, denseFilter, document, filter, indexKey, sort } from '../test-values.ts'
import { sortKey } from './execute.ts'
import type { Found } from './found.ts'
import { parseSort } from './planner.ts'
import { countByKeys, prepareQuery, runQuery } from './query.ts'
import type { Query, QueryInput, Results } from './types.ts'

let folder: string
let store: Store
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'em-test-'))
  store = new Store(join(folder, 'q.sqlite'))
})
afterAll(() => {
  store.close()
  rmSync(folder, { recursive: true })
})

/** The next result; now and then the slice is over, and the query pauses before it goes on. */
function nextOf(results: Results): Found | undefined {
  for (;;) {
    const found = results.next()
    if (found !== pause) return found
    pace.begin(0, undefined)
  }
}

const first = (collection: Collection, query: Query): Found | undefined => nextOf(runQuery(collection, query))

/** Ids of the results in order, or the code of the refusal; the cursor is parked now and then. */
function answer(
  collection: Collection,
  input: QueryInput,
  parkEvery = 3,
): { ids: number[]; docs: Doc[] } | number {
  try {
    const query = prepareQuery(collection, input)
    const results = runQuery(collection, query)
    const docs: Doc[] = []
    for (let found = nextOf(results); found; found = nextOf(results)) {
      docs.push(found.doc)
      if (docs.length % parkEvery === 0) results.park()
    }
    return { ids: docs.map((doc) => (doc.get('_id') as Int32).valueOf()), docs }
  } catch (error) {
    if (error instanceof MongoError) return error.code
    throw error
  }
}

type Option = 'plain' | 'sparse' | 'partial' | 'unique'

const indexOptions = (key: Doc, option: Option, partial: Doc): Doc => {
  const spec = new Map<string, Value>([
    ['key', key],
    ['name', `${defaultIndexName(key)}_${option}`],
  ])
  if (option === 'sparse' || option === 'unique') spec.set(option, true)
  if (option === 'partial') spec.set('partialFilterExpression', partial)
  return spec
}

/** Runs in a transaction that is undone, on a collection of its own. */
function within<T>(
  docs: readonly Doc[],
  indexes: readonly Doc[],
  run: (collection: Collection) => T,
): T | undefined {
  store.file.db.exec('BEGIN')
  try {
    const collection = store.create('test', 'c', new Map())
    for (const spec of indexes) {
      try {
        finish(store.createIndex(collection, parseIndexSpec(spec)))
      } catch (error) {
        if (!(error instanceof MongoError)) throw error
      }
    }
    for (const [i, doc] of docs.entries()) {
      const whole: Doc = new Map<string, Value>([['_id', new Int32(i)], ...doc])
      try {
        collection.insert(whole, encodeDoc(whole))
      } catch (error) {
        // Parallel arrays and ambiguous names cannot be indexed: such documents are not in the collection.
        if (!(error instanceof MongoError)) throw error
      }
    }
    return run(collection)
  } finally {
    store.file.db.exec('ROLLBACK')
    store.reload()
  }
}

const partials: Doc[] = [
  new Map([['b', new Map([['$exists', true]])]]),
  new Map<string, Value>([['a', new Map([['$gt', new Int32(0)]])]]),
  new Map<string, Value>([['c', 'a']]),
]

describe('with and without indexes', () => {
  test.each([
    ['all types', document, filter],
    ['few values in many arrays', denseDocument, denseFilter],
  ])('the same documents, in an order that the sort allows: %s', (_name, documents, filters) => {
    fc.assert(
      fc.property(
        fc.array(documents, { maxLength: 12 }),
        fc.array(
          fc.tuple(
            indexKey,
            fc.constantFrom<Option>('plain', 'plain', 'sparse', 'partial', 'unique'),
            fc.constantFrom(...partials),
          ),
          {
            minLength: 1,
            maxLength: 3,
          },
        ),
        filters,
        sort,
        (docs, indexes, query, order) => {
          within(
            docs,
            indexes.map(([key, option, partial]) => indexOptions(key, option, partial)),
            (collection) => {
              const input: QueryInput = { filter: query, sort: order }
              const scanned = answer(collection, {
                filter: query,
                hint: new Map([['$natural', new Int32(1)]]),
                sort: order,
              })
              const planned = answer(collection, input)
              if (typeof scanned === 'number' || typeof planned === 'number') {
                // A refusal for parallel arrays depends on what the sort in memory meets.
                if (typeof scanned === 'number' && typeof planned === 'number') expect(planned).toBe(scanned)
                return
              }
              expect([...planned.ids].sort()).toEqual([...scanned.ids].sort())
              if (order.size > 0) {
                const parts = parseSort(order)
                const keys = planned.docs.map((doc) => sortKey(parts, doc))
                for (let i = 1; i < keys.length; i++)
                  expect(Buffer.compare(keys[i - 1]!, keys[i]!)).toBeLessThanOrEqual(0)
              }
              const counted = finish(countByKeys(collection, prepareQuery(collection, { filter: query })))
              if (counted !== undefined) expect(counted).toBe(scanned.ids.length)
              const limited = answer(collection, { ...input, skip: 1, limit: 2 }, 1)
              if (typeof limited !== 'number')
                expect(limited.ids).toHaveLength(Math.max(0, Math.min(2, planned.ids.length - 1)))
            },
          )
        },
      ),
      { numRuns: 2500 },
    )
  })

  test('indexes agree with documents after random inserts, replacements and removals', () => {
    fc.assert(
      fc.property(
        fc.array(document, { minLength: 1, maxLength: 8 }),
        fc.array(
          fc.tuple(
            indexKey,
            fc.constantFrom<Option>('plain', 'sparse', 'partial', 'unique'),
            fc.constantFrom(...partials),
          ),
          {
            minLength: 1,
            maxLength: 3,
          },
        ),
        fc.array(fc.tuple(fc.nat(7), fc.option(document)), { maxLength: 8 }),
        (docs, indexes, changes) => {
          within(
            docs,
            indexes.map(([key, option, partial]) => indexOptions(key, option, partial)),
            (collection) => {
              for (const [at, next] of changes) {
                const query = prepareQuery(collection, {
                  filter: new Map([['_id', new Int32(at)]]),
                  limit: 1,
                })
                const found = first(collection, query)
                if (!found) continue
                try {
                  if (next) {
                    const whole: Doc = new Map<string, Value>([['_id', new Int32(at)], ...next])
                    collection.replace(found.rid, found.doc, whole, encodeDoc(whole))
                  } else collection.remove(found.rid, found.doc)
                } catch (error) {
                  if (!(error instanceof MongoError)) throw error
                }
              }
              expect(finish(checkConsistency(collection)).errors).toEqual([])
            },
          )
        },
      ),
      { numRuns: 600 },
    )
  })

  test('a waiting cursor meets every document that was there all the time once, whatever else is written', () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat(5), { minLength: 1, maxLength: 30 }),
        fc.array(fc.tuple(fc.nat(29), fc.constantFrom('remove', 'change', 'insert'), fc.nat(5)), {
          maxLength: 30,
        }),
        fc.constantFrom<QueryInput>(
          { filter: undefined },
          { filter: undefined, hint: new Map([['$natural', new Int32(-1)]]) },
          { filter: undefined, sort: new Map([['a', new Int32(1)]]) },
          {
            filter: new Map([['a', new Map([['$gte', new Int32(0)]])]]),
            sort: new Map([['a', new Int32(-1)]]),
          },
          {
            filter: new Map([['a', new Map([['$in', [0, 1, 2, 3, 4, 5]]])]]),
            sort: new Map([['_id', new Int32(1)]]),
          },
        ),
        (values, writes, input) => {
          within(
            values.map((a) => new Map([['a', new Int32(a)]])),
            [
              indexOptions(new Map([['a', new Int32(1)]]), 'plain', new Map()),
              indexOptions(
                new Map([
                  ['a', new Int32(1)],
                  ['_id', new Int32(1)],
                ]),
                'plain',
                new Map(),
              ),
            ],
            (collection) => {
              const results = runQuery(collection, prepareQuery(collection, input))
              const touched = new Set<number>()
              const met: number[] = []
              for (let step = 0; ; step++) {
                const found = nextOf(results)
                if (!found) break
                met.push((found.doc.get('_id') as Int32).valueOf())
                results.park()
                const write = writes[step]
                if (!write) continue
                const [at, kind, value] = write
                const id = kind === 'insert' ? 1000 + step : at
                const next: Doc = new Map([
                  ['_id', new Int32(id)],
                  ['a', new Int32(value)],
                ])
                touched.add(id)
                if (kind === 'insert') {
                  collection.insert(next, encodeDoc(next))
                  continue
                }
                const query = prepareQuery(collection, {
                  filter: new Map([['_id', new Int32(id)]]),
                  limit: 1,
                })
                const old = first(collection, query)
                if (!old) continue
                if (kind === 'remove') collection.remove(old.rid, old.doc)
                else collection.replace(old.rid, old.doc, next, encodeDoc(next))
              }
              for (let id = 0; id < values.length; id++)
                if (!touched.has(id)) expect(met.filter((other) => other === id)).toEqual([id])
              expect(finish(checkConsistency(collection)).errors).toEqual([])
            },
          )
        },
      ),
      { numRuns: 400 },
    )
  })
})
