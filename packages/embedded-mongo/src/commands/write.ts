/** insert, update, delete, findAndModify. */

import { compileCondition, compileExpression } from '../aggregate/expression.ts'
import { pipelineUpdate } from '../aggregate/update-pipeline.ts'
import { decodeDoc } from '../bson/decode.ts'
import { checkSize, encodeDoc, encodeStored, Raw } from '../bson/encode.ts'
import { BSONRegExp, type Doc, int, isDoc, isNumber, numeric, Timestamp, type Value } from '../bson/values.ts'
import { LocationError, MongoError } from '../errors.ts'
import type { Track } from '../filter/types.ts'
import { awaited, pace, pause, type Steps } from '../pace.ts'
import { Found } from '../query/found.ts'
import { parseProjection } from '../query/project.ts'
import { prepareQuery, runQuery } from '../query/query.ts'
import type { Query } from '../query/types.ts'
import type { Collection } from '../storage/collection.ts'
import { checkNamespace } from '../storage/store.ts'
import type { Update } from '../update/types.ts'
import { equalityFields, parseUpdate, timestampNow, withId } from '../update/update.ts'
import { eachOperation, operations, Tally } from './batch.ts'
import { boolField, checkCollation, collectionName, docField, refuseFields } from './command.ts'
import { projected } from './find.ts'
import type { Command } from './types.ts'

export const insert: Command = {
  fields: ['documents', 'ordered', 'bypassDocumentValidation'],
  writes: true,
  retryable: true,
  grows: () => true,
  *run(context) {
    const docs = operations(context, 'documents')
    const name = collectionName(context)
    checkNamespace(context.db, name)
    const { store: catalog } = context.engine
    const tally = Tally.of(context)
    yield* eachOperation(context, tally, docs.length, (i) => {
      insertOne(catalog.ensure(context.db, name), docs[i]!.doc(), docs[i]!.raw)
      tally.n++
      return undefined
    })
    return { n: int(tally.n), ...tally.writeErrors }
  },
}

/** `raw` is stored as it came when nothing has to be changed in it. */
function insertOne(collection: Collection, source: Doc, raw: Buffer | undefined): void {
  let doc = source
  let bytes: Buffer | undefined = raw
  let first = true
  let rewrite = false
  for (const [name, value] of doc) {
    if (name.startsWith('$'))
      throw new MongoError('DollarPrefixedFieldName', `Document can't have $ prefixed field names: ${name}`)
    if (first && name !== '_id') rewrite = true
    first = false
    if (value instanceof Timestamp && value.isZero() && name !== '_id') {
      doc = new Map(doc).set(name, timestampNow())
      rewrite = true
    }
  }
  if (!doc.has('_id') || rewrite || !bytes) {
    doc = withId(undefined, doc, true)
    bytes = encodeStored(doc)
  }
  checkId(doc.get('_id')!)
  checkSize(bytes.length)
  collection.insert(doc, bytes)
}

function checkId(id: Value): void {
  if (Array.isArray(id)) throw new MongoError('InvalidIdField', "The '_id' value cannot be of type array")
  if (id instanceof BSONRegExp)
    throw new MongoError('InvalidIdField', "The '_id' value cannot be of type regex")
  if (isDoc(id))
    for (const name of id.keys())
      if (name.startsWith('$') && !['$ref', '$id', '$db'].includes(name))
        throw new MongoError(
          'DollarPrefixedFieldName',
          `_id fields may not contain '$'-prefixed fields: ${name} is not valid for storage.`,
        )
}

/** Encodes and stores a changed document. @returns whether it differs from what was stored */
function store(collection: Collection, found: Found, after: Doc): boolean {
  const bytes = encodeUpdated(after)
  if (bytes.equals(found.bytes)) return false
  // What was built by operators must be as valid as what a client sends: depth is checked by reading it back.
  collection.replace(found.rid, found.doc, decodeDoc(bytes), bytes)
  return true
}

function encodeUpdated(doc: Doc): Buffer {
  const bytes = encodeDoc(doc)
  if (bytes.length > 16 * 1024 * 1024)
    throw new LocationError(17419, `Resulting document after update is larger than ${16 * 1024 * 1024}`)
  return bytes
}

function changed(update: Update, found: Found, query: Query): Doc {
  if (update.kind === 'replace') return withId(found.doc, withoutZeroTimestamps(update.doc), true)
  const track: Track = { position: -1 }
  query.matches(found.doc, track)
  return withId(
    found.doc,
    update.apply(found.doc, { position: track.position, inserting: false }),
    update.keepsId,
  )
}

function withoutZeroTimestamps(doc: Doc): Doc {
  let out = doc
  for (const [name, value] of doc)
    if (value instanceof Timestamp && value.isZero()) out = new Map(out).set(name, timestampNow())
  return out
}

/** Inserts what an upsert makes of its filter and update. */
function upsert(collection: Collection, query: Query, update: Update): { doc: Doc; bytes: Buffer } {
  const base = equalityFields(query.filter)
  let doc: Doc
  if (update.kind === 'replace') {
    doc = withoutZeroTimestamps(update.doc)
    const id = base.get('_id')
    if (id !== undefined) doc = withId(new Map([['_id', id]]), doc, true)
  } else {
    const start = base.has('_id') ? base.get('_id') : undefined
    doc = update.apply(base, { position: -1, inserting: true })
    if (start !== undefined) doc = withId(new Map([['_id', start]]), doc, update.keepsId)
  }
  doc = withId(undefined, doc, true)
  checkId(doc.get('_id')!)
  const bytes = encodeUpdated(doc)
  doc = decodeDoc(bytes)
  collection.insert(doc, bytes)
  return { doc, bytes }
}

const updateFields = [
  'q',
  'u',
  'c',
  'upsert',
  'multi',
  'hint',
  'collation',
  'arrayFilters',
  'sort',
  'comment',
  'upsertSupplied',
]

function checkOperation(doc: Doc, fields: readonly string[], what: string): void {
  for (const name of doc.keys())
    if (!fields.includes(name))
      throw new LocationError(40415, `BSON field '${what}.${name}' is an unknown field.`)
  checkCollation(doc.get('collation'))
}

const context = { expr: compileCondition, pipeline: pipelineUpdate }

/**
 * The first match, as it is now. A sort in memory may have been interrupted: if its first was changed meanwhile, it is
 * looked for again.
 */
function* firstMatch(collection: Collection | undefined, query: Query): Steps<Found | undefined> {
  for (;;) {
    const results = runQuery(collection, query)
    const found = yield* awaited(() => results.next())
    if (!found || !query.plan?.blockingSort) return found
    if (collection?.bytes(found.rid)?.equals(found.bytes)) return found
    if (pace.over) yield
  }
}

/**
 * Changes all matches, collected before the first is changed: a document moved in an index by its own update is not met
 * twice. Only record numbers are held. Others may write in between, so each is looked at again.
 */
function* eachMatch(collection: Collection, query: Query, change: (found: Found) => void): Steps<void> {
  const results = runQuery(collection, query)
  const rids: number[] = []
  for (;;) {
    const found = results.next()
    if (found === undefined) break
    if (found === pause) yield
    else rids.push(found.rid)
  }
  for (const rid of rids) {
    if (pace.over) {
      yield
      if (collection.gone) return
    }
    const bytes = collection.bytes(rid)
    if (!bytes) continue
    const found = new Found(rid, bytes)
    if (query.matches(found.doc)) change(found)
    pace.document(bytes.length + 4096)
  }
}

export const update: Command = {
  fields: ['updates', 'ordered', 'bypassDocumentValidation', 'let'],
  writes: true,
  retryable: true,
  grows: () => true,
  *run(command) {
    refuseFields(command.body, ['let'])
    const ops = operations(command, 'updates')
    const name = collectionName(command)
    checkNamespace(command.db, name)
    const { store: catalog } = command.engine
    const tally = Tally.of(command)
    yield* eachOperation(command, tally, ops.length, function* (i) {
      const op = ops[i]!.doc()
      checkOperation(op, updateFields, 'update.updates')
      refuseFields(op, ['c', 'upsertSupplied'])
      const many = boolField(op, 'multi')
      if (many && command.body.has('txnNumber'))
        throw new MongoError('InvalidOptions', 'Cannot use (or request) retryable writes with multi=true')
      const change = parseUpdate(op.get('u'), op.get('arrayFilters'), context)
      if (many && change.kind === 'replace')
        throw new MongoError('FailedToParse', 'multi update is not supported for replacement-style update')
      if (many && op.has('sort')) throw new MongoError('FailedToParse', 'Cannot specify sort with multi=true')
      const collection = catalog.collection(command.db, name)
      const query = prepareQuery(collection, {
        filter: required(op, 'q'),
        sort: docField(op, 'sort'),
        hint: op.get('hint'),
        limit: many ? 0 : 1,
      })
      let matched = 0
      const apply = (found: Found) => {
        matched++
        if (store(collection!, found, changed(change, found, query))) tally.nModified++
      }
      if (many) {
        if (collection) yield* eachMatch(collection, query, apply)
      } else {
        const found = yield* firstMatch(collection, query)
        if (found) apply(found)
      }
      tally.n += matched
      if (matched > 0 || !boolField(op, 'upsert')) return
      const { doc } = upsert(catalog.ensure(command.db, name), query, change)
      tally.upserted.push({ index: int(i), _id: doc.get('_id')! })
      tally.n++
    })
    const { upserted } = tally
    return {
      n: int(tally.n),
      nModified: int(tally.nModified),
      ...(upserted.length > 0 ? { upserted } : {}),
      ...tally.writeErrors,
    }
  },
}

function required(op: Doc, field: string): Doc {
  const doc = docField(op, field)
  if (!doc) throw new LocationError(40414, `BSON field '${field}' is missing but a required field`)
  return doc
}

export const remove: Command = {
  fields: ['deletes', 'ordered', 'let'],
  writes: true,
  retryable: true,
  *run(command) {
    refuseFields(command.body, ['let'])
    const ops = operations(command, 'deletes')
    const name = collectionName(command)
    const tally = Tally.of(command)
    yield* eachOperation(command, tally, ops.length, function* (i) {
      const op = ops[i]!.doc()
      checkOperation(op, ['q', 'limit', 'hint', 'collation', 'comment'], 'delete.deletes')
      const limit = op.get('limit')
      const count = limit !== undefined && isNumber(limit) ? Number(numeric(limit)) : Number.NaN
      if (count !== 0 && count !== 1)
        throw new MongoError(
          'FailedToParse',
          `The limit field in delete objects must be 0 or 1. Got ${String(limit)}`,
        )
      if (count === 0 && command.body.has('txnNumber'))
        throw new MongoError('InvalidOptions', 'Cannot use (or request) retryable writes with limit=0')
      const collection = command.engine.store.collection(command.db, name)
      const query = prepareQuery(collection, {
        filter: required(op, 'q'),
        hint: op.get('hint'),
        limit: count,
      })
      if (!collection) return
      const apply = (found: Found) => {
        collection.remove(found.rid, found.doc)
        tally.n++
      }
      if (count === 0) {
        yield* eachMatch(collection, query, apply)
        return
      }
      const found = yield* firstMatch(collection, query)
      if (found) apply(found)
    })
    return { n: int(tally.n), ...tally.writeErrors }
  },
}

export const findAndModify: Command = {
  fields: [
    'query',
    'sort',
    'remove',
    'update',
    'new',
    'fields',
    'upsert',
    'bypassDocumentValidation',
    'collation',
    'arrayFilters',
    'hint',
    'let',
  ],
  writes: true,
  retryable: true,
  grows: (body) => body.get('remove') !== true,
  *run(command) {
    const { body, engine, db } = command
    refuseFields(body, ['let'])
    checkCollation(body.get('collation'))
    const name = collectionName(command)
    checkNamespace(db, name)
    const removing = boolField(body, 'remove')
    const upserting = boolField(body, 'upsert')
    const wantsNew = boolField(body, 'new')
    const source = body.get('update')
    if (removing === (source !== undefined))
      throw new MongoError(
        'FailedToParse',
        removing
          ? 'Cannot specify both an update and remove=true'
          : 'Either an update or remove=true must be specified',
      )
    if (removing && upserting)
      throw new MongoError('FailedToParse', 'Cannot specify both upsert=true and remove=true')
    if (removing && wantsNew)
      throw new MongoError(
        'FailedToParse',
        "Cannot specify both new=true and remove=true; 'remove' always returns the deleted document",
      )
    const change = removing ? undefined : parseUpdate(source, body.get('arrayFilters'), context)
    const collection = engine.store.collection(db, name)
    const query = prepareQuery(collection, {
      filter: docField(body, 'query'),
      sort: docField(body, 'sort'),
      hint: body.get('hint'),
      limit: 1,
    })
    const projection = parseProjection(docField(body, 'fields'), compileCondition, compileExpression)
    const shown = (found: Found) => (projection ? projected(found, query, projection) : new Raw(found.bytes))
    const found = yield* firstMatch(collection, query)
    if (!change) {
      if (!found) return { lastErrorObject: { n: int(0) }, value: null }
      const value = shown(found)
      collection!.remove(found.rid, found.doc)
      return { lastErrorObject: { n: int(1) }, value }
    }
    if (found) {
      const after = changed(change, found, query)
      const before = shown(found)
      store(collection!, found, after)
      return {
        lastErrorObject: { n: int(1), updatedExisting: true },
        value: wantsNew ? shown(new Found(found.rid, encodeDoc(after))) : before,
      }
    }
    if (!upserting) return { lastErrorObject: { n: int(0), updatedExisting: false }, value: null }
    const made = upsert(engine.store.ensure(db, name), query, change)
    return {
      lastErrorObject: { n: int(1), updatedExisting: false, upserted: made.doc.get('_id')! },
      value: wantsNew ? shown(new Found(0, made.bytes)) : null,
    }
  },
}
