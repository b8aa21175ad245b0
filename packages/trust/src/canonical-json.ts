/** A JSON value TUF metadata may hold: numbers are integers. */
export type MetadataValue =
  | null
  | boolean
  | number
  | string
  | MetadataValue[]
  | { [key: string]: MetadataValue | undefined }

/**
 * OLPC canonical JSON, the form TUF metadata is signed in (TUF 1.0, "Metadata format"): keys sorted, no whitespace,
 * only `"` and `\` escaped. It differs from Matrix canonical JSON, which escapes control characters too.
 * @throws TypeError on a number that is not a safe integer, or a value JSON does not have
 */
export function canonicalMetadata(value: MetadataValue): string {
  if (value === null || typeof value === 'boolean') return String(value)
  if (typeof value === 'string') return quote(value)
  if (typeof value === 'number') {
    if (!Number.isSafeInteger(value)) throw new TypeError('Signed metadata holds only integers')
    return String(value)
  }
  if (Array.isArray(value)) return `[${value.map(canonicalMetadata).join(',')}]`
  if (typeof value !== 'object') throw new TypeError(`Signed metadata cannot hold a ${typeof value}`)
  const members: string[] = []
  for (const key of Object.keys(value).sort()) {
    const member = value[key]
    if (member !== undefined) members.push(`${quote(key)}:${canonicalMetadata(member)}`)
  }
  return `{${members.join(',')}}`
}

function quote(text: string): string {
  return `"${text.replace(/["\\]/g, '\\$&')}"`
}
