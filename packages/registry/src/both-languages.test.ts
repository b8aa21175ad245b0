import { glob, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ConfigError, checkPlaces, loadConfig, loadDirectory, parseConfig } from './config.ts'
import { openOwnRoots, openRegistryKey } from './signing.ts'
import { readPublication } from './sources.ts'

const src = fileURLToPath(new URL('.', import.meta.url))
const ENGLISH =
  /\b(Invalid|Unrecognized|must|cannot|remove|coordinators|twice|confirm that|Too (big|small))\b/
const SPANISH =
  /\b(debe|no se puede|quite|coordinaciones|dos veces|confirme|inválid|desconocid|solo|demasiado)/i

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'enlace-registry-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

/** What is said, Spanish first. */
async function said(run: () => unknown): Promise<{ es: string; en: string }> {
  const error = await Promise.resolve()
    .then(run)
    .then(
      () => undefined,
      (thrown: unknown) => thrown,
    )
  if (!(error instanceof ConfigError)) throw error ?? new Error('accepted')
  const at = error.message.indexOf(' / ')
  return { es: error.message.slice(0, at), en: error.message.slice(at + 3) }
}
const server = { server_name: 'a.example', institutions: ['hn-a'] }
const configured = (more: Record<string, unknown>) => () => parseConfig({ data_dir: 'x', ...more })

test.each<[string, Record<string, unknown>]>([
  ['port', { port: 70_000 }],
  ['sevrers', { sevrers: [] }],
  ['servers.0.server_name', { servers: [{ ...server, server_name: 'a b' }] }],
  ['servers.0.institutions.0', { servers: [{ ...server, institutions: ['A'] }] }],
  ['servers', { servers: [server, server] }],
  ['servers', { servers: [server, { ...server, server_name: 'A.example' }] }],
  ['servers', { servers: [server, { ...server, server_name: 'b.example' }] }],
  ['institution_keys.hn-a.0', { institution_keys: { 'hn-a': ['x'] } }],
  ['list.valid_hours', { list: { valid_hours: 25 } }],
  ['servers', { trust: { publication: 'p' }, servers: [server] }],
  ['institution_keys', { trust: { publication: 'p' }, institution_keys: { 'hn-a': ['0'.repeat(64)] } }],
  ['mirrors', { mirrors: ['https://b.example'] }],
])('what is wrong with %s is told in each language, and in one at a time', async (key, more) => {
  const { es, en } = await said(configured(more))
  expect(es).toContain('Configuración no aceptada. ')
  expect(en).toContain('Configuration not accepted. ')
  for (const half of [es, en]) expect(half).toContain(key)
  expect(es).not.toMatch(ENGLISH)
  expect(en).not.toMatch(SPANISH)
})

test('so is a file that is not there, or is no configuration', async () => {
  const file = join(folder, 'registry.yaml')
  expect((await said(() => loadConfig(file))).es).toMatch(/^No se puede leer/)
  await writeFile(file, 'a: [')
  expect((await said(() => loadConfig(file))).es).toContain('no es YAML válido')
})

test('so is what is wrong in the files that it names, and with their institutions', async () => {
  const file = join(folder, 'institutions.json')
  const directory = (more: Record<string, unknown>) => () =>
    loadDirectory(parseConfig({ data_dir: 'x', ...more }))
  for (const [content, es, en] of [
    [undefined, 'no se puede leer', 'cannot read'],
    [{ institutions: [{}] }, 'institutions.0.key', 'institutions.0.key'],
  ] as const) {
    if (content) await writeFile(file, JSON.stringify(content))
    const told = await said(directory({ institutions_file: file }))
    expect(told).toEqual({ es: expect.stringContaining(es), en: expect.stringContaining(en) })
    expect(told.es).not.toMatch(ENGLISH)
  }
  const entry = { key: 'hn-a' }
  await writeFile(file, JSON.stringify({ institutions: [], entries: [entry] }))
  expect((await said(directory({ entries_file: file }))).es).toMatch(/^entries_file: entries\.0/)
  const [known] = (await loadDirectory(parseConfig({ data_dir: 'x' }))).institutions
  const place = (key: string) => () =>
    checkPlaces([{ ...server, institutions: [key], status: 'active' }], [{ ...known!, confirmed: false }])
  expect(await said(place('gt-nobody'))).toEqual({
    es: 'servers.0.institutions: el directorio no tiene la institución gt-nobody.',
    en: 'servers.0.institutions: the directory has no institution gt-nobody.',
  })
  expect((await said(place(known!.key))).es).toContain('sin confirmar')
})

test('so is a key, a root or a publication that is damaged', async () => {
  const key = await openRegistryKey(folder)
  await writeFile(join(folder, 'root.json'), '{}')
  expect((await said(() => openOwnRoots(folder, key, Date.now()))).es).toContain('no es una raíz')
  await writeFile(join(folder, 'signing-key.pem'), 'nada')
  expect((await said(() => openRegistryKey(folder))).es).toContain('no es una llave privada')
  expect((await said(() => readPublication(join(folder, 'none')))).es).toContain('no se puede leer')
})

test('no fault of a registry’s configuration is told in one language', async () => {
  const alone: string[] = []
  for await (const file of glob('**/*.ts', { cwd: src })) {
    if (file.endsWith('.test.ts')) continue
    const text = await readFile(`${src}${file}`, 'utf8')
    for (const [, line] of text.matchAll(/new ConfigError\(\s*([`'][^\n]*)/g))
      if (!line!.includes(' / ')) alone.push(`${file}: ${line}`)
  }
  expect(alone).toEqual([])
})
