/** What coordinators and institutions do on a running network: with the tool and the keys that the demo gives them. */
import { join } from 'node:path'
import { EXAMPLE_PASSPHRASE } from '@enlace/dev-network/coordinators'
import { openExampleKey, publishRoster } from '@enlace/dev-network/rosters'
import { runTrustTool } from '@enlace/registry/tool'
import type { NamedMember } from '@enlace/trust'
import { expect } from 'vitest'
import type { TestNetwork } from './network.ts'

export type Decision = 'suspend' | 'readmit'

/** The coordinators' tool, with the words of whoever sits before it. */
export async function trustTool(...argv: string[]): Promise<string> {
  const lines: string[] = []
  const code = await runTrustTool(argv, {
    language: 'es',
    print: (line) => void lines.push(line),
    ask: async (question) => (question.includes('rase de paso') ? EXAMPLE_PASSPHRASE : 'firmar'),
    now: Date.now,
    fetch,
  })
  expect({ code, said: lines.join('\n') }).toMatchObject({ code: 0 })
  return lines.join('\n')
}

/** One of each country signs, and it is published. */
export async function decide(network: TestNetwork, action: Decision, serverName: string): Promise<void> {
  const at = (name: string) => join(network.dataDir, name)
  const registry = ['--registry', network.registryUrl]
  await trustTool('fetch', ...registry, '--root', at('root.json'), '--out', at('actual.json'))
  const proposal = ['--from', at('actual.json'), '--server', serverName, '--out', at('p.json')]
  expect(await trustTool('propose', action, ...proposal)).toContain(serverName)
  for (const who of ['hn2', 'gt2']) {
    const key = at(`coordinaciones-de-ejemplo/${who}.llave.json`)
    await trustTool('sign', at('p.json'), '--root', at('root.json'), '--key', key, '--out', at(`${who}.json`))
  }
  await trustTool('publish', at('p.json'), at('hn2.json'), at('gt2.json'), ...registry)
}

export type Rosters = {
  /** The institution says who speaks for it, from now on. */
  say(
    institution: string,
    members: readonly (Omit<NamedMember, 'since'> & { since?: number })[],
  ): Promise<void>
}

/** The institutions' coordinators, with their keys. */
export function rostersOf(network: TestNetwork): Rosters {
  const versions = new Map<string, number>()
  const salts = new Map<string, string>()
  return {
    async say(institution, members) {
      // Above what the demo published.
      const version = (versions.get(institution) ?? 10) + 1
      const salt =
        salts.get(institution) ??
        Buffer.from(`${institution}................`.slice(0, 16)).toString('base64')
      versions.set(institution, version)
      salts.set(institution, salt)
      const key = await openExampleKey(network.dataDir, institution)
      const named = members.map((one) => ({ since: 0, ...one }))
      const done = await publishRoster(network.registryUrl, { institution, key }, named, { version, salt })
      expect(done).toEqual({ published: true })
    },
  }
}
