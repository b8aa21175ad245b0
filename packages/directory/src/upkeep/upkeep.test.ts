import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { checkEntry } from '../entry/check-entry.ts'
import type { DirectoryEntry } from '../entry/entry.ts'
import { exampleEntries } from '../examples.ts'
import { metadataSchema } from '../hsds/objects.ts'
import {
  assuredDates,
  entryFreshness,
  freshnessCount,
  groupFreshness,
  groupsInUse,
  withAssurance,
} from './assurance.ts'
import { type Actor, type BookEvent, type bookRefusals, type EntryBook, newBook, reduceBook } from './book.ts'
import { applyEdits, type Edit, editsBetween, metadataOf, reverse } from './changes.ts'

const shelter = exampleEntries[0]!
const at = Date.parse('2026-11-27T23:00:00-06:00')
const rules = { isValid: (entry: DirectoryEntry) => checkEntry(entry).ok }

const described = (text: string): DirectoryEntry => {
  const entry = structuredClone(shelter)
  entry.records.services![0]!['description'] = text
  return entry
}

describe('freshness by group', () => {
  it('is of the groups that are there, each by its own date', () => {
    expect(groupsInUse(shelter)).toEqual(['identity', 'services', 'contact', 'place', 'hours', 'capacity'])
    expect(assuredDates(shelter)).toEqual({
      identity: '2026-11-02',
      contact: '2026-11-02',
      hours: '2026-07-15',
    })
    expect(groupFreshness(shelter, at)).toEqual({
      identity: 'verified',
      services: 'due',
      contact: 'verified',
      place: 'due',
      hours: 'due',
      capacity: 'due',
    })
    expect(groupFreshness(exampleEntries[1]!, at)).toMatchObject({ services: 'overdue', hours: 'verified' })
    expect(freshnessCount(exampleEntries, at)).toEqual({ verified: 4, due: 11, overdue: 1 })
  })

  it('of the whole is that of its worst group, and its date the oldest', () => {
    expect(entryFreshness(exampleEntries[1]!, at)).toEqual({ freshness: 'overdue' })
    let entry = shelter
    for (const group of groupsInUse(shelter)) entry = withAssurance(entry, group, '2026-11-20')
    expect(entryFreshness(entry, at)).toEqual({ freshness: 'verified', assuredDate: '2026-11-20' })
    expect(entryFreshness(withAssurance(entry, 'hours', '2026-07-01'), at)).toEqual({
      freshness: 'due',
      assuredDate: '2026-07-01',
    })
    expect(checkEntry(entry).ok).toBe(true)
    expect(assuredDates(withAssurance(entry, 'hours', '2026-11-27'))['hours']).toBe('2026-11-27')
  })
})

describe('edits', () => {
  it('say field by field what changed, and make it', () => {
    const after = described('Otra')
    after.records.phones!.pop()
    after.records.languages = after.records.languages!.filter((each) => each['phone_id'] === undefined)
    const edits = editsBetween(shelter, after)
    expect(edits.map((edit) => edit.kind).sort()).toEqual(['remove', 'remove', 'set'])
    expect(edits.find((edit) => edit.kind === 'set')).toMatchObject({
      table: 'services',
      field: 'description',
      from: 'Cama, baño y resguardo por tres noches.',
      to: 'Otra',
    })
    expect(applyEdits(shelter, edits)).toMatchObject({ entry: after, outdated: [] })
  })

  it('lead there and back, whatever changed', () => {
    const rows = Object.entries(shelter.records).flatMap(([table, list]) =>
      list!.map((_, position) => [table, position] as const),
    )
    fc.assert(
      fc.property(
        fc.array(
          fc.tuple(
            fc.constantFrom(...rows),
            fc.constantFrom('description', 'nota', 'x'),
            fc.option(fc.jsonValue(), { nil: undefined }),
          ),
        ),
        fc.subarray(rows),
        (changes, gone) => {
          const after = structuredClone(shelter)
          for (const [[table, position], field, value] of changes) {
            const row = after.records[table as 'phones']![position]!
            if (value === undefined) delete row[field]
            else row[field] = JSON.parse(JSON.stringify(value))
          }
          for (const [table, position] of [...gone].reverse())
            after.records[table as 'phones']!.splice(position, 1)
          const there = applyEdits(shelter, editsBetween(shelter, after))
          expect(there.outdated).toEqual([])
          expect(editsBetween(there.entry, after)).toEqual([])
          const back = applyEdits(there.entry, there.made.map(reverse).reverse())
          expect(back.outdated).toEqual([])
          expect(editsBetween(back.entry, shelter)).toEqual([])
        },
      ),
    )
  })

  it('are not made where something else was found', () => {
    const edits = editsBetween(shelter, described('Una'))
    const { made, outdated, entry } = applyEdits(described('Otra'), edits)
    expect([made, outdated]).toEqual([[], edits])
    expect(entry.records.services![0]!['description']).toBe('Otra')
    const identity: Edit = {
      kind: 'set',
      table: 'organizations',
      id: shelter.records.organizations![0]!.id,
      field: 'id',
      from: shelter.records.organizations![0]!.id,
      to: 'x',
    }
    expect(applyEdits(shelter, [identity]).outdated).toEqual([identity])
  })

  it('are HSDS metadata: who changed which field from what to what', () => {
    const [edit] = editsBetween(shelter, described('Otra'))
    const [row] = metadataOf({ by: '@albergue:hn', at, edit: edit! })
    expect(metadataSchema.parse(row)).toEqual(row)
    expect(row).toMatchObject({
      resource_type: 'service',
      last_action_type: 'update',
      last_action_date: '2026-11-28',
      field_name: 'description',
      previous_value: 'Cama, baño y resguardo por tres noches.',
      replacement_value: 'Otra',
      updated_by: '@albergue:hn',
    })
    const added = metadataOf({
      by: '@a:b',
      at,
      edit: {
        kind: 'add',
        table: 'phones',
        row: { id: crypto.randomUUID(), number: '+50400000103', extension: 3 },
      },
    })
    expect(
      added.map(({ field_name, previous_value, replacement_value }) => [
        field_name,
        previous_value,
        replacement_value,
      ]),
    ).toEqual([
      ['number', '', '+50400000103'],
      ['extension', '', '3'],
    ])
  })
})

describe('the book of an entry', () => {
  const staff: Actor = { userId: '@albergue:hn', institution: shelter.key, role: 'staff' }
  const coordinator: Actor = { userId: '@coordinacion:hn', institution: shelter.key, role: 'coordinator' }
  const stranger: Actor = { userId: '@registro:gt', institution: 'gt-renap', role: 'coordinator' }
  const nobody: Actor = { userId: '@x:y', institution: null, role: 'staff' }
  const play = (events: BookEvent[], book: EntryBook = newBook(shelter)) => {
    let current = book
    for (const event of events) {
      const result = reduceBook(current, event, rules)
      if (!result.ok) return result
      current = result.book
    }
    return { ok: true as const, book: current }
  }
  const proposal = (by: Actor, text = 'Otra', id = 'p1'): BookEvent => ({
    type: 'propose',
    id,
    by,
    at,
    edits: editsBetween(shelter, described(text)),
  })
  const outcome = (events: BookEvent[]) => {
    const result = play(events)
    return result.ok ? result.book : result.refusal
  }

  it('a draft waits for the coordinator, and is then in the entry and its history', () => {
    const waiting = outcome([proposal(staff)]) as EntryBook
    expect(waiting.proposals[0]).toMatchObject({ kind: 'draft', state: 'open', by: staff.userId })
    expect(waiting.entry).toEqual(shelter)
    const accepted = outcome([
      proposal(staff),
      { type: 'accept', id: 'p1', by: coordinator, at: at + 1 },
    ]) as EntryBook
    expect(accepted).toMatchObject({ revision: 1, entry: described('Otra') })
    expect(accepted.history).toEqual([
      { by: staff.userId, at: at + 1, edit: expect.objectContaining({ field: 'description', to: 'Otra' }) },
    ])
    expect(accepted.proposals[0]?.decided).toEqual({ by: coordinator.userId, at: at + 1 })
  })

  it('a suggestion of others is declined with a reason, or accepted', () => {
    const declined = outcome([
      proposal(stranger),
      { type: 'decline', id: 'p1', by: coordinator, at, reason: ' Ya no es así. ' },
    ]) as EntryBook
    expect(declined.proposals[0]).toMatchObject({
      kind: 'suggestion',
      state: 'declined',
      institution: 'gt-renap',
      decided: { reason: 'Ya no es así.' },
    })
    expect(declined.revision).toBe(0)
  })

  it('"still correct" is one act, on the day at the border', () => {
    const book = outcome([{ type: 'confirm', group: 'place', by: staff, at }]) as EntryBook
    expect(assuredDates(book.entry)['place']).toBe('2026-11-27')
    expect(book.history).toHaveLength(1)
    expect(rules.isValid(book.entry)).toBe(true)
  })

  const accept = (by: Actor): BookEvent => ({ type: 'accept', id: 'p1', by, at })
  it.each<[string, keyof typeof bookRefusals, BookEvent[]]>([
    ['who speaks for nobody', 'of_no_institution', [proposal(nobody)]],
    ['another institution’s coordinator accepting', 'not_the_owner', [proposal(stranger), accept(stranger)]],
    ['staff accepting', 'not_a_coordinator', [proposal(staff), accept(staff)]],
    ['an official accepting', 'not_a_coordinator', [proposal(staff), accept({ ...staff, role: 'official' })]],
    [
      'withdrawing another’s',
      'not_the_author',
      [proposal(staff), { type: 'withdraw', id: 'p1', by: coordinator, at }],
    ],
    ['what is not there', 'no_such_proposal', [accept(coordinator)]],
    ['deciding twice', 'already_decided', [proposal(staff), accept(coordinator), accept(coordinator)]],
    ['sending twice', 'exists', [proposal(staff), proposal(staff)]],
    ['no change', 'nothing_to_change', [{ ...proposal(staff), edits: [] } as BookEvent]],
    [
      'no reason',
      'no_reason',
      [proposal(stranger), { type: 'decline', id: 'p1', by: coordinator, at, reason: '  ' }],
    ],
    [
      'what was overtaken',
      'outdated',
      [
        proposal(staff),
        proposal(stranger, 'Antes', 'p2'),
        { ...accept(coordinator), id: 'p2' } as BookEvent,
        accept(coordinator),
      ],
    ],
    ['what would break the entry', 'not_valid', [proposal(staff, 'x'.repeat(3_000)), accept(coordinator)]],
    ['confirming for another', 'not_the_owner', [{ type: 'confirm', group: 'hours', by: stranger, at }]],
    [
      'too many of one',
      'too_many',
      Array.from({ length: 21 }, (_, n) => proposal(stranger, 'Otra', `p${n}`)),
    ],
  ])('refuses %s: %s', (_what, refusal, events) => {
    expect(outcome(events)).toBe(refusal)
  })

  it('withdrawn by its author it changes nothing', () => {
    expect(outcome([proposal(stranger), { type: 'withdraw', id: 'p1', by: stranger, at }])).toMatchObject({
      revision: 0,
      proposals: [{ state: 'withdrawn' }],
    })
  })

  it('changes the entry by nothing but a coordinator’s word or a confirmation, whatever comes', () => {
    const actor = fc.constantFrom(staff, coordinator, stranger, nobody)
    const id = fc.constantFrom('p1', 'p2', 'p3')
    const event: fc.Arbitrary<BookEvent> = fc.oneof(
      fc.record({
        type: fc.constant('propose' as const),
        id,
        by: actor,
        at: fc.nat(),
        edits: fc.constantFrom(editsBetween(shelter, described('A')), editsBetween(shelter, described('B'))),
      }),
      fc.record({ type: fc.constant('accept' as const), id, by: actor, at: fc.nat() }),
      fc.record({
        type: fc.constant('decline' as const),
        id,
        by: actor,
        at: fc.nat(),
        reason: fc.constantFrom('', 'no'),
      }),
      fc.record({ type: fc.constant('withdraw' as const), id, by: actor, at: fc.nat() }),
    )
    fc.assert(
      fc.property(fc.array(event, { maxLength: 12 }), (events) => {
        let book = newBook(shelter)
        for (const each of events) {
          const result = reduceBook(book, each, rules)
          if (!result.ok) continue
          const changed = JSON.stringify(result.book.entry) !== JSON.stringify(book.entry)
          if (changed) expect(each).toMatchObject({ type: 'accept', by: coordinator })
          expect(result.book.revision - book.revision).toBe(each.type === 'accept' ? 1 : 0)
          book = result.book
        }
        expect(applyEdits(book.entry, book.history.map(({ edit }) => reverse(edit)).reverse()).entry).toEqual(
          shelter,
        )
      }),
    )
  })
})
