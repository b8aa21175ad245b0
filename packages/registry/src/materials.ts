/** Materials for migrants that institutions publish: what the registry takes of them, and what of them stands. */
import { type Library, libraryFault, readLibrary } from '@enlace/coordination/materials/published'
import { judging, type MaterialAsks } from '@enlace/public-site'
import {
  approvedBy,
  type Delegation,
  type MaterialsFile,
  type PublishedRole,
  readInstitutionFile,
} from '@enlace/trust'
import { PublicationRefused } from './refused.ts'

/** By institution: whose keys count. */
export type Delegated = ReadonlyMap<string, Delegation>

export function materialsIn({ institution, files }: PublishedRole): MaterialsFile | undefined {
  const text = files.get('materials.json')
  const read = text === undefined ? undefined : readInstitutionFile(institution, 'materials.json', text)
  return read?.ok && read.content.file === 'materials.json' ? read.content.materials : undefined
}

const read = (file: MaterialsFile, delegations: Delegated) =>
  readLibrary(file, (item) => approvedBy(item, (institution) => delegations.get(institution)))

export const libraryOf = (file: MaterialsFile, delegations: Delegated): Library =>
  read(file, delegations).library

/**
 * What changed in an institution's materials is approved by both countries and only goes forward. A publication that leaves them as
 * they are is not judged: a roster does not wait for a leaflet.
 *
 * @throws PublicationRefused
 */
export function checkMaterials(
  published: PublishedRole,
  before: PublishedRole | undefined,
  delegations: Delegated,
  asks: MaterialAsks,
): void {
  if (published.files.get('materials.json') === before?.files.get('materials.json')) return
  const was = before && materialsIn(before)
  const is = materialsIn(published)
  if (!is) {
    if (was) throw new PublicationRefused('rollback', 'materials.json was published: withdraw by name.')
    return
  }
  if (was && is.revision <= was.revision)
    throw new PublicationRefused(
      'rollback',
      `materials.json is revision ${is.revision}, not above ${was.revision}.`,
    )
  const { library, faults } = read(is, delegations)
  if (faults.length > 0) throw new PublicationRefused('malformed', `materials.json: ${faults[0]}`)
  const fault = libraryFault(was && libraryOf(was, delegations), library, judging(asks))
  if (fault) throw new PublicationRefused(fault.reason, `materials.json: ${fault.detail}`)
}
