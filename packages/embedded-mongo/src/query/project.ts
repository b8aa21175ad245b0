/** Projections of find and findAndModify. */

import { type Doc, isDoc, isNumber, numeric, type Value } from '../bson/values.ts'
import { LocationError, MongoError } from '../errors.ts'
import { elementTest } from '../filter/match.ts'
import { parseFilter } from '../filter/parse.ts'
import type { CompileExpression, Track } from '../filter/types.ts'
import type { Projection, ValueExpression } from './types.ts'

type Node =
  | { kind: 'tree'; children: Map<string, Node> }
  | { kind: 'leaf' }
  | { kind: 'array'; change: (array: Value[], track: Track) => Value | undefined }
  | { kind: 'computed'; value: (doc: Doc) => Value | undefined }

const bad = (message: string): MongoError => new MongoError('BadValue', message)

/** undefined: the whole document. */
export function parseProjection(
  source: Doc | undefined,
  expr: CompileExpression,
  expression: ValueExpression,
  of: 'find' | 'stage' = 'find',
): Projection | undefined {
  if (!source || source.size === 0) return undefined
  const root: Extract<Node, { kind: 'tree' }> = { kind: 'tree', children: new Map() }
  let including: boolean | undefined
  let idIncluded: boolean | undefined
  let positional = false
  const decide = (include: boolean, path: string) => {
    if (including === undefined) including = include
    else if (including !== include)
      throw include
        ? new LocationError(31253, `Cannot do inclusion on field ${path} in exclusion projection`)
        : new LocationError(31254, `Cannot do exclusion on field ${path} in inclusion projection`)
  }
  const add = (path: string, node: Node) => place(root, path, node)
  const visit = (path: string, value: Value): void => {
    if (isNumber(value) || typeof value === 'boolean') {
      const include = isNumber(value) ? Number(numeric(value)) !== 0 : value
      if (path === '_id') {
        idIncluded = include
        return
      }
      if (path.endsWith('.$') && of === 'find') {
        if (!include) throw new LocationError(31395, 'positional projection cannot be used with exclusion')
        if (positional)
          throw new LocationError(31276, 'Cannot specify more than one positional projection per query.')
        decide(true, path)
        positional = true
        add(path.slice(0, -2), {
          kind: 'array',
          change: (array, track) => array.slice(track.position, track.position + 1),
        })
        return
      }
      decide(include, path)
      add(path, { kind: 'leaf' })
      return
    }
    if (isDoc(value)) {
      const first = value.keys().next().value
      if (first === '$slice' && of === 'find') {
        add(path, { kind: 'array', change: parseSlice(value.get('$slice')!) })
        return
      }
      if (first === '$elemMatch' && of === 'find') {
        const condition = value.get('$elemMatch')!
        if (path.includes('.'))
          throw new LocationError(31275, 'Cannot use $elemMatch projection on a nested field.')
        decide(true, path)
        add(path, { kind: 'array', change: parseElemMatch(condition, expr) })
        return
      }
      if (first === '$meta') throw new MongoError('NotImplemented', '$meta is not implemented by this server')
      if (first !== undefined && !first.startsWith('$')) {
        for (const [name, inner] of value) visit(`${path}.${name}`, inner)
        return
      }
      if (first === undefined) throw new LocationError(51270, 'An empty sub-projection is not a valid value')
    }
    decide(true, path)
    if (path === '_id') idIncluded = true
    add(path, { kind: 'computed', value: expression(value) })
  }
  for (const [path, value] of source) {
    checkProjectionPath(path, of)
    visit(path, value)
  }
  const inclusive = including ?? (idIncluded === true && ![...root.children.values()].length)
  if (inclusive) {
    if (idIncluded !== false && !root.children.has('_id')) root.children.set('_id', { kind: 'leaf' })
  } else if (idIncluded === false) root.children.set('_id', { kind: 'leaf' })
  return {
    positional,
    apply: (doc, track) =>
      inclusive ? include(doc, root.children, doc, track) : exclude(doc, root.children, track),
  }
}

function checkProjectionPath(path: string, of: 'find' | 'stage'): void {
  if (path === '') throw new MongoError('EmptyFieldName', 'An empty projection path is not valid')
  const parts = path.split('.')
  if (parts.includes(''))
    throw new MongoError('EmptyFieldName', `FieldPath '${path}' contains an empty field name`)
  if (
    parts.some(
      (part, i) =>
        part.startsWith('$') && !(of === 'find' && part === '$' && i > 0 && i === parts.length - 1),
    )
  )
    throw bad(`FieldPath field names may not start with '$'. Consider using $getField or $setField.`)
}

function place(root: Extract<Node, { kind: 'tree' }>, path: string, node: Node): void {
  const parts = path.split('.')
  let at = root
  for (const [i, part] of parts.entries()) {
    const there = at.children.get(part)
    if (i === parts.length - 1) {
      if (there) throw new LocationError(31250, `Path collision at ${path}`)
      at.children.set(part, node)
      return
    }
    if (there && there.kind !== 'tree') throw new LocationError(31249, `Path collision at ${path}`)
    const next = there ?? { kind: 'tree', children: new Map<string, Node>() }
    at.children.set(part, next)
    at = next
  }
}

function include(doc: Doc, children: ReadonlyMap<string, Node>, root: Doc, track: Track): Doc {
  const out: Doc = new Map()
  for (const [name, value] of doc) {
    const node = children.get(name)
    if (!node || node.kind === 'computed') continue
    const kept = included(value, node, root, track)
    if (kept !== undefined) out.set(name, kept)
  }
  addComputed(out, children, root)
  return out
}

function included(value: Value, node: Node, root: Doc, track: Track): Value | undefined {
  switch (node.kind) {
    case 'leaf':
      return value
    case 'array':
      return Array.isArray(value) ? node.change(value, track) : elemMatchOnly(node) ? undefined : value
    case 'computed':
      return undefined
    case 'tree':
      if (isDoc(value)) return include(value, node.children, root, track)
      if (Array.isArray(value)) {
        const items: Value[] = []
        for (const item of value) {
          const kept = isDoc(item) || Array.isArray(item) ? included(item, node, root, track) : undefined
          if (kept !== undefined) items.push(kept)
        }
        return items
      }
      return undefined
  }
}

const elemMatchNodes = new WeakSet<(array: Value[], track: Track) => Value | undefined>()
const elemMatchOnly = (node: Extract<Node, { kind: 'array' }>): boolean => elemMatchNodes.has(node.change)

/** Computed fields come after the stored ones; objects on their way are made. */
function addComputed(out: Doc, children: ReadonlyMap<string, Node>, root: Doc): void {
  for (const [name, node] of children) {
    if (node.kind === 'computed') {
      const value = node.value(root)
      if (value !== undefined) out.set(name, value)
    } else if (node.kind === 'tree' && !out.has(name) && hasComputed(node)) {
      const inner: Doc = new Map()
      addComputed(inner, node.children, root)
      out.set(name, inner)
    }
  }
}

const hasComputed = (node: Node): boolean =>
  node.kind === 'computed' || (node.kind === 'tree' && [...node.children.values()].some(hasComputed))

function exclude(doc: Doc, children: ReadonlyMap<string, Node>, track: Track): Doc {
  const out: Doc = new Map()
  for (const [name, value] of doc) {
    const node = children.get(name)
    if (!node) out.set(name, value)
    else if (node.kind === 'tree') out.set(name, excluded(value, node.children, track))
    else if (node.kind === 'array') {
      const kept = Array.isArray(value) ? node.change(value, track) : value
      if (kept !== undefined) out.set(name, kept)
    }
  }
  return out
}

function excluded(value: Value, children: ReadonlyMap<string, Node>, track: Track): Value {
  if (isDoc(value)) return exclude(value, children, track)
  return Array.isArray(value) ? value.map((item) => excluded(item, children, track)) : value
}

function parseSlice(argument: Value): (array: Value[]) => Value[] {
  const whole = (value: Value | undefined): number => {
    const number = value !== undefined && isNumber(value) ? Math.trunc(Number(numeric(value))) : Number.NaN
    if (!Number.isInteger(number))
      throw new LocationError(31273, '$slice only supports numbers and [skip, limit] arrays')
    return number
  }
  if (Array.isArray(argument)) {
    if (argument.length !== 2)
      throw new LocationError(31272, '$slice array argument should be of form [skip, limit]')
    const skip = whole(argument[0])
    const limit = whole(argument[1])
    if (limit <= 0) throw new LocationError(28724, '$slice limit must be positive')
    return (array) => {
      const start = skip < 0 ? Math.max(0, array.length + skip) : skip
      return array.slice(start, start + limit)
    }
  }
  const count = whole(argument)
  return (array) => (count >= 0 ? array.slice(0, count) : array.slice(count))
}

function parseElemMatch(condition: Value, expr: CompileExpression): (array: Value[]) => Value | undefined {
  if (!isDoc(condition)) throw new LocationError(31274, '$elemMatch needs an Object')
  const parsed = parseFilter(new Map([['item', new Map<string, Value>([['$elemMatch', condition]])]]))
  if (parsed.kind !== 'field' || (parsed.leaf.kind !== 'elem' && parsed.leaf.kind !== 'elemValue'))
    throw bad('$elemMatch could not be understood')
  const test = elementTest(parsed.leaf, expr)
  const change = (array: Value[]): Value | undefined => {
    const found = array.find(test)
    return found === undefined ? undefined : [found]
  }
  elemMatchNodes.add(change)
  return change
}
