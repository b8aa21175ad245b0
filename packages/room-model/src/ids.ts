const SERVER = /^(?:\[[0-9A-Fa-f:.]{2,45}\]|[0-9A-Za-z.-]{1,255})(?::\d{1,5})?$/
export const parseServerName = (value: unknown): string | undefined =>
  typeof value === 'string' && value.length <= 230 && SERVER.test(value) ? value : undefined
export function serverNameOf(id: string): string | undefined {
  const at = id.indexOf(':')
  return at < 0 ? undefined : parseServerName(id.slice(at + 1))
}
function parse(value: unknown, sigil: string): { localpart: string; serverName: string } | undefined {
  if (typeof value !== 'string' || value[0] !== sigil || Buffer.byteLength(value) > 255) return undefined
  const at = value.indexOf(':')
  if (at < 0) return undefined
  const serverName = parseServerName(value.slice(at + 1))
  const localpart = value.slice(1, at)
  if (serverName === undefined || localpart.includes('\u0000')) return undefined
  return { localpart, serverName }
}
export const parseUserId = (value: unknown) => parse(value, '@')
export const parseRoomAlias = (value: unknown) => parse(value, '#')
export const isValidUserId = (value: unknown): value is string => parse(value, '@') !== undefined
export const parseEventId = (value: unknown): string | undefined =>
  typeof value === 'string' && /^\$[A-Za-z0-9_-]{43}$/.test(value) ? value : undefined
export function isValidRoomId(value: unknown): value is string {
  if (typeof value !== 'string' || value[0] !== '!' || Buffer.byteLength(value) > 255) return false
  return value.includes(':') ? parse(value, '!') !== undefined : /^![A-Za-z0-9_-]{43}$/.test(value)
}
