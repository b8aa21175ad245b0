import { z } from 'zod'
import { type DirectoryEntry, directoryEntrySchema } from '../entry/entry.ts'
import { publicView } from '../entry/visibility.ts'
import { institutionSchema, maxInstitutions } from '../institution.ts'
import type { CatalogueEntry } from './records.ts'

/** The whole directory as one document, as nodes take it from the registry and keep it. */
export interface DirectoryCopy {
  /** whether it has what is for the network only */
  view: 'public' | 'network'
  institutions: Array<{
    institution: CatalogueEntry['institution']
    last_modified: string
    entry?: DirectoryEntry
  }>
}

export function directoryCopy(
  entries: readonly CatalogueEntry[],
  view: DirectoryCopy['view'],
): DirectoryCopy {
  return {
    view,
    institutions: entries.map(({ institution, lastModified, entry }) => ({
      institution,
      last_modified: lastModified,
      ...(entry ? { entry: view === 'public' ? publicView(entry) : entry } : {}),
    })),
  }
}

const copySchema = z.object({
  view: z.enum(['public', 'network']),
  institutions: z
    .array(
      z.object({
        institution: institutionSchema,
        last_modified: z.iso.datetime({ offset: true }),
        entry: directoryEntrySchema.optional(),
      }),
    )
    .max(maxInstitutions),
})

/** Reads a copy. An entry under another institution's key is no entry of that institution. */
export function readDirectoryCopy(
  value: unknown,
): { view: DirectoryCopy['view']; entries: CatalogueEntry[] } | undefined {
  const parsed = copySchema.safeParse(value)
  if (!parsed.success) return undefined
  return {
    view: parsed.data.view,
    entries: parsed.data.institutions.map(({ institution, last_modified, entry }) => ({
      institution,
      lastModified: last_modified,
      ...(entry && entry.key === institution.key ? { entry: entry as DirectoryEntry } : {}),
    })),
  }
}
