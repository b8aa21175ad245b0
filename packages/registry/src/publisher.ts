/** Publishes what coordinators signed (or, without coordinators, the registry itself) below its own snapshot and timestamp. */
import { createHash } from 'node:crypto'
import type { PublicAsks } from '@enlace/public-site'
import {
  type FederationList,
  listName,
  maxTimestampLifetimeMs,
  type Publication,
  publicationSchema,
  signBelow,
  signMetadata,
  snapshotMeta,
  type TrustKey,
  type VerifiedPublication,
  verifyPublication,
} from '@enlace/trust'
import { z } from 'zod'
import type { InstitutionShelf } from './institution-shelf.ts'
import { PublicationRefused } from './refused.ts'
import type { Storage, StoredList } from './storage.ts'

const day = 86_400_000
const snapshotValidity = 7 * day
/** Publications whose files are still served: a node in the middle of an update finds what it began with. */
const servedPublications = 8

const bundleSchema = z.object({ publication: publicationSchema, snapshot: z.string(), timestamp: z.string() })
type Bundle = z.output<typeof bundleSchema>

export interface Published {
  /** of snapshot and timestamp: counts up with every publication */
  version: number
  /** when nodes must have something newer: of root, targets and timestamp the first to end */
  expiresAt: number
  verified: VerifiedPublication
  /** the list in one file, signed by the registry alone: for people, and for nodes of earlier versions */
  list: string
}

/** What to publish, told what was published before. */
export type Source = (before: VerifiedPublication | undefined, version: number) => Publication

export class Publisher {
  readonly #key: TrustKey
  readonly #storage: Storage
  readonly #validity: number
  readonly #now: () => number
  #floor: number
  /** above the last version by so much: one when it was signed here */
  #gap = 1
  #taken: VerifiedPublication | undefined
  /** what is stored as the latest, as it was read or written */
  #last: { version: number; bundle: Bundle; verified: VerifiedPublication } | undefined
  #renewAt: () => number = () => 1 / 2
  readonly #shelf: InstitutionShelf
  readonly #files: { version: number; files: Map<string, string> }[] = []
  #current: Published | undefined
  #queue: Promise<unknown> = Promise.resolve()

  /**
   * @param validity how long a timestamp is valid, in milliseconds
   * @param floor the last version that was published, by what is kept beside the database
   */
  constructor(
    key: TrustKey,
    storage: Storage,
    shelf: InstitutionShelf,
    validity: number,
    now: () => number,
    floor = 0,
  ) {
    this.#key = key
    this.#storage = storage
    this.#shelf = shelf
    this.#validity = Math.min(validity, maxTimestampLifetimeMs)
    this.#now = now
    this.#floor = floor
  }

  /** How far above the last version this registry signs, when another one signed that: see `mirror.ts`. */
  set gap(gap: number) {
    this.#gap = gap
  }

  /** At which part of its time a timestamp is signed anew. */
  set renewAt(part: () => number) {
    this.#renewAt = part
  }

  /** The latest publication; undefined before the first. */
  get current(): Published | undefined {
    return this.#current
  }

  get list(): FederationList | undefined {
    return this.#current?.verified.list
  }

  /** A file by its path below `/trust/`. */
  file(path: string): string | undefined {
    for (const { files } of this.#files) {
      const text = files.get(path)
      if (text !== undefined) return text
    }
    return this.#shelf.file(path)
  }

  /**
   * What an institution signed: stored, then named by a fresh snapshot. Calls take turns.
   * @returns the version of its metadata @throws PublicationRefused, changing nothing
   */
  publishInstitution(institution: string, given: unknown, asks: PublicAsks): Promise<number> {
    const turn = this.#queue.then(async () => {
      const current = this.#current
      if (!current) throw new PublicationRefused('no-key', 'No list is published yet.')
      const { delegations } = current.verified
      const { published, unchanged } = this.#shelf.check(institution, given, delegations)
      this.#shelf.checkApproved(published, delegations, asks)
      if (!unchanged) await this.#shelf.add(published)
      await this.#publish(() => (this.newest ?? current.verified).publication)
      return published.metadata.read.version
    })
    this.#queue = turn.catch(() => undefined)
    return turn
  }

  /** What an institution said at the other registry: stored here, and named by whichever snapshot is next. */
  async takeInstitution(institution: string, given: unknown): Promise<void> {
    await this.#inTurn(async () => {
      if (!this.#current) return
      const { delegations } = this.#taken ?? this.#current.verified
      const { published, unchanged } = this.#shelf.check(institution, given, delegations)
      if (!unchanged) await this.#shelf.add(published)
    })
  }

  /** What coordinators signed and the other registry has: the next thing that is published. */
  async takePublication(given: Publication): Promise<void> {
    await this.#inTurn(async () => {
      const verdict = verifyPublication(given, { now: this.#now(), before: this.#current?.verified })
      if (verdict.ok) this.#taken = verdict.verified
    })
  }

  /** What was taken from the other registry, or is out. */
  get newest(): VerifiedPublication | undefined {
    return this.#taken ?? this.#current?.verified
  }

  /** Whether a snapshot names all that is here, and nothing else. */
  isNamedBy(snapshot: string): boolean {
    const newest = this.newest
    if (!newest) return false
    const { signed } = JSON.parse(snapshot) as { signed: { meta: Record<string, unknown> } }
    const bytes = Buffer.from(newest.publication.targets)
    const named = snapshotMeta({ version: newest.targets.version, bytes }, this.#shelf.snapshotEntries())
    const same = Object.entries(named).every(
      ([name, { version, hashes }]) =>
        (signed.meta[name] as { version?: number } | undefined)?.version === version &&
        (signed.meta[name] as { hashes?: { sha256?: string } }).hashes?.sha256 === hashes.sha256,
    )
    return same && Object.keys(named).length === Object.keys(signed.meta).length
  }

  /** Serves what the other registry signed. @returns the version, undefined when there is a newer one here */
  adopt(
    publication: Publication,
    signed: { version: number; expiresAt: number; snapshot: string; timestamp: string },
  ): Promise<number | undefined> {
    return this.#inTurn(async () => {
      if (signed.version <= (this.#current?.version ?? 0)) return undefined
      const verdict = verifyPublication(publication, { now: this.#now() })
      if (!verdict.ok) return undefined
      const { snapshot, timestamp, version, expiresAt } = signed
      const bundle = { publication, snapshot, timestamp }
      const content = digestOf(publication, this.#key.keyid, this.#shelf.content)
      const kept = { _id: version, content, bytes: JSON.stringify(bundle), expires: new Date(expiresAt) }
      if (!(await this.#storage.addList(kept))) return undefined
      this.#taken = undefined
      return this.#serve(version, bundle, verdict.verified, expiresAt).version
    })
  }

  /** The next version will be above this one. */
  raise(version: number): void {
    this.#floor = Math.max(this.#floor, version)
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#queue.then(work)
    this.#queue = turn.catch(() => undefined)
    return turn
  }

  /** Makes sure that this is out, with a fresh timestamp. Calls take turns. @throws PublicationRefused, changing nothing */
  publish(source: Source): Promise<Published> {
    const turn = this.#queue.then(() => this.#publish(source))
    this.#queue = turn.catch(() => undefined)
    return turn
  }

  async #publish(source: Source): Promise<Published> {
    for (let attempt = 0; attempt < 5; attempt++) {
      const now = this.#now()
      const latest = await this.#storage.latestList()
      const stored = latest && (this.#last?.version === latest._id ? this.#last : this.#read(latest))
      const next = Math.max(latest?._id ?? 0, this.#floor) + 1
      const publication = source(stored?.verified, next)
      // Compared byte for byte: the text is what coordinators signed.
      const content = digestOf(publication, this.#key.keyid, this.#shelf.content)
      const newest = latest !== undefined && latest._id >= this.#floor
      if (
        stored &&
        newest &&
        latest.content === content &&
        latest.expires.getTime() - now >= this.#validity * this.#renewAt()
      )
        return this.#serve(latest._id, stored.bundle, stored.verified, latest.expires.getTime())

      const verified = this.#verified(publication, stored?.verified, now)
      const ours = stored !== undefined && signerOf(stored.bundle.timestamp) === this.#key.keyid
      const leads = verified.root.content.roles.timestamp.keyids[0] === this.#key.keyid
      const version = ours || leads ? next : next - 1 + this.#gap
      const expires = new Date(now + this.#validity)
      const below = signBelow(
        { version: verified.targets.version, bytes: Buffer.from(publication.targets) },
        { snapshot: { version, expires: new Date(now + snapshotValidity) }, timestamp: { version, expires } },
        [this.#key],
        this.#shelf.snapshotEntries(),
      )
      const bundle = { publication, ...below }
      const kept = { _id: version, content, bytes: JSON.stringify(bundle), expires }
      if (!(await this.#storage.addList(kept))) continue
      this.#taken = undefined
      return this.#serve(version, bundle, verified, expires.getTime())
    }
    throw new Error(
      'Otro proceso publica listas de la red desde esta base de datos. Tenga un solo directorio para cada una. / Another process publishes federation lists from this database. Run one registry for each.',
    )
  }

  /** What an institution adds changes nothing of what coordinators signed: that is not verified over and over. */
  #verified(
    publication: Publication,
    stored: VerifiedPublication | undefined,
    now: number,
  ): VerifiedPublication {
    for (const known of [stored, this.#taken])
      if (known?.publication === publication && Math.min(known.root.expiresAt, known.targets.expiresAt) > now)
        return known
    const verdict = verifyPublication(publication, { now })
    if (!verdict.ok) throw new PublicationRefused(verdict.reason, verdict.detail)
    return verdict.verified
  }

  /** What was stored, if it is of this form and whole. */
  #read(stored: StoredList): { bundle: Bundle; verified: VerifiedPublication } | undefined {
    let raw: unknown
    try {
      raw = JSON.parse(stored.bytes)
    } catch {
      return undefined
    }
    const parsed = bundleSchema.safeParse(raw)
    if (!parsed.success) return undefined
    const verdict = verifyPublication(parsed.data.publication, { now: this.#now(), allowExpired: true })
    return verdict.ok ? { bundle: parsed.data, verified: verdict.verified } : undefined
  }

  #serve(version: number, bundle: Bundle, verified: VerifiedPublication, timestampEnds: number): Published {
    const expiresAt = Math.min(timestampEnds, verified.targets.expiresAt, verified.root.expiresAt)
    if (this.#current?.version === version) return this.#current
    this.#last = { version, bundle, verified }
    const { publication, snapshot, timestamp } = bundle
    const hash = createHash('sha256').update(publication.list).digest('hex')
    const files = new Map([
      ['metadata/timestamp.json', timestamp],
      [`metadata/${version}.snapshot.json`, snapshot],
      [`metadata/${verified.targets.version}.targets.json`, publication.targets],
      [`targets/${hash}.${listName}`, publication.list],
      ...verified.roots.map(
        (root, index) => [`metadata/${root.version}.root.json`, publication.roots[index]!] as const,
      ),
    ])
    this.#files.unshift({ version, files })
    this.#files.splice(servedPublications)
    const signed = {
      _type: 'enlace-federation-list',
      spec_version: '1.0.31',
      version,
      expires: `${new Date(expiresAt).toISOString().slice(0, 19)}Z`,
      servers: verified.list.servers,
      institutions: verified.list.institutions,
    }
    this.#current = {
      version,
      expiresAt,
      verified,
      list: JSON.stringify(signMetadata(signed, [this.#key])),
    }
    return this.#current
  }
}

function signerOf(timestamp: string): string | undefined {
  return (JSON.parse(timestamp) as { signatures?: { keyid?: string }[] }).signatures?.[0]?.keyid
}

function digestOf({ roots, targets, list }: Publication, keyid: string, institutions: string): string {
  return createHash('sha256')
    .update(JSON.stringify([keyid, roots, targets, list, institutions]))
    .digest('hex')
}
