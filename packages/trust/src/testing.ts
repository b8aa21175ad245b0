/** For tests: coordinators, and a repository in memory that publishes what they sign, well or badly. */
import { createList, type ListedServer, type SignedInstitution } from './federation-list.ts'
import type { FederationListKeeper, UpdateVerdict } from './keeper.ts'
import { generateTrustKey, signMetadata, type TrustKey } from './keys.ts'
import { createTargets, fileInfo, listName, signBelow } from './roles.ts'
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
}

export class TrustRepository {
  /** by path below `/trust/` */
  readonly files = new Map<string, Uint8Array>()
  online = coordinator('Directorio')
  coordinators: Coordinator[]
  threshold: number
  rootVersion = 0
  /** of targets, snapshot and timestamp alike */
  version = 0

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
    const targets = signMetadata(
      createTargets({ version: this.version, expires: new Date(now + days * day) }, list),
      signers.map(({ key }) => key),
    )
    this.files.set(`targets/${fileInfo(list).hashes.sha256}.${listName}`, list)
    const bytes = this.put(`metadata/${this.version}.targets.json`, targets)
    this.renew({ version: this.version, bytes }, { hours, now })
    return this.version
  }

  /** Snapshot and timestamp of `version`, over these targets. */
  renew(
    targets: { version: number; bytes: Uint8Array },
    { version = this.version, hours = 24, now = Date.now(), key = this.online.key } = {},
  ): void {
    const below = signBelow(
      targets,
      {
        snapshot: { version, expires: new Date(now + 30 * day) },
        timestamp: { version, expires: new Date(now + hours * 3_600_000) },
      },
      [key],
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

function holder({ keyid, record, name, country }: Coordinator): KeyHolder {
  return { keyid, record, name, ...(country === undefined ? {} : { country }) }
}
