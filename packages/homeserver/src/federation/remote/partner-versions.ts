/** Which room versions partners take: no endpoint says it, so that it is told from what they are, and from their refusals. */
import { supportedRoomVersions } from '@enlace/room-model'
import { LRUCache } from 'lru-cache'
import { z } from 'zod'
import { reasonOf } from '../client.ts'
import { type Deps, v1 } from './handshake.ts'

const REMEMBERED_MS = 24 * 3_600_000
/** A server that did not say is asked again. */
const UNKNOWN_MS = 5 * 60_000
const TIMEOUT_MS = 5_000
const BEFORE_12 = ['10', '11']

/** Software that does not take all versions known here, by the name it gives itself. */
const TAKES: Readonly<Record<string, (version: string) => readonly string[]>> = {
  dendrite: () => BEFORE_12,
  synapse: (version) => (isBefore(version, 1, 136) ? BEFORE_12 : supportedRoomVersions),
}

const versionAnswer = z.looseObject({
  server: z.looseObject({ name: z.string(), version: z.string().default('') }),
})

export function createPartnerVersions({ ctx, client }: Deps) {
  const taken = new LRUCache<string, readonly string[]>({ max: 2_000, ttl: REMEMBERED_MS })
  const refused = new LRUCache<string, readonly string[]>({ max: 2_000, ttl: REMEMBERED_MS })

  async function ask(server: string): Promise<readonly string[]> {
    const known = taken.get(server)
    if (known) return known
    let all: readonly string[] = supportedRoomVersions
    try {
      const request = {
        entryPoint: 'version',
        method: 'GET',
        path: v1('version'),
        timeoutMs: TIMEOUT_MS,
      } as const
      const { server: about } = await client.requestJson(server, request, versionAnswer)
      all = TAKES[about.name.toLowerCase()]?.(about.version) ?? all
      taken.set(server, all)
    } catch (error) {
      ctx.log.info({ server, reason: reasonOf(error) }, 'a partner did not say what it is')
      taken.set(server, all, { ttl: UNKNOWN_MS })
    }
    return all
  }

  return {
    /** The server said no to a room of this version. */
    noteRefusal(server: string, version: string): void {
      refused.set(server, [...new Set([...(refused.get(server) ?? []), version])])
    },

    /** The highest version, not above `highest`, that all of these servers take; `highest` where there is none. */
    async versionFor(servers: readonly string[], highest: string): Promise<string> {
      const others = [...new Set(servers)].filter((server) => server !== ctx.serverName)
      const sets = await Promise.all(others.map(ask))
      const fits = (version: string) =>
        sets.every((set) => set.includes(version)) &&
        others.every((server) => !refused.get(server)?.includes(version))
      const upTo = supportedRoomVersions.filter((version) => Number(version) <= Number(highest))
      return [...upTo].sort((a, b) => Number(b) - Number(a)).find(fits) ?? highest
    },
  }
}

function isBefore(version: string, major: number, minor: number): boolean {
  const [a = 0, b = 0] = version.split('.').map((part) => Number.parseInt(part, 10))
  return a < major || (a === major && b < minor)
}
