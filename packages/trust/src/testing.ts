/** For tests: coordinators, and a repository in memory that publishes what they sign, well or badly. */
import { createList, type ListedServer, type SignedInstitution } from './federation-list.ts'
import type { Appointment } from './institution/appointment.ts'
import type { InstitutionKeys } from './institution/delegation.ts'
import { dutyRoleOf, type InstitutionFile } from './institution/documents.ts'
import type { InstitutionsKeeper, InstitutionVerdict } from './institution/keeper.ts'
import { createDutyTargets, createInstitutionTargets } from './institution/metadata.ts'
import type { FederationListKeeper, UpdateVerdict } from './keeper.ts'
import { generateTrustKey, signMetadata, type TrustKey } from './keys.ts'
import { createTargets, fileInfo, listName, type SnapshotEntry, signBelow } from './roles.ts'
import { createRoot, type KeyHolder, parseRoot, type TrustedRoot } from './root.ts'

const day = 86_400_000

export type Coordinator = KeyHolder & { key: TrustKey }

/** A coordinator with a key of their own. */
export function coordinator(name: string, country?: string): Coordinator {
  const key = generateTrustKey()
  return { key, keyid: key.keyid, record: key.record, name, ...(country === undefined ? {} : { country }) }
}

export interface PublishOptions {
  institutions?: Readonly<Record<string, SignedInstitution>>
  signers?: readonly Coordinator[]
  version?: number
  /** of the targets metadata */
  days?: number
  /** of the timestamp */
  hours?: number
  now?: number
  /** the list's text, whatever it says */
  list?: string
  /** what the targets metadata says is changed before it is signed */
  changeTargets?(signed: ReturnType<typeof createTargets>): void
}

export interface SpeakOptions {
  /** absent: every key it was given */
  signers?: readonly TrustKey[]
  version?: number
  days?: number
  now?: number
  /** limited keys for its duty positions */
  duty?: InstitutionKeys
}

/** Keys as coordinators, or an institution, name them. */
export const institutionKeys = (keys: readonly TrustKey[], threshold = 1): InstitutionKeys => ({
  keys: keys.map(({ record }) => record),
  threshold,
})

export class TrustRepository {
  /** by path below `/trust/` */
  readonly files = new Map<string, Uint8Array>()
  online = coordinator('Directorio')
  coordinators: Coordinator[]
  threshold: number
  rootVersion = 0
  /** of targets, snapshot and timestamp alike */
  version = 0
  /** whose keys coordinators name with the next `publish` */
  delegations: Record<string, InstitutionKeys> = {}
  /** whom coordinators appointed, by institution */
  appointments: Record<string, Appointment> = {}
  /** by role: what the next snapshot names of institutions */
  spoken: Record<string, SnapshotEntry> = {}
  #keys = new Map<string, readonly TrustKey[]>()
  #targets: SnapshotEntry | undefined

  constructor(coordinators: Coordinator[] = [coordinator('única')], threshold = coordinators.length) {
    this.coordinators = coordinators
    this.threshold = threshold
    this.rotate(coordinators)
  }

  /** The next root, naming these. */
  rotate(
    coordinators: Coordinator[],
    {
      signers = [...this.coordinators, ...coordinators],
      now = Date.now(),
      days = 365,
      online = [this.online],
    } = {},
  ): void {
    this.rootVersion++
    const expires = new Date(now + days * day)
    const root = createRoot({
      version: this.rootVersion,
      expires,
      coordinators: coordinators.map(holder),
      threshold: this.threshold,
      online: online.map(holder),
    })
    const keys = [...new Map(signers.map(({ key }) => [key.keyid, key])).values()]
    this.put(`metadata/${this.rootVersion}.root.json`, signMetadata(root, keys))
    this.coordinators = coordinators
  }

  /** A list, signed by coordinators, below a fresh snapshot and timestamp. @returns the version */
  publish(servers: readonly ListedServer[], options: PublishOptions = {}): number {
    const { signers = this.coordinators, days = 90, hours = 24, now = Date.now() } = options
    this.version = options.version ?? this.version + 1
    const list = Buffer.from(options.list ?? createList(servers, options.institutions))
    const signed = createTargets(
      { version: this.version, expires: new Date(now + days * day) },
      list,
      this.delegations,
      this.appointments,
    )
    options.changeTargets?.(signed)
    const targets = signMetadata(
      signed,
      signers.map(({ key }) => key),
    )
    this.files.set(`targets/${fileInfo(list).hashes.sha256}.${listName}`, list)
    const bytes = this.put(`metadata/${this.version}.targets.json`, targets)
    this.renew({ version: this.version, bytes }, { hours, now })
    return this.version
  }

  /** Coordinators appoint somebody; signed with the next `publish`. */
  appoint(institution: string, key: TrustKey, appointment: Omit<Appointment, 'keyid' | 'by'>): void {
    this.give(institution, [key])
    const by = this.coordinators.map((one) => one.key.keyid)
    this.appointments[institution] = { ...appointment, keyid: key.keyid, by }
  }

  /** Gives an institution its keys, or others; coordinators sign it with the next `publish`. */
  give(institution: string, keys: readonly TrustKey[], threshold = 1): void {
    this.delegations[institution] = institutionKeys(keys, threshold)
    this.#keys.set(institution, keys)
  }

  /** An institution publishes these files and no others, below a fresh snapshot. @returns the path of its metadata */
  speak(
    institution: string,
    files: Readonly<Partial<Record<InstitutionFile, string>>>,
    options: SpeakOptions = {},
  ): string {
    const { signers = this.#keys.get(institution) ?? [], days = 90, now = Date.now(), duty } = options
    const version = options.version ?? (this.spoken[institution]?.version ?? 0) + 1
    const expires = new Date(now + days * day)
    const signed = createInstitutionTargets({ institution, version, expires, files, duty })
    return this.#say(institution, institution, version, signMetadata(signed, signers), files, now)
  }

  /** Its limited key publishes the duty positions. */
  speakDuty(
    institution: string,
    duty: string,
    signers: readonly TrustKey[],
    { days = 90, now = Date.now(), ...options }: SpeakOptions = {},
  ): string {
    const role = dutyRoleOf(institution)
    const version = options.version ?? (this.spoken[role]?.version ?? 0) + 1
    const expires = new Date(now + days * day)
    const signed = signMetadata(createDutyTargets({ institution, version, expires, duty }), signers)
    return this.#say(institution, role, version, signed, { 'duty.json': duty }, now)
  }

  #say(
    institution: string,
    role: string,
    version: number,
    metadata: unknown,
    files: Readonly<Partial<Record<InstitutionFile, string>>>,
    now: number,
  ): string {
    const path = `metadata/${version}.${role}.json`
    this.spoken[role] = { version, bytes: this.put(path, metadata) }
    for (const [file, text] of Object.entries(files)) {
      const bytes = Buffer.from(text)
      this.files.set(`targets/${institution}/${fileInfo(bytes).hashes.sha256}.${file}`, bytes)
    }
    this.version++
    this.renew(undefined, { now })
    return path
  }

  /** Snapshot and timestamp of `version`, over these targets and what institutions said. */
  renew(
    targets = this.#targets ?? { version: 0, bytes: Buffer.alloc(0) },
    { version = this.version, hours = 24, now = Date.now(), key = this.online.key } = {},
  ): void {
    this.#targets = targets
    const below = signBelow(
      targets,
      {
        snapshot: { version, expires: new Date(now + 30 * day) },
        timestamp: { version, expires: new Date(now + hours * 3_600_000) },
      },
      [key],
      this.spoken,
    )
    this.files.set(`metadata/${version}.snapshot.json`, Buffer.from(below.snapshot))
    this.files.set('metadata/timestamp.json', Buffer.from(below.timestamp))
  }

  /** Another repository that the same people signed for: what a fork needs. */
  twin(): TrustRepository {
    const other = new TrustRepository(this.coordinators, this.threshold)
    other.online = this.online
    other.files.clear()
    for (const [path, bytes] of this.files) other.files.set(path, bytes)
    other.rootVersion = this.rootVersion
    other.version = this.version
    other.delegations = { ...this.delegations }
    other.spoken = { ...this.spoken }
    other.#keys = new Map(this.#keys)
    other.#targets = this.#targets
    return other
  }

  get rootText(): string {
    return Buffer.from(this.files.get('metadata/1.root.json')!).toString()
  }

  /** The first root, as a node has it pinned. */
  get pinned(): TrustedRoot {
    const verdict = parseRoot(this.rootText)
    if (!verdict.ok) throw new Error(verdict.detail)
    return verdict.root
  }

  put(path: string, value: unknown): Uint8Array {
    const bytes = Buffer.from(JSON.stringify(value))
    this.files.set(path, bytes)
    return bytes
  }

  /** Lets a keeper take what there is. */
  offerTo(keeper: FederationListKeeper, now = Date.now()): UpdateVerdict {
    const steps = keeper.update(now)
    let step = steps.next()
    while (!step.done) {
      const bytes = this.files.get(step.value.path)
      step = steps.next(bytes && bytes.length <= step.value.maxBytes ? bytes : undefined)
    }
    return step.value
  }
}

/** Lets a keeper of institutions take what there is: one verdict for each that was looked at. */
export function offerInstitutions(
  repo: TrustRepository,
  list: FederationListKeeper,
  keeper: InstitutionsKeeper,
  now = Date.now(),
): InstitutionVerdict[] {
  const { ground } = list
  if (!ground) return []
  keeper.follow(ground)
  return keeper.outdated(now).map((institution) => {
    const steps = keeper.update(institution, now)
    let step = steps.next()
    while (!step.done) {
      const bytes = repo.files.get(step.value.path)
      step = steps.next(bytes && bytes.length <= step.value.maxBytes ? bytes : undefined)
    }
    return step.value
  })
}

function holder({ keyid, record, name, country }: Coordinator): KeyHolder {
  return { keyid, record, name, ...(country === undefined ? {} : { country }) }
}
