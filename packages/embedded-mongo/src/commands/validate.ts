/** validate: documents readable, and every index exactly what the documents give. */

import { decodeDoc } from '../bson/decode.ts'
import { type Doc, int } from '../bson/values.ts'
import { MongoError } from '../errors.ts'
import { pace, type Steps } from '../pace.ts'
import { countKeys } from '../query/query.ts'
import { asBuffer, type Collection, type Index, isIntact, type StoredRecord } from '../storage/collection.ts'
import { collectionName } from './command.ts'
import type { Command } from './types.ts'

export type Consistency = {
  records: number
  unsummed: number
  keys: ReadonlyMap<string, number>
  errors: string[]
}

const maxErrors = 20
/** SQLite's own check of a table's pages cannot be interrupted: in a larger collection reading every record must do. */
const pagesCheckedUpTo = 20_000

/** Reads every document and every index entry of a collection. */
export function* checkConsistency(collection: Collection): Steps<Consistency> {
  const errors: string[] = []
  const note = (error: string) => {
    if (errors.length < maxErrors) errors.push(error)
  }
  const expected = new Map<Index, number>(collection.indexes.map((index) => [index, 0]))
  let records = 0
  let unsummed = 0
  const { writes } = collection
  let after: number | undefined
  for (let last = false; !last; ) {
    const page = collection.page(after)
    for (const record of page.records) {
      records++
      after = record.rid
      if (record.sum === null) unsummed++
      for (const [index, count] of checkRecord(collection, record, note))
        expected.set(index, (expected.get(index) ?? 0) + count)
      pace.document(record.doc.byteLength + 4096)
    }
    last = page.last
    if (!pace.over) continue
    yield
    collection.checkUsable()
  }
  const keys = new Map<string, number>()
  for (const [index, count] of expected) {
    const n = yield* countKeys(
      collection,
      index,
      Buffer.alloc(0),
      Buffer.from([0xff]),
      Number.POSITIVE_INFINITY,
    )
    keys.set(index.spec.name, n)
    // Others may have written while the records were read: then the numbers need not be those of one moment.
    if (n !== count && collection.writes === writes)
      note(`index ${index.spec.name} has ${n} keys, the documents give ${count}`)
  }
  if (records <= pagesCheckedUpTo) {
    const check = collection.file.statement(`PRAGMA integrity_check(${collection.table})`).all() as {
      integrity_check: string
    }[]
    for (const row of check) if (row.integrity_check !== 'ok') note(row.integrity_check)
  }
  return { records, unsummed, keys, errors }
}

/** The number of keys that one record has in each index. */
function checkRecord(
  collection: Collection,
  record: StoredRecord,
  note: (error: string) => void,
): [Index, number][] {
  const { rid } = record
  if (!isIntact(record)) note(`record ${rid} is damaged: its bytes are not those that were written`)
  let doc: Doc
  try {
    doc = decodeDoc(asBuffer(record.doc))
  } catch (error) {
    note(`record ${rid} is not readable: ${(error as Error).message}`)
    return []
  }
  if (doc.keys().next().value !== '_id') note(`record ${rid} does not begin with _id`)
  return collection.indexes.map((index) => {
    const { keys, multikey } = index.keys(doc)
    if (multikey.some((flag, i) => flag && !index.multikey[i]))
      note(`index ${index.spec.name} is multikey and not marked so`)
    const find = collection.file.statement(`SELECT rid FROM ${index.table} WHERE key = ?`)
    for (const key of keys) {
      const row = find.get(index.stored(key, rid)) as { rid: number } | undefined
      if (row?.rid !== rid) note(`index ${index.spec.name} lacks a key of record ${rid}`)
    }
    return [index, keys.length]
  })
}

export const validate: Command = {
  fields: ['full', 'background', 'repair', 'metadata', 'checkBSONConformance', 'enforceFastCount'],
  writes: false,
  *run(context) {
    if (context.body.get('repair') === true)
      throw new MongoError('NotImplemented', 'repair is not implemented by this server')
    const name = collectionName(context)
    const collection = context.engine.store.collection(context.db, name)
    if (!collection)
      throw new MongoError(
        'NamespaceNotFound',
        `Collection '${context.db}.${name}' does not exist to validate.`,
      )
    const { records, unsummed, keys, errors } = yield* checkConsistency(collection)
    return {
      ns: collection.namespace,
      nInvalidDocuments: int(0),
      nrecords: int(records),
      nIndexes: int(keys.size),
      keysPerIndex: Object.fromEntries([...keys].map(([index, count]) => [index, int(count)])),
      valid: errors.length === 0,
      warnings:
        unsummed > 0
          ? [
              `${unsummed} documents were written by an earlier version and have no checksum until they are written again`,
            ]
          : [],
      errors,
    }
  },
}
