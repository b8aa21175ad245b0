import { expect, test } from 'vitest'
import { readMarkdown } from './markdown.ts'
import {
  type Judging,
  type Library,
  libraryFault,
  type MaterialContent,
  type MaterialItem,
  materialContentSchema,
  maxMaterialWeight,
  publicMaterials,
  readLibrary,
} from './published.ts'
import { countryOf, DAY, leaflet, START } from './testing.ts'

const institution = 'hn-senaf-corinto'
const both = [institution, 'gt-pgn-izabal']
const name = { institution: 'hn-rnp-sps', digest: '1'.repeat(64) }
const asks: Judging = { countryOf, digestOf: () => name.digest, now: START }
const item = (more: Partial<MaterialContent> = {}, approvedBy = both): MaterialItem => ({
  content: leaflet(more),
  approvedBy,
})
const library = (items: MaterialItem[], withdrawn: Library['withdrawn'] = []): Library => ({
  institution,
  items,
  withdrawn,
})
const gone = (number: number) => ({
  institution,
  slug: leaflet().slug,
  language: 'es',
  number,
})
const fault = (before: Library | undefined, next: Library, more: Partial<Judging> = {}) =>
  libraryFault(before, next, { ...asks, ...more })?.reason

test('what is public is strict: languages of BCP 47, no hidden signs, limits, nothing unknown', () => {
  const isTaken = (more: object) => materialContentSchema.safeParse({ ...leaflet(), ...more }).success
  for (const language of ['es', 'en', 'kek', 'cab', 'ht', 'es-HN']) expect(isTaken({ language })).toBe(true)
  for (const language of ['', 'spanish!', 'ES', 'es_HN', 'x', 'es-hn'])
    expect(isTaken({ language })).toBe(false)
  expect(isTaken({ title: 'a\u202eb' })).toBe(false)
  expect(isTaken({ title: 'a\nb' })).toBe(false)
  expect(isTaken({ title: '\ud800' })).toBe(false)
  expect(isTaken({ extra: 1 })).toBe(false)
  expect(isTaken({ slug: '../x' })).toBe(false)
  expect(isTaken({ live_at: 'http://registro.example' })).toBe(false)
  expect(isTaken({ live_at: 'https://registro.example/x' })).toBe(false)
  expect(isTaken({ live_at: 'https://registro.example' })).toBe(true)
  expect(isTaken({ names: [name, name] })).toBe(false)
  expect(isTaken({ blocks: [{ kind: 'text', markdown: '<b>x</b>' }] })).toBe(false)
  const heavy = { kind: 'text', markdown: '&'.repeat(6_000) }
  expect(36_000 * 2).toBeGreaterThan(maxMaterialWeight)
  expect(isTaken({ blocks: [heavy] })).toBe(true)
  expect(isTaken({ blocks: [heavy, heavy] })).toBe(false)
})

test('Markdown: a closed set of marks; the rest is refused by name', () => {
  const read = readMarkdown(
    '# Título\n\nUno **dos** *tres* [página](https://example.org/a)\n\n1. a\n2. b\n\n> cita\n\n---',
  )
  expect(read).toEqual({
    ok: true,
    blocks: [
      { type: 'heading', level: 1, children: [{ type: 'text', text: 'Título' }] },
      {
        type: 'paragraph',
        children: [
          { type: 'text', text: 'Uno ' },
          { type: 'strong', children: [{ type: 'text', text: 'dos' }] },
          { type: 'text', text: ' ' },
          { type: 'emphasis', children: [{ type: 'text', text: 'tres' }] },
          { type: 'text', text: ' ' },
          {
            type: 'link',
            href: 'https://example.org/a',
            children: [{ type: 'text', text: 'página' }],
          },
        ],
      },
      {
        type: 'list',
        ordered: true,
        items: [
          [{ type: 'paragraph', children: [{ type: 'text', text: 'a' }] }],
          [{ type: 'paragraph', children: [{ type: 'text', text: 'b' }] }],
        ],
      },
      { type: 'quote', children: [{ type: 'paragraph', children: [{ type: 'text', text: 'cita' }] }] },
      { type: 'rule' },
    ],
  })
  const fault = (text: string) => {
    const found = readMarkdown(text)
    return found.ok ? undefined : found.fault
  }
  for (const text of ['<script>x</script>', 'a <img src=x onerror=1> b', '<!-- x -->', 'a <b>b</b>', '<x'])
    expect([text, ['html', undefined].includes(fault(text))]).toEqual([text, true])
  expect(fault('<script>x</script>')).toBe('html')
  expect(fault('a <img src=x onerror=1> b')).toBe('html')
  for (const href of [
    'javascript:alert(1)',
    'JaVaScRiPt:alert(1)',
    'data:text/html,x',
    'http://example.org',
    '//example.org',
    '/publico/es/',
    'https://usuario@example.org/',
    'https:example.org',
    'tel:112',
  ])
    expect([href, fault(`[x](${href})`)]).toEqual([href, 'link'])
  expect(fault('[x](tel:+50400000000)')).toBeUndefined()
  expect(fault('[x][1]\n\n[1]: javascript:alert(1)')).toBeDefined()
  expect(fault('![x](https://example.org/a.png)')).toBe('picture')
  expect(fault('`x`')).toBe('unknown_mark')
  expect(fault('    x')).toBe('unknown_mark')
  expect(fault('```\nx\n```')).toBe('unknown_mark')
})

test('texts made to exhaust the parser are refused or read, at once', () => {
  for (const sign of ['[', '>', '*', '_', '`', '<', '![', '- ', '  - ', '\\', '(', '&', '# ', '1. ', 'a*'])
    for (const text of [
      sign.repeat(6_000 / sign.length),
      `${sign}\n`.repeat(1_000),
      `${sign} a `.repeat(199),
    ])
      expect(typeof readMarkdown(text).ok).toBe('boolean')
  const nested = Array.from({ length: 30 }, (_, at) => `${'  '.repeat(at)}- x`).join('\n')
  expect(readMarkdown(nested)).toMatchObject({ ok: false })
})

test('a library takes what both countries approved, and only goes forward', () => {
  expect(fault(undefined, library([item()]))).toBeUndefined()
  expect(fault(undefined, library([item({}, [institution])]))).toBe('not-approved')
  expect(fault(undefined, library([item({}, ['gt-pgn-izabal', 'xx-otra'])]))).toBe('not-approved')
  expect(fault(undefined, library([item({ institution: 'gt-pgn-izabal' })]))).toBe('malformed')
  expect(fault(undefined, library([item(), item()]))).toBe('malformed')
  expect(fault(undefined, library([item({ valid_until: START })]))).toBe('expired')
  expect(fault(undefined, library([item({ valid_until: START + 800 * DAY })]))).toBe('lives-too-long')
  const names = [name]
  expect(fault(undefined, library([item({ names })]))).toBeUndefined()
  expect(fault(undefined, library([item({ names })]), { digestOf: () => undefined })).toBe('changed-record')

  const before = library([item({ number: 3 })])
  expect(fault(before, library([]))).toBe('rollback')
  expect(fault(before, library([item({ number: 2 })]))).toBe('rollback')
  expect(fault(before, library([item({ number: 3, title: 'Otro' })]))).toBe('rollback')
  expect(fault(before, library([item({ number: 4, title: 'Otro' })]))).toBeUndefined()
  // What stood before is not judged anew: nobody's roster waits for it.
  expect(fault(before, library([item({ number: 3 }, [])]), { digestOf: () => undefined })).toBeUndefined()

  const withdrawn = library([], [gone(3)])
  expect(fault(before, library([], [gone(2)]))).toBe('rollback')
  expect(fault(before, withdrawn)).toBeUndefined()
  expect(fault(withdrawn, library([]))).toBe('rollback')
  expect(fault(withdrawn, library([item({ number: 3 })], [gone(3)]))).toBe('rollback')
  expect(fault(withdrawn, library([item({ number: 4 })], [gone(3)]))).toBeUndefined()
})

test('items that are not of the form are left out of a library, and named', () => {
  const read = readLibrary(
    {
      institution,
      materials: [{ material: leaflet() }, { material: { ...leaflet(), level: 'x' } }],
      withdrawn: [],
    },
    () => both,
  )
  expect(read.library.items).toEqual([item()])
  expect(read.faults).toMatchObject([expect.stringContaining('materials.1.level')])
})

test('public at this moment: approved, valid, not taken back by anybody, and about records as they were', () => {
  const shown = (libraries: Library[], more: Partial<Judging> = {}) =>
    publicMaterials(libraries, { ...asks, ...more }).map(({ number }) => number)
  expect(shown([library([item()])])).toEqual([1])
  expect(shown([library([item({}, [institution])])])).toEqual([])
  expect(shown([library([item()], [gone(1)])])).toEqual([])
  expect(shown([library([item()])], { now: leaflet().valid_until })).toEqual([])
  expect(shown([library([item({ names: [name] })])])).toEqual([1])
  expect(shown([library([item({ names: [name] })])], { digestOf: () => '2'.repeat(64) })).toEqual([])
  expect(shown([library([item({ names: [name] })])], { digestOf: () => undefined })).toEqual([])
  expect(shown([library([item()])], { countryOf: () => undefined })).toEqual([])
  const of = (by: string, number: number): Library => ({
    institution: by,
    items: [],
    withdrawn: [gone(number)],
  })
  expect(shown([library([item({ number: 2 })]), of('gt-pgn-izabal', 2)])).toEqual([])
  expect(shown([library([item({ number: 2 })]), of('gt-pgn-izabal', 1)])).toEqual([2])
  expect(shown([library([item({ number: 2 })]), of('gt-otra-casa', 9)])).toEqual([2])
  // Nobody shows another's material as their own.
  expect(shown([{ ...library([item()]), institution: 'gt-pgn-izabal' }])).toEqual([])
})
