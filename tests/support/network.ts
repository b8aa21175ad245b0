/** A network for one test file: registry and both nodes as processes of their own, on free ports, in a folder of its own. */
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type DevNetwork, type NetworkOptions, removeData, startDevNetwork } from '@enlace/dev-network'

export type TestNetwork = DevNetwork & { dataDir: string; dispose(): Promise<void> }

export async function startTestNetwork(options: Partial<NetworkOptions> = {}): Promise<TestNetwork> {
  const dataDir = await mkdtemp(join(tmpdir(), 'enlace-net-'))
  const network = await startDevNetwork({ ports: 'ephemeral', ...options, dataDir })
  return {
    ...network,
    dataDir,
    async dispose() {
      await network.close()
      await removeData(dataDir)
    },
  }
}

/** Waits until `check` gives something other than undefined or false. Says what it waited for when it never does. */
export async function eventually<T>(
  what: string,
  check: () => Promise<T | undefined | false> | T | undefined | false,
  timeoutMs = 60_000,
): Promise<T> {
  const deadline = Date.now() + timeoutMs
  for (;;) {
    const value = await check()
    if (value !== undefined && value !== false) return value
    if (Date.now() > deadline) throw new Error(`Never happened: ${what}`)
    await new Promise((done) => setTimeout(done, 100))
  }
}
