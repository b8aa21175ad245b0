/** A change and its way to the registry: refused, away, there already, and somebody else's meanwhile. */
import type { DirectoryEntry } from '@enlace/directory/entry'
import { type Actor, type EntryBook, editsBetween } from '@enlace/directory/upkeep'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { startTestNode, type TestNode } from '../../testing/node.ts'
import { createBooks } from './books.ts'
import type { BookModels, Books, Publisher } from './types.ts'

const KEY = 'gt-renap'
const by: Actor = { userId: '@c:hn.example', institution: KEY, role: 'coordinator' }

let node: TestNode
let models: BookModels
let books: Books
/** What the registry has, and what it says next. */
let inForce: { revision: number; entry: DirectoryEntry } | undefined
let answer: Awaited<ReturnType<Publisher['relay']>>
let relayed: unknown[]

beforeAll(async () => {
  node = await startTestNode({ institutions: [KEY] })
  const { models: all } = node.ctx.db.connection
  models = {
    Book: all['directory_books'] as unknown as BookModels['Book'],
    Sent: all['directory_suggestions'] as unknown as BookModels['Sent'],
    Reminder: all['directory_reminders'] as unknown as BookModels['Reminder'],
  }
})
afterAll(() => node.close())
beforeEach(async () => {
  await models.Book.deleteMany({ _id: KEY })
  inForce = undefined
  answer = { state: 'published' }
  relayed = []
  books = createBooks(node.ctx, models, {
    keeping: () => 'signed',
    signed: () => inForce,
    isInForce: (_key, { revision }) => inForce?.revision === revision,
    // The publication is the book it was made of.
    check: (_key, book, publication) =>
      (publication as EntryBook).revision === book.revision ? undefined : { es: 'otra', en: 'another' },
    async relay(_key, publication) {
      relayed.push(publication)
      if (answer.state === 'published') take(publication as EntryBook)
      return answer
    },
  })
})
const take = ({ revision, entry }: EntryBook) => {
  inForce = { revision, entry }
}

const now = () => Date.now()
async function proposed(text: string): Promise<{ id: string; next: Pick<EntryBook, 'entry' | 'revision'> }> {
  const { book } = await books.read(KEY)
  const entry = structuredClone(book.entry)
  entry.records.organizations![0]!['description'] = text
  const id = crypto.randomUUID()
  await books.act(KEY, [{ type: 'propose', id, by, at: now(), edits: editsBetween(book.entry, entry) }])
  return { id, next: { entry, revision: book.revision + 1 } }
}
const accept = (id: string, publication?: unknown) =>
  books.act(KEY, [{ type: 'accept', id, by, at: now() }], publication)
const stateOf = async (id: string) =>
  (await books.read(KEY)).book.proposals.find((one) => one.id === id)?.state

it('nothing is accepted unsigned, or signed as something else', async () => {
  const { id, next } = await proposed('Uno')
  await expect(accept(id)).rejects.toMatchObject({
    extra: { 'org.enlace.rule': 'directory.needs_signature' },
  })
  await expect(accept(id, { ...next, revision: 9 })).rejects.toMatchObject({ status: 409 })
  expect([await stateOf(id), relayed]).toEqual(['open', []])
  expect(await accept(id, next)).toMatchObject({ state: 'done', kept: { publishing: false } })
  expect(await stateOf(id)).toBe('accepted')
})

it('what the registry refuses never was', async () => {
  answer = { state: 'refused', message: { es: 'No.', en: 'No.' } }
  const { id, next } = await proposed('Uno')
  await expect(accept(id, next)).rejects.toMatchObject({ extra: { 'org.enlace.message': { es: 'No.' } } })
  expect(await stateOf(id)).toBe('open')
  expect((await books.read(KEY)).publishing).toBe(false)
})

it('what waits is told again, and is recorded also when the registry had it already', async () => {
  answer = { state: 'unreachable' }
  const { id, next } = await proposed('Uno')
  expect(await accept(id, next)).toMatchObject({ state: 'waiting' })
  await books.resume()
  expect([await stateOf(id), relayed.length]).toEqual(['open', 2])
  // Suggestions come in meanwhile, and no other change of the entry.
  const later = crypto.randomUUID()
  const { book } = await books.read(KEY)
  const edits = [
    {
      kind: 'set',
      table: 'organizations',
      id: book.entry.records.organizations![0]!.id,
      field: 'website',
      to: 'https://a.example',
    },
  ] as const
  await books.act(KEY, [{ type: 'propose', id: later, by, at: now(), edits: [...edits] }])
  await expect(books.act(KEY, [{ type: 'confirm', group: 'services', by, at: now() }])).rejects.toMatchObject(
    {
      status: 409,
    },
  )
  // Its answer was lost: the second time it is refused as old, and yet it is there.
  inForce = { ...next }
  answer = { state: 'refused', message: { es: 'Ya está.', en: 'It is there.' } }
  await books.resume()
  expect([await stateOf(id), await stateOf(later)]).toEqual(['accepted', 'open'])
  expect((await books.read(KEY)).publishing).toBe(false)
})

it('what was signed elsewhere is taken over, and what staff confirmed here is kept', async () => {
  await books.act(KEY, [{ type: 'confirm', group: 'services', by: { ...by, role: 'staff' }, at: now() }])
  expect((await books.read(KEY)).unsigned).toEqual(['services'])
  const { book } = await books.read(KEY)
  const elsewhere = structuredClone(node.ctx.directory.record(KEY)!.entry ?? book.entry)
  elsewhere.records.attributes = elsewhere.records.attributes!.filter((one) => one['link_type'] !== 'assured')
  elsewhere.records.organizations![0]!['description'] = 'En otra parte'
  inForce = { revision: 5, entry: elsewhere }
  const kept = await books.read(KEY)
  expect(kept.book.entry.records.organizations![0]!['description']).toBe('En otra parte')
  expect([kept.unsigned, kept.book.revision]).toEqual([['services'], 6])
  expect(kept.book.history.at(-1)).toMatchObject({ by: '' })
  // The signature of what was confirmed.
  expect(await books.act(KEY, [], kept.book)).toMatchObject({ state: 'done', kept: { unsigned: [] } })
})
