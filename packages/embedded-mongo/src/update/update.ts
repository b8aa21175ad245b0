/** Update documents: operators, replacement, and the document an upsert begins with. */

import { randomInt } from 'node:crypto'
import {
  cloneValue,
  compareStrings,
  compareValues,
  type Doc,
  equalValues,
  int,
  isDoc,
  isNumber,
  ObjectId,
  Timestamp,
  typeAlias,
  type Value,
} from '../bson/values.ts'
import { MongoError } from '../errors.ts'
import type { CompileExpression, Filter } from '../filter/types.ts'
import { showValue } from '../storage/collection.ts'
import { isPosition } from '../storage/paths.ts'
import { parseAddToSet, parsePop, parsePull, parsePullAll, parsePush } from './arrays.ts'
import { arithmetic, bitwise } from './numbers.ts'
import { expandPath, fresh, getPath, parseArrayFilters, setPath, unsetPath } from './paths.ts'
import type { ArrayChange, ArrayFilters, Situation, Update, UpdateContext } from './types.ts'

const bad = (message: string): MongoError => new MongoError('BadValue', message)

/** Applies one operator at one concrete path. */
type Action = (doc: Doc, path: string[], situation: Situation) => void
type Step = { operator: string; parts: string[]; action: Action }

export function parseUpdate(
  source: Value | undefined,
  arrayFilters: Value | undefined,
  context: UpdateContext,
): Update {
  if (Array.isArray(source)) {
    if (arrayFilters !== undefined)
      throw new MongoError('FailedToParse', 'arrayFilters may not be specified for pipeline-syle updates')
    return { kind: 'change', keepsId: true, apply: context.pipeline(source) }
  }
  if (!isDoc(source))
    throw new MongoError('FailedToParse', 'Update argument must be either an object or an array')
  const first = source.keys().next().value
  if (first === undefined || !first.startsWith('$')) {
    for (const name of source.keys())
      if (name.startsWith('$'))
        throw new MongoError(
          'DollarPrefixedFieldName',
          `The dollar ($) prefixed field '${name}' in '${name}' is not allowed in the context of an update's replacement document.`,
        )
    if (arrayFilters !== undefined)
      throw new MongoError('FailedToParse', 'arrayFilters may not be specified for replacement-style updates')
    return { kind: 'replace', doc: source }
  }
  const filters = parseArrayFilters(arrayFilters, context.expr)
  const steps = parseSteps(source, context)
  checkConflicts(steps)
  checkFilterUse(steps, filters)
  steps.sort((a, b) => compareParts(a.parts, b.parts))
  return {
    kind: 'change',
    keepsId: false,
    apply(doc, situation) {
      const copy = cloneValue(doc) as Doc
      for (const step of steps) {
        if (step.operator === '$setOnInsert' && !situation.inserting) continue
        for (const path of expandPath(copy, step.parts, situation.position, filters))
          step.action(copy, path, situation)
      }
      return copy
    },
  }
}

function parseSteps(source: Doc, context: UpdateContext): Step[] {
  const steps: Step[] = []
  for (const [operator, fields] of source) {
    const parse = operators[operator]
    if (!parse)
      throw new MongoError(
        'FailedToParse',
        `Unknown modifier: ${operator}. Expected a valid update modifier or pipeline-style update specified as an array`,
      )
    if (!isDoc(fields))
      throw new MongoError(
        'FailedToParse',
        `Modifiers operate on fields but we found type ${typeAlias(fields)} instead. For example: {$mod: {<field>: ...}} not {${operator}: ${showValue(fields)}}`,
      )
    for (const [path, argument] of fields) {
      const parts = checkPath(path)
      if (operator === '$rename') {
        steps.push(...parseRename(path, parts, argument))
        continue
      }
      steps.push({ operator, parts, action: parse(path, argument, context) })
    }
  }
  return steps
}

function checkPath(path: string): string[] {
  if (path === '') throw new MongoError('EmptyFieldName', 'An empty update path is not valid.')
  const parts = path.split('.')
  for (const [i, part] of parts.entries()) {
    if (part === '')
      throw new MongoError(
        'EmptyFieldName',
        `The update path '${path}' contains an empty field name, which is not allowed.`,
      )
    if (!part.startsWith('$')) continue
    const positional = part === '$' || /^\$\[[^\]]*\]$/.test(part)
    if (!positional)
      throw new MongoError(
        'DollarPrefixedFieldName',
        `The dollar ($) prefixed field '${part}' in '${path}' is not allowed in the context of an update.`,
      )
    if (i === 0)
      throw bad(`Cannot have positional (i.e. '$') element in the first position in path '${path}'`)
  }
  if (parts.filter((part) => part === '$').length > 1)
    throw bad(`Too many positional (i.e. '$') elements found in path '${path}'`)
  return parts
}

const setting: Parser = (_path, argument) => (doc, path) => setPath(doc, path, fresh(argument))

type Parser = (path: string, argument: Value, context: UpdateContext) => Action

const operators: Readonly<Record<string, Parser>> = Object.assign(Object.create(null), {
  $set: setting,
  $setOnInsert: setting,
  $unset: () => (doc, path) => unsetPath(doc, path),
  $inc: numeric('$inc'),
  $mul: numeric('$mul'),
  $min: extreme(-1),
  $max: extreme(1),
  $rename: setting,
  $currentDate: (_path, argument) => {
    const kind = isDoc(argument) ? argument.get('$type') : 'date'
    if ((isDoc(argument) && argument.size !== 1) || (!isDoc(argument) && typeof argument !== 'boolean'))
      throw bad("$currentDate takes a boolean or {$type: 'date' | 'timestamp'}")
    if (kind !== 'date' && kind !== 'timestamp')
      throw bad("The '$type' string field is required to be 'date' or 'timestamp'")
    return (doc, path) => setPath(doc, path, kind === 'date' ? new Date() : timestampNow())
  },
  $push: array('$push', parsePush, true),
  $addToSet: array('$addToSet', parseAddToSet, true),
  $pull: array('$pull', parsePull, false),
  $pullAll: array('$pullAll', parsePullAll, false),
  $pop: array('$pop', parsePop, false),
  $bit: (_path, argument) => {
    if (!isDoc(argument) || argument.size === 0)
      throw bad('The $bit modifier is not compatible with this value')
    for (const [op, mask] of argument) {
      if (op !== 'and' && op !== 'or' && op !== 'xor')
        throw bad(`The $bit modifier only supports 'and', 'or', and 'xor', not '${op}'`)
      if (!isNumber(mask) || typeof mask === 'number')
        throw bad('The $bit modifier field must be an Integer(32/64 bit)')
    }
    return (doc, path) => {
      let value = getPath(doc, path) ?? int(0)
      if (!isNumber(value) || typeof value === 'number')
        throw bad(
          `Cannot apply $bit to a value of non-integral type. The field '${path.join('.')}' has type ${typeAlias(value)}`,
        )
      for (const [op, mask] of argument) if (isNumber(mask)) value = bitwise(op, value, mask)
      setPath(doc, path, value)
    }
  },
} satisfies Record<string, Parser>)

function numeric(op: '$inc' | '$mul'): Parser {
  const verb = op === '$inc' ? 'increment' : 'multiply'
  return (path, argument) => {
    if (!isNumber(argument))
      throw new MongoError(
        'TypeMismatch',
        `Cannot ${verb} with non-numeric argument: {${path}: ${showValue(argument)}}`,
      )
    return (doc, at) => {
      const value = getPath(doc, at)
      if (value === undefined) {
        setPath(doc, at, op === '$inc' ? argument : arithmetic('$mul', argument, int(0)))
        return
      }
      if (!isNumber(value))
        throw new MongoError(
          'TypeMismatch',
          `Cannot apply ${op} to a value of non-numeric type. {_id: ${showValue(doc.get('_id') ?? null)}} has the field '${at.at(-1)}' of non-numeric type ${typeAlias(value)}`,
        )
      setPath(doc, at, arithmetic(op, value, argument))
    }
  }
}

function extreme(direction: 1 | -1): Parser {
  return (_path, argument) => (doc, path) => {
    const value = getPath(doc, path)
    if (value === undefined || Math.sign(compareValues(argument, value)) === direction)
      setPath(doc, path, fresh(argument))
  }
}

function array(
  operator: string,
  parse: (argument: Value, expr: CompileExpression) => ArrayChange,
  creates: boolean,
): Parser {
  return (_path, argument, context) => {
    const change = parse(argument, context.expr)
    return (doc, path) => {
      const value = getPath(doc, path)
      if (value === undefined) {
        if (creates) setPath(doc, path, change([]).map(fresh))
        return
      }
      if (!Array.isArray(value)) {
        const name = path.join('.')
        if (operator === '$pop')
          throw new MongoError(
            'TypeMismatch',
            `Path '${name}' contains an element of non-array type '${typeAlias(value)}'`,
          )
        if (!creates) throw bad(`Cannot apply ${operator} to a non-array value`)
        throw bad(
          `The field '${name}' must be an array but is of type ${typeAlias(value)} in document {_id: ${showValue(doc.get('_id') ?? null)}}`,
        )
      }
      setPath(doc, path, change(value).map(fresh))
    }
  }
}

function parseRename(path: string, parts: string[], argument: Value): Step[] {
  if (typeof argument !== 'string')
    throw bad(`The 'to' field for $rename must be a string: ${path}: ${showValue(argument)}`)
  const target = checkPath(argument)
  if (path === argument) throw bad(`The source and target field for $rename must differ: ${path}`)
  if ([...parts, ...target].some((part) => part.startsWith('$')))
    throw bad(`The source field for $rename may not be dynamic: ${path}`)
  if (target.join('.').startsWith(`${path}.`) || path.startsWith(`${argument}.`))
    throw bad(`The source and target field for $rename must not be on the same path: ${path}: "${argument}"`)
  const checkNoArray = (doc: Doc, names: readonly string[], what: string) => {
    for (let i = 1; i < names.length; i++)
      if (Array.isArray(getPath(doc, names.slice(0, i))))
        throw bad(`The ${what} field cannot be an array element, '${names.join('.')}' has an array field`)
  }
  return [
    {
      operator: '$rename',
      parts: target,
      action: (doc) => {
        checkNoArray(doc, parts, 'source')
        checkNoArray(doc, target, 'destination')
        const value = getPath(doc, parts)
        if (value === undefined) return
        unsetPath(doc, parts)
        setPath(doc, target, value)
      },
    },
    // The source takes part in the check for conflicts only.
    { operator: '$rename', parts, action: () => {} },
  ]
}

function checkConflicts(steps: readonly Step[]): void {
  type Node = { end: boolean; children: Map<string, Node> }
  const root: Node = { end: false, children: new Map() }
  for (const { parts } of steps) {
    let at = root
    for (const [i, part] of parts.entries()) {
      let next = at.children.get(part)
      if (!next) {
        next = { end: false, children: new Map() }
        at.children.set(part, next)
      }
      at = next
      const last = i === parts.length - 1
      if (at.end || (last && at.children.size > 0)) {
        const where = parts.slice(0, i + 1).join('.')
        throw new MongoError(
          'ConflictingUpdateOperators',
          `Updating the path '${parts.join('.')}' would create a conflict at '${where}'`,
        )
      }
      if (last) at.end = true
    }
  }
}

function checkFilterUse(steps: readonly Step[], filters: ArrayFilters): void {
  const used = new Set(
    steps
      .flatMap((step) => step.parts)
      .filter((part) => part.startsWith('$['))
      .map((part) => part.slice(2, -1)),
  )
  for (const name of filters.keys())
    if (!used.has(name))
      throw new MongoError(
        'FailedToParse',
        `The array filter for identifier '${name}' was not used in the update`,
      )
  for (const name of used)
    if (name !== '' && !filters.has(name)) throw bad(`No array filter found for identifier '${name}'`)
}

/** MongoDB applies changes, and so adds new fields, in this order: positions as numbers, names as text. */
function compareParts(a: readonly string[], b: readonly string[]): number {
  for (let i = 0; i < Math.min(a.length, b.length); i++) {
    const x = a[i]!
    const y = b[i]!
    if (x === y) continue
    if (isPosition(x) && isPosition(y)) return Number(x) - Number(y)
    return compareStrings(x, y)
  }
  return a.length - b.length
}

let counter = randomInt(0x1000)
export function timestampNow(): Timestamp {
  counter = (counter + 1) & 0x7fffffff
  return new Timestamp({ t: Math.floor(Date.now() / 1000), i: counter })
}

/**
 * `_id` first, and what it was. A replacement or a pipeline may leave it out; operators must not remove it.
 * @throws ImmutableField (66)
 */
export function withId(before: Doc | undefined, after: Doc, mayLeaveOut: boolean): Doc {
  // null is an _id like any other; a missing one is not.
  const id = before?.get('_id')
  const next = after.get('_id')
  const gone = next === undefined && !mayLeaveOut
  if (id !== undefined && (gone || (next !== undefined && !equalValues(id, next))))
    throw new MongoError(
      'ImmutableField',
      mayLeaveOut
        ? "After applying the update, the (immutable) field '_id' was found to have been altered"
        : "Performing an update on the path '_id' would modify the immutable field '_id'",
    )
  const kept = id !== undefined ? id : next !== undefined ? next : new ObjectId()
  const out: Doc = new Map([['_id', kept]])
  for (const [name, value] of after) if (name !== '_id') out.set(name, value)
  return out
}

/** What an upsert starts from: the filter's equalities. @throws NotSingleValueField (54) */
export function equalityFields(filter: Filter): Doc {
  const doc: Doc = new Map()
  const seen = new Set<string>()
  const visit = (part: Filter): void => {
    if (part.kind === 'and' || (part.kind === 'or' && part.args.length === 1)) {
      for (const arg of part.args) visit(arg)
      return
    }
    if (part.kind !== 'field') return
    const { leaf } = part
    let value: Value
    if (leaf.kind === 'eq') value = leaf.value
    else if (leaf.kind === 'in' && leaf.values.length === 1 && leaf.patterns.length === 0)
      value = leaf.values[0]!
    else return
    for (const other of seen)
      if (other === part.path || other.startsWith(`${part.path}.`) || part.path.startsWith(`${other}.`))
        throw new MongoError(
          'NotSingleValueField',
          `cannot infer query fields to set, path '${part.path}' is matched twice`,
        )
    seen.add(part.path)
    setPath(doc, part.parts, cloneValue(value))
  }
  visit(filter)
  return doc
}
