/** explain: which index serves a query, in the shape MongoDB's tools and drivers read. */

import type { Encodable } from '../bson/encode.ts'
import { type Doc, int, isDoc } from '../bson/values.ts'
import { MongoError } from '../errors.ts'
import type { Steps } from '../pace.ts'
import { prepareQuery, runQuery } from '../query/query.ts'
import type { IndexScan, Plan, Query, Scan } from '../query/types.ts'
import type { Collection } from '../storage/collection.ts'
import { docField } from './command.ts'
import { countAll, queryOfFind } from './find.ts'
import type { Command, CommandContext, Reply } from './types.ts'

type Stage = { readonly [name: string]: Encodable }

function indexStage(scan: IndexScan): Stage {
  const { spec } = scan.index
  const stage: Stage = {
    stage: 'IXSCAN',
    keyPattern: spec.key,
    indexName: spec.name,
    isMultiKey: scan.index.isMultikey,
    multiKeyPaths: Object.fromEntries(
      spec.parts.map((part, i) => [part.path, scan.index.multikey[i] ? [part.path] : []]),
    ),
    isUnique: spec.unique,
    isSparse: spec.sparse,
    isPartial: spec.partial !== undefined,
    indexVersion: int(2),
    direction: scan.descending ? 'backward' : 'forward',
    indexBounds: Object.fromEntries(scan.bounds.map(({ path, shown }) => [path, shown])),
  }
  return scan.merge ? { stage: 'SORT_MERGE', inputStages: [stage] } : stage
}

function scanStage(scan: Scan, filter: Doc | undefined): Stage {
  const shown = filter && filter.size > 0 ? { filter } : {}
  switch (scan.kind) {
    case 'collection':
      return { stage: 'COLLSCAN', ...shown, direction: scan.descending ? 'backward' : 'forward' }
    case 'index':
      return { stage: 'FETCH', ...shown, inputStage: indexStage(scan) }
    case 'or':
      return {
        stage: 'FETCH',
        ...shown,
        inputStage: { stage: 'OR', inputStages: scan.branches.map(indexStage) },
      }
  }
}

function planStages(
  query: Query,
  plan: Plan,
  source: Doc | undefined,
  sort: Doc | undefined,
  projected: boolean,
): Stage {
  let stage = scanStage(plan.scan, plan.residual ? source : undefined)
  if (plan.blockingSort)
    stage = {
      stage: 'SORT',
      sortPattern: sort,
      memLimit: int(100 * 1024 * 1024),
      ...(query.limit ? { limitAmount: int(query.limit + query.skip) } : {}),
      type: 'simple',
      inputStage: stage,
    }
  if (query.skip) stage = { stage: 'SKIP', skipAmount: int(query.skip), inputStage: stage }
  if (query.limit && !plan.blockingSort)
    stage = { stage: 'LIMIT', limitAmount: int(query.limit), inputStage: stage }
  if (projected) stage = { stage: 'PROJECTION_DEFAULT', inputStage: stage }
  return stage
}

/** The explained query of any command that has one. */
function explained(inner: CommandContext): {
  query: Query
  filter: Doc | undefined
  sort: Doc | undefined
  projected: boolean
  collection: Collection | undefined
} {
  const { body, engine, db } = inner
  const name = body.get(inner.name)
  const collection = typeof name === 'string' ? engine.store.collection(db, name) : undefined
  switch (inner.name) {
    case 'find': {
      const { query, projection } = queryOfFind(inner)
      return {
        query,
        filter: docField(body, 'filter'),
        sort: docField(body, 'sort'),
        projected: projection !== undefined,
        collection,
      }
    }
    case 'count':
    case 'distinct':
    case 'findAndModify': {
      const filter = docField(body, 'query')
      const sort = docField(body, 'sort')
      return {
        query: prepareQuery(collection, { filter, sort, hint: body.get('hint') }),
        filter,
        sort,
        projected: false,
        collection,
      }
    }
    case 'update':
    case 'delete': {
      const list = body.get(inner.name === 'update' ? 'updates' : 'deletes')
      const op = Array.isArray(list) && list.length === 1 ? list[0] : undefined
      if (!isDoc(op)) throw new MongoError('InvalidLength', 'explained write batches must be of size 1')
      const filter = docField(op, 'q')
      return {
        query: prepareQuery(collection, { filter, hint: op.get('hint') }),
        filter,
        sort: undefined,
        projected: false,
        collection,
      }
    }
    case 'aggregate': {
      const pipeline = body.get('pipeline')
      if (!Array.isArray(pipeline))
        throw new MongoError('TypeMismatch', "'pipeline' option must be specified as an array")
      const stages = pipeline.filter(isDoc)
      const first = stages[0]?.get('$match')
      const filter = isDoc(first) ? first : undefined
      const next = stages[filter ? 1 : 0]?.get('$sort')
      const sort = isDoc(next) ? next : undefined
      return {
        query: prepareQuery(collection, { filter, sort, hint: body.get('hint') }),
        filter,
        sort,
        projected: false,
        collection,
      }
    }
    default:
      throw new MongoError('CommandNotFound', `Explain failed due to unknown command: ${inner.name}`)
  }
}

export function* explainReply(inner: CommandContext, verbosity: string): Steps<Reply> {
  const { query, filter, sort, projected, collection } = explained(inner)
  const namespace = `${inner.db}.${String(inner.body.get(inner.name))}`
  const winningPlan = query.plan ? planStages(query, query.plan, filter, sort, projected) : { stage: 'EOF' }
  const reply: { [name: string]: Encodable } = {
    explainVersion: '1',
    queryPlanner: {
      namespace,
      parsedQuery: filter ?? new Map(),
      indexFilterSet: false,
      winningPlan,
      rejectedPlans: [],
    },
  }
  if (verbosity !== 'queryPlanner') {
    const started = Date.now()
    const results = runQuery(collection, query)
    const nReturned = yield* countAll(results)
    reply['executionStats'] = {
      executionSuccess: true,
      nReturned: int(nReturned),
      executionTimeMillis: int(Date.now() - started),
      totalKeysExamined: int(results.examined.keys),
      totalDocsExamined: int(results.examined.docs),
      executionStages: winningPlan,
    }
  }
  reply['command'] = inner.body
  reply['serverInfo'] = {
    host: 'localhost',
    port: int(0),
    version: '7.0.0',
    gitVersion: 'enlace-embedded-mongo',
  }
  return reply
}

export const explain: Command = {
  fields: ['verbosity'],
  writes: false,
  run(context) {
    const inner = docField(context.body, 'explain')
    if (!inner) throw new MongoError('TypeMismatch', 'explain needs a command')
    const verbosity = context.body.get('verbosity') ?? 'allPlansExecution'
    if (verbosity !== 'queryPlanner' && verbosity !== 'executionStats' && verbosity !== 'allPlansExecution')
      throw new MongoError(
        'FailedToParse',
        `verbosity string must be one of queryPlanner, executionStats, allPlansExecution`,
      )
    const name = inner.keys().next().value ?? ''
    return explainReply({ ...context, name, body: inner }, verbosity)
  },
}
