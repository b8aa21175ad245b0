import { canonicalize } from '@tufjs/canonical-json'

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
 * @throws TypeError on a number that is not a safe integer
 */
export function canonicalMetadata(value: MetadataValue): string {
  // By way of JSON, so that absent members are left out; the library alone would also write 1e21 and refuse `undefined`.
  return canonicalize(JSON.parse(JSON.stringify(value, onlySafeIntegers)))
}

function onlySafeIntegers(_key: string, value: unknown): unknown {
  if (typeof value === 'number' && !Number.isSafeInteger(value))
    throw new TypeError('Signed metadata holds only integers')
  return value
}
