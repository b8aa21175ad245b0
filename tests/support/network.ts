/** A network for one test file: registry and both nodes as processes of their own, on free ports, in a folder of its own. */
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type DevNetwork, type NetworkOptions, removeData, startDevNetwork } from '@enlace/dev-network'
import { vi } from 'vitest'

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

/** Waits until `probe` gives something, with the test runner's own polling. @throws Error that says what never happened */
export async function eventually<T>(
  what: string,
  probe: () => Promise<T | undefined | false> | T | undefined | false,
  timeoutMs = 60_000,
): Promise<T> {
  const given = await vi.waitUntil(
    async () => {
      const found = await probe()
      return found !== undefined && found !== false && { found }
    },
    { timeout: timeoutMs, interval: 100, message: `never happened: ${what}` },
  )
  return given.found
}
