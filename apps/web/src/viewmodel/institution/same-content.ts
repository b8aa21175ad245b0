/** Whether two JSON values say the same, whatever the order of their members; what is undefined is not there. */
export function sameContent(a: unknown, b: unknown): boolean {
  if (a === b) return true
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false
  if (Array.isArray(a) || Array.isArray(b))
    return (
      Array.isArray(a) &&
      Array.isArray(b) &&
      a.length === b.length &&
      a.every((one, at) => sameContent(one, b[at]))
    )
  const [left, right] = [entriesOf(a), entriesOf(b)]
  return (
    left.size === right.size &&
    [...left].every(([key, value]) => right.has(key) && sameContent(value, right.get(key)))
  )
}

const entriesOf = (value: object) =>
  new Map<string, unknown>(Object.entries(value).filter(([, one]) => one !== undefined))
