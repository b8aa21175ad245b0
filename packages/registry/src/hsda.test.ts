import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readDirectoryCopy } from '@enlace/directory/copy'
import { exampleEntries, exampleInstitutions } from '@enlace/directory/examples'
import { plusCodeOf } from '@enlace/directory/plus-code'
import { standardFolder } from '@enlace/directory/testing/standard'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { pino } from 'pino'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ConfigError, type RegistryConfigInput } from './config.ts'
import { createRegistry, type Registry } from './index.ts'
import { memoryStorage } from './testing.ts'

const token = 'una-clave-de-la-red-para-pruebas-0001'
let folder: string
let registry: Registry | undefined

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'enlace-hsda-'))
})
afterEach(async () => {
  await registry?.close()
  registry = undefined
  rmSync(folder, { recursive: true, force: true })
})

const writeEntries = (content: unknown) => {
  const file = join(folder, 'entries.json')
  writeFileSync(file, JSON.stringify(content))
  return file
}

async function start(config: Partial<RegistryConfigInput> = {}): Promise<Registry> {
  registry = await createRegistry(
    {
      port: 0,
      data_dir: folder,
      rate_limits: 'off',
      entries_file:
        config.entries_file ?? writeEntries({ institutions: exampleInstitutions, entries: exampleEntries }),
      network_tokens: [token],
      ...config,
    },
    { log: pino({ level: 'silent' }), storage: memoryStorage() },
  )
  return registry
}

const get = async (path: string, headers: Record<string, string> = {}) =>
  fetch(registry!.url + path, { headers })
interface Page {
  total_items: number
  contents: Array<Record<string, unknown> & { id: string }>
}
const page = async (path: string) => (await (await get(path)).json()) as Page
const text = async (path: string, headers?: Record<string, string>) => (await get(path, headers)).text()

describe.skipIf(!standardFolder)(
  'against the standard’s OpenAPI document (steps aside where there is no copy of it)',
  () => {
    /** A validator of what a path answers; the schemas it names by address are those of the folder. */
    function validators() {
      const ajv = new Ajv2020({ strict: false, allErrors: true, validateFormats: true })
      ajv.addFormat('uuid', /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i)
      ajv.addFormat('uri', { type: 'string', validate: (value: string) => URL.canParse(value) })
      ajv.addFormat('email', /^[^@\s]+@[^@\s]+$/)
      ajv.addFormat('date-time', /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:Z|[+-]\d{2}:\d{2})$/)
      const schemas = `${standardFolder}schema/`
      for (const name of readdirSync(schemas).filter((each) => each !== 'openapi.json'))
        ajv.addSchema(JSON.parse(readFileSync(schemas + name, 'utf8')) as object, name)
      const openapi = JSON.parse(readFileSync(`${schemas}openapi.json`, 'utf8'), (key, value: unknown) => {
        if (key !== '$ref' || typeof value !== 'string') return value
        // "compiled/service_list.json" is a service as well, with fewer of its fields.
        return value.replace(/^https:.*\/([a-z_]+?)(?:_list)?\.json$/, '$1.json')
      }) as {
        paths: Record<
          string,
          {
            get: {
              parameters?: Array<{ $ref?: string; name?: string }>
              responses: { 200: { content: { 'application/json': { schema: { $ref?: string } } } } }
            }
          }
        >
      }
      ajv.addSchema({ $id: 'openapi', ...openapi })
      return {
        paths: openapi.paths,
        parameters: (path: string) =>
          (openapi.paths[path]?.get.parameters ?? []).map(
            ({ $ref, name }) => name ?? $ref!.split('/').at(-1)!,
          ),
        check(path: string, body: unknown) {
          const { schema } = openapi.paths[path]!.get.responses[200].content['application/json']
          // Where the document speaks of a service at a location it names the service's schema by mistake.
          const named = path === '/service_at_locations/{id}' ? { $ref: 'service_at_location.json' } : schema
          const validate = ajv.compile(
            JSON.parse(JSON.stringify(named).replaceAll('#/components', 'openapi#/components')) as object,
          )
          return validate(body)
            ? []
            : (validate.errors ?? []).map((error) => `${error.instancePath} ${error.message}`)
        },
      }
    }

    const listings = [
      '/organizations',
      '/services',
      '/service_at_locations',
      '/taxonomies',
      '/taxonomy_terms',
    ]

    it('every path answers as it says, in short and in full, and by ID', async () => {
      await start()
      const standard = validators()
      expect(Object.keys(standard.paths).sort()).toEqual(
        ['/', ...listings, ...listings.map((path) => `${path}/{id}`)].sort(),
      )
      expect(standard.check('/', await (await get('/')).json())).toEqual([])
      for (const path of listings) {
        for (const query of [
          '',
          '?per_page=100&full=true',
          '?per_page=100&full_service=true',
          '?page=2&per_page=3',
          '?search=registro%20civil',
        ]) {
          const body = await page(`${path}${query}`)
          expect(standard.check(path, body), `${path}${query}`).toEqual([])
          for (const { id } of query === '' ? body.contents : [])
            expect(
              standard.check(`${path}/{id}`, await (await get(`${path}/${id}`)).json()),
              `${path}/${id}`,
            ).toEqual([])
        }
      }
    })

    it('no parameter of it is unknown', async () => {
      await start()
      const standard = validators()
      const values: Record<string, string> = {
        search: 'comida',
        page: '1',
        per_page: '2',
        format: 'json',
        full: 'true',
        full_service: 'true',
        minimal: 'true',
        modified_after: '2000-01-01T00:00:00Z',
        taxonomy_term_id: (await page('/taxonomy_terms?search=alimentación')).contents[0]!.id,
        taxonomy_id: (await page('/taxonomies')).contents[0]!.id,
        organization_id: (await page('/organizations?search=ejemplo%20albergue')).contents[0]!.id,
        postcode: '21301',
        proximity: '1000',
        parent_id: 'x',
        top_only: 'true',
      }
      for (const path of listings) {
        const { total_items } = await page(path)
        for (const name of standard.parameters(path)) {
          expect(values, name).toHaveProperty(name)
          if (name === 'postcode' || name === 'proximity') continue
          const found = await page(`${path}?${name}=${encodeURIComponent(values[name]!)}`)
          expect(found.total_items, `${path} ${name}`).toBeLessThanOrEqual(total_items)
        }
      }
    })
  },
)

describe('an entry', () => {
  it('is served with all it has for the public, and nothing that is for the network', async () => {
    await start()
    const [found] = (await page('/organizations?search=albergue%20de%20ejemplo')).contents
    const whole = await text(`/organizations/${found!.id}?full_service=true`)
    for (const shown of [
      '+50400000101',
      'frente a la cancha',
      '"available":6',
      '"code":"cab"',
      'Corredor Puerto Barrios',
    ])
      expect(whole).toContain(shown)
    const everything = await Promise.all(
      ['organizations', 'services', 'service_at_locations'].map((path) =>
        text(`/${path}?format=ndjson&full=true`),
      ),
    )
    expect(everything.join('')).not.toContain('+50400000102')
    expect(everything.join('')).not.toContain('answers_at_night')
  })

  it('is found by the words people use', async () => {
    await start()
    const names = async (query: string) =>
      (await page(`/service_at_locations?per_page=100&search=${encodeURIComponent(query)}`)).contents.map(
        ({ location }) => (location as { name: string }).name,
      )
    expect(new Set(await names('alvergue omoa'))).toEqual(new Set(['Casa de ejemplo']))
    expect(await names('partida de nacimiento pto barrios')).toEqual(['Oficina de ejemplo'])
    expect((await page('/services?search=garífuna')).contents.map(({ name }) => name)).toEqual(['Albergue'])
  })

  it('tells nodes what is for the network, and who shows another token that it is wrong', async () => {
    await start()
    const path = '/_enlace/registry/v1/directory'
    expect(await text(path)).not.toContain('+50400000102')
    const copy = JSON.parse(await text(path, { authorization: `Bearer ${token}` })) as unknown
    expect(JSON.stringify(copy)).toContain('+50400000102')
    expect(readDirectoryCopy(copy)?.entries.filter(({ entry }) => entry)).toHaveLength(exampleEntries.length)
    for (const wrong of ['Bearer x', `Bearer ${token}x`, 'Basic x', '']) {
      const answer = await get(path, { authorization: wrong })
      expect([wrong, answer.status]).toEqual([wrong, 401])
      expect(((await answer.json()) as { code: string }).code).toBe('unknown_token')
    }
    expect((await get(path)).headers.get('vary')).toContain('Authorization')
  })

  it('changes the time of its services when it changes', async () => {
    const storage = memoryStorage()
    const begin = async (at: number, entries: unknown) => {
      registry = await createRegistry(
        {
          port: 0,
          data_dir: folder,
          entries_file: writeEntries({ institutions: exampleInstitutions, entries }),
        },
        { log: pino({ level: 'silent' }), storage, now: () => at },
      )
      const { contents } = await page('/services?per_page=100&modified_after=2026-06-01')
      await registry.close()
      return contents.map(({ organization_id }) => organization_id)
    }
    expect(await begin(Date.UTC(2026, 0, 1), exampleEntries)).toEqual([])
    const [first, ...rest] = structuredClone(exampleEntries)
    first!.records.services![0]!['description'] = 'Otra descripción'
    const changed = await begin(Date.UTC(2026, 6, 1), [first, ...rest])
    expect(new Set(changed)).toEqual(new Set([first!.records.organizations![0]!.id]))
  })

  it('that has a fault stops the start, with its place', async () => {
    const [first] = structuredClone(exampleEntries)
    first!.records.phones![0]!['number'] = '+50422345678'
    const refuse = (content: unknown, message: string) =>
      expect(start({ entries_file: writeEntries(content) })).rejects.toThrow(message)
    await refuse(
      { institutions: exampleInstitutions, entries: [first] },
      `entries.0.records.phones ${first!.records.phones![0]!.id}, number`,
    )
    await refuse({ institutions: [], entries: exampleEntries }, 'no institution hn-ejemplo-albergue')
    await refuse(
      { institutions: exampleInstitutions, entries: [exampleEntries[0], exampleEntries[0]] },
      'has an entry already',
    )
    await refuse(
      { institutions: [{ ...exampleInstitutions[0], key: 'gt-renap' }], entries: [] },
      'gt-renap appears twice',
    )
    await expect(start({ entries_file: join(folder, 'nada.json') })).rejects.toThrow(ConfigError)
  })
})

describe('what is near', () => {
  const at = { latitude: 15.7301, longitude: -88.6002 }
  const near = async (query: string) => (await page(`/service_at_locations?per_page=100&${query}`)).contents

  async function withPlaces() {
    const [shelter, office, clinic] = structuredClone(exampleEntries)
    Object.assign(office!.records.locations![0]!, at)
    office!.records.addresses![0]!['postal_code'] = '18001'
    const [service] = clinic!.records.services!
    const area = [
      [
        [-89, 15],
        [-88, 15],
        [-88, 16],
        [-89, 16],
        [-89, 15],
      ],
    ]
    clinic!.records.service_areas = [
      {
        id: crypto.randomUUID(),
        service_id: service!.id,
        extent_type: 'geojson',
        extent: JSON.stringify({ type: 'Polygon', coordinates: area }),
      },
    ]
    await start({
      entries_file: writeEntries({ institutions: exampleInstitutions, entries: [shelter, office, clinic] }),
    })
  }

  it('is found by coordinates, plus code, town and postal code, the nearest first', async () => {
    await withPlaces()
    const close = await near(`near=${at.latitude},${at.longitude}&proximity=100`)
    expect(close.map(({ location }) => (location as { name: string }).name)).toEqual(['Oficina de ejemplo'])
    expect(
      (await near(`near=${encodeURIComponent(plusCodeOf(at))}&proximity=100`)).map(({ id }) => id),
    ).toEqual(close.map(({ id }) => id))
    expect((await near('postcode=18001&proximity=100')).map(({ id }) => id)).toEqual(
      close.map(({ id }) => id),
    )
    // The office stands by itself; the others of the town are known to be in it.
    const town = await near('near=puerto%20barrios&proximity=5000')
    expect(town.length).toBeGreaterThan(close.length)
    const ten = await near(`near=${at.latitude},${at.longitude}&proximity=70000`)
    expect(ten[0]!.id).toBe(close[0]!.id)
    expect(ten.length).toBeGreaterThan(town.length)
  })

  it('is what covers the place, where an area is drawn', async () => {
    await withPlaces()
    expect((await near('postcode=18001')).map(({ service }) => (service as { name: string }).name)).toEqual([
      'Médico',
    ])
    const isClinic = ({ location }: Record<string, unknown>) =>
      (location as { name: string }).name === 'Clínica de ejemplo'
    const anywhere = 'proximity=20000000'
    // Its two services are there; the one with an area drawn is not given outside of it.
    expect((await near(`near=15.7,-88.6&${anywhere}`)).filter(isClinic)).toHaveLength(2)
    expect((await near(`near=14.6,-90.5&${anywhere}`)).filter(isClinic)).toHaveLength(1)
  })

  it.each([
    ['proximity=1000', 'falta el punto'],
    ['postcode=99999&proximity=1000', 'ningún lugar'],
    ['near=atlántida%20perdida', 'lugar conocido'],
    ['near=91,0', 'lugar conocido'],
    ['near=omoa&proximity=-1', 'número'],
    ['near=omoa&proximity=lejos', 'número'],
  ])('%s is refused in words', async (query, words) => {
    await start()
    const answer = await get(`/service_at_locations?${query}`)
    expect(answer.status).toBe(400)
    expect(((await answer.json()) as { message: { es: string } }).message.es).toContain(words)
  })
})
