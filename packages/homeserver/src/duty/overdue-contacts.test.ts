/** Positions leave routing with the contacts they stand for, and come back when somebody confirms those. */
import { emptyDutyBook } from '@enlace/coordination/duty'
import type { DirectoryEntry } from '@enlace/directory/entry'
import { editsBetween } from '@enlace/directory/upkeep'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startTestNode, type TestNode } from '../testing/node.ts'
import { withoutOverdue } from './overdue-contacts.ts'

const KEY = 'gt-renap'
const DAY = 86_400_000
const START = Date.parse('2026-11-23T09:00:00-06:00')

let node: TestNode
let now = START
beforeAll(async () => {
  node = await startTestNode(
    { institutions: [KEY] },
    { overrides: { clock: () => ({ now: () => now, monotonic: () => performance.now() }) } },
  )
})
afterAll(() => node.close())

it('a position without a contact is called always, one with an overdue contact is not', async () => {
  const { books } = node.ctx.directoryBooks
  const by = { userId: '@c:hn.example', institution: KEY, role: 'coordinator' as const }
  const { book } = await books.read(KEY)
  const contact = {
    id: crypto.randomUUID(),
    organization_id: book.entry.records.organizations![0]!.id,
    title: 'Guardia',
  }
  const after: DirectoryEntry = {
    ...book.entry,
    records: { ...book.entry.records, contacts: [contact] },
  }
  const id = crypto.randomUUID()
  const edits = editsBetween(book.entry, after)
  await books.act(KEY, [
    { type: 'propose', id, by, at: now, edits },
    { type: 'accept', id, by, at: now },
    { type: 'confirm', group: 'contact', by, at: now },
  ])
  const position = {
    name: { es: 'De turno', en: 'On duty' },
    answers: { topics: [], services: [], corridors: [] },
    covers: 'as_written' as const,
    published: true,
  }
  const source = {
    country: 'GT',
    book: {
      ...emptyDutyBook,
      positions: [
        { key: 'guardia', ...position },
        { key: 'registro', ...position, contact: contact.id },
      ],
    },
  }
  const routed = async () => {
    const { source: used, left } = await withoutOverdue(node.ctx, KEY, source, now)
    return { called: used.book.positions.map(({ key }) => key), left }
  }
  expect(await routed()).toEqual({ called: ['guardia', 'registro'], left: [] })
  now = START + 179 * DAY
  expect((await routed()).left).toEqual([])
  now = START + 182 * DAY
  expect(await routed()).toEqual({ called: ['guardia'], left: ['registro'] })
  await books.act(KEY, [{ type: 'confirm', group: 'contact', by, at: now }])
  expect((await routed()).left).toEqual([])
  expect(await withoutOverdue(node.ctx, 'hn-sreci', source, now)).toMatchObject({ left: [] })
})
