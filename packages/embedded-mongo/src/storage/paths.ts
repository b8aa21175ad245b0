/** How filters see a dotted path: through objects, array positions, and every element of arrays on the way. */
import { isDoc, type Value } from '../bson/values.ts'

export const isPosition = (part: string): boolean => /^(0|[1-9]\d*)$/.test(part)

/**
 * Visits what a path leads to, as MongoDB's matcher does: `undefined` where an object lacks the field, nothing where an
 * array has no element to enter. `leafArrays` also visits each element of an array at the end, before the array itself.
 * `position` is the index in the first array that was entered. Stops and returns true when `visit` returns true.
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
    const part = parts[i]!
    const index = isPosition(part) ? Number(part) : -1
    for (let k = 0; k < value.length; k++) {
      const item = value[k]
      const at = position < 0 ? k : position
      if (k === index && visitPath(item, parts, leafArrays, visit, i + 1, at)) return true
      if (isDoc(item) && (k !== index || item.has(part))) {
        if (visitPath(item, parts, leafArrays, visit, i, at)) return true
      }
    }
    // A position past the end is a missing value.
    if (index >= value.length) return visit(undefined, position)
    return false
  }
  if (leafArrays && Array.isArray(value)) {
    for (let k = 0; k < value.length; k++) if (visit(value[k], position < 0 ? k : position)) return true
  }
  return visit(value, position)
}
