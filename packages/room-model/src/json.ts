/** Canonical JSON (appendices, "Canonical JSON"). */
export type JsonValue = null | boolean | number | string | JsonValue[] | JsonObject
export type JsonObject = { [key: string]: JsonValue | undefined }

export class CanonicalJsonError extends Error {}
const MAX_DEPTH = 100

export function canonicalJson(value: JsonValue): string {
  return encode(value, 0)
}
function encode(value: JsonValue | undefined, depth: number): string {
  if (depth > MAX_DEPTH) throw new CanonicalJsonError('nested too deeply')
  if (value === null) return 'null'
  switch (typeof value) {
    case 'boolean':
      return value ? 'true' : 'false'
    case 'number':
      if (!Number.isSafeInteger(value))
        throw new CanonicalJsonError('numbers must be integers within ±(2^53 - 1)')
      return Object.is(value, -0) ? '0' : String(value)
    case 'string':
      return quote(value)
    case 'object': {
      if (Array.isArray(value)) return `[${value.map((item) => encode(item ?? null, depth + 1)).join(',')}]`
      const parts: string[] = []
      for (const key of Object.keys(value).sort(compareCodePoints)) {
        const item = value[key]
        if (item !== undefined) parts.push(`${quote(key)}:${encode(item, depth + 1)}`)
      }
      return `{${parts.join(',')}}`
    }
    default:
      throw new CanonicalJsonError(`cannot encode ${typeof value}`)
  }
}
function quote(text: string): string {
  if (!text.isWellFormed()) throw new CanonicalJsonError('lone surrogate')
  return JSON.stringify(text).replace(/\u007f/g, '\u007f')
}
export function compareCodePoints(a: string, b: string): number {
  const length = Math.min(a.length, b.length)
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i)
    const y = b.charCodeAt(i)
    if (x !== y) {
      const xs = x >= 0xd800 && x <= 0xdfff
      const ys = y >= 0xd800 && y <= 0xdfff
      return xs === ys ? x - y : xs ? 1 : -1
    }
  }
  return a.length - b.length
}
