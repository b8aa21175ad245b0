/** An institution's `materials.json`: what it says after a material was published or taken back. */
import {
  type MaterialContent,
  materialKey,
  type WithdrawnMaterial,
} from '@enlace/coordination/materials/published'
import { type MaterialsFile, materialsFileSchema, type SignedMaterial } from '@enlace/trust/institution'

export type LibraryChange =
  | { publish: { material: MaterialContent; approvals: SignedMaterial['approvals'] } }
  /** of the institution itself, or of another whose material it approved */
  | { withdraw: WithdrawnMaterial }

const keyOf = (material: SignedMaterial['material']) =>
  materialKey(material as Pick<MaterialContent, 'institution' | 'slug' | 'language'>)

/**
 * @param before the text that is published; undefined: none yet
 * @returns the next text @throws Error when the published one is not of its form: nothing is put in its place
 */
export function nextLibrary(institution: string, before: string | undefined, change: LibraryChange): string {
  const was: MaterialsFile =
    before === undefined
      ? { _type: 'enlace-materials', institution, revision: 0, materials: [], withdrawn: [] }
      : materialsFileSchema.parse(JSON.parse(before))
  if (was.institution !== institution) throw new Error(`This library is not of ${institution}.`)
  const material = 'publish' in change ? change.publish.material : change.withdraw
  const key = materialKey(material)
  const others = was.materials.filter((one) => keyOf(one.material) !== key)
  const withdrawn =
    'withdraw' in change
      ? [
          ...was.withdrawn.filter((one) => materialKey(one) !== key || one.number > material.number),
          change.withdraw,
        ]
      : was.withdrawn
  const next: MaterialsFile = {
    ...was,
    revision: was.revision + 1,
    materials: 'publish' in change ? [...others, change.publish] : others,
    withdrawn,
  }
  return `${JSON.stringify(materialsFileSchema.parse(next))}\n`
}

/** Whether this very version stands in it already: then there is nothing to sign. */
export function holdsVersion(before: string | undefined, content: MaterialContent): boolean {
  if (before === undefined) return false
  const was = materialsFileSchema.safeParse(JSON.parse(before))
  return (
    was.success &&
    was.data.materials.some(
      ({ material }) => keyOf(material) === materialKey(content) && material['number'] === content.number,
    )
  )
}

/** Whether it is taken back there up to this version, or a later one. */
export function holdsWithdrawal(before: string | undefined, withdrawn: WithdrawnMaterial): boolean {
  if (before === undefined) return false
  const was = materialsFileSchema.safeParse(JSON.parse(before))
  return (
    was.success &&
    was.data.withdrawn.some(
      (one) => materialKey(one) === materialKey(withdrawn) && one.number >= withdrawn.number,
    )
  )
}
