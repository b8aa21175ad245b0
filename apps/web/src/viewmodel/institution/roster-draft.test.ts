import { describe, expect, test } from 'vitest'
import { applyChanges, difference, rowsOf, withChange } from './roster-draft.ts'
import type { RosterChange } from './types.ts'

const NOW = Date.UTC(2026, 10, 28)
const day = 86_400_000
const id = (name: string) => name.padEnd(64, '0')
const idOf = (userId: string) => id(userId.slice(1, 2))
const ana = { id: id('a'), userId: '@a:gt.example', role: 'staff' as const, since: NOW - 100 * day }
const unnamed = { id: id('f'), role: 'official' as const, since: NOW - day }

describe('changes laid over a roster', () => {
  test('add, change a role, keep the beginning when only the end changes', () => {
    const next = applyChanges(
      [ana, unnamed],
      [
        { kind: 'set', userId: '@a:gt.example', role: 'staff', until: NOW + 5 * day },
        { kind: 'set', userId: '@b:gt.example', role: 'coordinator' },
      ],
      idOf,
      NOW,
    )
    expect(next).toEqual([
      { ...ana, until: NOW + 5 * day },
      unnamed,
      { id: id('b'), userId: '@b:gt.example', role: 'coordinator', since: NOW - 60_000 },
    ])
    const [promoted] = applyChanges([ana], [{ kind: 'set', userId: ana.userId, role: 'official' }], idOf, NOW)
    expect(promoted).toMatchObject({ role: 'official', since: NOW - 60_000 })
  })

  test('whoever is struck is out also by a clock that is behind; who came just now leaves no trace', () => {
    const fresh = { ...ana, id: id('c'), since: NOW - 1_000 }
    const strike = (one: string): RosterChange => ({ kind: 'strike', id: one })
    const next = applyChanges([ana, fresh], [strike(ana.id), strike(fresh.id), strike(id('9'))], idOf, NOW)
    expect(next).toHaveLength(1)
    expect(next[0]!.until).toBeLessThan(NOW)
    expect(next[0]!.since).toBeLessThan(next[0]!.until!)
    // Struck again later, it keeps the first end; listed again, it begins anew.
    expect(applyChanges(next, [strike(ana.id)], idOf, NOW + day)).toEqual(next)
    const [again] = applyChanges(next, [{ kind: 'set', userId: ana.userId, role: 'staff' }], idOf, NOW + day)
    expect(again).toEqual({ ...ana, since: NOW + day - 60_000 })
    expect(applyChanges(next, [], idOf, NOW + 400 * day)).toEqual([])
  })

  test('of two changes about one person the later counts', () => {
    const set: RosterChange = { kind: 'set', userId: '@a:gt.example', role: 'staff' }
    const strike: RosterChange = { kind: 'strike', id: ana.id, userId: '@a:gt.example' }
    expect(withChange([set], strike)).toEqual([strike])
  })
})

test('rows: who is listed, who is claimed and not listed, who was added here, whom another key sealed', () => {
  const over = { id: id('d'), role: 'staff' as const, since: NOW - 9 * day, until: NOW - day }
  const rows = rowsOf({
    members: [ana, unnamed, over].map(({ id: one, role, since, ...more }) => ({
      id: one,
      role,
      since,
      ...('until' in more ? { until: more.until } : {}),
    })),
    names: { [ana.id]: ana.userId },
    claimants: [
      { userId: '@a:gt.example', name: 'Ana', role: 'coordinator' },
      { userId: '@d:gt.example', name: 'Dora' },
      { userId: '@e:gt.example', name: 'Elsa', role: 'staff' },
    ],
    ids: new Map([['@d:gt.example', over.id]]),
    changes: [{ kind: 'set', userId: '@g:otro.example', role: 'staff' }],
    nameOf: () => undefined,
    now: NOW,
  })
  expect(rows.map(({ key, state, claimed }) => [key, state, claimed])).toEqual([
    ['@a:gt.example', 'listed', 'coordinator'],
    [unnamed.id, 'listed', undefined],
    ['@g:otro.example', 'absent', undefined],
    ['@e:gt.example', 'absent', 'staff'],
    ['@d:gt.example', 'over', 'member'],
  ])
})

test('what somebody else changed meanwhile', () => {
  const plain = { id: ana.id, role: ana.role, since: ana.since }
  expect(
    difference(
      [plain, unnamed],
      [
        { ...plain, until: NOW },
        { ...unnamed, id: id('b') },
      ],
    ),
  ).toEqual({
    added: [id('b')],
    gone: [unnamed.id],
    changed: [ana.id],
  })
})
