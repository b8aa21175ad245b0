import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { institutionSummarySchema } from '@enlace/directory'
import { organizationSchema, serviceSchema } from '@enlace/directory/hsds'
import { institutions } from '@enlace/directory/institutions'
import type { ListedServer } from '@enlace/trust'
import fc from 'fast-check'
import { pino } from 'pino'
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { loadConfig, parseConfig, type RegistryConfigInput } from './config.ts'
import { createRegistry, type Registry, type RegistryOptions } from './index.ts'
import { memoryStorage } from './testing.ts'

const day = 86_400_000
const log = pino({ level: 'silent' })
const servers: ListedServer[] = [
  { server_name: 'hn.localhost:8110', institutions: ['hn-rnp-sps', 'hn-sreci'], status: 'active' },
  { server_name: 'gt.localhost:8210', institutions: ['gt-renap'], status: 'active' },
]

let folder: string
const running: Registry[] = []

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'enlace-registry-'))
})
afterEach(async () => {
  await Promise.all(running.splice(0).map((registry) => registry.close()))
  rmSync(folder, { recursive: true, force: true })
})

async function start(
  config: Partial<RegistryConfigInput> = {},
  options: RegistryOptions = { storage: memoryStorage() },
): Promise<Registry> {
  const registry = await createRegistry(
    { port: 0, data_dir: folder, servers, ...config },
    { log, ...options },
  )
  running.push(registry)
  return registry
}

async function json<T>(registry: Registry, path: string): Promise<T> {
  const response = await fetch(registry.url + path)
  expect(response.headers.get('content-type')).toMatch(/^application\/json/)
  return (await response.json()) as T
}

interface Page {
  total_items: number
  total_pages: number
  page_number: number
  size: number
  first_page: boolean
  last_page: boolean
  empty: boolean
  contents: Array<Record<string, unknown>>
}

describe('the directory', () => {
  it('gives the short form to clients and nodes', async () => {
    const registry = await start()
    const { institutions: list } = await json<{ institutions: unknown[] }>(
      registry,
      '/_enlace/registry/v1/institutions',
    )
    expect(list).toHaveLength(institutions.length)
    const summaries = list.map((each) => institutionSummarySchema.parse(each))
    expect(summaries.find(({ key }) => key === 'gt-renap')).toMatchObject({
      kind: 'civil_registry',
      freshness: 'due',
      confirmed: true,
      server_name: 'gt.localhost:8210',
    })
    expect(summaries.find(({ key }) => key === 'gt-sbs')?.server_name).toBeNull()
    expect(await json(registry, '/_enlace/registry/v1/institutions/hn-sreci')).toMatchObject({
      key: 'hn-sreci',
    })
  })

  it('says what it is', async () => {
    expect(await json(await start(), '/')).toMatchObject({ version: '3.1', profile: expect.any(String) })
  })

  it.each(['/organizations', '/services', '/service_at_locations', '/taxonomies', '/taxonomy_terms'])(
    'lists %s in pages, and gives each by its id',
    async (path) => {
      const registry = await start()
      const first = await json<Page>(registry, `${path}?per_page=2`)
      expect(first).toMatchObject({ page_number: 1, size: 2, first_page: true, empty: false })
      expect(first.total_pages).toBe(Math.ceil(first.total_items / 2))
      const seen = new Set<unknown>()
      for (let page = 1; page <= first.total_pages; page++) {
        const { contents } = await json<Page>(registry, `${path}?per_page=2&page=${page}`)
        for (const { id } of contents) seen.add(id)
      }
      expect(seen.size).toBe(first.total_items)
      expect(await json<Page>(registry, `${path}?page=9999`)).toMatchObject({
        empty: true,
        last_page: true,
        size: 0,
      })
      const [id] = seen
      expect(await json(registry, `${path}/${id}`)).toMatchObject({ id })
      const lines = await (await fetch(`${registry.url}${path}?format=ndjson`)).text()
      expect(lines.trimEnd().split('\n')).toHaveLength(first.total_items)
    },
  )

  it('gives HSDS records, basic and full', async () => {
    const registry = await start()
    const { contents } = await json<Page>(registry, '/organizations?search=renap')
    expect(contents).toHaveLength(1)
    expect(contents[0]).not.toHaveProperty('attributes')
    const full = await json<{ services: unknown[] }>(
      registry,
      `/organizations/${contents[0]?.['id']}?full_service=true`,
    )
    organizationSchema.parse(full)
    expect(serviceSchema.parse(full.services[0]).status).toBe('active')
    const services = await json<Page>(registry, `/services?full=true&organization_id=${contents[0]?.['id']}`)
    expect(services.contents.map((service) => serviceSchema.parse(service).name)).toEqual([
      'Registro civil y documentación',
    ])
    const minimal = await json<Page>(registry, '/services?minimal=true')
    expect(Object.keys(minimal.contents[0] ?? {})).toEqual(['id', 'modified_date'])
    expect(minimal.size).toBe(minimal.total_items)
  })

  it('searches without accents, by term and by time', async () => {
    const registry = await start()
    expect((await json<Page>(registry, '/organizations?search=ninez%20barrios')).contents[0]).toMatchObject({
      name: 'Juzgado de la Niñez y la Adolescencia',
    })
    const term = (await json<Page>(registry, '/taxonomy_terms?search=albergue')).contents[0]?.['id']
    expect((await json<Page>(registry, `/services?taxonomy_term_id=${term}`)).total_items).toBe(2)
    expect((await json<Page>(registry, '/services?modified_after=2999-01-01')).empty).toBe(true)
    const posted = await fetch(`${registry.url}/services?search=consular`, { method: 'POST' })
    expect(((await posted.json()) as Page).total_items).toBe(2)
  })

  it('keeps the time of entries that did not change', async () => {
    const storage = memoryStorage()
    const begin = Date.UTC(2026, 0, 1)
    await (await start({}, { storage, now: () => begin })).close()
    const later = await start({}, { storage, now: () => begin + day })
    const { contents } = await json<Page>(later, '/services?minimal=true')
    expect(contents[0]?.['modified_date']).toBe('2026-01-01T00:00:00.000Z')
  })

  it('serves another file of institutions', async () => {
    const file = join(folder, 'institutions.json')
    writeFileSync(file, JSON.stringify({ institutions: [{ ...institutions[0], key: 'gt-other' }] }))
    const registry = await start({ institutions_file: file, servers: [] })
    expect((await json<Page>(registry, '/organizations')).total_items).toBe(1)
    writeFileSync(file, '{"institutions":[{"key":"gt-x"}]}')
    await expect(start({ institutions_file: file, servers: [] })).rejects.toThrow('institutions_file')
  })
})

describe('over HTTP', () => {
  it.each([
    ['/services?page=0', 400, 'bad_parameter'],
    ['/services?per_page=101', 400, 'bad_parameter'],
    ['/services?full=maybe', 400, 'bad_parameter'],
    ['/services?format=xml', 400, 'bad_parameter'],
    ['/services?modified_after=soon', 400, 'bad_parameter'],
    [`/services?search=${'x'.repeat(201)}`, 400, 'bad_parameter'],
    ['/service_at_locations?postcode=1', 400, 'bad_parameter'],
    ['/services/none', 404, 'not_found'],
    ['/services/%E0%A4%A', 404, 'not_found'],
    ['/nothing', 404, 'not_found'],
    ['/constructor', 404, 'not_found'],
    ['/_enlace/registry/v1/institutions/constructor', 404, 'not_found'],
  ])('%s answers %i %s in both languages', async (path, status, code) => {
    const registry = await start()
    const response = await fetch(registry.url + path)
    expect(response.status).toBe(status)
    const body = (await response.json()) as { code: string; message: { es: string; en: string } }
    expect(body.code).toBe(code)
    expect(body.message.es).toBeTruthy()
    expect(body.message.en).toBeTruthy()
    expect(JSON.stringify(body)).not.toContain('.ts:')
  })

  it('answers 304 to a client that has it, compressed or not, and changes the tag with the list', async () => {
    const registry = await start()
    const plain = await fetch(`${registry.url}/_enlace/registry/v1/institutions`, {
      headers: { 'accept-encoding': 'identity' },
    })
    const gzipped = await fetch(`${registry.url}/_enlace/registry/v1/institutions`)
    expect(gzipped.headers.get('content-encoding')).toBe('gzip')
    expect(await gzipped.json()).toEqual(await plain.json())
    for (const { headers } of [plain, gzipped]) {
      const tag = headers.get('etag') ?? ''
      const again = await fetch(`${registry.url}/_enlace/registry/v1/institutions`, {
        headers: { 'if-none-match': `"other", W/${tag}` },
      })
      expect(again.status).toBe(304)
      expect(await again.text()).toBe('')
    }
    const listTag = (await fetch(`${registry.url}/federation-list`)).headers.get('etag') ?? ''
    await registry.updateServers([servers[0]!])
    const changed = await fetch(`${registry.url}/federation-list`, { headers: { 'if-none-match': listTag } })
    expect(changed.status).toBe(200)
  })

  it('lets any page read, and nobody write', async () => {
    const registry = await start()
    const read = await fetch(`${registry.url}/services`, { method: 'HEAD' })
    expect(read.headers.get('access-control-allow-origin')).toBe('*')
    expect(read.headers.get('x-content-type-options')).toBe('nosniff')
    expect(read.headers.get('x-powered-by')).toBeNull()
    expect((await fetch(`${registry.url}/services`, { method: 'OPTIONS' })).status).toBe(204)
    for (const method of ['PUT', 'DELETE', 'PATCH'])
      expect((await fetch(`${registry.url}/services`, { method })).status).toBe(405)
    expect((await fetch(`${registry.url}/federation-list`, { method: 'POST' })).status).toBe(405)
    const large = await fetch(`${registry.url}/services`, { method: 'POST', body: 'x'.repeat(70_000) })
    expect(large.status).toBe(413)
  })

  it('limits requests from one address, but not its own health checks', async () => {
    // However slow the machine, it is one moment: nothing is allowed anew meanwhile.
    vi.useFakeTimers({ toFake: ['Date'] })
    onTestFinished(() => void vi.useRealTimers())
    const registry = await start()
    const statuses = await Promise.all(
      Array.from({ length: 400 }, async () => (await fetch(`${registry.url}/`)).status),
    )
    expect(statuses).toContain(429)
    expect((await fetch(`${registry.url}/healthz`)).status).toBe(200)
    const unlimited = await start({ rate_limits: 'off' }, { storage: memoryStorage() })
    const all = await Promise.all(
      Array.from({ length: 400 }, async () => (await fetch(`${unlimited.url}/`)).status),
    )
    expect(new Set(all)).toEqual(new Set([200]))
  })

  it('is ready while database and list are, and alive regardless', async () => {
    const storage = memoryStorage()
    let time = Date.now()
    const registry = await start({}, { storage, now: () => time })
    expect((await fetch(`${registry.url}/readyz`)).status).toBe(200)
    storage.down = true
    const down = await fetch(`${registry.url}/readyz`)
    expect(down.status).toBe(503)
    expect(await down.json()).toMatchObject({ checks: { database: false, federation_list: true } })
    storage.down = false
    time += 30 * day
    expect((await fetch(`${registry.url}/readyz`)).status).toBe(503)
    expect((await fetch(`${registry.url}/healthz`)).status).toBe(200)
  })

  it('shows its figures with a closed set of labels', async () => {
    const registry = await start()
    await fetch(`${registry.url}/federation-list`)
    await fetch(`${registry.url}/made-up-${Math.random()}`)
    const text = await (await fetch(`${registry.url}/metrics`)).text()
    expect(text).toContain('enlace_federation_list_version 1')
    expect(text).toContain('enlace_registry_requests_total{route="federation-list",status="2xx"} 1')
    expect(text).toContain('enlace_registry_requests_total{route="other",status="4xx"} 1')
    expect(text).not.toContain('made-up')
  })

  it('answers whatever is asked without failing', async () => {
    const registry = await start({ rate_limits: 'off' })
    const names = [
      'search',
      'page',
      'per_page',
      'full',
      'minimal',
      'format',
      'taxonomy_term_id',
      'modified_after',
      'x',
    ]
    const paths = [
      'organizations',
      'services',
      'service_at_locations',
      'taxonomies',
      'taxonomy_terms',
      '_enlace',
    ]
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...paths),
        fc.option(fc.string({ unit: 'grapheme' })),
        fc.array(fc.tuple(fc.constantFrom(...names), fc.string({ unit: 'binary' })), { maxLength: 4 }),
        async (path, id, parameters) => {
          const query = new URLSearchParams(parameters)
          const response = await fetch(
            `${registry.url}/${path}${id === null ? '' : `/${encodeURIComponent(id)}`}?${query}`,
          )
          expect([200, 400, 404]).toContain(response.status)
          await response.text()
        },
      ),
      { numRuns: 150 },
    )
  })

  it('survives a malformed request', async () => {
    const registry = await start()
    const socket = connect(registry.port, '127.0.0.1')
    socket.end('NONSENSE\r\n\r\n')
    const [data] = (await once(socket, 'data')) as [Buffer]
    expect(data.toString()).toContain('400')
    expect((await fetch(`${registry.url}/healthz`)).status).toBe(200)
  })
})

describe('the configuration', () => {
  it.each([
    [{ data_dir: 'x', sevrers: [] }, 'sevrers'],
    [{ data_dir: 'x', database: { url: 'mongodb://x' } }, 'database.url'],
    [{}, 'data_dir'],
    [{ data_dir: 'x', port: 70_000 }, 'port'],
    [{ data_dir: 'x', servers: [{ server_name: 'a b', institutions: [] }] }, 'servers.0.server_name'],
    [{ data_dir: 'x', servers: [{ server_name: 'a', institutions: [], state: 'x' }] }, 'servers.0.state'],
    [{ data_dir: 'x', list: { valid_hours: 0 } }, 'list.valid_hours'],
    [{ data_dir: 'x', list: { valid_hours: 25 } }, 'list.valid_hours'],
  ])('%j is refused by the name of %s', (raw, name) => {
    expect(() => parseConfig(raw)).toThrow(name)
  })

  it('reads YAML, with paths from the file’s folder and servers active unless said otherwise', async () => {
    const file = join(folder, 'registry.yaml')
    writeFileSync(
      file,
      'data_dir: data\nrate_limits: off\nservers:\n  - { server_name: a.example, institutions: [] }\n',
    )
    expect(await loadConfig(file)).toMatchObject({
      data_dir: join(folder, 'data'),
      rate_limits: 'off',
      servers: [{ status: 'active' }],
    })
    writeFileSync(file, 'a: [')
    await expect(loadConfig(file)).rejects.toThrow('not valid YAML')
    await expect(loadConfig(join(folder, 'none.yaml'))).rejects.toThrow('none.yaml')
  })

  it('hosts no institution that is unknown or only a placeholder', async () => {
    const place = (key: string) => start({ servers: [{ server_name: 'a.example', institutions: [key] }] })
    await expect(place('gt-nobody')).rejects.toThrow('gt-nobody')
    await expect(place('hn-juzgado-ninez-sps')).rejects.toThrow('placeholder')
    expect(existsSync(join(folder, 'signing-key.pem'))).toBe(false)
  })
})
