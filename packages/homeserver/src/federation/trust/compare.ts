/** Partners tell each other which versions of the list they hold: who is told something else, or kept back, finds out. */
import {
  compareVersions,
  type FederationListKeeper,
  type TrustVersions,
  trustVersionsSchema,
} from '@enlace/trust'
import { z } from 'zod'
import type { Context } from '../../context.ts'
import type { ComparedPartner } from '../types.ts'
import type { TrustAlarms } from './alarms.ts'

export const VERSIONS_PATH = '/_enlace/federation/v1/trust-versions'
const EVERY_MS = 5 * 60_000
/** Partners asked in one go: over a few rounds everybody is. */
const AT_ONCE = 20

const answerSchema = z.looseObject({
  versions: trustVersionsSchema,
  /** the partner's signed targets metadata, by which what it says can be proven */
  targets: z
    .string()
    .max(2 * 1024 * 1024)
    .optional(),
})

export interface Comparison {
  /** Asks some partners now. */
  run(): Promise<void>
  partners(): ComparedPartner[]
  close(): void
}

export function startComparison(
  ctx: Pick<Context, 'federationClient' | 'log' | 'serverName'>,
  keeper: FederationListKeeper,
  alarms: TrustAlarms,
  refresh: () => Promise<void>,
): Comparison {
  const found = new Map<string, ComparedPartner>()
  const note = (serverName: string, state: ComparedPartner['state']) =>
    void found.set(serverName, { server_name: serverName, asked_ts: Date.now(), state })

  /** Of the active partners those that were not asked for longest. */
  function next(): string[] {
    const current = keeper.current(Date.now())
    if (!current.usable) return []
    const active = current.list.servers
      .filter(({ server_name, status }) => status === 'active' && server_name !== ctx.serverName)
      .map(({ server_name }) => server_name)
    for (const name of found.keys()) if (!active.includes(name)) found.delete(name)
    return active
      .sort((a, b) => (found.get(a)?.asked_ts ?? 0) - (found.get(b)?.asked_ts ?? 0))
      .slice(0, AT_ONCE)
  }

  async function ask(serverName: string): Promise<void> {
    let theirs: TrustVersions
    let targets: string | undefined
    try {
      const known = keeper.versions.targets?.digest
      const request = {
        entryPoint: 'trust',
        method: 'GET',
        path: VERSIONS_PATH,
        // What we have need not be sent; with the keys of many institutions it is not small.
        ...(known === undefined ? {} : { query: { known } }),
        timeoutMs: 10_000,
        maxBytes: 5 * 1024 * 1024,
      } as const
      const answer = await ctx.federationClient.requestJson(serverName, request, answerSchema)
      theirs = answer.versions
      targets = answer.targets
    } catch {
      // Away, or another implementation, which has no such endpoint.
      note(serverName, 'no-answer')
      return
    }
    const proof = targets === undefined ? undefined : keeper.approved(Buffer.from(targets))
    const { fork, behind } = compareVersions(keeper.versions, theirs)
    if (fork) {
      note(serverName, 'fork')
      const proven = fork.role === 'targets' && proof?.version === fork.version && keeper.contradicts(proof)
      const detail = `${fork.role} metadata, version ${fork.version}`
      await alarms.raise({ kind: 'fork', from: serverName, proven, detail })
      return
    }
    if (!behind) return note(serverName, compareVersions(theirs, keeper.versions).behind ? 'older' : 'same')
    await refresh()
    if (!compareVersions(keeper.versions, theirs).behind) return note(serverName, 'same')
    note(serverName, 'newer')
    const proven = proof !== undefined && proof.version > (keeper.version ?? 0)
    const detail = `root ${theirs.root.version}, list ${theirs.targets?.version ?? 0}`
    await alarms.raise({ kind: 'behind', from: serverName, proven, detail })
  }

  async function run(): Promise<void> {
    await Promise.all(next().map(ask))
  }
  const timer = setInterval(() => {
    run().catch((error: unknown) =>
      ctx.log.warn({ err: error }, 'partners’ versions of the list not compared'),
    )
  }, EVERY_MS)
  timer.unref()
  return {
    run,
    partners: () => [...found.values()],
    close: () => clearInterval(timer),
  }
}
