/** find, getMore, killCursors, count, distinct. */

import { compileCondition, compileExpression } from '../aggregate/expression.ts'
import { encodeDoc, maxDocumentBytes } from '../bson/encode.ts'
import { type Doc, int, isNumber, numeric, type Value } from '../bson/values.ts'
import type { Batch, Stream } from '../cursors.ts'
import { LocationError, MongoError } from '../errors.ts'
import type { Track } from '../filter/types.ts'
import { pause, type Steps } from '../pace.ts'
import type { Found } from '../query/found.ts'
import { parseProjection } from '../query/project.ts'
import { countByKeys, prepareQuery, runQuery } from '../query/query.ts'
import type { Projection, Query, Results } from '../query/types.ts'
import { encodeKey } from '../storage/key.ts'
import { visitPath } from '../storage/paths.ts'
import {
  boolField,
  checkCollation,
  collectionName,
  countField,
  docField,
  refuseFields,
  stringField,
} from './command.ts'
import type { Command, CommandContext, Reply } from './types.ts'

const findFields = [
  'filter',
  'sort',
  'projection',
  'hint',
  'skip',
  'limit',
  'batchSize',
  'singleBatch',
  'noCursorTimeout',
  'allowPartialResults',
  'allowDiskUse',
  'collation',
  'let',
  'max',
  'min',
  'returnKey',
  'showRecordId',
  'tailable',
  'oplogReplay',
  'awaitData',
]
const refusedFindFields = [
  'let',
  'max',
  'min',
  'returnKey',
  'showRecordId',
  'tailable',
  'awaitData',
  'oplogReplay',
]

export function queryOfFind(context: CommandContext): { query: Query; projection: Projection | undefined } {
  const { body, engine, db } = context
  refuseFields(body, refusedFindFields)
  checkCollation(body.get('collation'))
  const query = prepareQuery(engine.store.collection(db, collectionName(context)), {
    filter: docField(body, 'filter'),
    sort: docField(body, 'sort'),
    hint: body.get('hint'),
    skip: countField(body, 'skip'),
    limit: countField(body, 'limit'),
  })
  return {
    query,
    projection: parseProjection(docField(body, 'projection'), compileCondition, compileExpression),
  }
}

/** Results as bytes: stored documents are sent as they are unless a projection changes them. */
function streamOf(results: Results, query: Query, projection: Projection | undefined): Stream {
  let left = query.limit === 0 ? Number.POSITIVE_INFINITY : query.limit
  return {
    next() {
      if (left <= 0) return undefined
      const found = results.next()
      if (found === undefined || found === pause) return found
      left--
      return projection ? encodeDoc(projected(found, query, projection)) : found.bytes
    },
    park: () => results.park(),
    get finished() {
      return left <= 0
    },
  }
}

export function projected(found: Found, query: Query, projection: Projection): Doc {
  const track: Track = { position: -1 }
  if (projection.positional) {
    query.matches(found.doc, track)
    if (track.position < 0)
      throw new LocationError(
        51246,
        "Executor error during find command :: caused by :: positional operator '.$' couldn't find a matching element in the array",
      )
  }
  return projection.apply(found.doc, track)
}

export function cursorReply(batch: Batch, namespace: string, field: 'firstBatch' | 'nextBatch'): Reply {
  return { cursor: { [field]: batch.docs, id: batch.id, ns: namespace } }
}

export const find: Command = {
  fields: findFields,
  writes: false,
  *run(context) {
    const { query, projection } = queryOfFind(context)
    const { body, engine, db } = context
    const name = collectionName(context)
    const results = runQuery(engine.store.collection(db, name), query)
    const namespace = `${db}.${name}`
    const batch = yield* engine.cursors.start(streamOf(results, query, projection), namespace, {
      batchSize: countField(body, 'batchSize'),
      single: boolField(body, 'singleBatch'),
      keep: boolField(body, 'noCursorTimeout'),
      deadline: context.deadline,
    })
    return cursorReply(batch, namespace, 'firstBatch')
  },
}

function cursorId(value: Value | undefined): bigint {
  if (value === undefined || !isNumber(value))
    throw new MongoError('TypeMismatch', 'a cursor id must be a long')
  return BigInt(numeric(value))
}

export const getMore: Command = {
  fields: ['collection', 'batchSize', 'term', 'lastKnownCommittedOpTime'],
  writes: false,
  *run(context) {
    const namespace = `${context.db}.${stringField(context, 'collection')}`
    const id = cursorId(context.body.get('getMore'))
    const batch = yield* context.engine.cursors.more(
      id,
      namespace,
      countField(context.body, 'batchSize'),
      (deadline) => context.limit(deadline),
    )
    return cursorReply(batch, namespace, 'nextBatch')
  },
}

export const killCursors: Command = {
  fields: ['cursors'],
  writes: false,
  run(context) {
    const namespace = `${context.db}.${collectionName(context)}`
    const ids = context.body.get('cursors')
    if (!Array.isArray(ids)) throw new MongoError('TypeMismatch', 'cursors must be an array')
    const killed: bigint[] = []
    const notFound: bigint[] = []
    for (const item of ids) {
      const id = cursorId(item)
      if (context.engine.cursors.kill(id, namespace)) killed.push(id)
      else notFound.push(id)
    }
    return { cursorsKilled: killed, cursorsNotFound: notFound, cursorsAlive: [], cursorsUnknown: [] }
  },
}

export const count: Command = {
  fields: ['query', 'limit', 'skip', 'hint', 'collation', 'fields'],
  writes: false,
  *run(context) {
    const { body, engine, db } = context
    checkCollation(body.get('collation'))
    const collection = engine.store.collection(db, collectionName(context))
    const limit = body.get('limit')
    const query = prepareQuery(collection, {
      filter: docField(body, 'query'),
      hint: body.get('hint'),
      skip: countField(body, 'skip'),
      // A negative limit counts as a positive one.
      limit: limit !== undefined && isNumber(limit) ? Math.abs(Number(numeric(limit))) : 0,
    })
    const n = yield* countByKeys(collection, query)
    return { n: int(n ?? (yield* countAll(runQuery(collection, query)))) }
  },
}

export function* countAll(results: Results): Steps<number> {
  for (let n = 0; ; ) {
    const found = results.next()
    if (found === undefined) return n
    if (found === pause) yield
    else n++
  }
}

export const distinct: Command = {
  fields: ['key', 'query', 'hint', 'collation'],
  writes: false,
  *run(context) {
    const { body, engine, db } = context
    checkCollation(body.get('collation'))
    const path = body.get('key')
    if (typeof path !== 'string' || path === '')
      throw new MongoError(
        'TypeMismatch',
        "BSON field 'distinct.key' is the wrong type, expected type 'string'",
      )
    const collection = engine.store.collection(db, collectionName(context))
    const query = prepareQuery(collection, { filter: docField(body, 'query'), hint: body.get('hint') })
    const results = runQuery(collection, query)
    const parts = path.split('.')
    const values = new Map<string, Value>()
    const add = (value: Value) => {
      const key = encodeKey(value).toString('latin1')
      if (!values.has(key)) values.set(key, value)
    }
    for (;;) {
      const found = results.next()
      if (found === undefined) break
      if (found === pause) {
        yield
        continue
      }
      visitPath(found.doc, parts, false, (value) => {
        if (Array.isArray(value)) for (const item of value) add(item)
        else if (value !== undefined) add(value)
        return false
      })
    }
    const reply = [...values.values()]
    if (encodeDoc({ reply }).length > maxDocumentBytes)
      throw new LocationError(17217, 'distinct too big, 16mb cap')
    return { values: reply }
  },
}
