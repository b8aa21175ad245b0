import type { Institution } from '@enlace/directory'
import { Catalogue, type CatalogueEntry } from '@enlace/directory/catalogue'
import { directoryCopy } from '@enlace/directory/copy'
import type { DirectoryEntry } from '@enlace/directory/entry'
import type { DirectoryFiles } from './config.ts'

const dayLength = 24 * 3_600_000

export interface Today {
  institutions: readonly Institution[]
  /** each with its entry as it is published */
  entries: readonly CatalogueEntry[]
  /** with what is for the network alone, as far as this registry has it */
  inside(): readonly CatalogueEntry[]
  catalogue: Catalogue
  /** the whole directory as nodes take it, put together when it is first asked for */
  answers: Record<'public' | 'network', () => string>
}

/** What institutions signed of themselves. */
export interface SignedEntries {
  /** another value when any of it is another */
  version(): string
  entry(key: string, view: 'public' | 'network'): { entry: DirectoryEntry; at: Date } | undefined
  /** institutions that the list has and the files do not */
  others(): readonly Institution[]
}

/**
 * The directory of today: freshness goes by the day, so it is built again when the day changes, and when an institution
 * signed another entry. What it signed stands before what the files say.
 */
export function dailyDirectory(
  { institutions, entries }: DirectoryFiles,
  modified: ReadonlyMap<string, Date>,
  signed: SignedEntries,
  now: () => number,
): () => Today {
  const build = (at: number): Today => {
    const all = [...institutions, ...signed.others()]
    const recordsOf = (view: 'public' | 'network') =>
      all.map((institution): CatalogueEntry => {
        const { key } = institution
        const own =
          (view === 'network' ? signed.entry(key, 'network') : undefined) ?? signed.entry(key, 'public')
        const entry = own?.entry ?? entries.get(key)
        return {
          institution,
          lastModified: (own?.at ?? modified.get(key) ?? new Date(at)).toISOString(),
          ...(entry ? { entry } : {}),
        }
      })
    const open = recordsOf('public')
    let inside: CatalogueEntry[] | undefined
    const answer = (view: 'public' | 'network') => {
      let text: string | undefined
      return () => {
        text ??= JSON.stringify(directoryCopy(view === 'public' ? open : recordsOf(view), view))
        return text
      }
    }
    return {
      institutions: all,
      entries: open,
      inside: () => (inside ??= recordsOf('network')),
      catalogue: new Catalogue(open, at),
      answers: { public: answer('public'), network: answer('network') },
    }
  }
  let of = ''
  let current: Today | undefined
  return () => {
    const today = `${Math.floor(now() / dayLength)} ${signed.version()}`
    if (!current || today !== of) {
      of = today
      current = build(now())
    }
    return current
  }
}
