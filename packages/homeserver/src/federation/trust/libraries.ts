/** Materials for migrants as institutions signed them, with who approved each by the keys in force. */
import { type Library, readLibrary } from '@enlace/coordination/materials/published'
import { approvedBy, type InstitutionsKeeper, type MaterialsFile } from '@enlace/trust'

/** Many signatures: checked once for each file and list. */
export function createLibraries(keeper: InstitutionsKeeper, targets: () => unknown): () => Library[] {
  const known = new WeakMap<MaterialsFile, { targets: unknown; library: Library }>()
  return () =>
    keeper.institutions.flatMap((institution) => {
      const file = keeper.materials(institution, Date.now())
      if (!file) return []
      const before = known.get(file)
      if (before && before.targets === targets()) return [before.library]
      const { library } = readLibrary(file, (item) => approvedBy(item, (key) => keeper.delegation(key)))
      known.set(file, { targets: targets(), library })
      return [library]
    })
}
