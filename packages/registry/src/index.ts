import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { publicMaterials } from '@enlace/coordination/materials/published'
import { shownRisks } from '@enlace/coordination/risks/published'
import type { Institution } from '@enlace/directory'
import { summarise } from '@enlace/directory/convert'
import { judging, keepSite, type PublicAsks, serveSite } from '@enlace/public-site'
import type { Delegation, ListedServer, TrustKey } from '@enlace/trust'
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
import { dailyDirectory } from './daily-directory.ts'
import { notByCoordinators, refusedInstitution, refusedPublication } from './errors.ts'
import { createApp } from './http/app.ts'
import { createMetrics } from './http/metrics.ts'
import { type Push, startPush } from './http/push.ts'
import { InstitutionShelf } from './institution-shelf.ts'
import { type Mirror, startMirror } from './mirror.ts'
import { Publisher, type Source } from './publisher.ts'
import { PublicationRefused } from './refused.ts'
import { openOwnRoots, openRegistryKey, publishedVersion, rootPathOf, writePublished } from './signing.ts'
import { coordinatorsSource, keysOf, nextSource, ownSource, readPublication, sameAgain } from './sources.ts'
import { openStorage, type Storage } from './storage.ts'

export { ConfigError, type RegistryConfigInput }

/** A running registry. */
export interface Registry {
  /** e.g. `http://127.0.0.1:7700` */
  url: string
  port: number
  /** the root metadata to hand to nodes, and its file */
  readonly root: string
  rootPath: string
  /** Publishes another set of servers at once, e.g. with one suspended. @returns the list's new version */
  updateServers(
    servers: ListedServer[],
    institutionKeys?: RegistryConfig['institution_keys'],
  ): Promise<number>
  /** Publishes what an institution signed, as `POST /trust/institutions/{key}` does. @returns its metadata's version */
  publishInstitution(institution: string, publication: unknown): Promise<number>
  /** Publishes what coordinators signed, from the configured file or as given. @returns the list's version */
  publish(publication?: unknown): Promise<number>
  /** Compares with the other registry, where there is one, now. */
  sync(): Promise<void>
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
/** Coordinators are reminded so long before their signatures end. */
const remindBefore = 21 * dayLength
const pingTimeout = 3_000
/** How far above the last version one signs that stands in for the other: more than that one signs meanwhile. */
const standInGap = 1_000

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
  const key = await openRegistryKey(config.data_dir)
  const own = config.trust ? undefined : await openOwnRoots(config.data_dir, key, now())
  const storage = given ?? (await openStorage(config, logger))
  try {
    return await startRegistry(config, { logger, now, files, key, own, storage })
  } catch (error) {
    await storage.close()
    throw error
  }
}

interface Parts {
  logger: Logger
  now: () => number
  files: DirectoryFiles
  key: TrustKey
  /** roots of a registry without coordinators */
  own: readonly string[] | undefined
  storage: Storage
}

async function startRegistry(config: RegistryConfig, parts: Parts): Promise<Registry> {
  const { logger, now, files, key, own, storage } = parts
  const { institutions } = files
  const modified = await storage.syncInstitutions(
    institutions.map((one) => ({ ...one, own: files.entries.get(one.key) })),
    new Date(now()),
  )
  const floor = await publishedVersion(config.data_dir)
  const shelf = new InstitutionShelf(storage, config.data_dir, now)
  await shelf.load()
  const publisher = new Publisher(key, storage, shelf, config.list.valid_hours * hour, now, floor)
  const byKey = Object.fromEntries(institutions.map((institution) => [institution.key, institution]))
  let servers: readonly ListedServer[] = config.servers
  const { trust } = config
  let push: Push | undefined

  let mirror: Mirror | undefined
  // A registry that stands in for the one that leads signs far above it, and late.
  publisher.gap = config.mirrors.length > 0 ? standInGap : 1
  publisher.renewAt = () => (config.mirrors.length > 0 && leader() !== key.keyid ? 1 / 4 : 1 / 2)
  const leader = () => publisher.newest?.root.content.roles.timestamp.keyids[0]

  const served = async (version: number): Promise<void> => {
    const { current } = publisher
    if (!current) return
    logger.info(
      { version, list: current.verified.list.version, servers: current.verified.list.servers.length },
      'federation list published',
    )
    await writePublished(config.data_dir, current.verified.publication, version)
    push?.published(version)
  }
  const publish = async (source: Source): Promise<number> => {
    const before = publisher.current
    const { verified, version } = await publisher.publish(source)
    if (version !== before?.version) await served(version)
    return trust ? verified.list.version : version
  }
  let delegations = keysOf(config.institution_keys)
  const publishServers = () => publish(ownSource(key, own ?? [], servers, byKey, delegations, now))
  const publishSigned = async (given: unknown): Promise<number> => {
    if (!trust) throw notByCoordinators()
    if (given === undefined)
      return publish(coordinatorsSource(await readPublication(trust.publication), key, now))
    return publish(nextSource(given, key, now))
  }

  if (!trust) await publishServers()
  else
    await publishSigned(undefined).catch((error: unknown) => {
      if (!(error instanceof PublicationRefused)) throw error
      if (error.reason !== 'expired')
        throw new ConfigError(
          `trust.publication: el directorio no publica lo que dice ese archivo (${error.reason}). Vea qué firmas faltan: npm run trust -- status / trust.publication: the registry does not publish what that file says (${error.reason}). See which signatures are missing: npm run trust -- status. ${error.message}`,
        )
      // Nodes refuse it too. The directory goes on, and waits for what coordinators sign.
      logger.error(
        { detail: error.message },
        'the coordinators’ signatures have expired: nothing is published',
      )
    })
  let reminded = 0
  const renew = async (): Promise<void> => {
    if (mirror?.signs === false) return
    await (trust ? publish(sameAgain(publisher.newest)) : publishServers())
    const ends = publisher.current?.verified.targets.expiresAt ?? 0
    if (!trust || ends - now() > remindBefore || now() - reminded < dayLength) return
    reminded = now()
    logger.warn(
      { expires: new Date(ends).toISOString() },
      'the coordinators’ signatures end soon: let them sign the list anew (npm run trust -- propose renew)',
    )
  }

  const publishInstitution = async (institution: string, given: unknown): Promise<number> => {
    const before = publisher.current?.version
    const version = await publisher.publishInstitution(institution, given, asks)
    const after = publisher.current?.version
    if (after === undefined || after === before) return version
    logger.info({ institution, version }, 'an institution published')
    push?.published(after)
    return version
  }

  const asks: PublicAsks = {
    countryOf: (institution) => publisher.list?.institutions[institution]?.country,
    recordsOf: (key) => directory().entries.find(({ institution }) => institution.key === key),
    inside: () => directory().inside(),
    now,
  }
  const delegated = () => publisher.current?.verified.delegations ?? new Map<string, Delegation>()
  const directory = dailyDirectory(
    files,
    modified,
    {
      version: () => `${publisher.current?.verified.targets.digest} ${shelf.content}`,
      entry: (institution, view) => shelf.entry(institution, view, delegated()),
      others: () => othersOf(publisher, shelf, byKey),
    },
    now,
  )
  const site =
    config.public_site === 'on'
      ? keepSite({
          version: directory,
          entries: () => directory().entries,
          materials: () => publicMaterials(shelf.approved('materials.json', delegated()), judging(asks)),
          risks: () =>
            shownRisks(shelf.approved('risks.json', delegated()), { countryOf: asks.countryOf, now: now() }),
          now,
          log: logger,
        })
      : undefined
  const metrics = createMetrics({
    listVersion: () => publisher.list?.version,
    listExpiresAt: () => publisher.current?.expiresAt,
    targetsExpireAt: () => publisher.current?.verified.targets.expiresAt,
    rootExpiresAt: () => publisher.current?.verified.root.expiresAt,
    institutions: () => institutions.length,
  })
  const app = createApp({
    catalogue: () => directory().catalogue,
    directory: (view) => directory().answers[view](),
    networkTokens: config.network_tokens,
    summaries: () =>
      directory().institutions.map((institution) =>
        summarise(institution, now(), publisher.list?.serverOfInstitution(institution.key)),
      ),
    federationList: () => publisher.current?.list,
    rootMetadata: () => rootText(publisher),
    trustFile: (path) => publisher.file(path),
    publish: async (given, forwarded) => {
      const version = forwarded ? undefined : await mirror?.forward('publish', given ?? null)
      if (version !== undefined) return version
      return publishSigned(given ?? null).catch((error: unknown) => {
        if (!(error instanceof PublicationRefused)) throw error
        throw refusedPublication(error.reason, error.message)
      })
    },
    publishInstitution: async (institution, given, forwarded) => {
      const version = forwarded ? undefined : await mirror?.forward(`institutions/${institution}`, given)
      if (version !== undefined) return version
      return publishInstitution(institution, given).catch((error: unknown) => {
        if (!(error instanceof PublicationRefused)) throw error
        throw refusedInstitution(error.reason, institution, error.message)
      })
    },
    ready: async () => ({
      database: await withTimeout(storage.ping(), pingTimeout),
      federation_list: (publisher.current?.expiresAt ?? 0) > now(),
    }),
    metrics,
    ...(site ? { publicSite: serveSite(site) } : {}),
    log: logger,
    rateLimits: config.rate_limits === 'on',
    trustedProxies: config.trusted_proxies,
  })

  const server = createServer(
    { headersTimeout: 10_000, requestTimeout: 15_000, keepAliveTimeout: 65_000, maxHeaderSize: 16_384 },
    app,
  )
  push = startPush(server, () => publisher.current?.version)
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

  const [other] = config.mirrors
  if (other !== undefined) {
    mirror = startMirror({
      url: other,
      key,
      publisher,
      shelf,
      networkToken: config.network_tokens[0],
      signAnew: () => publish(sameAgain(publisher.newest)),
      served,
      log: logger,
    })
    await mirror.sync()
  }

  const renewal = setInterval(() => {
    renew().catch((error: unknown) =>
      logger.error({ err: error }, 'the federation list could not be renewed'),
    )
  }, renewalCheck)
  renewal.unref()

  let closing: Promise<void> | undefined
  return {
    url,
    port,
    get root() {
      return rootText(publisher) ?? ''
    },
    rootPath: rootPathOf(config.data_dir),
    sync: async () => mirror?.sync(),
    publishInstitution,
    async updateServers(next, keys) {
      const checked = parseConfig({ ...config, servers: next, ...(keys ? { institution_keys: keys } : {}) })
      checkPlaces(checked.servers, institutions)
      servers = checked.servers
      delegations = keysOf(checked.institution_keys)
      return publishServers()
    },
    publish: publishSigned,
    close() {
      closing ??= (async () => {
        clearInterval(renewal)
        site?.close()
        await mirror?.close()
        await push?.close()
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

/** Institutions that coordinators placed and nobody wrote into a file: as they describe themselves under their own key. */
function othersOf(
  publisher: Publisher,
  shelf: InstitutionShelf,
  known: Readonly<Record<string, Institution>>,
): Institution[] {
  const { list, current } = publisher
  return Object.entries(list?.institutions ?? {}).flatMap(([key, { kind, country }]) => {
    if (Object.hasOwn(known, key)) return []
    const own = shelf.entry(key, 'public', current?.verified.delegations ?? new Map())
    const name = own?.entry.records.organizations?.[0]?.['name']
    if (typeof name !== 'string' || name === '') return []
    const example = own?.entry.example ? { example: true as const } : {}
    return [
      {
        key,
        name: name.slice(0, 200),
        country,
        department: null,
        municipality: null,
        kind,
        services: [],
        confirmed: true,
        source: null,
        ...example,
      },
    ]
  })
}

function rootText(publisher: Publisher): string | undefined {
  return publisher.current?.verified.publication.roots.at(-1)
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
