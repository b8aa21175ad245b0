/** The index keys of a document: dotted paths, arrays give one key per element (multikey). */

import { isDoc, type Value } from '../bson/values.ts'
import { LocationError, MongoError } from '../errors.ts'
import { emptyArrayKey, encodeKey, invert, nullKey } from './key.ts'
import { isPosition } from './paths.ts'
import type { IndexKeys, KeyPart } from './types.ts'

type State = { at: Value | undefined; next: number; done: Buffer | undefined; present: boolean }

/**
 * `sparse` leaves out keys of which no component is present.
 * @throws CannotIndexParallelArrays (171) when two components meet different arrays
 * @throws 16746 when a numeric component could be a position and a field name
 */
export function indexKeys(parts: readonly KeyPart[], doc: Value, sparse: boolean): IndexKeys {
  const multikey = parts.map(() => false)
  const out: Buffer[] = []
  expand(
    parts,
    parts.map(() => ({ at: doc, next: 0, done: undefined, present: false })),
    multikey,
    sparse,
    out,
  )
  return { keys: out.length > 1 ? distinct(out) : out, multikey }
}

function distinct(keys: Buffer[]): Buffer[] {
  keys.sort(Buffer.compare)
  return keys.filter((key, i) => i === 0 || !key.equals(keys[i - 1]!))
}

function finish(part: KeyPart, key: Buffer): Buffer {
  return part.descending ? invert(key) : key
}

function expand(
  parts: readonly KeyPart[],
  states: State[],
  multikey: boolean[],
  sparse: boolean,
  out: Buffer[],
): void {
  let array: Value[] | undefined
  let arrayPath = ''
  const stopped: number[] = []
  for (let i = 0; i < states.length; i++) {
    const state = states[i]!
    if (state.done) continue
    const part = parts[i]!
    walk(part, state)
    if (state.done) continue
    const path = part.parts.slice(0, state.next).join('.')
    if (array === undefined) {
      array = state.at as Value[]
      arrayPath = path
    } else if (array !== state.at) {
      throw new MongoError(
        'CannotIndexParallelArrays',
        `cannot index parallel arrays [${path}] [${arrayPath}]`,
      )
    }
    stopped.push(i)
    multikey[i] = true
  }
  if (array === undefined) {
    if (sparse && !states.some((state) => state.present)) return
    out.push(states.length === 1 ? states[0]!.done! : Buffer.concat(states.map((state) => state.done!)))
    return
  }
  if (array.length === 0) {
    const next = states.map((state, i) =>
      stopped.includes(i)
        ? {
            ...state,
            done: finish(parts[i]!, state.next === parts[i]!.parts.length ? emptyArrayKey : nullKey),
            present: state.next === parts[i]!.parts.length,
          }
        : state,
    )
    expand(parts, next, multikey, sparse, out)
    return
  }
  for (const item of array) {
    const next = states.map((state, i) => {
      if (!stopped.includes(i)) return { ...state }
      const part = parts[i]!
      if (state.next === part.parts.length)
        return { ...state, done: finish(part, encodeKey(item)), present: true }
      // Only objects inside an array are entered; a nested array is not.
      return isDoc(item) ? { ...state, at: item } : { ...state, done: finish(part, nullKey) }
    })
    expand(parts, next, multikey, sparse, out)
  }
}

/** Follows objects (and positions in arrays) until the end of the path, a missing value, or an array to expand. */
function walk(part: KeyPart, state: State): void {
  let value: Value | undefined = state.at
  let next = state.next
  for (;;) {
    if (Array.isArray(value)) {
      const name = part.parts[next]
      if (name !== undefined && isPosition(name)) {
        if (value.some((item) => isDoc(item) && item.has(name)))
          throw new LocationError(
            16746,
            `Ambiguous field name found in array (do not use numeric field names in embedded elements in an array), field: '${name}' for array`,
          )
        value = value[Number(name)]
        next++
        continue
      }
      state.at = value
      state.next = next
      return
    }
    if (next === part.parts.length) {
      state.present = value !== undefined
      state.done = finish(part, value === undefined ? nullKey : encodeKey(value))
      return
    }
    if (!isDoc(value)) {
      state.done = finish(part, nullKey)
      return
    }
    value = value.get(part.parts[next]!)
    next++
  }
}
