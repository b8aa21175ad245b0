import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { setImmediate } from 'node:timers/promises'
import { promisify } from 'node:util'
import { brotliCompress, constants, gzip } from 'node:zlib'
import type { MaterialContent } from '@enlace/coordination/materials/published'
import type { ShownRisk } from '@enlace/coordination/risks/published'
import type { CatalogueEntry } from '@enlace/directory/catalogue'
import { publicDetails } from '@enlace/directory/details'
import { runInSlices } from '@enlace/directory/steps'
import { contentOf } from './content.ts'
import { html } from './html.ts'
import { type Assets, linkTo, root } from './pages/layout.ts'
import { pagesOf } from './pages/pages.ts'
import { type Language, languages, words } from './words.ts'

/** A file as it is sent. Only compressed forms are kept: some ten thousand pages lie in memory. */
export interface SiteFile {
  type: string
  brotli: Buffer
  gzip: Buffer
  /** of the content, whatever its coding: a weak entity tag (RFC 9110 §8.8.1) */
  tag: string
  /** its address says what is in it */
  immutable: boolean
  /** bytes of the content as it is */
  size: number
}

/** All files by their path on the server, `/publico/…`. */
export type Site = ReadonlyMap<string, SiteFile>

export const notFoundPath = `${root}/404`
const pageType = 'text/html; charset=utf-8'
const scriptType = 'text/javascript; charset=utf-8'
/** A phone keeps all pages of a language for when it has no network, up to so many bytes as they are sent; else the lists alone. */
const maxKeptBytes = 1_500_000

const toBrotli = promisify(brotliCompress)
const toGzip = promisify(gzip)
const fileAt = (name: string) => readFile(new URL(`../${name}`, import.meta.url), 'utf8')
const digestOf = (content: string) => createHash('sha256').update(content).digest('base64url').slice(0, 16)

const icon =
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><rect width="16" height="16" rx="3" fill="#0b4a8f"/><path d="M3 9h10M8 4v10" stroke="#fff" stroke-width="2"/></svg>\n'

/**
 * Puts all pages together, in slices so that the server goes on answering. The same records give the same bytes on every server.
 *
 * @param now milliseconds since the Unix epoch: what was confirmed goes by the day
 * @param materials what is public at this moment, as `risks`
 * @param before what is unchanged is taken from it as it is
 */
export async function buildSite(
  entries: readonly CatalogueEntry[],
  now: number,
  {
    materials = [],
    risks = [],
    before,
  }: {
    materials?: readonly MaterialContent[]
    risks?: readonly ShownRisk[]
    before?: Site | undefined
  } = {},
): Promise<Site> {
  const site = new Map<string, SiteFile>()
  const put = async (path: string, content: string, type: string, immutable = false): Promise<SiteFile> => {
    const tag = `W/"${digestOf(content)}"`
    const known = before?.get(path)
    const file = known?.tag === tag ? known : await packed(content, type, tag, immutable)
    site.set(path, file)
    return file
  }
  const hashed = async (name: string, content: string, type: string) => {
    const [stem, ending] = name.split('.') as [string, string]
    const path = `${root}/a/${stem}-${digestOf(content)}.${ending}`
    await put(path, content, type, true)
    return path
  }
  const assets: Assets = {
    style: await hashed('estilo.css', await fileAt('client/site.css'), 'text/css; charset=utf-8'),
    script: await hashed('pagina.js', await fileAt('assets/page.js'), scriptType),
    icon: await hashed('icono.svg', icon, 'image/svg+xml'),
  }
  const worker = await fileAt('assets/worker.js')
  const content = contentOf(await runInSlices(publicDetails(entries, now), () => setImmediate()))
  for (const lang of languages) {
    const kept: Array<{ path: string; tag: string; bytes: number; isList: boolean }> = []
    for (const [path, text] of pagesOf(content, { materials, risks }, lang, assets)) {
      const file = await put(linkTo(lang, path), text, pageType)
      kept.push({
        path: linkTo(lang, path),
        tag: file.tag,
        bytes: file.brotli.length,
        isList: !/^(?:institucion\/|material\/[^/]+\/[^/]+\/[^/]+\/)/.test(path),
      })
      await setImmediate()
    }
    const isSmall = kept.reduce((sum, { bytes }) => sum + bytes, 0) <= maxKeptBytes
    const pages = isSmall ? kept : kept.filter(({ isList }) => isList)
    await put(linkTo(lang, 'sw.js'), workerText(worker, lang, pages, assets, site), scriptType)
  }
  await put(notFoundPath, notFound(assets), pageType)
  return site
}

async function packed(content: string, type: string, tag: string, immutable: boolean): Promise<SiteFile> {
  const bytes = Buffer.from(content)
  const [brotli, gzipped] = await Promise.all([
    toBrotli(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: immutable ? 11 : 9 } }),
    toGzip(bytes, { level: 9 }),
  ])
  return { type, brotli, gzip: gzipped, tag, immutable, size: bytes.length }
}

function workerText(
  worker: string,
  lang: Language,
  pages: ReadonlyArray<{ path: string; tag: string }>,
  assets: Assets,
  site: Site,
): string {
  const files = [
    ...Object.values(assets).map((path: string) => [path, site.get(path)!.tag]),
    ...pages.map(({ path, tag }) => [path, tag]),
  ]
  const list = JSON.stringify(files)
  return `const site=${JSON.stringify({ base: linkTo(lang, ''), build: digestOf(list) }).slice(0, -1)},"files":${list}};\n${worker}`
}

/** One page for everything that is not there: whether it ever was is nobody's business. */
function notFound({ style, icon: image }: Assets): string {
  const { es, en } = words
  return html`<!DOCTYPE html>
<html lang="es">
<head>
<meta charset="UTF-8">
<title>404 · ${es.site}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<link rel="stylesheet" href="${style}">
<link rel="icon" href="${image}" type="image/svg+xml">
</head>
<body>
<main>
<h1>${es.notFound}</h1>
<p>${es.notFoundHow} <a href="${linkTo('es', '')}">${es.home}</a></p>
<section lang="en">
<h2>${en.notFound}</h2>
<p>${en.notFoundHow} <a href="${linkTo('en', '')}">${en.home}</a></p>
</section>
</main>
</body>
</html>
`.text
}
