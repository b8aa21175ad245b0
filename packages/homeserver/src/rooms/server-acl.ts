/** Server access control lists (client-server API, "Server ACLs"). */
import { isIP } from 'node:net'

export function allowedByAcl(content: Record<string, unknown> | undefined, serverName: string): boolean {
  if (!content) return true
  const host = serverName.replace(/:\d+$/, '')
  if (content['allow_ip_literals'] === false && isIP(host.replace(/^\[|\]$/g, '')) !== 0) return false
  const matches = (list: unknown) =>
    Array.isArray(list) &&
    list.some((pattern) => typeof pattern === 'string' && pattern.length <= 255 && glob(pattern, host))
  return !matches(content['deny']) && matches(content['allow'])
}

/** `*` is any run of characters, `?` one; compared without case. Linear: no pattern makes it slow. */
function glob(pattern: string, text: string): boolean {
  const [p, t] = [pattern.toLowerCase(), text.toLowerCase()]
  let [at, from, star, mark] = [0, 0, -1, 0]
  while (from < t.length) {
    if (at < p.length && (p[at] === '?' || p[at] === t[from]) && p[at] !== '*') {
      at++
      from++
    } else if (p[at] === '*') {
      star = at++
      mark = from
    } else if (star >= 0) {
      at = star + 1
      from = ++mark
    } else return false
  }
  while (p[at] === '*') at++
  return at === p.length
}
