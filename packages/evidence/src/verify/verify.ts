/** A package verified without a network and without a node: in the order in which one thing rests on another. */
import { createHash } from 'node:crypto'
import { verifyJson } from '@enlace/room-model'
import { rosterId, signersOf } from '@enlace/trust/browser'
import type { z } from 'zod'
import {
  eventsFileOf,
  eventsFileSchema,
  MANIFEST,
  type Manifest,
  manifestSchema,
  NETWORK,
  SERVERS,
  SIGNATURES,
  type Statement,
  serversFileSchema,
  signaturesSchema,
  textsFileOf,
  textsFileSchema,
} from '../format.ts'
import { type NetworkReading, readNetwork } from '../network-files.ts'
import { checkCase, type Sender } from './case-events.ts'
import { faulty, type PackageFault, PackageFaulty } from './fault.ts'
import { type KeyGround, type ServerKeyFile, ServerKeys } from './server-keys.ts'
import { openZip, type ZipLimits } from './zip.ts'

export type VerifyOptions = {
  /** Keys of servers that were had another way. */
  keys?: ServerKeyFile
  /** A root of the network that was had another way. */
  root?: Uint8Array | undefined
  limits?: ZipLimits
}

export type VerifiedCase = {
  reference: string
  events: number
  encrypted: number
  texts: number
  withheld: number
  unreadable: number
  redacted: number
  attachments: number
  missing: string[]
}

/** Somebody who acted in a case, and whether their institution's signed list names them for that moment. */
export type KnownPerson = {
  userId: string
  institution?: string
  /** `unknown`: the package has no list of that institution */
  onRoster: 'yes' | 'no' | 'unknown'
}

export type PackageVerdict = {
  ok: boolean
  fault?: PackageFault
  exportId?: string
  kind?: Manifest['kind']
  purpose?: Manifest['purpose']
  madeBy?: string
  madeTs?: number
  files?: number
  /** Who signed the list of files. `institution`: under its own key; otherwise the node alone. */
  signedBy?: { server: string; ground: KeyGround; institution?: string }
  cases: VerifiedCase[]
  people: KnownPerson[]
  /** By server: how its key is known. */
  grounds: Record<string, KeyGround>
  /** Thirty digits of the network's root, when the package has the network's list. */
  rootCode?: string
  rootGiven: boolean
}

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')

function read<S extends z.ZodType>(
  files: ReadonlyMap<string, Uint8Array>,
  name: string,
  schema: S,
  kind: 'unreadable-file' | 'bad-manifest' = 'unreadable-file',
): z.output<S> {
  const bytes = files.get(name)
  if (!bytes) return faulty('missing-file', name)
  try {
    return schema.parse(JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)))
  } catch {
    return faulty(kind, name)
  }
}

function checkFiles(files: ReadonlyMap<string, Uint8Array>, manifest: Manifest): void {
  const named = new Set([MANIFEST, SIGNATURES])
  for (const { name, size, sha256: hash } of manifest.files) {
    if (named.has(name)) faulty('bad-manifest', name)
    named.add(name)
    const bytes = files.get(name)
    if (!bytes) faulty('missing-file', name)
    else if (bytes.length !== size || sha256(bytes) !== hash) faulty('altered-file', name)
  }
  for (const name of files.keys()) if (!named.has(name)) faulty('extra-file', name)
}

/** The node let this person export these cases for this purpose, and signed this list of files. */
function checkStatement(statement: Statement, manifest: Manifest): void {
  const same =
    statement.export_id === manifest.export_id &&
    statement.server_name === manifest.server_name &&
    statement.user_id === manifest.made_by &&
    statement.institution === manifest.institution &&
    statement.kind === manifest.kind &&
    statement.purpose === manifest.purpose &&
    [...statement.case_ids].sort().join() ===
      manifest.cases
        .map((one) => one.id)
        .sort()
        .join()
  if (!same) faulty('wrong-signer', statement.server_name)
}

async function checkAttestation(
  signatures: z.output<typeof signaturesSchema>,
  manifest: Manifest,
  manifestHash: string,
  network: NetworkReading | undefined,
): Promise<string | undefined> {
  const { institution: attested } = signatures
  if (!attested) return undefined
  const { signed } = attested
  const own = network?.institutions.get(signed.institution)
  if (signed.institution !== manifest.institution || !own) return faulty('wrong-signer', signed.institution)
  if (signed.manifest_sha256 !== manifestHash || signed.export_id !== manifest.export_id)
    faulty('bad-signature', signed.institution)
  const signers = await signersOf(signed, attested.signatures, own.keyids, own.keys)
  // One coordinator at one device: it is the word of one of the institution's keys, however many its list needs.
  if (signers.length === 0) faulty('wrong-signer', signed.institution)
  return signed.institution
}

async function peopleOf(
  senders: readonly Sender[],
  network: NetworkReading | undefined,
): Promise<KnownPerson[]> {
  const ids = new Map<string, string>()
  const people = new Map<string, KnownPerson>()
  for (const { userId, institution, role, ts } of senders) {
    const key = `${userId}|${institution ?? ''}`
    const known = people.get(key)
    const roster = institution === undefined ? undefined : network?.institutions.get(institution)?.roster
    const person: KnownPerson = { userId, ...(institution ? { institution } : {}), onRoster: 'unknown' }
    if (roster) {
      const hashed = `${roster.salt}|${userId}`
      const id = ids.get(hashed) ?? (await rosterId(roster.salt, userId))
      ids.set(hashed, id)
      const found = roster.members.find((one) => one.id === id)
      // A role changes in place: that they belonged is what the list can say of the past.
      const then = found && found.since <= ts && (found.until === undefined || ts < found.until)
      person.onRoster = then && (role === undefined || found.role !== undefined) ? 'yes' : 'no'
    }
    if (!known || (known.onRoster === 'yes' && person.onRoster !== 'yes')) people.set(key, person)
  }
  return [...people.values()]
}

async function check(
  zip: Uint8Array,
  { keys = {}, root, limits }: VerifyOptions,
  verdict: PackageVerdict,
): Promise<void> {
  const files = openZip(zip, limits)
  const manifest = read(files, MANIFEST, manifestSchema, 'bad-manifest')
  Object.assign(verdict, {
    exportId: manifest.export_id,
    kind: manifest.kind,
    purpose: manifest.purpose,
    madeBy: manifest.made_by,
    madeTs: manifest.made_ts,
    files: manifest.files.length,
  })
  checkFiles(files, manifest)
  const manifestHash = sha256(files.get(MANIFEST)!)
  const signatures = read(files, SIGNATURES, signaturesSchema)
  const { server: statement } = signatures
  if (statement.manifest_sha256 !== manifestHash) faulty('bad-signature', statement.server_name)

  const caseFiles = manifest.cases.map((about) => ({
    about,
    events: read(files, eventsFileOf(about.folder), eventsFileSchema),
    texts: read(files, textsFileOf(about.folder), textsFileSchema),
  }))
  const institutions = institutionsOf(files)
  const network = await networkOf(files, institutions, statement.signed_ts, root)
  if (network) verdict.rootCode = network.rootCode
  const servers = new ServerKeys(keys, network?.servers, read(files, SERVERS, serversFileSchema))

  const server = statement.server_name
  const ground = servers.signed(server, statement.signed_ts, (id, key) =>
    verifyJson(statement, server, id, key),
  )
  if (ground === undefined) return faulty('bad-signature', server)
  checkStatement(statement, manifest)
  const hosted = network?.servers.find((one) => one.server_name === server)?.institutions
  if (network && manifest.institution !== undefined && !hosted?.includes(manifest.institution))
    faulty('wrong-signer', server)
  const institution = await checkAttestation(signatures, manifest, manifestHash, network)
  verdict.signedBy = { server, ground, ...(institution ? { institution } : {}) }
  verdict.grounds[server] = ground

  const senders: Sender[] = []
  for (const { about, events, texts } of caseFiles) {
    const { grounds, senders: its, ...counted } = checkCase(events, texts, about, files, servers)
    verdict.cases.push({ reference: about.reference, ...counted })
    for (const [name, its] of grounds) if (verdict.grounds[name] !== 'package') verdict.grounds[name] = its
    senders.push(...its)
  }
  verdict.people = await peopleOf(senders, network)
}

/** Institutions whose signed files are in the package, by the names of their metadata. */
function institutionsOf(files: ReadonlyMap<string, Uint8Array>): string[] {
  const out: string[] = []
  for (const name of files.keys()) {
    const found = /^network\/metadata\/\d+\.([a-z]{2}(?:-[a-z0-9]+)+)\.json$/.exec(name)
    if (found) out.push(found[1]!)
  }
  return out
}

async function networkOf(
  files: ReadonlyMap<string, Uint8Array>,
  institutions: readonly string[],
  now: number,
  root: Uint8Array | undefined,
): Promise<NetworkReading | undefined> {
  const fetchFile = async (path: string, maxBytes: number) => {
    const bytes = files.get(NETWORK + path)
    return bytes && bytes.length <= maxBytes ? bytes : undefined
  }
  const network = await readNetwork(fetchFile, { institutions, now, root }).catch(() =>
    faulty('bad-network', 'network'),
  )
  if (network === undefined) return undefined
  return network.ok ? network.network : faulty('bad-network', `${network.file} (${network.fault})`)
}

/** Names the first thing that is wrong; never throws for what a file contains. */
export async function verifyPackage(zip: Uint8Array, options: VerifyOptions = {}): Promise<PackageVerdict> {
  const verdict: PackageVerdict = {
    ok: false,
    cases: [],
    people: [],
    grounds: {},
    rootGiven: options.root !== undefined,
  }
  try {
    await check(zip, options, verdict)
    verdict.ok = true
  } catch (error) {
    if (!(error instanceof PackageFaulty)) throw error
    verdict.fault = error.fault
  }
  return verdict
}
