/** validate: documents readable, and every index exactly what the documents give. */

import { decodeDoc } from '../bson/decode.ts'
import { int } from '../bson/values.ts'
import { MongoError } from '../errors.ts'
import type { Collection, Index } from '../storage/collection.ts'
import { collectionName } from './command.ts'
import type { Command } from './types.ts'

export type Consistency = { records: number; keys: ReadonlyMap<string, number>; errors: string[] }

const maxErrors = 20

/** Reads every document and every index entry of a collection. */
export function checkConsistency(collection: Collection): Consistency {
  const errors: string[] = []
  const note = (error: string) => {
    if (errors.length < maxErrors) errors.push(error)
  }
  const expected = new Map<Index, number>(collection.indexes.map((index) => [index, 0]))
  let records = 0
  for (const { rid, bytes } of collection.records()) {
    records++
    let doc: ReturnType<typeof decodeDoc>
    try {
      doc = decodeDoc(bytes)
    } catch (error) {
      note(`record ${rid} is not readable: ${(error as Error).message}`)
      continue
    }
    if (doc.keys().next().value !== '_id') note(`record ${rid} does not begin with _id`)
    for (const index of collection.indexes) {
      const { keys, multikey } = index.keys(doc)
      if (multikey.some((flag, i) => flag && !index.multikey[i]))
        note(`index ${index.spec.name} is multikey and not marked so`)
      const find = collection.file.statement(`SELECT rid FROM ${index.table} WHERE key = ?`)
      for (const key of keys) {
        const row = find.get(index.stored(key, rid)) as { rid: number } | undefined
        if (row?.rid !== rid) note(`index ${index.spec.name} lacks a key of record ${rid}`)
      }
      expected.set(index, expected.get(index)! + keys.length)
    }
  }
  const keys = new Map<string, number>()
  for (const [index, count] of expected) {
    const row = collection.file.statement(`SELECT count(*) AS n FROM ${index.table}`).get() as { n: number }
    keys.set(index.spec.name, row.n)
    if (row.n !== count) note(`index ${index.spec.name} has ${row.n} keys, the documents give ${count}`)
  }
  const check = collection.file.statement(`PRAGMA integrity_check(${collection.table})`).all() as {
    integrity_check: string
  }[]
  for (const row of check) if (row.integrity_check !== 'ok') note(row.integrity_check)
  return { records, keys, errors }
}

export const validate: Command = {
  fields: ['full', 'background', 'repair', 'metadata', 'checkBSONConformance', 'enforceFastCount'],
  writes: false,
  run(context) {
    if (context.body.get('repair') === true)
      throw new MongoError('NotImplemented', 'repair is not implemented by this server')
    const name = collectionName(context)
    const collection = context.engine.store.collection(context.db, name)
    if (!collection)
      throw new MongoError(
        'NamespaceNotFound',
        `Collection '${context.db}.${name}' does not exist to validate.`,
      )
    const { records, keys, errors } = checkConsistency(collection)
    return {
      ns: collection.namespace,
      nInvalidDocuments: int(0),
      nrecords: int(records),
      nIndexes: int(keys.size),
      keysPerIndex: Object.fromEntries([...keys].map(([index, count]) => [index, int(count)])),
      valid: errors.length === 0,
      warnings: [],
      errors,
    }
  },
}
