/** The demo network's coordinators: two of each country, invented, whose keys lie in its data folder. */
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { institutions as known } from '@enlace/directory/institutions'
import { openRegistryKey } from '@enlace/registry/signing'
import {
  createList,
  createRoot,
  createTargets,
  type Delegations,
  delegationsContent,
  generateTrustKey,
  type ListedServer,
  openKey,
  type Publication,
  parseRoot,
  publicKeyFile,
  readInstitutionDelegations,
  sealKey,
  signMetadata,
  type TrustKey,
  type VerifiedPublication,
  verifyPublication,
} from '@enlace/trust'

/** Opens the example keys, in the coordinators' tool as here. Of no use anywhere else. */
export const EXAMPLE_PASSPHRASE = 'enlace-demo de ejemplo'

const day = 86_400_000
const rootValidity = 365 * day
const listValidity = 90 * day
const renewBefore = 30 * day
/** Above what a registry counted that signed its list by itself. */
const takeOverVersion = 1_000
/** Quick to open: these keys protect nothing. */
const log2N = 12

const coordinators = [
  { file: 'hn1', name: 'Coordinación Honduras 1 (de ejemplo)', country: 'HN' },
  { file: 'hn2', name: 'Coordinación Honduras 2 (de ejemplo)', country: 'HN' },
  { file: 'gt1', name: 'Coordinación Guatemala 1 (de ejemplo)', country: 'GT' },
  { file: 'gt2', name: 'Coordinación Guatemala 2 (de ejemplo)', country: 'GT' },
] as const

interface Example {
  key: TrustKey
  name: string
  country: string
}

interface SigningOptions {
  /** keys of institutions that the coordinators vouch for */
  delegations?: Delegations
  folder: string
  registryDir: string
  servers: readonly (Omit<ListedServer, 'status'> & Partial<Pick<ListedServer, 'status'>>)[]
  say: (line: string) => void
}

/**
 * The publication that the registry starts with, signed by one of each country, and the root that the nodes pin. What was
 * published before is kept as it is while it says the same servers.
 */
export async function signedByExampleCoordinators(
  options: SigningOptions,
): Promise<{ publicationFile: string; rootFile: string }> {
  const { folder, registryDir, say } = options
  const place = join(folder, 'coordinaciones-de-ejemplo')
  await mkdir(place, { recursive: true, mode: 0o700 })
  const examples = await Promise.all(coordinators.map((one) => exampleKey(place, one)))
  const registryKey = await openRegistryKey(registryDir)
  const publicationFile = join(place, 'publicado.json')
  const rootFile = join(folder, 'root.json')
  const servers = options.servers.map((server): ListedServer => ({ status: 'active', ...server }))

  // Also what somebody published since with the tool, which the registry keeps.
  const found = await Promise.all(
    [publicationFile, join(registryDir, 'published.json')].map((file) =>
      published(file, registryKey, examples),
    ),
  )
  let before = found
    .filter((one) => one !== undefined)
    .sort((a, b) => b.targets.version - a.targets.version)[0]
  let roots: string[] | undefined
  if (!before) {
    roots = await earlierRoots(registryDir, rootFile, registryKey)
    if (roots.length > 0)
      say(
        'La lista de la red pasa a firmas de coordinaciones de ejemplo / the list is now signed by example coordinators.',
      )
    else await forget(options, rootFile)
  }
  const { delegations = {} } = options
  const publication = next(before, roots ?? [], servers, examples, registryKey, delegations)
  if (publication) {
    const verdict = verifyPublication(publication, { now: Date.now() })
    if (!verdict.ok) throw new Error(`coordinaciones-de-ejemplo: ${verdict.detail}`)
    before = verdict.verified
    await writeFile(publicationFile, JSON.stringify(publication), { mode: 0o600 })
  }
  // The root is handed over with the nodes' configuration, as on a real network, not fetched from the registry.
  if ((await readOptional(rootFile)) === undefined) await writeFile(rootFile, before!.publication.roots[0]!)
  return { publicationFile, rootFile }
}

async function exampleKey(place: string, about: (typeof coordinators)[number]): Promise<Example> {
  const path = join(place, `${about.file}.llave.json`)
  const text = await readOptional(path)
  const opened = text === undefined ? undefined : openKey(JSON.parse(text), EXAMPLE_PASSPHRASE)
  if (opened?.ok) return { ...about, key: opened.key }
  const key = generateTrustKey()
  await writeFile(path, JSON.stringify(sealKey(key, about, EXAMPLE_PASSPHRASE, log2N), undefined, 1), {
    mode: 0o600,
  })
  const open = JSON.stringify(publicKeyFile(key, about.name, about.country), undefined, 1)
  await writeFile(join(place, `${about.file}.publica.json`), open)
  return { ...about, key }
}

/** What an earlier start wrote, if these keys can go on from it. */
async function published(
  file: string,
  registryKey: TrustKey,
  examples: readonly Example[],
): Promise<VerifiedPublication | undefined> {
  const text = await readOptional(file)
  if (text === undefined) return undefined
  const verdict = verifyPublication(JSON.parse(text), { now: Date.now(), allowExpired: true })
  if (!verdict.ok) return undefined
  const { timestamp, targets } = verdict.verified.root.content.roles
  const ours =
    timestamp.keyids.includes(registryKey.keyid) &&
    examples.every(({ key }) => targets.keyids.includes(key.keyid))
  return ours ? verdict.verified : undefined
}

/** Roots of a data folder in which the registry signed alone, from the one that its nodes have pinned. */
async function earlierRoots(registryDir: string, rootFile: string, registryKey: TrustKey): Promise<string[]> {
  const folder = join(registryDir, 'roots')
  const files = (await readdir(folder).catch(() => [])).map((name) => join(folder, name))
  const byVersion = new Map<number, string>()
  for (const file of [rootFile, ...files, join(registryDir, 'root.json')]) {
    const text = await readOptional(file)
    const verdict = text === undefined ? undefined : parseRoot(text)
    if (text === undefined || !verdict?.ok) continue
    const { keyids } = verdict.root.content.roles.root
    if (keyids.length === 1 && keyids[0] === registryKey.keyid) byVersion.set(verdict.root.version, text)
  }
  const versions = [...byVersion.keys()].sort((a, b) => a - b)
  const whole = versions.every((version, index) => version === versions[0]! + index)
  return whole ? versions.map((version) => byVersion.get(version)!) : []
}

/** Nothing leads from what there is to these keys: nodes and registry begin again, and people are told. */
async function forget({ folder, registryDir, say }: SigningOptions, rootFile: string): Promise<void> {
  if ((await readOptional(rootFile)) === undefined) return
  say('La lista de la red empieza de nuevo: la anterior no se puede continuar / the list begins anew.')
  await rm(rootFile, { force: true })
  await rm(join(registryDir, 'root.json'), { force: true })
  for (const node of ['hn', 'gt']) await rm(join(folder, node, 'federation-trust.json'), { force: true })
}

/** @returns undefined when what is published does, as it is */
function next(
  before: VerifiedPublication | undefined,
  roots: readonly string[],
  servers: readonly ListedServer[],
  examples: readonly Example[],
  registryKey: TrustKey,
  delegations: Delegations,
): Publication | undefined {
  const now = Date.now()
  const described = servers.flatMap((server) => server.institutions).sort()
  const institutions = Object.fromEntries(
    described.flatMap((key) => {
      const entry = known.find((one) => one.key === key)
      return entry ? [[key, { kind: entry.kind, country: entry.country }]] : []
    }),
  )
  const list = createList(servers, institutions)
  const fresh = before && Math.min(before.targets.expiresAt, before.root.expiresAt) - now > renewBefore
  // Keys that coordinators gave an institution since with the tool stay.
  const delegated = before
    ? delegationsContent(readInstitutionDelegations(before.targets.metadata).delegations)
    : {}
  const given = { ...delegations, ...delegated }
  const same = before && sameServers(before, servers)
  if (same && fresh && Object.keys(given).length === Object.keys(delegated).length) return undefined

  const one = examples.filter(
    ({ country }, index) => examples.findIndex((each) => each.country === country) === index,
  )
  const chain = before ? [...before.publication.roots] : [...roots]
  if (!before || before.root.expiresAt - now <= renewBefore) {
    const holder = ({ key, name, country }: Example) => ({
      keyid: key.keyid,
      record: key.record,
      name,
      country,
    })
    const last = chain.at(-1)
    const lastRoot = last === undefined ? undefined : parseRoot(last)
    const root = createRoot({
      version: (lastRoot?.ok ? lastRoot.root.version : 0) + 1,
      expires: new Date(now + rootValidity),
      coordinators: examples.map(holder),
      threshold: 2,
      online: [{ keyid: registryKey.keyid, record: registryKey.record, name: 'Directorio (de ejemplo)' }],
    })
    // The registry signs once more where it signed alone until now.
    const signers = [...examples.map(({ key }) => key), ...(roots.length > 0 ? [registryKey] : [])]
    chain.push(JSON.stringify(signMetadata(root, signers)))
  }
  const version = before ? before.targets.version + 1 : roots.length > 0 ? takeOverVersion : 1
  const targets = createTargets(
    { version, expires: new Date(now + listValidity) },
    Buffer.from(list),
    given,
    Object.fromEntries(before?.appointments ?? []),
  )
  const signed = signMetadata(
    targets,
    one.map(({ key }) => key),
  )
  return { _type: 'enlace-trust-publication', roots: chain, targets: JSON.stringify(signed), list }
}

/** Which servers and institutions: what somebody suspended with the tool stays suspended. */
function sameServers(before: VerifiedPublication, servers: readonly ListedServer[]): boolean {
  const plain = (list: readonly ListedServer[]) =>
    JSON.stringify(
      list.map(({ server_name, institutions, case_slot }) => [server_name, institutions, case_slot]),
    )
  return plain(before.list.servers) === plain(servers)
}

async function readOptional(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}
