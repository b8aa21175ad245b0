import { Metadata, MetadataKind, type Targets } from '@tufjs/models'
import { expect, test } from 'vitest'
import { generateTrustKey, signMetadata, type TrustKey } from '../keys.ts'
import { institutionKeys } from '../testing.ts'
import { approvedBy } from './approvals.ts'
import { institutionDelegations, readInstitutionDelegations } from './delegation.ts'
import { materialApproval, riskApproval, type SignedMaterial } from './documents.ts'
import { readInstitutionFile } from './metadata.ts'

const [one, two, other] = [generateTrustKey(), generateTrustKey(), generateTrustKey()]
const material = { slug: 'ejemplo', number: 1, title: 'Ejemplo: ñ “á”' }

/** Keys as nodes read them in what coordinators signed. */
function given(keys: Record<string, { keys: TrustKey[]; threshold?: number }>) {
  const roles = institutionDelegations(
    Object.fromEntries(
      Object.entries(keys).map(([key, of]) => [key, institutionKeys(of.keys, of.threshold)]),
    ),
  )
  const signed = {
    _type: 'targets',
    spec_version: '1.0.31',
    version: 1,
    expires: '2099-01-01T00:00:00Z',
    targets: {},
    delegations: roles,
  }
  const metadata = Metadata.fromJSON(MetadataKind.Targets, {
    signed,
    signatures: [],
  } as never) as Metadata<Targets>
  const { delegations } = readInstitutionDelegations(metadata)
  return (institution: string) => delegations.get(institution)
}

const approval = (institution: string, keys: TrustKey[], of: SignedMaterial['material'] = material) => ({
  institution,
  signatures: signMetadata(materialApproval(institution, of), keys).signatures,
})

test('an institution approved what enough of its own keys signed, word for word', () => {
  const delegationOf = given({
    'hn-senaf-corinto': { keys: [one] },
    'gt-pgn-izabal': { keys: [two, other], threshold: 2 },
  })
  const by = (approvals: SignedMaterial['approvals'], of = material) =>
    approvedBy({ material: of, approvals }, delegationOf)
  const both = [approval('hn-senaf-corinto', [one]), approval('gt-pgn-izabal', [two, other])]
  expect(by(both)).toEqual(['hn-senaf-corinto', 'gt-pgn-izabal'])
  expect(by(both, { ...material, title: 'Otro' })).toEqual([])
  // Too few, the same twice, another institution's, another's name, nobody's.
  expect(by([approval('gt-pgn-izabal', [two])])).toEqual([])
  expect(by([approval('gt-pgn-izabal', [two, two])])).toEqual([])
  expect(by([approval('gt-pgn-izabal', [two]), approval('gt-pgn-izabal', [other])])).toEqual([])
  expect(by([approval('hn-senaf-corinto', [two])])).toEqual([])
  expect(by([{ ...approval('gt-pgn-izabal', [one]), institution: 'hn-senaf-corinto' }])).toEqual([])
  expect(by([approval('gt-renap', [one])])).toEqual([])
  const forged = approval('hn-senaf-corinto', [two])
  forged.signatures[0]!.keyid = one.keyid
  expect(by([forged])).toEqual([])
  // What has no canonical form.
  expect(by([approval('hn-senaf-corinto', [one])], { ...material, number: 1.5 })).toEqual([])
})

test('materials.json: of its institution, with its limits', () => {
  const file = {
    _type: 'enlace-materials',
    institution: 'gt-renap',
    revision: 1,
    materials: [{ material, approvals: [approval('gt-renap', [one])] }],
    withdrawn: [{ institution: 'gt-renap', slug: 'a', language: 'es', number: 1 }],
  }
  const read = (more: object, institution = 'gt-renap') =>
    readInstitutionFile(institution, 'materials.json', JSON.stringify({ ...file, ...more })).ok
  expect(read({})).toBe(true)
  expect(read({}, 'gt-otra')).toBe(false)
  expect(read({ materials: Array.from({ length: 201 }, () => file.materials[0]) })).toBe(false)
  expect(read({ materials: [{ material, approvals: [{ institution: 'gt-renap', signatures: [] }] }] })).toBe(
    false,
  )
  expect(read({ withdrawn: [{ ...file.withdrawn[0], number: 0 }] })).toBe(false)
  expect(readInstitutionFile('gt-renap', 'materials.json', ' '.repeat(1024 * 1024 + 1)).ok).toBe(false)
})

test('risks.json: of its institution, with its limits; an approval of a material is none of a risk', () => {
  const risk = { id: '0'.repeat(32), number: 1 }
  const signed = { risk, approvals: [approval('gt-renap', [one], risk)] }
  const delegationOf = given({ 'gt-renap': { keys: [one] } })
  expect(approvedBy(signed, delegationOf)).toEqual([])
  const { signatures } = signMetadata(riskApproval('gt-renap', risk), [one])
  const good = { risk, approvals: [{ institution: 'gt-renap', signatures }] }
  expect(approvedBy(good, delegationOf)).toEqual(['gt-renap'])
  expect(approvedBy({ ...good, risk: { ...risk, number: 2 } }, delegationOf)).toEqual([])
  const back = { institution: 'gt-renap', ...risk }
  const file = {
    _type: 'enlace-risks',
    institution: 'gt-renap',
    revision: 1,
    risks: [good],
    withdrawn: [back],
  }
  const read = (more: object, institution = 'gt-renap') =>
    readInstitutionFile(institution, 'risks.json', JSON.stringify({ ...file, ...more })).ok
  expect(read({})).toBe(true)
  expect(read({}, 'gt-otra')).toBe(false)
  expect(read({ risks: Array.from({ length: 301 }, () => good) })).toBe(false)
  expect(read({ withdrawn: [{ ...back, id: '$event' }] })).toBe(false)
  expect(readInstitutionFile('gt-renap', 'risks.json', ' '.repeat(512 * 1024 + 1)).ok).toBe(false)
})
