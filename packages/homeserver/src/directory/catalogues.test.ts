import type { CatalogueEntry } from '@enlace/directory/catalogue'
import { expect, it, vi } from 'vitest'
import { createCatalogues } from './catalogues.ts'

const entriesOf = (count: number, name: string): CatalogueEntry[] =>
  Array.from({ length: count }, (_, at) => ({
    lastModified: '2026-11-01T00:00:00.000Z',
    institution: {
      key: `hn-prueba-${at}`,
      name: `${name} ${at}`,
      country: 'HN',
      department: null,
      municipality: null,
      kind: 'ngo',
      services: ['food'],
      confirmed: true,
      source: null,
    },
  }))

it('a small directory is new at once', () => {
  let entries = entriesOf(3, 'Comedor')
  const catalogues = createCatalogues(
    () => entries,
    () => 0,
  )
  expect(catalogues.of('public').ask('albergue').results).toHaveLength(0)
  entries = entriesOf(4, 'Albergue')
  catalogues.forget()
  expect(catalogues.of('public').ask('albergue').results).toHaveLength(4)
})

it('of a large one the copy before answers, until the new one is put together', async () => {
  let entries = entriesOf(600, 'Comedor')
  const catalogues = createCatalogues(
    () => entries,
    () => 0,
  )
  const before = catalogues.of('public')
  entries = entriesOf(601, 'Albergue')
  catalogues.forget()
  entries = entriesOf(602, 'Albergue')
  catalogues.forget()
  expect(catalogues.of('public')).toBe(before)
  await vi.waitFor(() => expect(catalogues.of('public').ask('albergue').results).toHaveLength(602), 30_000)
})
