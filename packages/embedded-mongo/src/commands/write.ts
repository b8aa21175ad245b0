/** insert, update, delete, findAndModify. */

import { compileCondition, compileExpression } from '../aggregate/expression.ts'
import { pipelineUpdate } from '../aggregate/update-pipeline.ts'
import { decodeDoc } from '../bson/decode.ts'
import { checkSize, encodeDoc, encodeStored, Raw } from '../bson/encode.ts'
import { BSONRegExp, type Doc, int, isDoc, isNumber, numeric, Timestamp, type Value } from '../bson/values.ts'
import { LocationError, MongoError } from '../errors.ts'
import type { Track } from '../filter/types.ts'
import { Found } from '../query/found.ts'
import { parseProjection } from '../query/project.ts'
import { prepareQuery, runQuery } from '../query/query.ts'
import type { Query } from '../query/types.ts'
import type { Collection } from '../storage/collection.ts'
import { checkNamespace } from '../storage/store.ts'
import type { Update } from '../update/types.ts'
import { equalityFields, parseUpdate, timestampNow, withId } from '../update/update.ts'
import { boolField, checkCollation, collectionName, docField, refuseFields } from './command.ts'
import { projected } from './find.ts'
import type { Command, CommandContext, Reply } from './types.ts'

const maxBatch = 100_000

type WriteError = { index: number; error: MongoError }

/** The operations of a batch: in the body or as a document sequence. */
function operations(context: CommandContext, field: string): { raw: Buffer | undefined; doc: () => Doc }[] {
  const sequence = context.sequences.get(field)
  const inline = context.body.get(field)
  for (const name of context.sequences.keys())
    if (name !== field)
      throw new LocationError(40415, `BSON field '${context.name}.${name}' is an unknown field.`)
  if (sequence) {
    if (sequence.length === 0 || sequence.length > maxBatch) throw batchSize(sequence.length)
    return sequence.map((raw) => ({ raw, doc: () => decodeDoc(raw) }))
  }
  if (!Array.isArray(inline))
    throw new LocationError(40414, `BSON field '${context.name}.${field}' is missing but a required field`)
  if (inline.length === 0 || inline.length > maxBatch) throw batchSize(inline.length)
  return inline.map((item) => {
    if (!isDoc(item)) throw new MongoError('TypeMismatch', `${field} must hold objects`)
    return { raw: undefined, doc: () => item }
  })
}

const batchSize = (size: number): MongoError =>
  new MongoError(
    'InvalidLength',
    `Write batch sizes must be between 1 and ${maxBatch}. Got ${size} operations.`,
  )

/** Runs each operation; a refusal ends an ordered batch and is noted in an unordered one. */
function eachOperation(context: CommandContext, count: number, run: (i: number) => void): WriteError[] {
  const ordered = context.body.get('ordered') === undefined || boolField(context.body, 'ordered')
  const errors: WriteError[] = []
  for (let i = 0; i < count; i++) {
    try {
      run(i)
    } catch (error) {
      if (!(error instanceof MongoError)) throw error
      errors.push({ index: i, error })
      if (ordered) break
    }
  }
  return errors
}

function writeErrors(errors: readonly WriteError[]): Reply {
  if (errors.length === 0) return {}
  return {
    writeErrors: errors.map(({ index, error }) => ({
      index: int(index),
      code: int(error.code),
      errmsg: error.message,
      ...(error.extra as Reply),
    })),
  }
}

export const insert: Command = {
  fields: ['documents', 'ordered', 'bypassDocumentValidation'],
  writes: true,
  retryable: true,
  run(context) {
    const docs = operations(context, 'documents')
    const name = collectionName(context)
    checkNamespace(context.db, name)
    const collection = context.engine.store.ensure(context.db, name)
    let n = 0
    const errors = eachOperation(context, docs.length, (i) => {
      insertOne(collection, docs[i]!.doc(), docs[i]!.raw)
      n++
    })
    return { n: int(n), ...writeErrors(errors) }
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
 * All matches, collected before the first is changed: a document moved in an index by its own update is not met twice.
 * Only record numbers are held.
 */
function* matches(
  collection: Collection,
  query: Query,
  run: Pick<CommandContext, 'deadline'>,
): Generator<Found> {
  const results = runQuery(collection, query, run)
  if (query.limit === 1) {
    const found = results.next()
    if (found) yield found
    return
  }
  const rids: number[] = []
  for (let found = results.next(); found; found = results.next()) rids.push(found.rid)
  for (const rid of rids) {
    const bytes = collection.bytes(rid)
    if (bytes) yield new Found(rid, bytes)
  }
}

export const update: Command = {
  fields: ['updates', 'ordered', 'bypassDocumentValidation', 'let'],
  writes: true,
  retryable: true,
  run(command) {
    refuseFields(command.body, ['let'])
    const ops = operations(command, 'updates')
    const name = collectionName(command)
    checkNamespace(command.db, name)
    const { store: catalog } = command.engine
    let n = 0
    let nModified = 0
    const upserted: Reply[] = []
    const errors = eachOperation(command, ops.length, (i) => {
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
      let collection = catalog.collection(command.db, name)
      const query = prepareQuery(collection, {
        filter: required(op, 'q'),
        sort: docField(op, 'sort'),
        hint: op.get('hint'),
        limit: many ? 0 : 1,
      })
      let matched = 0
      if (collection)
        for (const found of matches(collection, query, command)) {
          matched++
          if (store(collection, found, changed(change, found, query))) nModified++
        }
      if (matched === 0 && boolField(op, 'upsert')) {
        collection ??= catalog.ensure(command.db, name)
        const { doc } = upsert(collection, query, change)
        upserted.push({ index: int(i), _id: doc.get('_id')! })
        matched = 1
      }
      n += matched
    })
    return {
      n: int(n),
      nModified: int(nModified),
      ...(upserted.length > 0 ? { upserted } : {}),
      ...writeErrors(errors),
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
  run(command) {
    refuseFields(command.body, ['let'])
    const ops = operations(command, 'deletes')
    const name = collectionName(command)
    let n = 0
    const errors = eachOperation(command, ops.length, (i) => {
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
      for (const found of matches(collection, query, command)) {
        collection.remove(found.rid, found.doc)
        n++
      }
    })
    return { n: int(n), ...writeErrors(errors) }
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
  run(command) {
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
    let collection = engine.store.collection(db, name)
    const query = prepareQuery(collection, {
      filter: docField(body, 'query'),
      sort: docField(body, 'sort'),
      hint: body.get('hint'),
      limit: 1,
    })
    const projection = parseProjection(docField(body, 'fields'), compileCondition, compileExpression)
    const shown = (found: Found) => (projection ? projected(found, query, projection) : new Raw(found.bytes))
    const found = runQuery(collection, query, command).next()
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
    collection ??= engine.store.ensure(db, name)
    const made = upsert(collection, query, change)
    return {
      lastErrorObject: { n: int(1), updatedExisting: false, upserted: made.doc.get('_id')! },
      value: wantsNew ? shown(new Found(0, made.bytes)) : null,
    }
  },
}
