/** $project, $addFields / $set and $unset. */

import { type Doc, isDoc, type Value } from '../bson/values.ts'
import { LocationError, MongoError } from '../errors.ts'
import { parseProjection } from '../query/project.ts'
import { compile, compileCondition, compileExpression, scopeOf } from './expression.ts'
import type { Compiled, Scope } from './types.ts'

const track = { position: -1 }

export function compileProject(argument: Value): (doc: Doc) => Doc {
  if (!isDoc(argument)) throw new LocationError(15969, '$project specification must be an object')
  if (argument.size === 0)
    throw new LocationError(51272, 'projection specification must have at least one field')
  const projection = parseProjection(argument, compileCondition, compileExpression, 'stage')!
  return (doc) => projection.apply(doc, track)
}

export function compileUnset(argument: Value): (doc: Doc) => Doc {
  const paths = Array.isArray(argument) ? argument : [argument]
  const spec: Doc = new Map()
  for (const path of paths) {
    if (typeof path !== 'string' || path === '')
      throw new LocationError(31002, '$unset specification must be a string or an array of strings')
    spec.set(path, false)
  }
  return compileProject(spec)
}

type Node = { kind: 'value'; value: Compiled } | { kind: 'tree'; children: Map<string, Node> }

export function addFields(stage: string, argument: Value): (doc: Doc) => Doc {
  if (!isDoc(argument) || argument.size === 0)
    throw new LocationError(40272, `${stage} specification stage must be an object with at least one field`)
  const root: Extract<Node, { kind: 'tree' }> = { kind: 'tree', children: new Map() }
  for (const [path, value] of argument) place(root, path, value)
  return (doc) => setAll(doc, root.children, scopeOf(doc))
}

function place(root: Extract<Node, { kind: 'tree' }>, path: string, value: Value): void {
  // A nested object without operators names nested fields.
  if (isDoc(value) && value.size > 0 && ![...value.keys()].some((name) => name.startsWith('$'))) {
    for (const [name, inner] of value) {
      if (name.includes('.'))
        throw new LocationError(40183, `FieldPath field names may not contain '.' in a nested object`)
      place(root, `${path}.${name}`, inner)
    }
    return
  }
  const parts = path.split('.')
  if (parts.includes('') || parts.some((part) => part.startsWith('$')))
    throw new MongoError('BadValue', `FieldPath '${path}' is not valid here`)
  let at = root
  for (const [i, part] of parts.entries()) {
    const there = at.children.get(part)
    if (i === parts.length - 1) {
      if (there)
        throw new LocationError(
          40176,
          `Invalid specification: specification contains two conflicting paths at '${path}'`,
        )
      at.children.set(part, { kind: 'value', value: compile(value) })
      return
    }
    if (there?.kind === 'value')
      throw new LocationError(
        40176,
        `Invalid specification: specification contains two conflicting paths at '${path}'`,
      )
    const next = there ?? { kind: 'tree', children: new Map<string, Node>() }
    at.children.set(part, next)
    at = next as Extract<Node, { kind: 'tree' }>
  }
}

function setAll(doc: Doc, children: ReadonlyMap<string, Node>, scope: Scope): Doc {
  const out: Doc = new Map(doc)
  for (const [name, node] of children) {
    if (node.kind === 'value') {
      const value = node.value.evaluate(scope)
      if (value === undefined) out.delete(name)
      else out.set(name, value)
    } else out.set(name, setInside(out.get(name), node.children, scope))
  }
  return out
}

/** Each element of an array gets the fields; what is no object is replaced by one. */
function setInside(value: Value | undefined, children: ReadonlyMap<string, Node>, scope: Scope): Value {
  if (Array.isArray(value)) return value.map((item) => setInside(item, children, scope))
  return setAll(isDoc(value) ? value : new Map(), children, scope)
}
