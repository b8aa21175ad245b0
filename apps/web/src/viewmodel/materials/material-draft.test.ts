import { expect, test } from 'vitest'
import { leaving } from '../../lib/leaving.ts'
import {
  contentOf,
  createMaterialDrafts,
  draftOf,
  type MaterialDraft,
  newDraft,
  previewOf,
} from './material-draft.ts'

const NOW = Date.parse('2026-12-01T12:00:00Z')
const about = {
  institution: 'hn-sreci',
  number: 1,
  digestOf: () => 'a'.repeat(64),
  now: NOW,
  taken: () => false,
}

const written = (more: Partial<MaterialDraft> = {}): MaterialDraft => ({
  ...newDraft({ roomId: '!r:hn', liveAt: 'https://registro.example', now: NOW }),
  title: 'Ejemplo: sus derechos en el camino',
  summary: 'Hoja inventada.',
  blocks: [{ key: 'a', kind: 'text', markdown: '# Título\r\n\r\nUsted **puede** pedir ayuda.  ' }],
  ...more,
})
const fieldsOf = (draft: MaterialDraft) => {
  const made = contentOf(draft, about)
  return made.ok
    ? []
    : made.faults.map(({ field, block }) => (block === undefined ? field : `${field}.${block}`))
}

test('a form that is filled in is a material, named after its title, valid to the end of the day at the border', () => {
  const made = contentOf(written({ validUntil: '2027-03-01' }), about)
  expect(made).toMatchObject({
    ok: true,
    content: {
      slug: 'ejemplo-sus-derechos-en-el-camino',
      valid_until: Date.parse('2027-03-02T05:59:59Z'),
      live_at: 'https://registro.example',
      blocks: [{ kind: 'text', markdown: '# Título\n\nUsted **puede** pedir ayuda.' }],
    },
  })
})

test.each<[string, Partial<MaterialDraft>, string[]]>([
  ['no title', { title: '  ' }, ['title']],
  ['a title without a letter', { title: '¿?' }, []],
  ['no summary', { summary: '' }, ['summary']],
  ['no language', { language: '' }, ['language']],
  ['no language of BCP 47', { language: 'español' }, ['language']],
  ['a day that is past', { validUntil: '2026-11-30' }, ['validUntil']],
  ['no day', { validUntil: '' }, ['validUntil']],
  ['an address with something behind it', { liveAt: 'https://registro.example/publico' }, ['liveAt']],
  ['an empty block', { blocks: [{ key: 'a', kind: 'text', markdown: '\n' }] }, ['blocks.0']],
  ['no block', { blocks: [] }, ['blocks']],
])('%s: %j', (_, change, faults) => {
  expect(fieldsOf(written(change))).toEqual(faults)
})

test('what a text may not have is said in both languages, of its block', () => {
  const draft = written({
    blocks: [
      { key: 'a', kind: 'text', markdown: 'Bien.' },
      { key: 'b', kind: 'notice', tone: 'warning', markdown: '<b>mal</b>' },
    ],
  })
  const made = contentOf(draft, about)
  expect(made).toMatchObject({ ok: false, faults: [{ field: 'blocks', block: 1 }] })
  expect(!made.ok && made.faults[0]!.says).toMatch(/HTML.* \/ .*HTML/)
})

test('an address is of one material, and one of letters that have no place in it is of the draft', () => {
  const made = contentOf(written(), { ...about, taken: ({ slug }) => slug.startsWith('ejemplo') })
  expect(made).toEqual({ ok: false, faults: [{ field: 'address' }] })
  const draft = written({ title: 'حقوقك', language: 'ar' })
  expect(contentOf(draft, about)).toMatchObject({ ok: true, content: { slug: `m-${draft.id.slice(0, 8)}` } })
})

test('a record that the public pages do not show cannot be named', () => {
  const draft = written({ names: [{ institution: 'hn-secreta' }] })
  const made = contentOf(draft, { ...about, digestOf: () => undefined })
  expect(made).toMatchObject({ ok: false, faults: [{ field: 'names' }] })
})

test('another version begins with all of the one before, pictures among it, and names anew what it names', () => {
  const picture = {
    kind: 'picture' as const,
    media: { mxc: 'mxc://hn.example/a', sha256: '0'.repeat(64), mimetype: 'image/png' as const, size: 9 },
    alt: 'Una ventanilla.',
  }
  const made = contentOf(written({ names: [{ institution: 'hn-sreci' }], country: 'HN' }), about)
  if (!made.ok) throw new Error('not made')
  const before = { ...made.content, blocks: [...made.content.blocks, picture] }
  const draft = draftOf(before, { roomId: '!r:hn', now: NOW, liveAt: '' })
  const next = contentOf(
    { ...draft, slug: before.slug },
    { ...about, number: 2, digestOf: () => 'b'.repeat(64) },
  )
  expect(next).toEqual({
    ok: true,
    content: { ...before, number: 2, names: [{ institution: 'hn-sreci', digest: 'b'.repeat(64) }] },
  })
})

test('an unfinished form has a preview', () => {
  const draft = newDraft({ roomId: '', liveAt: '', now: NOW })
  expect(previewOf({ ...draft, validUntil: '' }, about)).toMatchObject({ title: '', valid_until: NOW })
})

function disk() {
  const facts = new Map<string, unknown>()
  const failing = { now: false }
  const database = {
    get: async (_: string, key: string) => facts.get(key),
    put: async (_: string, key: string, value: unknown) => {
      await Promise.resolve()
      if (failing.now) throw new DOMException('full', 'QuotaExceededError')
      facts.set(key, structuredClone(value))
    },
  }
  return {
    database,
    failing,
    titles: () => (facts.get('material_drafts') as MaterialDraft[]).map((one) => one.title),
  }
}

test('a draft is on disk with each change, and what is not says so', async () => {
  const { database, failing, titles } = disk()
  const drafts = createMaterialDrafts(database, 1)
  await drafts.load()
  drafts.save(written({ id: 'a', title: 'Uno' }))
  drafts.save(written({ id: 'a', title: 'Dos' }))
  expect(drafts.kept.get()).toBe(false)
  await expect.poll(() => drafts.kept.get()).toBe(true)
  expect(titles()).toEqual(['Dos'])
  failing.now = true
  drafts.save(written({ id: 'a', title: 'Tres' }))
  await new Promise((resolve) => setTimeout(resolve, 5))
  expect(drafts.kept.get()).toBe(false)
  failing.now = false
  await expect.poll(() => drafts.kept.get()).toBe(true)
  expect(titles()).toEqual(['Tres'])
  drafts.close()
})

test('what is written before the disk was read goes beside what stands there', async () => {
  const { database, titles } = disk()
  const first = createMaterialDrafts(database)
  await first.load()
  first.save(written({ id: 'a', title: 'Uno' }))
  await expect.poll(() => first.kept.get()).toBe(true)
  const again = createMaterialDrafts(database)
  again.save(written({ id: 'b', title: 'Dos' }))
  await again.load()
  expect(titles()).toEqual(['Dos', 'Uno'])
  again.remove('a')
  await expect.poll(() => again.kept.get()).toBe(true)
  expect(titles()).toEqual(['Dos'])
})

test('a page that has to go asks for the newest to be written, also while an older one still is', async () => {
  const onDisk: string[] = []
  let over = false
  const database = {
    get: async () => undefined,
    put: async (_store: string, _key: string, value: unknown) => {
      // What is asked for after the end is not answered any more.
      if (over) return new Promise<void>(() => undefined)
      await new Promise((done) => setTimeout(done, 3))
      onDisk.push((value as MaterialDraft[])[0]!.title)
    },
  }
  const drafts = createMaterialDrafts(database)
  await drafts.load()
  drafts.save(written({ id: 'a', title: 'Uno' }))
  drafts.save(written({ id: 'a', title: 'Dos' }))
  leaving()
  over = true
  await expect.poll(() => onDisk).toEqual(['Uno', 'Dos'])
  drafts.close()
})
