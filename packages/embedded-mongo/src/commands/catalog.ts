/** Collections and indexes: create, drop, list, statistics. */

import { compileCondition } from '../aggregate/expression.ts'
import { decodeDoc } from '../bson/decode.ts'
import type { Encodable } from '../bson/encode.ts'
import { encodeDoc } from '../bson/encode.ts'
import { type Doc, equalValues, int, isDoc, type Value } from '../bson/values.ts'
import type { Stream } from '../cursors.ts'
import { MongoError } from '../errors.ts'
import { compileFilter } from '../filter/match.ts'
import { parseFilter } from '../filter/parse.ts'
import { pace, type Steps } from '../pace.ts'
import type { Collection, Index } from '../storage/collection.ts'
import { defaultIndexName, parseIndexSpec } from '../storage/index-spec.ts'
import { boolField, checkCollation, collectionName, countField, docField } from './command.ts'
import { cursorReply } from './find.ts'
import type { Command, CommandContext, Reply } from './types.ts'

/** Options of `create` that are kept and shown, and change nothing here. */
const refusedCreateOptions = [
  'capped',
  'size',
  'max',
  'timeseries',
  'viewOn',
  'pipeline',
  'validator',
  'clusteredIndex',
  'encryptedFields',
  'changeStreamPreAndPostImages',
  'expireAfterSeconds',
]

export const create: Command = {
  fields: [
    ...refusedCreateOptions,
    'collation',
    'autoIndexId',
    'storageEngine',
    'indexOptionDefaults',
    'idIndex',
    'validationLevel',
    'validationAction',
    'flags',
    'writeConcern',
  ],
  writes: true,
  grows: () => true,
  run(context) {
    const { body, engine, db } = context
    const name = collectionName(context)
    for (const option of refusedCreateOptions) {
      const value = body.get(option)
      if (value !== undefined && value !== false && !(isDoc(value) && value.size === 0))
        throw new MongoError(
          'InvalidOptions',
          `collections with '${option}' are not supported by this server`,
        )
    }
    checkCollation(body.get('collation'))
    // Creating again with the same (empty) options is no error in MongoDB.
    if (!engine.store.collection(db, name)) engine.store.create(db, name, new Map())
    return {}
  },
}

function existing(context: CommandContext): Collection {
  const collection = context.engine.store.collection(context.db, collectionName(context))
  if (!collection)
    throw new MongoError('NamespaceNotFound', `ns does not exist: ${context.db}.${collectionName(context)}`)
  return collection
}

export const drop: Command = {
  fields: [],
  writes: true,
  run(context) {
    const collection = context.engine.store.collection(context.db, collectionName(context))
    // Since 7.0 dropping what is not there succeeds.
    if (!collection) return {}
    const { namespace } = collection
    const nIndexesWas = int(collection.indexes.length)
    context.engine.store.drop(collection)
    context.engine.cursors.killNamespace(namespace)
    return { nIndexesWas, ns: namespace }
  },
}

export const dropDatabase: Command = {
  fields: [],
  writes: true,
  run(context) {
    const { engine, db } = context
    for (const collection of engine.store.inDatabase(db)) {
      engine.store.drop(collection)
      engine.cursors.killNamespace(collection.namespace)
    }
    return { dropped: db }
  },
}

/** A stream over documents that are in memory. */
function streamOfDocs(docs: readonly { readonly [name: string]: Encodable }[]): Stream {
  let at = 0
  return {
    next() {
      const doc = docs[at++]
      return doc && encodeDoc(doc)
    },
    park: () => 0,
    get finished() {
      return at >= docs.length
    },
  }
}

function* startCursor(
  context: CommandContext,
  docs: readonly { readonly [name: string]: Encodable }[],
  namespace: string,
): Steps<Reply> {
  const options = docField(context.body, 'cursor')
  const batch = yield* context.engine.cursors.start(streamOfDocs(docs), namespace, {
    batchSize: options && countField(options, 'batchSize'),
  })
  return cursorReply(batch, namespace, 'firstBatch')
}

export const listCollections: Command = {
  fields: ['filter', 'nameOnly', 'authorizedCollections', 'cursor'],
  writes: false,
  run(context) {
    const { body, engine, db } = context
    const matches = compileFilter(parseFilter(docField(body, 'filter') ?? new Map()), compileCondition)
    const nameOnly = boolField(body, 'nameOnly')
    const docs: { [name: string]: Encodable }[] = []
    for (const collection of engine.store.inDatabase(db)) {
      const doc: { [name: string]: Encodable } = { name: collection.name, type: 'collection' }
      if (!nameOnly) {
        doc['options'] = collection.options
        doc['info'] = { readOnly: false, uuid: collection.uuid }
        doc['idIndex'] = collection.indexes[0]!.spec.source
      }
      if (matches(decodeDoc(encodeDoc(doc), true))) docs.push(doc)
    }
    return startCursor(context, docs, `${db}.$cmd.listCollections`)
  },
}

export const createIndexes: Command = {
  fields: ['indexes', 'commitQuorum', 'ignoreUnknownIndexOptions'],
  writes: true,
  grows: () => true,
  *run(context) {
    const { body, engine, db } = context
    const name = collectionName(context)
    const list = body.get('indexes')
    if (!Array.isArray(list) || list.length === 0)
      throw new MongoError('BadValue', 'Must specify at least one index to create')
    const specs = list.map((item) => {
      if (!isDoc(item))
        throw new MongoError('TypeMismatch', 'The elements of the indexes array must be objects')
      const key = item.get('key')
      return parseIndexSpec(
        item.has('name') || !isDoc(key) ? item : new Map(item).set('name', defaultIndexName(key)),
      )
    })
    const createdCollectionAutomatically = !engine.store.collection(db, name)
    const collection = engine.store.ensure(db, name)
    const before = collection.indexes.length
    // All or none: those that are finished go again when a later one fails.
    const known = new Set(collection.indexes)
    context.undo = () => {
      if (collection.gone) return
      const names = specs.map((spec) => spec.name)
      for (const index of [...collection.indexes, ...collection.building])
        if (!known.has(index) && names.includes(index.spec.name)) engine.store.dropIndex(collection, index)
    }
    for (const spec of specs) yield* engine.store.createIndex(collection, spec)
    const after = collection.indexes.length
    return {
      numIndexesBefore: int(before),
      numIndexesAfter: int(after),
      createdCollectionAutomatically,
      ...(before === after ? { note: 'all indexes already exist' } : {}),
    }
  },
}

export const dropIndexes: Command = {
  fields: ['index'],
  writes: true,
  run(context) {
    const collection = existing(context)
    const nIndexesWas = int(collection.indexes.length)
    const wanted = context.body.get('index')
    const list = Array.isArray(wanted) ? wanted : [wanted]
    for (const item of list)
      for (const index of indexesToDrop(collection, item)) context.engine.store.dropIndex(collection, index)
    // A cursor that reads a dropped index could not go on.
    context.engine.cursors.killNamespace(collection.namespace)
    return { nIndexesWas }
  },
}

function indexesToDrop(collection: Collection, wanted: Value | undefined): Index[] {
  if (wanted === '*') return collection.indexes.filter((index) => index.spec.name !== '_id_')
  if (typeof wanted !== 'string' && !isDoc(wanted))
    throw new MongoError('TypeMismatch', "BSON field 'dropIndexes.index' is the wrong type")
  const found = collection.indexes.filter(({ spec }) =>
    typeof wanted === 'string' ? spec.name === wanted : equalValues(spec.key, wanted),
  )
  if (found.length === 0)
    throw new MongoError(
      'IndexNotFound',
      `index not found with name [${typeof wanted === 'string' ? wanted : defaultIndexName(wanted as Doc)}]`,
    )
  if (found.some((index) => index.spec.name === '_id_'))
    throw new MongoError('InvalidOptions', 'cannot drop _id index')
  if (found.length > 1)
    throw new MongoError(
      'IndexKeySpecsConflict',
      'several indexes have this key pattern; drop one by its name',
    )
  return found
}

export const listIndexes: Command = {
  fields: ['cursor', 'includeBuildUUIDs', 'includeIndexBuildInfo'],
  writes: false,
  run(context) {
    const collection = existing(context)
    return startCursor(
      context,
      collection.indexes.map(
        (index) => Object.fromEntries(index.spec.source) as { [name: string]: Encodable },
      ),
      collection.namespace,
    )
  },
}

export const listDatabases: Command = {
  fields: ['filter', 'nameOnly', 'authorizedDatabases'],
  writes: false,
  *run(context) {
    if (context.db !== 'admin')
      throw new MongoError('Unauthorized', 'listDatabases may only be run against the admin database.')
    const matches = compileFilter(
      parseFilter(docField(context.body, 'filter') ?? new Map()),
      compileCondition,
    )
    const nameOnly = boolField(context.body, 'nameOnly')
    const sizes = new Map<string, number>()
    for (const collection of context.engine.store.all())
      sizes.set(
        collection.db,
        (sizes.get(collection.db) ?? 0) + (nameOnly ? 0 : (yield* storageSize(collection)).data),
      )
    const databases = [...sizes].sort().map(([name, size]) => ({
      name,
      ...(nameOnly ? {} : { sizeOnDisk: BigInt(size), empty: size === 0 }),
    }))
    const shown = databases.filter((doc) => matches(decodeDoc(encodeDoc(doc), true)))
    if (nameOnly) return { databases: shown }
    const totalSize = shown.reduce((total, { name }) => total + (sizes.get(name) ?? 0), 0)
    return { databases: shown, totalSize: BigInt(totalSize) }
  },
}

type Sizes = { count: number; data: number; index: Map<string, number> }
const rowsAtOnce = 1000

/** Adds up a column of a table, a thousand rows at a time. */
function* total(
  collection: Collection,
  table: string,
  key: string,
  size: string,
): Steps<{ n: number; bytes: number }> {
  const columns = `${key} AS at, ${size} AS bytes FROM ${table}`
  const first = collection.file.statement(
    `SELECT count(*) AS n, sum(bytes) AS bytes, max(at) AS last FROM (SELECT ${columns} ORDER BY ${key} LIMIT ${rowsAtOnce})`,
  )
  const more = collection.file.statement(
    `SELECT count(*) AS n, sum(bytes) AS bytes, max(at) AS last FROM (SELECT ${columns} WHERE ${key} > ? ORDER BY ${key} LIMIT ${rowsAtOnce})`,
  )
  const sum = { n: 0, bytes: 0 }
  let last: number | Uint8Array | null = null
  do {
    const row = (last === null ? first.get() : more.get(last)) as {
      n: number
      bytes: number | null
      last: number | Uint8Array | null
    }
    sum.n += row.n
    sum.bytes += row.bytes ?? 0
    last = row.n < rowsAtOnce ? null : row.last
    pace.document(row.n << 8)
    if (pace.over) {
      yield
      collection.checkUsable()
    }
  } while (last !== null)
  return sum
}

function* storageSize(collection: Collection): Steps<Sizes> {
  const { n, bytes } = yield* total(collection, collection.table, 'rid', 'length(doc)')
  const index = new Map<string, number>()
  for (const { spec, table } of collection.indexes)
    index.set(spec.name, (yield* total(collection, table, 'key', 'length(key) + 9')).bytes)
  return { count: n, data: bytes, index }
}

export const collStats: Command = {
  fields: ['scale', 'verbose'],
  writes: false,
  *run(context) {
    const collection = context.engine.store.collection(context.db, collectionName(context))
    const scale = countField(context.body, 'scale') || 1
    const ns = `${context.db}.${collectionName(context)}`
    if (!collection)
      return {
        ns,
        size: int(0),
        count: int(0),
        storageSize: int(0),
        nindexes: int(0),
        totalIndexSize: int(0),
        indexSizes: {},
        scaleFactor: int(scale),
      }
    const { count, data, index } = yield* storageSize(collection)
    const scaled = (bytes: number) => BigInt(Math.floor(bytes / scale))
    return {
      ns,
      size: scaled(data),
      count: int(count),
      ...(count > 0 ? { avgObjSize: int(Math.floor(data / count)) } : {}),
      storageSize: scaled(data),
      nindexes: int(index.size),
      totalIndexSize: scaled([...index.values()].reduce((a, b) => a + b, 0)),
      indexSizes: Object.fromEntries([...index].map(([name, bytes]) => [name, scaled(bytes)])),
      capped: false,
      scaleFactor: int(scale),
    }
  },
}

export const dbStats: Command = {
  fields: ['scale', 'freeStorage'],
  writes: false,
  *run(context) {
    const scale = countField(context.body, 'scale') || 1
    const total = { objects: 0, data: 0, indexes: 0, index: 0, collections: 0 }
    for (const collection of context.engine.store.inDatabase(context.db)) {
      const { count, data, index } = yield* storageSize(collection)
      total.collections++
      total.objects += count
      total.data += data
      total.indexes += index.size
      for (const bytes of index.values()) total.index += bytes
    }
    return {
      db: context.db,
      collections: int(total.collections),
      views: int(0),
      objects: int(total.objects),
      avgObjSize: total.objects === 0 ? 0 : total.data / total.objects,
      dataSize: total.data / scale,
      storageSize: total.data / scale,
      indexes: int(total.indexes),
      indexSize: total.index / scale,
      totalSize: (total.data + total.index) / scale,
      scaleFactor: int(scale),
    }
  },
}
