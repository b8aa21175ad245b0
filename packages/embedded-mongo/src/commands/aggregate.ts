/** aggregate: the first stages go to the planner (and so to an index), the others run on what comes out. */

import { compileCondition } from '../aggregate/expression.ts'
import { compileStage, positive } from '../aggregate/stages.ts'
import type { Foreign, Items } from '../aggregate/types.ts'
import { encodeDoc, maxDocumentBytes } from '../bson/encode.ts'
import { type Doc, isDoc, isNumber, type Value } from '../bson/values.ts'
import type { Stream } from '../cursors.ts'
import { LocationError, MongoError } from '../errors.ts'
import { compileFilter } from '../filter/match.ts'
import { pause } from '../pace.ts'
import { execute } from '../query/execute.ts'
import { Found } from '../query/found.ts'
import { plan } from '../query/planner.ts'
import { countByKeys, prepareQuery, runQuery } from '../query/query.ts'
import type { Query, QueryInput } from '../query/types.ts'
import { boolField, checkCollation, collectionName, countField, docField, refuseFields } from './command.ts'
import { explainReply } from './explain.ts'
import { cursorReply } from './find.ts'
import type { Command, CommandContext } from './types.ts'

/** What the planner takes of a pipeline, and what is left: leading $match, $sort, $skip, $limit in that order. */
function splitPipeline(context: CommandContext): { input: QueryInput; rest: Value[] } {
  const pipeline = context.body.get('pipeline')
  if (!Array.isArray(pipeline))
    throw new MongoError('TypeMismatch', "'pipeline' option must be specified as an array")
  const input: QueryInput = { filter: undefined, hint: context.body.get('hint') }
  const rest = [...pipeline]
  const take = (name: string): Value | undefined => {
    const stage = rest[0]
    if (!isDoc(stage) || stage.size !== 1 || !stage.has(name)) return undefined
    rest.shift()
    return stage.get(name)
  }
  const filter = take('$match')
  if (filter !== undefined) {
    if (!isDoc(filter)) throw new LocationError(15959, 'the match filter must be an expression in an object')
    input.filter = filter
  }
  const sort = take('$sort')
  if (sort !== undefined) {
    if (!isDoc(sort) || sort.size === 0)
      throw new LocationError(15976, '$sort stage must have at least one sort key')
    input.sort = sort
  }
  const skip = take('$skip')
  if (skip !== undefined) input.skip = positive('$skip', skip, 0)
  const limit = take('$limit')
  if (limit !== undefined) input.limit = positive('$limit', limit, 1)
  return { input, rest }
}

export const aggregate: Command = {
  fields: [
    'pipeline',
    'cursor',
    'explain',
    'allowDiskUse',
    'bypassDocumentValidation',
    'hint',
    'let',
    'collation',
    'fromMongos',
    'needsMerge',
  ],
  writes: false,
  *run(context) {
    const { body, engine, db } = context
    refuseFields(body, ['let', 'fromMongos', 'needsMerge'])
    checkCollation(body.get('collation'))
    if (typeof body.get('aggregate') !== 'string')
      throw new MongoError('InvalidNamespace', 'aggregations on a database are not supported by this server')
    if (boolField(body, 'explain')) return yield* explainReply(context, 'queryPlanner')
    const options = docField(body, 'cursor')
    if (!options)
      throw new MongoError(
        'FailedToParse',
        "The 'cursor' option is required, except for aggregate with the explain argument",
      )
    for (const name of options.keys())
      if (name !== 'batchSize')
        throw new LocationError(40415, `BSON field 'cursor.${name}' is an unknown field.`)
    const name = collectionName(context)
    const { input, rest } = splitPipeline(context)
    const collection = engine.store.collection(db, name)
    const query = prepareQuery(collection, input)
    const foreign = foreignOf(context)
    const stages = rest.map((stage) => compileStage(stage, foreign))
    // What countDocuments sends counts documents and looks at none.
    const count = looksAtNothing(rest[0]) ? yield* countByKeys(collection, query) : undefined
    let items: Items = count === undefined ? runQuery(collection, query) : blanks(count)
    for (const stage of stages) items = stage(items)
    const namespace = `${db}.${name}`
    const batch = yield* engine.cursors.start(streamOfItems(items, query, rest.length === 0), namespace, {
      batchSize: countField(options, 'batchSize'),
      deadline: context.deadline,
    })
    return cursorReply(batch, namespace, 'firstBatch')
  },
}

/** A $count, or a $group whose expressions are all constants. */
function looksAtNothing(stage: Value | undefined): boolean {
  if (!isDoc(stage)) return false
  const group = stage.get('$group')
  if (!isDoc(group)) return stage.has('$count')
  return [...group].every(([name, value]) =>
    name === '_id' ? constant(value) : isDoc(value) && value.has('$sum') && constant(value.get('$sum')!),
  )
}

const constant = (value: Value): boolean => value === null || isNumber(value)

function blanks(count: number): Items {
  const blank = { doc: new Map() }
  let left = count
  return { next: () => (left-- > 0 ? blank : undefined), park: () => 0 }
}

function streamOfItems(items: Items, query: Query, plain: boolean): Stream {
  let left = plain && query.limit > 0 ? query.limit : Number.POSITIVE_INFINITY
  return {
    next() {
      const item = items.next()
      if (item === undefined || item === pause) return item
      left--
      return item instanceof Found ? item.bytes : encodeResult(item.doc)
    },
    park: () => items.park(),
    get finished() {
      return left <= 0
    },
  }
}

function encodeResult(doc: Doc): Buffer {
  const bytes = encodeDoc(doc)
  if (bytes.length > maxDocumentBytes)
    throw new LocationError(
      10334,
      `BSONObj size: ${bytes.length} is invalid. Size must be between 0 and ${maxDocumentBytes}`,
    )
  return bytes
}

const foreignOf =
  (context: CommandContext): Foreign =>
  (name, filter) => {
    const collection = context.engine.store.collection(context.db, name)
    return (
      collection &&
      execute(collection, {
        plan: plan(collection, filter, undefined, undefined, false),
        matches: compileFilter(filter, compileCondition),
        sort: undefined,
        skip: 0,
        limit: 0,
      })
    )
  }
