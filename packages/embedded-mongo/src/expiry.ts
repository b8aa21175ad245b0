/** TTL indexes: removes documents whose time has passed. */
import type { Value } from './bson/values.ts'
import type { Engine } from './engine.ts'
import { prepareQuery, runQuery } from './query/query.ts'
import type { Collection, Index } from './storage/collection.ts'

/** Per transaction, so that clients are not held up. */
const batch = 500

/** @returns how many documents were removed */
export function expireDocuments(engine: Engine, now: number): number {
  let removed = 0
  for (const { db, name } of engine.store.all()) {
    const names = engine.store
      .collection(db, name)!
      .indexes.filter((index) => index.spec.expireAfterSeconds !== undefined)
      .map((index) => index.spec.name)
    for (const indexName of names) {
      for (;;) {
        const count = engine.transaction(() => {
          const collection = engine.store.collection(db, name)
          const index = collection?.indexes.find((other) => other.spec.name === indexName)
          return collection && index ? expireSome(collection, index, now) : 0
        })
        removed += count
        if (count < batch) break
      }
    }
  }
  return removed
}

/** Only dates expire; an array expires with its earliest date. The index finds them. */
function expireSome(collection: Collection, index: Index, now: number): number {
  const before = new Date(now - index.spec.expireAfterSeconds! * 1000)
  const query = prepareQuery(collection, {
    filter: new Map<string, Value>([[index.spec.parts[0]!.path, new Map([['$lte', before]])]]),
    hint: index.spec.name,
    limit: batch,
  })
  const results = runQuery(collection, query, { deadline: undefined })
  const found = []
  for (let next = results.next(); next; next = results.next()) found.push(next)
  for (const { rid, doc } of found) collection.remove(rid, doc)
  return found.length
}
