import { createPlaceGuard } from '@enlace/coordination/risks'
import { type PublishedRisk, readRiskFile, riskFileFault } from '@enlace/coordination/risks/published'
import { risksFileSchema } from '@enlace/trust/institution'
import { expect, test } from 'vitest'
import { nextRisks } from './risk-file.ts'

const NOW = Date.parse('2026-12-01T12:00:00Z')
const [OWN, OTHER] = ['hn-sreci', 'gt-sbs']
const risk = (more: Partial<PublishedRisk> = {}): PublishedRisk => ({
  institution: OWN,
  id: 'a'.repeat(32),
  number: 1,
  kind: 'extortion',
  place: { coarse: 'cell_10', row: 30, column: 46 },
  when: '2026-11',
  until: '2027-01',
  source: 'migrant',
  reliability: 'probable',
  reports: 1,
  ...more,
})
const approvals = [OWN, OTHER].map((institution) => ({
  institution,
  signatures: [{ keyid: '0'.repeat(64), sig: '0'.repeat(128) }],
}))
const publish = (before: string | undefined, more: Partial<PublishedRisk> = {}, now = NOW) =>
  nextRisks(OWN, before, { publish: { risk: risk(more), approvals } }, now)
const read = (text: string | undefined) =>
  text === undefined
    ? undefined
    : readRiskFile(risksFileSchema.parse(JSON.parse(text)), (one) =>
        one.approvals.map(({ institution }) => institution),
      ).file
/** Whether the registry takes it after the one before. */
const fault = (before: string | undefined, next: string | undefined, now = NOW) =>
  riskFileFault(read(before), read(next)!, {
    countryOf: (key) => key.slice(0, 2).toUpperCase(),
    guard: createPlaceGuard([], []),
    now,
  })?.reason

test('published, changed, taken back and published again: each is what the registry takes after the one before', () => {
  const first = publish(undefined)
  expect(fault(undefined, first)).toBeUndefined()
  expect(publish(first)).toBeUndefined()
  const beside = publish(first, { id: 'b'.repeat(32), until: '2026-12' })
  expect(fault(first, beside)).toBeUndefined()
  const second = publish(beside, { number: 2, reports: 2 })
  expect(fault(beside, second)).toBeUndefined()
  expect(read(second)!.items.map(({ content }) => [content.id[0], content.number])).toEqual([
    ['b', 1],
    ['a', 2],
  ])
  const withdraw = [{ institution: OWN, id: 'a'.repeat(32), number: 2 }]
  const back = nextRisks(OWN, second, { withdraw }, NOW)
  expect(fault(second, back)).toBeUndefined()
  expect(nextRisks(OWN, back, { withdraw }, NOW)).toBeUndefined()
  expect(fault(back, publish(back, { number: 3 }))).toBeUndefined()
  expect(fault(back, publish(back, { number: 2 }))).toBe('rollback')
})

test('what is over is taken out by name with the next change', () => {
  const first = publish(undefined, { id: 'b'.repeat(32), until: '2026-12' })
  const later = Date.parse('2027-01-02T12:00:00Z')
  const next = publish(first, {}, later)
  expect(fault(first, next, later)).toBeUndefined()
  expect(read(next)).toMatchObject({
    items: [{ content: { id: 'a'.repeat(32) } }],
    withdrawn: [{ institution: OWN, id: 'b'.repeat(32), number: 1 }],
  })
})

test('of another institution’s risk the approval is taken back; what is no such file is not written over', () => {
  const withdraw = [{ institution: OWN, id: 'a'.repeat(32), number: 1 }]
  const next = nextRisks(OTHER, undefined, { withdraw }, NOW)
  expect(fault(undefined, next)).toBeUndefined()
  expect(read(next)).toMatchObject({ institution: OTHER, items: [], withdrawn: withdraw })
  expect(() => publish('{}')).toThrow()
  expect(() => publish(next)).toThrow(/not of hn-sreci/)
})
