import { expect, test } from 'vitest'
import { exampleEntries, exampleInstitutions } from '../examples.ts'
import { institutions } from '../institutions.ts'
import type { DirectoryEntry } from './entry.ts'
import { publicFingerprint } from './fingerprint.ts'
import { markOf } from './marks.ts'
import { publicView } from './visibility.ts'

const entry = exampleEntries[0]!
const institution = exampleInstitutions.find(({ key }) => key === entry.key)!
const service = entry.records.services![0]!.id
const print = (change: (copy: DirectoryEntry) => void = () => {}, of?: string) => {
  const copy = structuredClone(entry)
  change(copy)
  return publicFingerprint({ institution, entry: copy }, of)
}

test('the same for the public copy, the network’s, and records in any order', () => {
  for (const of of [undefined, service]) {
    const whole = print(undefined, of)
    expect(whole).toBeDefined()
    expect(publicFingerprint({ institution, entry: publicView(entry) }, of)).toBe(whole)
    const turned = print((copy) => {
      for (const rows of Object.values(copy.records)) rows?.reverse()
    }, of)
    expect(turned).toBe(whole)
  }
})

test('another when what anybody sees is another; the same when somebody looked at it again, or what is hidden changed', () => {
  for (const of of [undefined, service]) {
    const same = (change: (copy: DirectoryEntry) => void) =>
      expect(print(change, of) === print(undefined, of))
    same((copy) => {
      copy.records.services![0]!['description'] = 'Otro texto'
    }).toBe(false)
    same((copy) => {
      copy.records.schedules = []
    }).toBe(false)
    same((copy) => {
      copy.records.services![0]!['last_modified'] = '2030-01-01T00:00:00Z'
    }).toBe(true)
    const organization = entry.records.organizations![0]!.id
    same((copy) => {
      copy.records.attributes!.push({
        ...markOf('organizations', organization, 'assured', 'phones:2026-10-01'),
      })
    }).toBe(true)
    same((copy) => {
      copy.records.contacts = (copy.records.contacts ?? []).map((one) => ({ ...one, name: 'Otra persona' }))
    }).toBe(true)
  }
})

test('gone: not there, no longer offered, hidden, or of an institution nobody confirmed', () => {
  expect(print(undefined, '00000000-0000-4000-8000-000000000000')).toBeUndefined()
  const withStatus = print((copy) => {
    copy.records.services![0]!['status'] = 'inactive'
  }, service)
  expect(withStatus).toBeUndefined()
  const hidden = print((copy) => {
    copy.records.attributes!.push({ ...markOf('services', service, 'network_only', '*') })
  }, service)
  expect(hidden).toBeUndefined()
  expect(publicFingerprint({ institution: { ...institution, confirmed: false }, entry })).toBeUndefined()
  // Of the list alone: the institution, but no service that nobody described.
  const listed = institutions.find(({ confirmed }) => confirmed)!
  expect(publicFingerprint({ institution: listed })).toBeDefined()
  expect(publicFingerprint({ institution: listed }, service)).toBeUndefined()
})
