import { readDirectoryCopy } from '@enlace/directory/copy'
import { startingEntry } from '@enlace/directory/upkeep'
import type { KnownInstitution } from './types.ts'

/** The directory as this person may see it, with what an import would begin from where an institution has no entry. */
export interface SeenDirectory {
  view: 'public' | 'network'
  institutions: KnownInstitution[]
  /** those that have an entry: what is exported */
  described: KnownInstitution[]
}

export function seenDirectory(copy: unknown): SeenDirectory | undefined {
  const read = readDirectoryCopy(copy)
  if (!read) return undefined
  const known = ({ institution, entry }: (typeof read.entries)[number]): KnownInstitution => ({
    key: institution.key,
    name: institution.name,
    country: institution.country,
    ...(institution.example ? { example: true } : {}),
    entry: entry ?? startingEntry(institution),
  })
  return {
    view: read.view,
    institutions: read.entries.map(known),
    described: read.entries.filter(({ entry }) => entry).map(known),
  }
}
