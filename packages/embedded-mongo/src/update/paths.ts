/** Reads and writes values at concrete dotted paths of a document that is being updated. */

import { cloneValue, type Doc, isDoc, type Value } from '../bson/values.ts'
import { MongoError } from '../errors.ts'
import { compileFilter } from '../filter/match.ts'
import { parseFilter } from '../filter/parse.ts'
import type { CompileExpression, Filter } from '../filter/types.ts'
import { pace } from '../pace.ts'
import { showValue } from '../storage/collection.ts'
import { isPosition } from '../storage/paths.ts'
import type { ArrayFilters } from './types.ts'

const maxPadding = 1_500_000

export function getPath(doc: Doc, parts: readonly string[]): Value | undefined {
  let value: Value | undefined = doc
  for (const part of parts) {
    if (isDoc(value)) value = value.get(part)
    else if (Array.isArray(value) && isPosition(part)) value = value[Number(part)]
    else return undefined
  }
  return value
}

/** @throws PathNotViable (28) when the path runs into a value that is neither object nor array */
export function setPath(doc: Doc, parts: readonly string[], value: Value): void {
  let at: Value = doc
  for (let i = 0; i < parts.length; i++) {
    const part = parts[i]!
    const last = i === parts.length - 1
    if (isDoc(at)) {
      if (last) {
        at.set(part, value)
        return
      }
      let next: Value | undefined = at.get(part)
      if (next === undefined) {
        next = new Map()
        at.set(part, next)
      }
      at = next
    } else if (Array.isArray(at)) {
      if (!isPosition(part)) throw notViable(parts, i, at)
      const index = Number(part)
      if (index - at.length > maxPadding)
        throw new MongoError('BadValue', `can't backfill more than ${maxPadding} elements`)
      while (at.length < index) at.push(null)
      if (last) {
        at[index] = value
        return
      }
      at[index] ??= new Map()
      at = at[index] as Value
    } else throw notViable(parts, i, at)
  }
}

function notViable(parts: readonly string[], i: number, at: Value): MongoError {
  return new MongoError(
    'PathNotViable',
    `Cannot create field '${parts[i]}' in element {${parts[i - 1]}: ${showValue(at)}}`,
  )
}

/** Removes a field; an array element becomes null, so that the others keep their places. */
export function unsetPath(doc: Doc, parts: readonly string[]): void {
  const parent = getPath(doc, parts.slice(0, -1))
  const name = parts.at(-1)!
  if (isDoc(parent)) parent.delete(name)
  else if (Array.isArray(parent) && isPosition(name) && Number(name) < parent.length)
    parent[Number(name)] = null
}

/** @throws FailedToParse (9), BadValue (2) */
export function parseArrayFilters(filters: Value | undefined, expr: CompileExpression): ArrayFilters {
  const out = new Map<string, (item: Value) => boolean>()
  if (filters === undefined) return out
  if (!Array.isArray(filters)) throw new MongoError('TypeMismatch', 'arrayFilters must be an array')
  for (const source of filters) {
    if (!isDoc(source)) throw new MongoError('TypeMismatch', 'each array filter must be an object')
    const filter = parseFilter(source)
    const name = identifier(filter)
    if (name === undefined)
      throw new MongoError(
        'FailedToParse',
        'Cannot use an expression without a top-level field name in arrayFilters',
      )
    if (!/^[a-z][a-zA-Z0-9]*$/.test(name))
      throw new MongoError(
        'BadValue',
        `The top-level field name must be an alphanumeric string beginning with a lowercase letter, found '${name}'`,
      )
    if (out.has(name))
      throw new MongoError(
        'FailedToParse',
        `Found multiple array filters with the same top-level field name ${name}`,
      )
    const match = compileFilter(filter, expr)
    out.set(name, (item) => match(new Map([[name, item]])))
  }
  return out
}

function identifier(filter: Filter): string | undefined {
  switch (filter.kind) {
    case 'field':
      return filter.parts[0]
    case 'expr':
      return undefined
    default: {
      const names = new Set(filter.args.map(identifier))
      if (names.size > 1)
        throw new MongoError(
          'FailedToParse',
          `Error parsing array filter :: caused by :: Expected a single top-level field name, found ${[...names].map((name) => `'${name}'`).join(' and ')}`,
        )
      return names.values().next().value
    }
  }
}

/** The concrete paths that `a.$`, `a.$[]` and `a.$[id]` stand for in this document. */
export function expandPath(
  doc: Doc,
  parts: readonly string[],
  position: number,
  filters: ArrayFilters,
): string[][] {
  let paths: string[][] = [[]]
  for (const part of parts) {
    if (part === '$') {
      if (position < 0)
        throw new MongoError(
          'BadValue',
          'The positional operator did not find the match needed from the query.',
        )
      paths = paths.map((path) => [...path, String(position)])
    } else if (part.startsWith('$[')) {
      const name = part.slice(2, -1)
      const test = name === '' ? () => true : filters.get(name)
      if (!test)
        throw new MongoError(
          'BadValue',
          `No array filter found for identifier '${name}' in path '${parts.join('.')}'`,
        )
      paths = paths.flatMap((path) => {
        const array = getPath(doc, path)
        if (array === undefined)
          throw new MongoError(
            'BadValue',
            `The path '${path.join('.')}' must exist in the document in order to apply array updates.`,
          )
        if (!Array.isArray(array))
          throw new MongoError(
            'BadValue',
            `Cannot apply array updates to non-array element ${path.join('.')}: ${showValue(array)}`,
          )
        pace.work(array.length)
        return array.flatMap((item, i) => (test(item) ? [[...path, String(i)]] : []))
      })
    } else paths = paths.map((path) => [...path, part])
  }
  return paths
}

/** A value of the update, never shared between documents. */
export const fresh = (value: Value): Value => cloneValue(value)
