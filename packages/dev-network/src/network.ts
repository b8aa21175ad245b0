/** Boots the registry and the two nodes as separate processes with their own data, as they would run on three machines. */
import { randomBytes } from 'node:crypto'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { exampleEntries, exampleInstitutions } from '@enlace/directory/examples'
import { localAuthority } from './ca.ts'
import { signedByExampleCoordinators } from './coordinators.ts'
import { type DemoNode, demoNodes } from './demo.ts'
import { choosePorts, requireFree } from './ports.ts'
import { type ServerProcess, startProcess } from './process.ts'
import { delegationsTo, exampleInstitutionKeys, seedRosters } from './rosters.ts'
import { seedChannels } from './seed.ts'

export { freePorts } from '@enlace/embedded-mongo/free-ports'
export { PortInUse } from './ports.ts'

const nodeMain = fileURLToPath(new URL('./node-main.ts', import.meta.url))
const registryMain = fileURLToPath(new URL('../../../apps/registry/src/main.ts', import.meta.url))

export type NetworkOptions = {
  dataDir: string
  /** 'demo' uses the contract's ports; 'ephemeral' finds free ones, for tests. */
  ports?: 'demo' | 'ephemeral'
  /** Built web client to serve; none when absent. */
  webRoot?: string
  say?: (line: string) => void
  /** Skip the demo's channels: the nodes start with accounts only. */
  withoutChannels?: boolean
  /** Further servers on the federation list, e.g. a test's own partner. */
  extraServers?: readonly { server_name: string; institutions: string[] }[]
  /** Further keys for each node's configuration. */
  nodeConfig?: Record<string, unknown>
  /** Further flags of Node.js for each node: tests load modules with them. */
  nodeFlags?: readonly string[]
  /** Invented institutions with all that an entry can hold, so that the directory can be seen at work. */
  examples?: boolean
  /** What is started instead of the sources: tests start dozens of networks, and put each program into few files first. */
  programs?: { node: string; registry: string } | undefined
  /** Puts further files that configurations name into the data folder before anything is started. */
  prepare?: (folder: string) => Promise<void>
}

export type RunningNode = {
  key: 'hn' | 'gt'
  serverName: string
  /** Web client and client-server API. */
  baseUrl: string
  dataDir: string
  configFile: string
  process: ServerProcess
  demo: DemoNode
  /** Starts the node again after `process.stop()` or `process.kill()`, on the same data. */
  restart(): Promise<void>
}

export type DevNetwork = {
  registryUrl: string
  caFile: string
  hn: RunningNode
  gt: RunningNode
  registry: ServerProcess
  registryFile: string
  /** Once, with flags of Node.js: a test's own clock. */
  restartRegistry(flags: readonly string[]): Promise<void>
  /** Settles with a name when one of the programs ends by itself. */
  firstFailure: Promise<string>
  close(): Promise<void>
}

export async function startDevNetwork(options: NetworkOptions): Promise<DevNetwork> {
  const say = options.say ?? (() => {})
  const folder = resolve(options.dataDir)
  await mkdir(folder, { recursive: true, mode: 0o700 })
  await options.prepare?.(folder)
  const ports = await choosePorts(folder, options.ports ?? 'demo')
  await requireFree([ports.registry, ...[ports.hn, ports.gt].flatMap((node) => [node.web, node.federation])])
  const authority = await localAuthority(folder)
  const started: ServerProcess[] = []
  let closing = false
  let reportFailure: (name: string) => void = () => {}
  const firstFailure = new Promise<string>((report) => {
    reportFailure = report
  })
  const close = async () => {
    closing = true
    await Promise.all(started.filter((one) => one.running).map((one) => one.stop()))
  }
  const watch = (server: ServerProcess) => {
    started.push(server)
    void server.ended.then(() => !closing && reportFailure(server.name))
    return server
  }

  try {
    say('Directorio / registry ...')
    const registryUrl = `http://localhost:${ports.registry}`
    const registryDir = join(folder, 'registry')
    await mkdir(registryDir, { recursive: true, mode: 0o700 })
    const registryFile = join(folder, 'registry.yaml')
    const networkToken = options.examples ? randomBytes(32).toString('base64url') : undefined
    const entriesFile = join(registryDir, 'example-entries.json')
    if (options.examples)
      await writeYaml(entriesFile, { institutions: exampleInstitutions, entries: exampleEntries })
    const servers = [
      ...demoNodes.map((node, index) => ({
        server_name: `${node.host}:${ports[node.key].federation}`,
        institutions: node.institutions,
        case_slot: index + 1,
      })),
      ...(options.extraServers ?? []),
    ]
    const institutionKeys = await exampleInstitutionKeys(
      folder,
      servers.flatMap(({ institutions }) => institutions),
    )
    const delegations = delegationsTo(institutionKeys)
    const trust = await signedByExampleCoordinators({ folder, registryDir, servers, delegations, say })
    await writeYaml(registryFile, {
      port: ports.registry,
      bind: '127.0.0.1',
      data_dir: registryDir,
      ...(networkToken ? { entries_file: entriesFile, network_tokens: [networkToken] } : {}),
      trust: { publication: trust.publicationFile },
    })
    const launchRegistry = (flags?: readonly string[]) =>
      startProcess({
        name: 'registry',
        script: options.programs?.registry ?? registryMain,
        flags,
        args: ['--config', registryFile],
        logFile: join(folder, 'registry.log'),
        readyUrl: `${registryUrl}/readyz`,
      })
    const registry = watch(await launchRegistry())
    await seedRosters(
      registryUrl,
      institutionKeys,
      demoNodes.flatMap((node) =>
        node.accounts.map(({ localpart, institution, role }) => ({
          userId: `@${localpart}:${node.host}:${ports[node.key].federation}`,
          institution,
          role,
          since: 0,
        })),
      ),
    )
    const startNode = async (demo: DemoNode): Promise<RunningNode> => {
      say(`Nodo / node ${demo.host} ...`)
      const { web, federation } = ports[demo.key]
      const dataDir = join(folder, demo.key)
      await mkdir(dataDir, { recursive: true, mode: 0o700 })
      const tls = await authority.issue(demo.key, [demo.host, 'localhost', '127.0.0.1'])
      const configFile = join(folder, `${demo.key}.yaml`)
      await writeYaml(configFile, {
        server_name: `${demo.host}:${federation}`,
        data_dir: dataDir,
        listeners: [
          { port: web, bind: '127.0.0.1', serves: ['client', 'web'] },
          { port: federation, bind: '127.0.0.1', serves: ['client', 'federation'], tls },
        ],
        federation: {
          list: {
            url: `${registryUrl}/federation-list`,
            root: trust.rootFile,
            ...(networkToken ? { network_token: networkToken } : {}),
          },
          trusted_ca: [authority.caFile],
          allow_private_addresses: true,
        },
        registration: 'closed',
        institutions: demo.institutions,
        public_base_url: `http://localhost:${web}`,
        demo: 'on',
        // Everybody may add a second step; the demo accounts go on signing in with the demo password alone.
        sign_in: { second_factor: { official: 'optional', coordinator: 'optional', staff: 'optional' } },
        ...options.nodeConfig,
      })
      const accountsFile = join(folder, `${demo.key}-accounts.json`)
      await writeFile(accountsFile, JSON.stringify(demo.accounts))
      const launch = () =>
        startProcess({
          name: demo.host,
          script: options.programs?.node ?? nodeMain,
          flags: options.nodeFlags,
          args: [configFile, accountsFile, ...(options.webRoot ? [options.webRoot] : [])],
          logFile: join(folder, `${demo.key}.log`),
          readyUrl: `http://127.0.0.1:${web}/readyz`,
        })
      const node: RunningNode = {
        key: demo.key,
        serverName: `${demo.host}:${federation}`,
        baseUrl: `http://localhost:${web}`,
        dataDir,
        configFile,
        process: watch(await launch()),
        demo,
        async restart() {
          node.process = watch(await launch())
        },
      }
      return node
    }
    const hn = await startNode(demoNodes[0]!)
    const gt = await startNode(demoNodes[1]!)
    if (!options.withoutChannels) {
      await seedChannels(
        [hn, gt].map((node) => ({
          serverName: node.serverName,
          baseUrl: node.baseUrl,
          accounts: node.demo.accounts,
        })),
        say,
      )
    }
    const restartRegistry = async (flags: readonly string[]) => {
      await registry.stop()
      watch(await launchRegistry(flags))
    }
    const { caFile } = authority
    return { registryUrl, registryFile, caFile, hn, gt, registry, restartRegistry, firstFailure, close }
  } catch (error) {
    await close()
    throw error
  }
}

/** JSON is YAML. */
async function writeYaml(file: string, value: unknown): Promise<void> {
  await writeFile(file, `${JSON.stringify(value, null, 2)}\n`, { mode: 0o600 })
}

export async function removeData(dataDir: string): Promise<void> {
  await rm(dataDir, { recursive: true, force: true })
}
