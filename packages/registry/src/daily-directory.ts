import { Catalogue, type CatalogueEntry } from '@enlace/directory/catalogue'
import { directoryCopy } from '@enlace/directory/copy'
import type { DirectoryFiles } from './config.ts'

const dayLength = 24 * 3_600_000

export interface Today {
  catalogue: Catalogue
  /** the whole directory as nodes take it, put together when it is first asked for */
  answers: Record<'public' | 'network', () => string>
}

/** The directory of today: freshness goes by the day, so it is built again when the day changes. */
export function dailyDirectory(
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
