import { brotliDecompressSync, gunzipSync } from 'node:zlib'
import type { CatalogueEntry } from '@enlace/directory/catalogue'
import { HtmlValidate } from 'html-validate'
import { describe, expect, it } from 'vitest'
import { buildSite, type Site } from './build.ts'
import { directory, marked, rewritten } from './testing.ts'

const now = Date.UTC(2026, 10, 10, 15)
const textOf = (site: Site, path: string) => {
  const file = site.get(path)
  return file ? brotliDecompressSync(file.brotli).toString() : undefined
}
const pagesIn = (site: Site): Array<[string, string]> =>
  [...site].flatMap(([path, { type }]) =>
    type.startsWith('text/html') ? [[path, textOf(site, path)!] as [string, string]] : [],
  )
const everything = (site: Site) => [...site.keys()].map((path) => `${path}\n${textOf(site, path)}`).join('\n')
const build = (entries: readonly CatalogueEntry[] = directory) => buildSite(entries, now)

const validator = new HtmlValidate({
  extends: ['html-validate:standard', 'html-validate:a11y'],
  rules: { 'long-title': 'off' },
})
/** English pages are made as the Spanish ones are: some of each kind are enough. */
async function faultsOf(site: Site): Promise<string[]> {
  const faults: string[] = []
  for (const [path, text] of pagesIn(site)) {
    if (/^\/publico\/en\/.*[b-z]\/$/.test(path)) continue
    const { results } = await validator.validateString(text)
    for (const { messages } of results)
      for (const { ruleId, message, line } of messages) faults.push(`${path}:${line} ${ruleId}: ${message}`)
  }
  return faults
}
const linksOf = (text: string) =>
  [...text.matchAll(/(?:href|src|data-worker)="([^"]*)"/g)].map(([, to]) => to!)
const maxPageBytes = 100_000

function checkSizes(site: Site): void {
  for (const [path, text] of pagesIn(site)) {
    const assets = linksOf(text).filter((to) => to.startsWith('/publico/a/'))
    const whole = [path, ...assets].reduce((sum, each) => sum + site.get(each)!.size, 0)
    expect(whole, path).toBeLessThan(maxPageBytes)
  }
}

function checkLinks(site: Site): void {
  for (const [path, text] of pagesIn(site))
    for (const to of linksOf(text)) {
      if (to.startsWith('/')) expect(site.has(to), `${path} -> ${to}`).toBe(true)
      else expect(to, path).toMatch(/^(?:https?:\/\/|tel:\+\d|mailto:[\w.+-]+@|#(?:contenido|a[456])$)/)
    }
}

const whole = await build()

describe('the pages', () => {
  it('are valid HTML in both languages, small, and every link leads somewhere', async () => {
    const site = whole
    expect(await faultsOf(site)).toEqual([])
    checkSizes(site)
    checkLinks(site)
    const paths = (lang: string) =>
      [...site.keys()].flatMap((path) => (path.startsWith(`/publico/${lang}/`) ? [path.slice(12)] : []))
    expect(paths('en')).toEqual(paths('es'))
    for (const [path, text] of pagesIn(site)) {
      expect(text, path).not.toMatch(
        /<script(?! type="module" src="\/publico\/a\/)|style=|\son[a-z]+=|<iframe|<img/,
      )
      expect(linksOf(text).filter((to) => /\?/.test(to) && to.startsWith('/'))).toEqual([])
    }
  })

  it('say who helps, by service and by place, with hours, languages, documents and numbers', async () => {
    const site = whole
    const shelter = textOf(site, '/publico/es/servicio/shelter/')!
    expect(shelter).toContain('Albergue de ejemplo, Corinto')
    expect(shelter).toContain('Omoa, Cortés, Honduras')
    expect(shelter).toContain('lunes a domingo las 24 horas')
    expect(shelter).toContain('+504 0000 0101')
    expect(textOf(site, '/publico/es/lugar/hn-cortes-omoa/')).toContain('Albergue de ejemplo')
    const registry = textOf(site, '/publico/es/institucion/gt-ejemplo-registro/')!
    expect(registry).toContain('Documento de identidad de quien la pide')
    expect(registry).toContain('lunes a viernes')
    expect(textOf(site, '/publico/en/institucion/gt-ejemplo-registro/')).toContain('Monday to Friday')
  })

  it('show a consulate where it is, not where it is from', async () => {
    const consulate = directory.find(({ institution }) => institution.department === 'Izabal (GT)')!
    const site = await build([{ ...consulate, institution: { ...consulate.institution, confirmed: true } }])
    expect(textOf(site, '/publico/es/lugar/gt-izabal-puerto-barrios/')).toContain(consulate.institution.name)
    expect([...site.keys()].filter((path) => path.includes('/lugar/hn'))).toEqual([])
    expect(everything(site)).not.toContain('(GT)')
  })

  it('let nobody call a number of an example, and anybody one that exists', async () => {
    const site = whole
    expect(everything(site)).not.toContain('tel:')
    const real = structuredClone(
      directory.find(({ institution }) => institution.key === 'hn-ejemplo-albergue')!,
    )
    for (const phone of real.entry!.records.phones!) phone['number'] = '+50422345678'
    expect(everything(await build([real]))).toContain(
      '<a href="tel:+50422345678;ext=2">+504 2234 5678 ext. 2</a>',
    )
  })

  it('are the same bytes from the same records, and change by the day where what was confirmed grows old', async () => {
    const [one, two] = [whole, await buildSite([...directory].reverse(), now + 3_600_000)]
    expect(new Map([...two].sort())).toEqual(new Map([...one].sort()))
    const later = await buildSite(directory, now + 200 * 86_400_000, { before: one })
    expect(later.get('/publico/es/sobre/')).toBe(one.get('/publico/es/sobre/'))
    for (const { brotli, gzip, size } of one.values()) {
      expect(gunzipSync(gzip).equals(brotliDecompressSync(brotli))).toBe(true)
      expect(gunzipSync(gzip)).toHaveLength(size)
    }
  })

  it('of a large directory are in parts that stay small', async () => {
    const many = Array.from({ length: 130 }, (_, at): CatalogueEntry => {
      const [source] = directory
      return {
        ...source!,
        institution: {
          ...source!.institution,
          key: `gt-muchos-${at}`,
          name: `Juzgado ${at} ${'de nombre largo '.repeat(10)}`,
        },
      }
    })
    const site = await build(many)
    expect(site.has('/publico/es/institucion/2/')).toBe(true)
    checkSizes(site)
    checkLinks(site)
  })
})

describe('what is not public', () => {
  it('is nowhere: not what is for the network only, nor an institution nobody confirmed', async () => {
    const all = everything(whole)
    expect(all).not.toContain('0000 0102')
    expect(all).not.toContain('+50400000102')
    for (const { institution } of directory)
      expect(all.includes(`institucion/${institution.key}/`)).toBe(institution.confirmed)
  })

  it('leaves no trace when it is hidden or taken back: no page, no count, no name in a worker', async () => {
    const [entry] = directory.filter(({ institution }) => institution.key === 'hn-ejemplo-albergue')
    const without = directory.filter((one) => one !== entry)
    const gone = await build(without)
    expect(everything(gone)).not.toMatch(/hn-ejemplo-albergue|Albergue de ejemplo/)
    const hiddenAddress = everything(await build([...without, marked('addresses', 'address_1')]))
    expect(hiddenAddress).toContain('Albergue de ejemplo')
    expect(hiddenAddress).not.toMatch(/carretera de ejemplo|cancha de ejemplo|A diez minutos a pie/)
    const [service] = entry!.entry!.records.services!
    const hiddenService = everything(await build([...without, marked('services', '*')]))
    expect(hiddenService).not.toContain(String(service!['description']))
  })
})

describe('an institution that writes what it should not', () => {
  it.each([
    ['markup', '<script>alert(1)</script><img src=x onerror=alert(1)>'],
    ['an attribute’s end', '" onmouseover="alert(1)" x="'],
    ['a template’s end', '</title></bdi></main><!--'],
  ])('%s: it is text', async (_name, evil) => {
    const site = await build([rewritten((_field, text) => `${evil}${text}`)])
    expect(await faultsOf(site)).toEqual([])
    checkLinks(site)
    for (const [path, text] of pagesIn(site)) {
      expect(text.match(/<script/g)?.length ?? 0, path).toBeLessThanOrEqual(1)
      expect(text, path).not.toMatch(/<img|<[^>]*\sonmouseover="|<!--/)
    }
  })

  it.each([
    'javascript:alert(1)',
    'data:text/html,x',
    'https://user:pass@example.org/',
    'http://example.org/"><b>',
    '//example.org',
  ])('the link %s: it is none, or a harmless one', async (link) => {
    const site = await build([rewritten((field, text) => (/url|website|email/.test(field) ? link : text))])
    checkLinks(site)
    expect(everything(site)).not.toMatch(/href="(?:javascript|data):|user:pass|"><b>/)
  })

  it('direction marks and signs nobody sees: they are taken out', async () => {
    const site = await build([rewritten((_field, text) => `\u202e\u2066${text}\u200b\u0000\ufeff`)])
    for (const [path, text] of pagesIn(site)) {
      expect(text, path).not.toMatch(/[\u202a-\u202e\u2066-\u2069\u200b\ufeff]/)
      expect(text, path).not.toContain('\u0000')
    }
  })

  it('more than a page holds: it is cut, and the page stays small', async () => {
    const site = await build([rewritten((_field, text) => `${text} ${'ñ<&'.repeat(30_000)}`)])
    checkSizes(site)
    expect(await faultsOf(site)).toEqual([])
  })
})
