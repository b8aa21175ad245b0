import type { InstitutionsKeeper, RisksFile } from '@enlace/trust'
import { expect, test } from 'vitest'
import { createApprovedFiles } from './approved-files.ts'

const risk = {
  institution: 'hn-sreci',
  id: 'a'.repeat(32),
  number: 1,
  kind: 'extortion',
  place: { coarse: 'cell_10', row: 30, column: 46 },
  when: '2026-11',
  until: '2027-01',
  source: 'migrant',
  reliability: 'probable',
  reports: 1,
}
const said: RisksFile = {
  _type: 'enlace-risks',
  institution: 'hn-sreci',
  revision: 1,
  risks: [
    { risk, approvals: [] },
    { risk: { ...risk, id: 'b'.repeat(32), note: 'no es de la forma' }, approvals: [] },
  ],
  withdrawn: [{ institution: 'gt-sbs', id: 'c'.repeat(32), number: 2 }],
}

test('a node reads what institutions signed once for each list; of a word that does not count what was taken back alone', () => {
  let [counts, targets] = [true, {}]
  const keeper = {
    institutions: ['hn-sreci', 'gt-sbs'],
    approved: (institution: string, name: string) =>
      institution === 'hn-sreci' && name === 'risks.json' ? { said, counts } : undefined,
    delegation: () => undefined,
  } as unknown as InstitutionsKeeper
  const files = createApprovedFiles(keeper, () => targets)
  expect(files.libraries()).toEqual([])
  const [first] = files.riskFiles()
  expect(first).toEqual({
    institution: 'hn-sreci',
    items: [{ content: risk, approvedBy: [] }],
    withdrawn: said.withdrawn,
  })
  expect(files.riskFiles()[0]).toBe(first)
  // Another list: other keys may count.
  targets = {}
  expect(files.riskFiles()[0]).not.toBe(first)
  counts = false
  expect(files.riskFiles()).toEqual([{ institution: 'hn-sreci', items: [], withdrawn: said.withdrawn }])
})
