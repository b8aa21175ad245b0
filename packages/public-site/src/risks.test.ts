import { brotliDecompressSync } from 'node:zlib'
import {
  boundsOf,
  coarsenessRank,
  municipalities,
  placeAt,
  type RiskPlace,
  reliabilityKeys,
  riskArea,
  riskKindKeys,
  riskKinds,
  riskSourceKeys,
} from '@enlace/coordination/risks'
import { type PublishedRisk, type ShownRisk, shownRisks } from '@enlace/coordination/risks/published'
import fc from 'fast-check'
import { HtmlValidate } from 'html-validate'
import { expect, it } from 'vitest'
import { buildSite, type Site } from './build.ts'
import { riskPages } from './pages/risks.ts'
import { directory, risk, risks } from './testing.ts'

const now = Date.UTC(2026, 10, 10, 15)
const few = directory.filter(({ institution }) => institution.confirmed).slice(0, 1)
const build = (shown: readonly ShownRisk[]) => buildSite(few, now, { risks: shown })
const textOf = (site: Site, path: string) => brotliDecompressSync(site.get(path)!.brotli).toString()
const pathsIn = (site: Site, lang = 'es') =>
  [...site.keys()].filter((path) => path.startsWith(`/publico/${lang}/riesgo/`))

const validator = new HtmlValidate({
  extends: ['html-validate:standard', 'html-validate:a11y'],
  rules: { 'long-title': 'off' },
})
const weightOf = (site: Site, path: string) =>
  [...textOf(site, path).matchAll(/(?:href|src)="(\/publico\/a\/[^"]+)"/g)].reduce(
    (sum, [, asset]) => sum + site.get(asset!)!.size,
    site.get(path)!.size,
  )

const whole = await build(risks)

it('lists by kind, by municipality and by month, in both languages, with a map that needs no script', async () => {
  const start = textOf(whole, '/publico/es/riesgo/')
  for (const to of ['extortion/', 'weather/', 'lugar-puerto-barrios/', 'mes-2026-10/', 'mes-2026-11/'])
    expect(start).toContain(`href="/publico/es/riesgo/${to}"`)
  expect(start).not.toContain('riesgo/assault/')
  expect(start).toMatch(/<svg class="map"[^>]* role="img" aria-label="Mapa de los riesgos/)
  expect(start.match(/<rect/g)).toHaveLength(2)
  expect(start.match(/<circle/g)).toHaveLength(1)
  expect(start).toMatch(/<text x="\d+" y="\d+">Puerto Barrios<\/text>/)
  expect(start).toContain('Cuadro de 10 km, cerca de ')
  expect(start).toContain('Municipio de Puerto Barrios')
  expect(start).toContain('Lugar reservado')
  expect(start).toContain('Ocurrió: octubre de 2026. Vigente hasta: enero de 2027.')
  expect(start).toContain('Qué se muestra y qué no')
  expect(textOf(whole, '/publico/en/riesgo/weather/')).toContain(
    'It happened: 8 November 2026. Valid until: 20 November 2026.',
  )
  // A list has its own alone, and a map of nothing is none.
  expect(textOf(whole, '/publico/es/riesgo/weather/').match(/<rect/g)).toHaveLength(1)
  expect(textOf(whole, '/publico/es/riesgo/trafficking/')).not.toContain('<svg')
  expect(textOf(whole, '/publico/es/')).toContain('href="/publico/es/riesgo/">Todos los riesgos</a>')
  expect(textOf(whole, '/publico/es/sw.js')).toContain('/publico/es/riesgo/mes-2026-10/')
  for (const path of pathsIn(whole)) {
    const { results } = await validator.validateString(textOf(whole, path))
    expect(results.flatMap(({ messages }) => messages.map(({ message }) => `${path} ${message}`))).toEqual([])
    expect(textOf(whole, path).match(/<script/g)).toHaveLength(1)
    for (const [, to] of textOf(whole, path).matchAll(/href="(\/publico\/[^"#]+)"/g))
      expect(whole.has(to!), to).toBe(true)
  }
  expect(pathsIn(whole, 'en').map((path) => path.slice(12))).toEqual(
    pathsIn(whole).map((path) => path.slice(12)),
  )
})

it('without any risk says so, and has one page', async () => {
  const none = await build([])
  expect(pathsIn(none)).toEqual(['/publico/es/riesgo/'])
  expect(textOf(none, '/publico/es/riesgo/')).toContain('Todavía no hay nada aquí.')
  expect(textOf(none, '/publico/es/riesgo/')).not.toContain('<svg')
  expect(textOf(none, '/publico/es/')).not.toContain('Todos los riesgos')
})

it('as many as institutions may publish: each page stays below 100 kB', async () => {
  const many = Array.from({ length: 1_500 }, (_, at) =>
    risk({
      kind: riskKindKeys[at % 4]!,
      place: { coarse: 'cell_10', row: (at * 7) % 55, column: (at * 11) % 100 },
      when: `2026-${String((at % 12) + 1).padStart(2, '0')}`,
    }),
  )
  const site = await build(many)
  expect(site.has('/publico/es/riesgo/2/')).toBe(true)
  expect(textOf(site, '/publico/es/riesgo/').match(/<rect/g)).toHaveLength(250)
  expect(textOf(site, '/publico/es/riesgo/')).toContain('Solo los 250 lugares')
  for (const path of pathsIn(site)) expect(weightOf(site, path), path).toBeLessThan(100_000)
})

const spot = fc.record({
  latitude: fc.double({ min: 13.5, max: 17.5, noNaN: true }),
  longitude: fc.double({ min: -92, max: -83.5, noNaN: true }),
})
const published = fc
  .record({
    at: spot,
    coarse: fc.constantFrom('cell_5', 'cell_10', 'cell_25', 'municipality', undefined),
    kind: fc.constantFrom(...riskKindKeys),
    source: fc.constantFrom(...riskSourceKeys),
    reliability: fc.constantFrom(...reliabilityKeys),
  })
  .map(({ at, coarse, kind, ...more }): PublishedRisk => {
    const place = coarse && placeAt(at, coarse)
    const isDay = riskKinds[kind].publicTime === 'day'
    return {
      institution: 'hn-ejemplo',
      id: '0'.repeat(32),
      number: 1,
      kind,
      // Also finer than allowed, as if every check before had failed.
      ...(place ? { place } : {}),
      when: isDay ? '2026-11-08' : '2026-11',
      until: isDay ? '2026-12-08' : '2026-12',
      reports: 1,
      ...more,
    }
  })

it('no page has a coordinate finer than its square allows, whatever was signed', () => {
  const across = (longitude: number) => Math.round((longitude - riskArea.west) * 1_000)
  const down = (latitude: number) => Math.round((riskArea.north - latitude) * 1_000)
  const towns = new Set(
    municipalities.map(({ position: at }) => `${across(at.longitude)} ${down(at.latitude)}`),
  )
  fc.assert(
    fc.property(fc.array(published, { minLength: 1, maxLength: 6 }), (given) => {
      const items = given.map((content, at) => ({
        content: { ...content, id: String(at).padStart(32, '0') },
        approvedBy: ['hn-ejemplo', 'gt-ejemplo'],
      }))
      const rows = shownRisks([{ institution: 'hn-ejemplo', items, withdrawn: [] }], {
        countryOf: (key) => key.slice(0, 2).toUpperCase(),
        now,
      })
      const squares = new Map<string, RiskPlace>()
      for (const { place, kind } of rows) {
        const bounds = place && boundsOf(place)
        if (!bounds) continue
        expect(coarsenessRank(place.coarse)).toBeGreaterThanOrEqual(
          coarsenessRank(riskKinds[kind].publicAtLeast),
        )
        const [x, y] = [across(bounds.west), down(bounds.north)]
        squares.set(`${x} ${y} ${across(bounds.east) - x} ${down(bounds.south) - y}`, place)
      }
      const pages = riskPages(rows, 'es')
      const all = pages.map(({ body, title, path }) => `${path} ${title} ${body.text}`).join('\n')
      for (const [, x, y, width, height] of all.matchAll(
        /<rect [^>]*x="(-?\d+)" y="(-?\d+)" width="(\d+)" height="(\d+)"/g,
      ))
        expect([...squares.keys()]).toContain(`${x} ${y} ${width} ${height}`)
      for (const [, x, y] of all.matchAll(/<circle [^>]*cx="(-?\d+)" cy="(-?\d+)"/g))
        expect([...towns]).toContain(`${x} ${y}`)
      expect(all.match(/<rect/g)?.length ?? 0).toBe(all.match(/<rect [^>]*x="/g)?.length ?? 0)
      // A name stands above its town, by half the size of its letters.
      for (const [, size, names] of all.matchAll(/<g font-size="(\d+)">(.*?)<\/g>/g))
        for (const [, x, y] of names!.matchAll(/<text x="(-?\d+)" y="(-?\d+)">/g))
          expect([...towns]).toContain(`${x} ${Number(y) + Math.round(Number(size) / 2)}`)
      // Nothing else of a page is a coordinate: decimals are the map's scale alone.
      for (const [number] of all.replace(/ d="[^"]*"/g, '').matchAll(/\d+\.\d+/g))
        expect(['0.9636']).toContain(number)
      expect(all).not.toContain('hn-ejemplo')
    }),
    { numRuns: 60 },
  )
})
