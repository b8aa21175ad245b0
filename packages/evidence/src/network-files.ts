/**
 * The network's list and the rosters of institutions as signed files: collected where there is a node, read again where there
 * is none. The same functions verify in both places.
 */
import {
  type FetchFile,
  fetchInstitutionFile,
  firstRoot,
  type NetworkMemory,
  type PublicKey,
  type Refused,
  type RosterContent,
  readableCode,
  readRosterText,
  rootOf,
  verifyInstitution,
  verifyNetwork,
} from '@enlace/trust/browser'
import { z } from 'zod'
import { sha256Hex } from './package.ts'

const LIST = 'federation-list.json'
const MAX_LIST = 1024 * 1024
const MAX_FIRST_ROOT = 32

const listSchema = z.object({
  _type: z.literal('enlace-federation-list'),
  servers: z.array(
    z.object({
      server_name: z.string(),
      institutions: z.array(z.string()),
      verify_keys: z.record(z.string(), z.string()).optional(),
    }),
  ),
})
export type ListedServers = z.output<typeof listSchema>['servers']

/** An institution as it stood when the package was made. */
export type SignedInstitution = {
  keys: Readonly<Record<string, PublicKey>>
  keyids: readonly string[]
  threshold: number
  roster?: RosterContent
}

export type NetworkReading = {
  servers: ListedServers
  institutions: ReadonlyMap<string, SignedInstitution>
  /** Thirty digits of the newest root: whoever knows the network can compare them. */
  rootCode: string
  /** The registry had not said for a day that nothing newer exists. */
  stale: boolean
  /** When the registry last said that nothing newer exists, that held until then. */
  freshUntil: number
}

async function takeRoot(fetchFile: FetchFile, now: number): Promise<NetworkMemory | Refused | undefined> {
  for (let version = 1; version <= MAX_FIRST_ROOT; version++) {
    const bytes = await fetchFile(`metadata/${version}.root.json`, 64 * 1024)
    if (!bytes) continue
    const first = await firstRoot(bytes, now)
    return first.ok ? first.memory : first
  }
  return undefined
}

/**
 * @param root one that was had another way than with these files
 * @returns undefined where there is no network's list at all
 */
export async function readNetwork(
  fetchFile: FetchFile,
  args: { institutions: Iterable<string>; now: number; root?: Uint8Array | undefined },
): Promise<{ ok: true; network: NetworkReading } | Refused | undefined> {
  const { now } = args
  const given = args.root && (await firstRoot(args.root, now))
  if (given && !given.ok) return given
  const memory = given ? given.memory : await takeRoot(fetchFile, now)
  if (!memory) return undefined
  if ('fault' in memory) return memory
  // A package that was made while the registry was silent is as good as what the node itself worked by.
  let stale = false
  let verdict = await verifyNetwork(memory, fetchFile, now)
  if (!verdict.ok && verdict.fault === 'expired' && verdict.file === 'timestamp.json') {
    stale = true
    const before = await expiryOf(fetchFile)
    if (before !== undefined) verdict = await verifyNetwork(memory, fetchFile, before - 1)
  }
  if (!verdict.ok) return verdict
  const { network } = verdict
  const list = await readList(network.targets.content.targets, fetchFile)
  if ('fault' in list) return list
  const institutions = new Map<string, SignedInstitution>()
  for (const key of new Set(args.institutions)) {
    const own = await verifyInstitution(network, verdict.memory, key, fetchFile, now)
    // One that has expired decides nothing: its people stay unconfirmed.
    if (!own.ok && own.fault === 'expired') continue
    if (!own.ok) return own
    if (typeof own.state === 'string') {
      if (own.state === 'silent' && 'role' in own) institutions.set(key, keysOf(network, own.role))
      continue
    }
    const fetched = await fetchInstitutionFile(own.state, 'roster.json', fetchFile)
    if (!fetched.ok) return fetched
    const roster = fetched.text === undefined ? undefined : readRosterText(fetched.text, key)
    const { keyids, threshold } = own.state.role
    institutions.set(key, { keys: own.state.keys, keyids, threshold, ...(roster ? { roster } : {}) })
  }
  const newest = await rootOf(verdict.memory)
  return {
    ok: true,
    network: {
      servers: list.servers,
      institutions,
      rootCode: newest ? readableCode(newest.digest) : '',
      stale,
      freshUntil: network.freshUntil,
    },
  }
}

type Network = Extract<Awaited<ReturnType<typeof verifyNetwork>>, { ok: true }>['network']

function keysOf(network: Network, role: { keyids: readonly string[]; threshold: number }): SignedInstitution {
  const keys = network.targets.content.delegations?.keys ?? {}
  return { keys, keyids: role.keyids, threshold: role.threshold }
}

async function expiryOf(fetchFile: FetchFile): Promise<number | undefined> {
  const bytes = await fetchFile('metadata/timestamp.json', 16 * 1024)
  const read = z
    .object({ signed: z.object({ expires: z.string() }) })
    .safeParse(bytes && JSON.parse(new TextDecoder().decode(bytes)))
  const at = read.success ? Date.parse(read.data.signed.expires) : Number.NaN
  return Number.isNaN(at) ? undefined : at
}

async function readList(
  targets: Readonly<Record<string, { length: number; hashes: { sha256: string } }>>,
  fetchFile: FetchFile,
): Promise<{ servers: ListedServers } | Refused> {
  const named = targets[LIST]
  const refused = (fault: 'missing' | 'mismatch' | 'malformed', detail: string): Refused => ({
    ok: false,
    fault,
    file: LIST,
    detail,
  })
  if (!named) return refused('malformed', 'No list is named.')
  const bytes = await fetchFile(`targets/${named.hashes.sha256}.${LIST}`, Math.min(named.length, MAX_LIST))
  if (!bytes) return refused('missing', 'It is not there.')
  if (bytes.length !== named.length || (await sha256Hex(bytes)) !== named.hashes.sha256)
    return refused('mismatch', 'It is not the file that was signed.')
  const parsed = listSchema.safeParse(JSON.parse(new TextDecoder().decode(bytes)))
  return parsed.success ? { servers: parsed.data.servers } : refused('malformed', 'It is not a list.')
}

/** What a package takes along, verified on the way. @returns undefined where there is no network's list */
export async function collectNetwork(
  fetchFile: FetchFile,
  institutions: Iterable<string>,
  now: number,
): Promise<{ files: ReadonlyMap<string, Uint8Array>; fault?: Refused } | undefined> {
  const files = new Map<string, Uint8Array>()
  const noting: FetchFile = async (path, maxBytes) => {
    const known = files.get(path)
    if (known) return known
    const bytes = await fetchFile(path, maxBytes)
    if (bytes) files.set(path, bytes)
    return bytes
  }
  const read = await readNetwork(noting, { institutions, now })
  if (read === undefined) return undefined
  return read.ok ? { files } : { files, fault: read }
}
