/** What institutions published under their own keys: checked, stored before it is served, the last versions of each. */
import { createHash } from 'node:crypto'
import { mkdir, readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { checkEntry, entryFaults } from '@enlace/directory/check-entry'
import type { DirectoryEntry } from '@enlace/directory/entry'
import type { PublicAsks } from '@enlace/public-site'
import {
  type Delegation,
  delegatedRefusal,
  type EntryView,
  entryFileName,
  type InstitutionFile,
  type InstitutionPublication,
  institutionPublicationOf,
  type PublishedRole,
  parseInstitutionRole,
  parseTargetPath,
  readInstitutionFile,
  readKeptPublication,
  type SnapshotEntry,
  verifyInstitutionPublication,
} from '@enlace/trust'
import {
  type ApprovedName,
  type ApprovedRead,
  approvedIn,
  approvedNames,
  checkApproved,
  type Delegated,
} from './approved.ts'
import { PublicationRefused } from './refused.ts'
import { writeWhole } from './signing.ts'
import { keptPublications, type Storage } from './storage.ts'

/** By how much a version may be above the last: nobody uses up all that there are. */
const longestJump = 1_000_000

interface Shelved extends PublishedRole {
  entryAt: Date
}

export class InstitutionShelf {
  readonly #storage: Storage
  readonly #folder: string
  readonly #now: () => number
  /** by role, newest first */
  readonly #roles = new Map<string, Shelved[]>()
  #content: string | undefined
  readonly #read = new WeakMap<Shelved, { delegations: Delegated; files: Partial<ApprovedRead> }>()

  constructor(storage: Storage, dataDir: string, now: () => number) {
    this.#storage = storage
    this.#folder = join(dataDir, 'institutions')
    this.#now = now
  }

  /** What was stored; and from the files beside the database, when that was lost. */
  async load(): Promise<void> {
    for (const stored of await this.#storage.publications()) {
      const published = readKept(stored.bytes)
      if (published) this.#put({ ...published, entryAt: stored.entry_at })
    }
    await mkdir(this.#folder, { recursive: true, mode: 0o700 })
    for (const name of await readdir(this.#folder)) {
      if (!name.endsWith('.json')) continue
      const published = readKept(await readFile(join(this.#folder, name), 'utf8'))
      if (published && published.metadata.read.version > this.version(published.role))
        await this.#store({ ...published, entryAt: new Date(this.#now()) })
    }
  }

  /** The newest of a role; 0: none. */
  version(role: string): number {
    return this.#roles.get(role)?.[0]?.metadata.read.version ?? 0
  }

  /** Changes with whatever is said anew. */
  get content(): string {
    this.#content ??= createHash('sha256')
      .update(JSON.stringify(this.newest.map(({ role, text }) => [role, text]).sort()))
      .digest('hex')
    return this.#content
  }

  get newest(): readonly PublishedRole[] {
    return [...this.#roles.values()].flatMap(([first]) => (first ? [first] : []))
  }

  /** What a role said last, whole. */
  publication(role: string): InstitutionPublication | undefined {
    const [newest] = this.#roles.get(role) ?? []
    return newest && institutionPublicationOf(newest)
  }

  /** For the snapshot. What was named once stays named, also when its key was taken away: TUF’s clients insist. */
  snapshotEntries(): Record<string, SnapshotEntry> {
    return Object.fromEntries(
      this.newest.map(({ role, text, metadata }) => [
        role,
        { version: metadata.read.version, bytes: Buffer.from(text) },
      ]),
    )
  }

  /** @throws PublicationRefused */
  check(
    institution: string,
    given: unknown,
    delegations: Delegated,
  ): { published: PublishedRole; unchanged: boolean } {
    const role = String((given as { role?: unknown } | null)?.role)
    if (parseInstitutionRole(role)?.institution !== institution)
      throw new PublicationRefused('malformed', `It is no publication of ${institution}.`)
    const before = this.#roles.get(role)?.[0]
    const verdict = verifyInstitutionPublication(given, {
      now: this.#now(),
      delegation: this.#delegation(institution, role, delegations),
      before,
    })
    if (!verdict.ok) throw new PublicationRefused(verdict.reason, verdict.detail)
    const { published, unchanged } = verdict
    const { version } = published.metadata.read
    if (version > this.version(role) + longestJump)
      throw new PublicationRefused('malformed', `Version ${version} leaves out too many.`)
    for (const view of ['public', 'network'] as const) {
      const entry = entryIn(published, view)
      if (!entry) continue
      const check = checkEntry(entry)
      const [fault] = check.ok ? [] : check.faults
      if (fault)
        throw new PublicationRefused(
          'malformed',
          `${entryFileName(view)}: ${fault.table ?? ''} ${fault.id ?? ''} ${fault.field}: ${entryFaults[fault.fault].en}`,
        )
      if (check.ok && check.entry.key !== institution)
        throw new PublicationRefused(
          'malformed',
          `${entryFileName(view)} is the entry of ${check.entry.key}.`,
        )
    }
    return { published, unchanged }
  }

  /**
   * What it publishes with approvals inside, if that changed. An entry in the same publication counts already.
   * @throws PublicationRefused
   */
  checkApproved(published: PublishedRole, delegations: Delegated, asks: PublicAsks): void {
    const before = this.#roles.get(published.role)?.[0]
    const raw = entryIn(published, 'public')
    const own = raw === undefined ? undefined : checkEntry(raw)
    const given: PublicAsks = {
      ...asks,
      recordsOf(institution) {
        const records = asks.recordsOf(institution)
        return records && institution === published.institution && own?.ok
          ? { ...records, entry: own.entry }
          : records
      },
    }
    for (const name of approvedNames) checkApproved(name, published, before, delegations, given)
  }

  /** A file of every institution. Of one whose word does not count any more what it took back still does. */
  approved<Name extends ApprovedName>(name: Name, delegations: Delegated): ApprovedRead[Name][] {
    return [...delegations.keys()].flatMap((institution) => {
      const said = this.#roles.get(institution)?.[0]
      const file = said && this.#approvedOf(said, name, delegations)
      if (!file) return []
      return [this.#inForce(institution, delegations) ? file : { ...file, items: [] }]
    })
  }

  /** Many signatures: checked once for each list and publication. */
  #approvedOf<Name extends ApprovedName>(
    said: Shelved,
    name: Name,
    delegations: Delegated,
  ): ApprovedRead[Name] | undefined {
    let known = this.#read.get(said)
    if (known?.delegations !== delegations) {
      known = { delegations, files: {} }
      this.#read.set(said, known)
    }
    const { files } = known
    if (!(name in files)) files[name] = approvedIn(said, name, delegations)
    return files[name]
  }

  #delegation(institution: string, role: string, delegations: Delegated): Delegation | undefined {
    const main = delegations.get(institution)
    if (role === institution || !main) return main
    // A limited key counts while the keys in force stand behind who gave it out.
    const giver = this.#roles.get(institution)?.[0]
    if (!giver || delegatedRefusal(main, giver.metadata.read.metadata) !== undefined) return undefined
    return giver.metadata.duty
  }

  /** Stored when it returns. */
  async add(published: PublishedRole): Promise<void> {
    const before = this.#roles.get(published.role)?.[0]
    const same = (['entry.json', 'entry.network.json'] as const).every(
      (file) => before?.files.get(file) === published.files.get(file),
    )
    const entryAt = before && same ? before.entryAt : new Date(this.#now())
    await this.#store({ ...published, entryAt })
  }

  async #store(shelved: Shelved): Promise<void> {
    const { role, metadata, entryAt } = shelved
    const { version } = metadata.read
    const bytes = JSON.stringify(institutionPublicationOf(shelved))
    const stored = { _id: `${role}@${version}`, role, version, bytes, entry_at: entryAt }
    if (!(await this.#storage.addPublication(stored)))
      throw new Error(
        'Otro proceso publica desde esta base de datos. Tenga un solo directorio para cada una. / Another process publishes from this database. Run one registry for each.',
      )
    await mkdir(this.#folder, { recursive: true, mode: 0o700 })
    await writeWhole(join(this.#folder, `${role}.json`), bytes, 0o600)
    this.#put(shelved)
  }

  #put(shelved: Shelved): void {
    const of = [...(this.#roles.get(shelved.role) ?? []), shelved]
      .sort((a, b) => b.metadata.read.version - a.metadata.read.version)
      .slice(0, keptPublications)
    this.#roles.set(shelved.role, of)
    this.#content = undefined
  }

  /** A file by its path below `/trust/`. */
  file(path: string): string | undefined {
    const metadata = /^metadata\/([1-9]\d{0,9})\.([a-z0-9-]+(?:\.duty)?)\.json$/.exec(path)
    if (metadata)
      return this.#roles
        .get(metadata[2]!)
        ?.find(({ metadata: { read } }) => read.version === Number(metadata[1]))?.text
    const target = parseTargetFile(path)
    if (!target) return undefined
    for (const role of [target.institution, `${target.institution}.duty`])
      for (const one of this.#roles.get(role) ?? [])
        if (one.metadata.files.get(target.file)?.sha256 === target.sha256) return one.files.get(target.file)
    return undefined
  }

  /** The entry an institution signed with the keys in force, and since when it is so. */
  entry(
    institution: string,
    view: EntryView,
    delegations: Delegated,
  ): { entry: DirectoryEntry; at: Date } | undefined {
    const said = this.#inForce(institution, delegations)
    if (!said) return undefined
    const raw = entryIn(said, view)
    const check = raw === undefined ? undefined : checkEntry(raw)
    return check?.ok ? { entry: check.entry, at: said.entryAt } : undefined
  }

  /** What it said last, if the keys in force stand behind it and it has not run out. */
  #inForce(institution: string, delegations: Delegated): Shelved | undefined {
    const main = delegations.get(institution)
    const said = this.#roles.get(institution)?.[0]
    if (!main || !said || said.metadata.read.expiresAt <= this.#now()) return undefined
    return delegatedRefusal(main, said.metadata.read.metadata) === undefined ? said : undefined
  }
}

/** `targets/gt-renap/HASH.roster.json` */
export function parseTargetFile(
  path: string,
): { institution: string; file: InstitutionFile; sha256: string } | undefined {
  const match = /^targets\/([a-z0-9-]+)\/([0-9a-f]{64})\.([a-z.]+)$/.exec(path)
  const parsed = match && parseTargetPath(`${match[1]}/${match[3]}`)
  return parsed ? { ...parsed, sha256: match[2]! } : undefined
}

function entryIn({ institution, files }: PublishedRole, view: EntryView): unknown {
  const file = entryFileName(view)
  const text = files.get(file)
  const read = text === undefined ? undefined : readInstitutionFile(institution, file, text)
  return read?.ok && 'entry' in read.content ? read.content.entry.entry : undefined
}

function readKept(text: string): PublishedRole | undefined {
  try {
    return readKeptPublication(JSON.parse(text))
  } catch {
    return undefined
  }
}
