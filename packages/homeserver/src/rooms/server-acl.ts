/** Server access control lists (client-server API, "Server ACLs"). */
import { isIP } from 'node:net'
import { matchesWhole } from '@enlace/room-model'

export function allowedByAcl(content: Record<string, unknown> | undefined, serverName: string): boolean {
  if (!content) return true
  const host = serverName.replace(/:\d+$/, '')
  if (content['allow_ip_literals'] === false && isIP(host.replace(/^\[|\]$/g, '')) !== 0) return false
  const matches = (list: unknown) =>
    Array.isArray(list) &&
    list.some(
      (pattern) => typeof pattern === 'string' && pattern.length <= 255 && matchesWhole(host, pattern),
    )
  return !matches(content['deny']) && matches(content['allow'])
}
