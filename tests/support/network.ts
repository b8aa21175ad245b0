/** A network for one test file: registry and both nodes as processes of their own, on free ports, in a folder of its own. */
import { existsSync } from 'node:fs'
import { cp, mkdtemp, rename } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  type DevNetwork,
  type NetworkOptions,
  PortInUse,
  removeData,
  startDevNetwork,
} from '@enlace/dev-network'
import { inject, vi } from 'vitest'

export type TestNetwork = DevNetwork & { dataDir: string; dispose(): Promise<void> }

export async function startTestNetwork(options: Partial<NetworkOptions> = {}): Promise<TestNetwork> {
  const dataDir = await mkdtemp(join(tmpdir(), 'enlace-net-'))
  const start = (withoutChannels: boolean) =>
    startDevNetwork({ ports: 'ephemeral', programs: programs(), ...options, withoutChannels, dataDir })
  let network: DevNetwork
  if (seedServes(options)) {
    await cp(await seed(options.examples ?? false), dataDir, { recursive: true })
    network = await start(true).catch(async (error: unknown) => {
      if (!(error instanceof PortInUse)) throw error
      // What an earlier file left running.
      await removeData(dataDir)
      return start(false)
    })
  } else network = await start(options.withoutChannels ?? false)
  return {
    ...network,
    dataDir,
    async dispose() {
      await network.close()
      await removeData(dataDir)
    },
  }
}

/** From few files where there are lanes; a measure starts the sources. */
const programs = () => (process.env['VITEST_POOL_ID'] === undefined ? undefined : inject('programs'))

/** Whether the demo's own data are what is wanted, and there are lanes (a measure has none); what else there is to a network is done at each start. */
const seedServes = ({ extraServers, nodeFlags, withoutChannels }: Partial<NetworkOptions>): boolean =>
  process.env['VITEST_POOL_ID'] !== undefined && !extraServers && !nodeFlags && !withoutChannels

/**
 * The data of a network whose accounts and channels are made, which costs more than all else about a start: made once for each lane
 * of the run. Server names carry ports, and a lane has one network at a time.
 */
async function seed(examples: boolean): Promise<string> {
  const folder = join(inject('seeds'), `lane-${process.env['VITEST_POOL_ID']}${examples ? '-examples' : ''}`)
  if (existsSync(folder)) return folder
  const making = `${folder}.making`
  const network = await startDevNetwork({
    dataDir: making,
    ports: 'ephemeral',
    programs: programs(),
    examples,
    nodeConfig: { rate_limits: 'off' },
  })
  await network.close()
  await rename(making, folder)
  return folder
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
