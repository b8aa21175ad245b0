import { describe, expect, it } from 'vitest'
import { checkEntry } from '../entry/check-entry.ts'
import { publicView } from '../entry/visibility.ts'
import { exampleEntries } from '../examples.ts'
import type { Institution } from '../institution.ts'
import { institutions } from '../institutions.ts'
import { assuredDates, groupsInUse, withAssurance } from './assurance.ts'
import { type Actor, newBook, reduceBook } from './book.ts'
import { documentsOf } from './documents.ts'
import { adoptSigned, unsignedGroups } from './signed.ts'
import { startingEntry } from './starting-entry.ts'

const rules = { isValid: (entry: unknown) => checkEntry(entry).ok }
const shelter = exampleEntries[0]!
const staff: Actor = { userId: '@a:hn', institution: shelter.key, role: 'staff' }

const day = Date.parse('2026-11-27T10:00:00-06:00')

describe('an institution without an entry', () => {
  it('begins with what the list says of it, and that may be published', () => {
    for (const institution of institutions) {
      const entry = startingEntry(institution)
      expect([institution.key, checkEntry(entry)]).toEqual([institution.key, { ok: true, entry }])
      expect(entry.records.services ?? []).toHaveLength(institution.services.length)
    }
  })

  it('has no dates, phones or addresses that nobody gave', () => {
    const entry = startingEntry(institutions[0] as Institution)
    expect(assuredDates(entry)).toEqual({})
    expect(groupsInUse(entry)).not.toContain('contact')
    expect(entry.records.addresses).toBeUndefined()
  })
})

describe('signed and kept', () => {
  it('a confirmation is unsigned until the entry is signed again', () => {
    const made = reduceBook(
      newBook(shelter),
      { type: 'confirm', group: 'services', by: staff, at: day },
      rules,
    )
    if (!made.ok) throw new Error(made.refusal)
    expect(unsignedGroups(made.book.entry, shelter)).toEqual(['services'])
    expect(unsignedGroups(made.book.entry, made.book.entry)).toEqual([])
    const again = reduceBook(
      made.book,
      { type: 'confirm', group: 'services', by: staff, at: day + 1000 },
      rules,
    )
    expect(again).toEqual({ ok: true, book: made.book })
  })

  it('what was signed elsewhere counts, and confirmations are carried over', () => {
    const book = { ...newBook(withAssurance(shelter, 'services', '2026-11-27')), revision: 3 }
    const elsewhere = structuredClone(withAssurance(shelter, 'hours', '2026-11-26'))
    elsewhere.records.organizations![0]!['description'] = 'Otra'
    const adopted = adoptSigned(book, { revision: 7, entry: elsewhere }, { by: '', at: day })
    expect(adopted.revision).toBe(8)
    expect(assuredDates(adopted.entry)).toMatchObject({ services: '2026-11-27', hours: '2026-11-26' })
    expect(adopted.history.map(({ edit }) => edit)).toContainEqual(
      expect.objectContaining({ field: 'description', to: 'Otra' }),
    )
    expect(unsignedGroups(adopted.entry, elsewhere)).toEqual(['services'])
  })

  it('two documents are signed: what anybody may see, and what the network may', () => {
    const { public: shown, network } = documentsOf({ entry: shelter, revision: 4 }, 'azar')
    expect(shown).toMatchObject({ view: 'public', revision: 4, entry: publicView(shelter) })
    expect(shown).not.toHaveProperty('nonce')
    expect(network).toMatchObject({ view: 'network', entry: shelter, nonce: 'azar' })
  })
})

describe('what no edit may say', () => {
  it('dates of verification and being an example', () => {
    const assured = shelter.records.attributes!.find((each) => each['link_type'] === 'assured')!
    for (const edit of [
      { kind: 'add', table: 'attributes', row: { ...assured, id: crypto.randomUUID() } },
      { kind: 'remove', table: 'attributes', row: assured },
      { kind: 'set', table: 'attributes', id: assured.id, field: 'value', from: assured['value'], to: 'x' },
    ] as const)
      expect(
        reduceBook(newBook(shelter), { type: 'propose', id: 'p', by: staff, at: day, edits: [edit] }, rules),
      ).toMatchObject({ ok: false, refusal: 'not_by_edit' })
  })
})
