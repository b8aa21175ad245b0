import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Catalogue, type CatalogueEntry } from '@enlace/directory/catalogue'
import { summarise } from '@enlace/directory/convert'
import { directoryCopy } from '@enlace/directory/copy'
import type { ListedServer } from '@enlace/trust'
import { type Logger, pino } from 'pino'
import {
  ConfigError,
  checkPlaces,
  type DirectoryFiles,
  loadDirectory,
  parseConfig,
  type RegistryConfig,
  type RegistryConfigInput,
} from './config.ts'
import { createApp } from './http/app.ts'
import { createMetrics } from './http/metrics.ts'
import { Publisher } from './publisher.ts'
import { openSigning, type Signing } from './signing.ts'
import { openStorage, type Storage } from './storage.ts'

export { ConfigError, type RegistryConfigInput }

/** A running registry. */
export interface Registry {
  /** e.g. `http://127.0.0.1:7700` */
  url: string
  port: number
  /** the root metadata to hand to nodes, and its file */
  root: string
  rootPath: string
  /** Publishes another set of servers at once, e.g. with one suspended. @returns the list's new version */
  updateServers(servers: ListedServer[]): Promise<number>
  close(): Promise<void>
}

export interface RegistryOptions {
  log?: Logger
  /** the clock, in milliseconds since the Unix epoch */
  now?: () => number
  /** where to keep things, instead of the configured database; closed with the registry */
  storage?: Storage
}

const hour = 3_600_000
const dayLength = 24 * hour
const renewalCheck = 60_000
const pingTimeout = 3_000

/**
 * Starts a registry: database, signing key, federation list, HTTP. Resolves when it answers.
 * @throws ConfigError when the configuration or the files in `data_dir` need a person's attention
 */
export async function createRegistry(
  input: RegistryConfigInput | RegistryConfig,
  { log, now = Date.now, storage: given }: RegistryOptions = {},
): Promise<Registry> {
  const config = parseConfig(input)
  const logger = log ?? pino({ level: config.log_level, base: { service: 'registry' } })
  const files = await loadDirectory(config)
  checkPlaces(config.servers, files.institutions)
  const signing = await openSigning(config.data_dir, now())
  const storage = given ?? (await openStorage(config, logger))
  try {
    return await startRegistry(config, { logger, now, files, signing, storage })
  } catch (error) {
    await storage.close()
    throw error
  }
}

interface Parts {
  logger: Logger
  now: () => number
  files: DirectoryFiles
  signing: Signing
  storage: Storage
}

async function startRegistry(config: RegistryConfig, parts: Parts): Promise<Registry> {
  const { logger, now, files, signing, storage } = parts
  const { institutions } = files
  const modified = await storage.syncInstitutions(
    institutions.map((one) => ({ ...one, own: files.entries.get(one.key) })),
    new Date(now()),
  )
  const publisher = new Publisher(signing, storage, config.list.valid_hours * hour, now)
  const byKey = Object.fromEntries(institutions.map((institution) => [institution.key, institution]))
  let servers: readonly ListedServer[] = config.servers
  const publish = async (): Promise<number> => {
    const before = publisher.current?.list.version
    const { list } = await publisher.publish(servers, byKey)
    if (list.version !== before)
      logger.info({ version: list.version, servers: list.servers.length }, 'federation list published')
    return list.version
  }
  await publish()

  const directory = dailyDirectory(files, modified, now)
  const metrics = createMetrics({
    listVersion: () => publisher.current?.list.version,
    listExpiresAt: () => publisher.current?.list.expiresAt,
    institutions: () => institutions.length,
  })
  const app = createApp({
    catalogue: () => directory().catalogue,
    directory: (view) => directory().answers[view](),
    networkTokens: config.network_tokens,
    summaries: () =>
      institutions.map((institution) =>
        summarise(institution, now(), publisher.current?.list.serverOfInstitution(institution.key)),
      ),
    federationList: () => publisher.current?.bytes,
    rootMetadata: () => signing.rootBytes,
    ready: async () => ({
      database: await withTimeout(storage.ping(), pingTimeout),
      federation_list: (publisher.current?.list.expiresAt ?? 0) > now(),
    }),
    metrics,
    log: logger,
    rateLimits: config.rate_limits === 'on',
    trustedProxies: config.trusted_proxies,
  })

  const server = createServer(
    { headersTimeout: 10_000, requestTimeout: 15_000, keepAliveTimeout: 65_000, maxHeaderSize: 16_384 },
    app,
  )
  server.maxHeadersCount = 60
  server.maxConnections = 2_000
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(config.port, config.bind, () => {
      server.off('error', reject)
      resolve()
    })
  })
  const { port } = server.address() as AddressInfo
  const host = config.bind.includes(':') ? `[${config.bind}]` : config.bind
  const url = `http://${host}:${port}`
  logger.info({ url, institutions: institutions.length }, 'registry listening')

  const renewal = setInterval(() => {
    publish().catch((error: unknown) =>
      logger.error({ err: error }, 'the federation list could not be renewed'),
    )
  }, renewalCheck)
  renewal.unref()

  let closing: Promise<void> | undefined
  return {
    url,
    port,
    root: signing.rootBytes,
    rootPath: signing.rootPath,
    async updateServers(next) {
      const checked = parseConfig({ ...config, servers: next }).servers
      checkPlaces(checked, institutions)
      servers = checked
      return publish()
    },
    close() {
      closing ??= (async () => {
        clearInterval(renewal)
        await new Promise<void>((resolve) => {
          server.close(() => resolve())
          server.closeIdleConnections()
          setTimeout(() => server.closeAllConnections(), 2_000).unref()
        })
        await storage.close()
        logger.info('registry stopped')
      })()
      return closing
    },
  }
}

interface Today {
  catalogue: Catalogue
  /** the whole directory as nodes take it, put together when it is first asked for */
  answers: Record<'public' | 'network', () => string>
}

/** The directory of today: freshness goes by the day, so it is built again when the day changes. */
function dailyDirectory(
  { institutions, entries }: DirectoryFiles,
  modified: ReadonlyMap<string, Date>,
  now: () => number,
): () => Today {
  const build = (at: number): Today => {
    const records = institutions.map((institution): CatalogueEntry => {
      const entry = entries.get(institution.key)
      return {
        institution,
        lastModified: (modified.get(institution.key) ?? new Date(at)).toISOString(),
        ...(entry ? { entry } : {}),
      }
    })
    const answer = (view: 'public' | 'network') => {
      let text: string | undefined
      return () => {
        text ??= JSON.stringify(directoryCopy(records, view))
        return text
      }
    }
    return {
      catalogue: new Catalogue(records, at),
      answers: { public: answer('public'), network: answer('network') },
    }
  }
  let day = Math.floor(now() / dayLength)
  let current = build(now())
  return () => {
    const today = Math.floor(now() / dayLength)
    if (today !== day) {
      day = today
      current = build(now())
    }
    return current
  }
}

async function withTimeout(check: Promise<boolean>, milliseconds: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), milliseconds)
  })
  try {
    return await Promise.race([check, late])
  } finally {
    clearTimeout(timer)
  }
}
