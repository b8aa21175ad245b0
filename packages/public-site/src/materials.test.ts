import { brotliDecompressSync } from 'node:zlib'
import { type MaterialContent, maxMaterialWeight } from '@enlace/coordination/materials/published'
import { HtmlValidate } from 'html-validate'
import jsqr from 'jsqr'
import { expect, it } from 'vitest'
import { buildSite, type Site } from './build.ts'
import { directory, leaflet, materials } from './testing.ts'

const now = Date.UTC(2026, 10, 10, 15)
const few = directory.filter(({ institution }) => institution.confirmed).slice(0, 1)
const build = (shown: readonly MaterialContent[] = materials) => buildSite(few, now, { materials: shown })
const textOf = (site: Site, path: string) => brotliDecompressSync(site.get(path)!.brotli).toString()
const { institution } = leaflet()
const pathOf = (language: string, lang = 'es') =>
  `/publico/${lang}/material/${institution}/ejemplo-sus-derechos/${language}/`

const validator = new HtmlValidate({
  extends: ['html-validate:standard', 'html-validate:a11y'],
  rules: { 'long-title': 'off' },
})
async function faultsOf(site: Site): Promise<string[]> {
  const faults: string[] = []
  for (const path of site.keys()) {
    if (!path.startsWith('/publico/es/material/')) continue
    const { results } = await validator.validateString(textOf(site, path))
    for (const { messages } of results)
      for (const { ruleId, message } of messages) faults.push(`${path} ${ruleId}: ${message}`)
  }
  return faults
}
const weightOf = (site: Site, path: string) =>
  [...textOf(site, path).matchAll(/(?:href|src)="(\/publico\/a\/[^"]+)"/g)].reduce(
    (sum, [, asset]) => sum + site.get(asset!)!.size,
    site.get(path)!.size,
  )

const whole = await build()

it('lists by topic and by language, in both languages of the pages, and from the start', async () => {
  expect(await faultsOf(whole)).toEqual([])
  const list = textOf(whole, '/publico/es/material/')
  for (const to of ['material/rights/', 'material/risks/', 'material/idioma-kek/', pathOf('kek').slice(12)])
    expect(list).toContain(`href="/publico/es/${to}"`)
  expect(list).not.toContain('material/return/')
  expect(textOf(whole, '/publico/es/material/idioma-kek/')).toContain('Example kek')
  expect(textOf(whole, '/publico/es/material/idioma-kek/')).not.toContain('Ejemplo:')
  expect(textOf(whole, '/publico/en/material/risks/')).toContain('Ejemplo: riesgos')
  expect(textOf(whole, '/publico/es/')).toContain('href="/publico/es/material/rights/"')
  expect(textOf(whole, '/publico/es/sw.js')).toContain(pathOf('kek'))
  const none = await build([])
  expect(textOf(none, '/publico/es/material/')).toContain('Todavía no hay nada aquí.')
  expect([...none.keys()].filter((path) => path.includes('/material/'))).toHaveLength(2)
})

it('one page: the text in its language, what holds until when, other languages by hreflang', () => {
  const page = textOf(whole, pathOf('es'))
  expect(page).toContain('<h1 lang="es">Ejemplo: sus derechos en el camino</h1>')
  expect(page).toContain('<article lang="es"><h2>Puede pedir ayuda</h2>')
  expect(page).toContain(
    'Nadie le <strong>cobra</strong> por <em>orientar</em>. <a href="https://example.org/a?b=1&amp;c=2"',
  )
  expect(page).toContain('<ol><li><p>Pida hablar.</p></li><li><p>Pida su acta.</p></li></ol>')
  expect(page).toContain('Vale hasta el 1 de marzo de 2027.')
  expect(page).toContain('Una persona en una ventanilla.')
  expect(page).not.toContain('mxc:')
  const alternates = [...page.matchAll(/<link rel="alternate" hreflang="([^"]+)" href="([^"]+)">/g)]
  expect(new Map(alternates.map(([, tag, to]) => [tag, to]))).toEqual(
    new Map([
      ['es', pathOf('es')],
      ['kek', pathOf('kek')],
      ['en', pathOf('en', 'en')],
    ]),
  )
  for (const [, , to] of alternates) expect(whole.has(to!)).toBe(true)
  // No script is needed to read it, and none of its own is there.
  expect(page.match(/<script/g)).toHaveLength(1)
})

it('prints on A4, A5 and A6 as the address says, with a square code that leads to the live page', () => {
  const page = textOf(whole, pathOf('kek'))
  const style = textOf(whole, /href="(\/publico\/a\/estilo[^"]+)"/.exec(page)![1]!)
  for (const paper of ['a4', 'a5', 'a6']) {
    expect(page).toContain(`<a id="${paper}" href="#${paper}">`)
    expect(style).toContain(`@page ${paper}{size:${paper.toUpperCase()}`)
    expect(style).toContain(`body:has(#${paper}:target){page:${paper}`)
  }
  const [, side] = /viewBox="0 0 (\d+) \1"/.exec(page)!
  const [, runs] = /fill="#000" d="([^"]+)"/.exec(page)!
  const scale = 4
  const width = Number(side) * scale
  const pixels = new Uint8ClampedArray(width * width * 4).fill(255)
  for (const [, x, y, run] of runs!.matchAll(/M(\d+) (\d+)h(\d+)/g))
    for (let at = 0; at < Number(run) * scale; at++)
      for (let row = 0; row < scale; row++) {
        const first = ((Number(y) * scale + row) * width + Number(x) * scale + at) * 4
        pixels.fill(0, first, first + 3)
      }
  expect((jsqr as unknown as typeof jsqr.default)(pixels, width, width)?.data).toBe(
    `https://registro.example${pathOf('kek')}`,
  )
  const without = leaflet()
  delete without.live_at
  return build([without]).then((site) => expect(textOf(site, pathOf('es'))).not.toContain('<svg'))
})

it('as heavy as its form allows, in any letters, a page stays below 100 kB', async () => {
  const filled = (sign: string, weight: number): MaterialContent['blocks'] => {
    const markdown = `${sign.repeat(Math.floor(5_900 / sign.length))}`
    return Array.from({ length: Math.floor(maxMaterialWeight / weight) }, () => ({
      kind: 'text' as const,
      markdown,
    }))
  }
  const shown = [
    leaflet({ slug: 'a', blocks: filled('&', 36_000) }),
    leaflet({ slug: 'b', blocks: filled('ñ ', 9_000) }),
    leaflet({ slug: 'c', blocks: filled('- a\n', 60_000) }),
    leaflet({ slug: 'd', blocks: filled('**a** b\n\n', 48_000) }),
  ]
  const site = await build(shown)
  for (const { slug } of shown)
    expect(weightOf(site, `/publico/es/material/${institution}/${slug}/es/`)).toBeLessThan(100_000)
})

it.each([
  ['markup', '<script>alert(1)</script><img src=x onerror=alert(1)>'],
  ['an attribute’s end', '" onmouseover="alert(1)" x="'],
  ['a comment', '--><!-- </article></main>'],
  ['links', '[a](javascript:alert(1)) [b](data:text/html,x) ![c](https://example.org/c.png)'],
  ['references', '[a][1]\n\n[1]: javascript:alert(1)'],
  ['entities', '&lt;script&gt; &#60;img src=x&#62;'],
  ['signs nobody sees', 'a\u202eb\u2066c\u200bd'],
])('%s, had it passed every check before: it is text', async (_name, evil) => {
  const hostile = leaflet({
    title: evil,
    summary: evil,
    slug: 'ejemplo-sus-derechos',
    place: { country: 'HN', department: evil, municipality: evil },
    blocks: [
      { kind: 'text', markdown: evil },
      { kind: 'notice', tone: 'advice', markdown: `x ${evil}` },
      {
        ...(leaflet().blocks[2] as Extract<MaterialContent['blocks'][number], { kind: 'picture' }>),
        alt: evil,
      },
      {
        ...(leaflet().blocks[3] as Extract<MaterialContent['blocks'][number], { kind: 'audio' }>),
        transcript: evil,
      },
    ],
  })
  const site = await build([hostile])
  expect(await faultsOf(site)).toEqual([])
  for (const path of site.keys()) {
    if (!path.startsWith('/publico/es/material/')) continue
    const text = textOf(site, path)
    expect(text.match(/<script/g)).toHaveLength(1)
    expect(text).not.toMatch(/<img|<[^>]*\sonmouseover="|<!--|href="(?:javascript|data):/)
    expect(text).not.toMatch(/[\u202a-\u202e\u2066-\u2069\u200b]/)
  }
})
