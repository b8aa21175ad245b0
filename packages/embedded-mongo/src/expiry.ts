/** TTL indexes: removes documents whose time has passed. */
import type { Value } from './bson/values.ts'
import { awaited, pace, type Steps } from './pace.ts'
import { prepareQuery, runQuery } from './query/query.ts'
import type { Collection, Index } from './storage/collection.ts'
import type { Store } from './storage/store.ts'

/** Documents looked for at one time. */
const batch = 500

/** Goes through all TTL indexes, with others running in between. */
export function* expireDocuments(store: Store, now: number): Steps<void> {
  for (const collection of store.all())
    for (const index of collection.indexes)
      if (index.spec.expireAfterSeconds !== undefined && !collection.gone && !index.gone)
        yield* expireBy(collection, index, now)
}

/** Only dates expire; an array expires with its earliest date. The index finds them. */
function* expireBy(collection: Collection, index: Index, now: number): Steps<void> {
  const before = new Date(now - index.spec.expireAfterSeconds! * 1000)
  const filter = new Map<string, Value>([[index.spec.parts[0]!.path, new Map([['$lte', before]])]])
  for (;;) {
    const query = prepareQuery(collection, { filter, hint: index.spec.name, limit: batch })
    const results = runQuery(collection, query)
    const rids: number[] = []
    for (;;) {
      const found = yield* awaited(() => results.next())
      if (!found) break
      rids.push(found.rid)
    }
    for (const rid of rids) {
      const doc = collection.document(rid)
      // It may have been given more time, or have gone, while others ran.
      if (doc && query.matches(doc)) collection.remove(rid, doc)
      pace.document(4096)
      if (!pace.over) continue
      yield
      if (collection.gone || index.gone) return
    }
    if (rids.length < batch) return
  }
}
