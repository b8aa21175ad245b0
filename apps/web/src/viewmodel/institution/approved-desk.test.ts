import {
  type Judging,
  libraryFault,
  type MaterialContent,
  readLibrary,
} from '@enlace/coordination/materials/published'
import { newSigningKey, type SigningKey, signersOf } from '@enlace/trust/browser'
import { materialApproval, materialsFileSchema, type SignedMaterial } from '@enlace/trust/institution'
import { expect, test } from 'vitest'
import { holdsVersion, holdsWithdrawal, nextLibrary } from '../materials/library-file.ts'
import { approvalBy, refusalOf, signApproved } from './approved-desk.ts'
import type { SigningDesk } from './types.ts'

const NOW = Date.parse('2026-12-01T12:00:00Z')
const OWN = 'hn-sreci'
const OTHER = 'gt-sbs'
const judging: Judging = {
  countryOf: (key) => key.slice(0, 2).toUpperCase(),
  digestOf: () => undefined,
  now: NOW,
}

const leaflet = (more: Partial<MaterialContent> = {}): MaterialContent => ({
  institution: OWN,
  slug: 'ejemplo',
  language: 'es',
  number: 1,
  topic: 'rights',
  level: 'easy',
  title: 'Ejemplo',
  summary: 'Hoja inventada.',
  blocks: [{ kind: 'text', markdown: 'Pida ayuda.' }],
  names: [],
  valid_until: NOW + 86_400_000,
  ...more,
})
const signatures = [{ keyid: '0'.repeat(64), sig: '0'.repeat(128) }]
const approvals: SignedMaterial['approvals'] = [OWN, OTHER].map((institution) => ({
  institution,
  signatures,
}))
const read = (text: string | undefined) =>
  text === undefined
    ? undefined
    : readLibrary(materialsFileSchema.parse(JSON.parse(text)), (one) =>
        one.approvals.map((each) => each.institution),
      ).library
/** Whether the registry takes it after the one before. */
const fault = (before: string | undefined, next: string) => libraryFault(read(before), read(next)!, judging)

test('published, published anew, taken back and published again: each is what the registry takes after the one before', () => {
  const first = nextLibrary(OWN, undefined, { publish: { material: leaflet(), approvals } })
  expect(fault(undefined, first)).toBeUndefined()
  const beside = nextLibrary(OWN, first, { publish: { material: leaflet({ language: 'kek' }), approvals } })
  expect(fault(first, beside)).toBeUndefined()
  const second = nextLibrary(OWN, beside, { publish: { material: leaflet({ number: 2 }), approvals } })
  expect(fault(beside, second)).toBeUndefined()
  expect(read(second)!.items.map(({ content }) => [content.language, content.number])).toEqual([
    ['kek', 1],
    ['es', 2],
  ])
  const back = nextLibrary(OWN, second, {
    withdraw: { institution: OWN, slug: 'ejemplo', language: 'es', number: 2 },
  })
  expect(fault(second, back)).toBeUndefined()
  expect(read(back)!.items.map(({ content }) => content.language)).toEqual(['kek'])
  const again = nextLibrary(OWN, back, { publish: { material: leaflet({ number: 3 }), approvals } })
  expect(fault(back, again)).toBeUndefined()
  expect(materialsFileSchema.parse(JSON.parse(again)).revision).toBe(5)
  // The version that was taken back does not come back.
  expect(
    fault(back, nextLibrary(OWN, back, { publish: { material: leaflet({ number: 2 }), approvals } })),
  ).toMatchObject({
    reason: 'rollback',
  })
})

test('of another institution’s material the approval is taken back, and nothing else is touched', () => {
  const own = nextLibrary(OTHER, undefined, {
    publish: { material: leaflet({ institution: OTHER }), approvals },
  })
  const withdrawn = { institution: OWN, slug: 'ejemplo', language: 'es', number: 1 }
  const next = nextLibrary(OTHER, own, { withdraw: withdrawn })
  expect(fault(own, next)).toBeUndefined()
  expect(read(next)).toMatchObject({ items: [{ content: { institution: OTHER } }], withdrawn: [withdrawn] })
  expect(holdsWithdrawal(next, withdrawn)).toBe(true)
  expect(holdsWithdrawal(next, { ...withdrawn, number: 2 })).toBe(false)
  expect(holdsVersion(next, leaflet({ institution: OTHER }))).toBe(true)
  expect(holdsVersion(next, leaflet())).toBe(false)
})

test('what is no library, or another institution’s, is not written over', () => {
  expect(() => nextLibrary(OWN, '{}', { publish: { material: leaflet(), approvals } })).toThrow()
  const other = nextLibrary(OTHER, undefined, { publish: { material: leaflet(), approvals } })
  expect(() => nextLibrary(OWN, other, { publish: { material: leaflet(), approvals } })).toThrow(
    /not of hn-sreci/,
  )
})

function desk(more: {
  key?: SigningKey
  named?: string
  threshold?: number
  refuses?: boolean
  waits?: boolean
  kind?: 'absent'
}) {
  const sent: unknown[] = []
  const pending = new Map<string, object>(more.waits ? [[OWN, {}]] : [])
  const made = {
    ready: Promise.resolve(),
    keys: { held: { get: () => new Map(more.key ? [[OWN, more.key]] : []) } },
    watch: {
      institution: async () =>
        more.kind
          ? { kind: more.kind }
          : { kind: 'silent', keyids: [more.named ?? more.key?.keyid], threshold: more.threshold ?? 1 },
      text: async () => undefined,
    },
    publications: {
      pending: { get: () => pending },
      publish: async (one: unknown) => {
        sent.push(one)
        if (!more.refuses) return 'taken'
        pending.set(OWN, { code: 'institution.changed_record' })
        return 'refused'
      },
      discard: async (key: string) => void pending.delete(key),
    },
  } as unknown as SigningDesk
  return { made, sent }
}
const next = () => nextLibrary(OWN, undefined, { publish: { material: leaflet(), approvals } })

test('an approval is signed over the whole text with the key of the institution that approves', async () => {
  const key = await newSigningKey()
  const { made } = desk({ key })
  const signed = await approvalBy(made, OWN, { material: { ...leaflet() } })
  const keys = { [key.keyid]: key.record }
  const over = (content: MaterialContent) =>
    signersOf(materialApproval(OWN, { ...content }), signed!, [key.keyid], keys)
  expect(await over(leaflet())).toEqual([key.keyid])
  expect(await over(leaflet({ title: 'Otro' }))).toEqual([])
  expect(await approvalBy(made, OTHER, { material: { ...leaflet() } })).toBeUndefined()
})

test('the library goes out signed; what stands in the way is said, and nothing is sent', async () => {
  const key = await newSigningKey()
  const good = desk({ key })
  expect(await signApproved(good.made, OWN, 'materials.json', next, ['Publica'], NOW)).toEqual({
    kind: 'taken',
  })
  expect(good.sent).toMatchObject([
    {
      institution: OWN,
      summary: ['Publica'],
      publication: { targets: { 'hn-sreci/materials.json': next() } },
    },
  ])
  for (const [kit, kind] of [
    [desk({}), 'no_key'],
    [desk({ key, named: 'f'.repeat(64) }), 'no_key'],
    [desk({ key, threshold: 2 }), 'several_keys'],
    [desk({ key, waits: true }), 'occupied'],
    [desk({ key, kind: 'absent' }), 'unread'],
  ] as const) {
    expect(await signApproved(kit.made, OWN, 'materials.json', next, [], NOW)).toEqual({ kind })
    expect(kit.sent).toEqual([])
  }
  const same = desk({ key })
  expect(await signApproved(same.made, OWN, 'materials.json', () => undefined, [], NOW)).toEqual({
    kind: 'taken',
  })
  expect(same.sent).toEqual([])
})

test('what the registry refuses is told with its code, and stands in nobody’s way', async () => {
  const key = await newSigningKey()
  const { made } = desk({ key, refuses: true })
  const refused = { kind: 'refused', code: 'institution.changed_record' }
  expect(await signApproved(made, OWN, 'materials.json', next, [], NOW)).toEqual(refused)
  expect(await signApproved(made, OWN, 'materials.json', next, [], NOW)).toEqual(refused)
})

test('why it was refused is one word, whether the node or the registry said so', () => {
  expect(refusalOf('institution.publication_too_fine')).toBe('too_fine')
  expect(refusalOf('institution.lives-too-long')).toBe('lives_too_long')
  expect(refusalOf('institution.changed_record')).toBe('changed_record')
  expect(refusalOf(undefined)).toBe('')
})
