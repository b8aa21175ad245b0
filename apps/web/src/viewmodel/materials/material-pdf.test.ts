import type { MaterialContent } from '@enlace/coordination/materials/published'
import { expect, test } from 'vitest'
import { isPrintable, materialDefinition, materialPdf } from './material-pdf.ts'

const leaflet: MaterialContent = {
  institution: 'hn-sreci',
  slug: 'ejemplo-sus-derechos',
  language: 'es',
  number: 1,
  topic: 'rights',
  level: 'easy',
  title: 'Ejemplo: sus derechos en el camino',
  summary: 'Hoja inventada para pruebas.',
  blocks: [
    {
      kind: 'text',
      markdown:
        '# Puede pedir ayuda\n\nNadie le **cobra** por *orientar*. [Más](https://example.org/a?b=1&c=2)\n\n1. Pida hablar.\n2. Pida su acta.\n\n> Una cita.\n\n---',
    },
    { kind: 'notice', tone: 'warning', markdown: 'No entregue su documento.' },
  ],
  names: [{ institution: 'hn-sreci', digest: '0'.repeat(64) }],
  valid_until: Date.UTC(2027, 2, 1, 15),
  live_at: 'https://registro.example',
}
const nameOf = (key: string) => `Institución ${key}`
const mm = 72 / 25.4

test.each([
  ['a4', 210, 297],
  ['a5', 148, 210],
  ['a6', 105, 148],
] as const)(
  '%s is cut at its size, with three millimetres of bleed around it on each page',
  async (paper, w, h) => {
    const long = { ...leaflet, blocks: Array.from({ length: 30 }, () => leaflet.blocks[0]!) }
    const pdf = Buffer.from(
      await (await materialPdf(long, { paper, lang: 'es', nameOf })).arrayBuffer(),
    ).toString('latin1')
    const boxes = (name: string) =>
      [...pdf.matchAll(new RegExp(`/${name} \\[([\\d. ]+)\\]`, 'g'))].map(([, box]) =>
        box!.split(' ').map(Number),
      )
    const pages = [...pdf.matchAll(/\/Type \/Page\b/g)].length
    expect(pages).toBeGreaterThan(1)
    expect(boxes('TrimBox')).toHaveLength(pages)
    for (const [name, more] of [
      ['TrimBox', 0],
      ['BleedBox', 3],
    ] as const)
      for (const [left, bottom, right, top] of boxes(name)) {
        expect((right! - left!) / mm).toBeCloseTo(w + 2 * more, 1)
        expect((top! - bottom!) / mm).toBeCloseTo(h + 2 * more, 1)
      }
  },
)

test('it says what the public page says, and its square code leads there', () => {
  const text = JSON.stringify(materialDefinition(leaflet, { paper: 'a5', lang: 'es', nameOf }))
  for (const said of [leaflet.title, leaflet.summary, 'cobra', 'Pida su acta.', 'No entregue su documento.'])
    expect(text).toContain(said)
  expect(text).toContain('{"bold":true,"text":"cobra"}')
  expect(text).toContain('"link":"https://example.org/a?b=1&c=2"')
  expect(text).toContain(
    `"qr":"https://registro.example/publico/es/material/${leaflet.institution}/ejemplo-sus-derechos/es/"`,
  )
  const { live_at: _, ...nowhere } = leaflet
  expect(JSON.stringify(materialDefinition(nowhere, { paper: 'a5', lang: 'es', nameOf }))).not.toContain(
    '"qr"',
  )
})

test('letters that the fonts have not are printed from the page', () => {
  expect(isPrintable(leaflet)).toBe(true)
  expect(isPrintable({ ...leaflet, title: 'Laj aj q’eqchiʼ, ꞌ' })).toBe(true)
  expect(isPrintable({ ...leaflet, title: 'حقوقك' })).toBe(false)
  expect(isPrintable({ ...leaflet, summary: 'Llame ☎️' })).toBe(false)
})
