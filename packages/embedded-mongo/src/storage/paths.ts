/** How filters see a dotted path: through objects, array positions, and every element of arrays on the way. */

import { isDoc, type Value } from '../bson/values.ts'
import { pace } from '../pace.ts'

export const isPosition = (part: string): boolean => /^(0|[1-9]\d*)$/.test(part)

/**
 * Visits what a path leads to, as MongoDB's matcher does: `undefined` where an object lacks the field, nothing where an
 * array has no element to enter. `leafArrays` also visits each element of an array at the end, before the array itself.
 * `position` is the index in the first array entered without a position in the path. Stops and returns true when `visit` returns true.
 */
export function visitPath(
  value: Value | undefined,
  parts: readonly string[],
  leafArrays: boolean,
  visit: (found: Value | undefined, position: number) => boolean,
  from = 0,
  position = -1,
): boolean {
  for (let i = from; i < parts.length; i++) {
    if (isDoc(value)) {
      value = value.get(parts[i]!)
      continue
    }
    if (!Array.isArray(value)) return visit(undefined, position)
    pace.work(value.length)
    const index = isPosition(parts[i]!) ? Number(parts[i]) : -1
    for (let k = 0; k < value.length; k++) {
      const item = value[k]
      // An object in the array is entered by name, even when the name could be its position.
      if (isDoc(item) && visitPath(item, parts, leafArrays, visit, i, position < 0 ? k : position))
        return true
      if (k !== index) continue
      // A position at the end gives the element itself: an array there is not opened.
      if (
        i + 1 === parts.length
          ? visit(item, position)
          : visitPath(item, parts, leafArrays, visit, i + 1, position)
      )
        return true
    }
    return false
  }
  if (leafArrays && Array.isArray(value)) {
    pace.work(value.length)
    for (let k = 0; k < value.length; k++) if (visit(value[k], position < 0 ? k : position)) return true
  }
  return visit(value, position)
}
