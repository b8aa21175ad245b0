/** What institutions publish with approvals inside (materials, risks), as they signed it, with who approved by the keys in force. */
import { readLibrary } from '@enlace/coordination/materials/published'
import { readRiskFile } from '@enlace/coordination/risks/published'
import { type ApprovedFiles, approvedBy, type InstitutionsKeeper, type SignedItem } from '@enlace/trust'
import type { SignedInstitutions } from '../types.ts'

type By = (item: SignedItem) => readonly string[]

export function createApprovedFiles(
  keeper: InstitutionsKeeper,
  targets: () => unknown,
): Pick<SignedInstitutions, 'libraries' | 'riskFiles'> {
  const by: By = (item) => approvedBy(item, (key) => keeper.delegation(key))

  /** Many signatures: checked once for each file and list. */
  function reader<Name extends keyof ApprovedFiles, Read extends { items: readonly unknown[] }>(
    name: Name,
    read: (said: ApprovedFiles[Name], by: By) => Read,
  ): () => Read[] {
    const known = new WeakMap<ApprovedFiles[Name], { targets: unknown; file: Read }>()
    return () =>
      keeper.institutions.flatMap((institution) => {
        const found = keeper.approved(institution, name, Date.now())
        if (!found) return []
        const { said, counts } = found
        let one = known.get(said)
        if (one?.targets !== targets()) {
          one = { targets: targets(), file: read(said, by) }
          known.set(said, one)
        }
        return [counts ? one!.file : { ...one!.file, items: [] }]
      })
  }
  return {
    libraries: reader('materials.json', (said, from) => readLibrary(said, from).library),
    riskFiles: reader('risks.json', (said, from) => readRiskFile(said, from).file),
  }
}
