/** The directory at twenty thousand services: how long a question takes, what the catalogue costs in memory and time. */
import { setImmediate } from 'node:timers/promises'
import { Catalogue, type CatalogueEntry } from '@enlace/directory/catalogue'
import { organizationIdOf } from '@enlace/directory/convert'
import { runInSlices } from '@enlace/directory/steps'
import type { Row } from '@enlace/directory/tables'
import { serviceCategories, serviceLabel } from '@enlace/directory/words'
import { benchDirectoryInBrowser } from './directory-browser.ts'
import { say, spread } from './figures.ts'

const INSTITUTIONS = 4_000
const SERVICES_EACH = 5
const ROUNDS = 40

const towns = [
  ['Omoa', 'Cortés', 'HN'],
  ['Puerto Cortés', 'Cortés', 'HN'],
  ['San Pedro Sula', 'Cortés', 'HN'],
  ['Choloma', 'Cortés', 'HN'],
  ['Puerto Barrios', 'Izabal', 'GT'],
  ['Morales', 'Izabal', 'GT'],
  ['Livingston', 'Izabal', 'GT'],
  ['Chiquimula', 'Chiquimula', 'GT'],
] as const
const syllables = 'ma ri to pe la no cu sa li ve go chi ra ne du fo ba ti mo ju'.split(' ')
const categories = Object.keys(serviceCategories)

/** A word like others of the language, the same for the same number. */
const word = (n: number) =>
  [n, Math.floor(n / 20) + 3, Math.floor(n / 400) + 7].map((at) => syllables[at % syllables.length]).join('')

function uuid(n: number): string {
  return `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`
}

function invented(): CatalogueEntry[] {
  return Array.from({ length: INSTITUTIONS }, (_, n) => {
    const [municipality, department, country] = towns[n % towns.length]!
    const key = `${country.toLowerCase()}-banco-${n}`
    const name = `Centro ${word(n)} ${word(n * 31)}, ${municipality} (de ejemplo)`
    const services: Row[] = []
    const attributes: Row[] = []
    for (let at = 0; at < SERVICES_EACH; at++) {
      const id = uuid(n * 100 + at + 1)
      const category = categories[(n * 7 + at) % categories.length]!
      const label = serviceLabel(category)
      services.push({
        id,
        organization_id: organizationIdOf(key),
        name: label.es,
        alternate_name: label.en,
        status: 'active',
        description: `Atención de ${word(n * 3 + at)} ${word(n * 5 + at)} para personas ${word(n * 11 + at)}`,
      })
      attributes.push({
        id: uuid(n * 100 + at + 51),
        link_id: id,
        link_entity: 'service',
        link_type: 'service_category',
        value: category,
      })
    }
    return {
      institution: {
        key,
        name,
        country,
        department,
        municipality,
        kind: 'ngo',
        services: [],
        confirmed: true,
        source: null,
        example: true,
      },
      lastModified: '2026-01-01T00:00:00.000Z',
      entry: { key, example: true, records: { services, attributes } },
    }
  })
}

const questions = [
  'partida de nacimiento',
  'comida',
  'abogado',
  'doctor',
  'albergue corinto',
  'pto barrios',
  'alvergue corinto',
  'partida de nasimiento omoa',
  'abogdo puerto cortes',
  'niñez san pedro sula',
  'centro',
  'mari',
  'a',
  'atencion personas',
  'transprote',
  'xyzzyqwrt',
]

export async function benchDirectory(): Promise<void> {
  say('\nDirectory: 20,000 services of 4,000 institutions')
  const entries = invented()
  globalThis.gc?.()
  const before = process.memoryUsage().heapUsed
  const started = performance.now()
  const catalogue = new Catalogue(entries, Date.now())
  catalogue.ask('comida')
  const built = performance.now()
  catalogue.ask('alvergue')
  globalThis.gc?.()
  const heap = (process.memoryUsage().heapUsed - before) / 1024 / 1024
  const times: number[] = []
  // On a machine with other work the clock says mostly how busy it is; the processor's time does not.
  const work: number[] = []
  for (let round = 0; round < ROUNDS; round++)
    for (const question of questions) {
      const asked = performance.now()
      const used = process.cpuUsage()
      catalogue.ask(question, 50)
      work.push(process.cpuUsage(used).user / 1000)
      times.push(performance.now() - asked)
    }
  say(`  records and index made in               ${((built - started) / 1000).toFixed(1)} s`)
  say(`  a question, first 50 answers            ${spread(times)}`)
  say(`  processor time of a question            ${spread(work)}`)
  say(`  memory of records and index             ${heap.toFixed(0)} MiB`)
  await benchInSlices(entries)
  await benchDirectoryInBrowser(entries, questions, ROUNDS)
}

/** As a node makes it: how long others wait meanwhile. */
async function benchInSlices(entries: readonly CatalogueEntry[]): Promise<void> {
  const waits: number[] = []
  const started = performance.now()
  let since = started
  await runInSlices(Catalogue.inSteps(entries, Date.now(), 'network'), async () => {
    waits.push(performance.now() - since)
    await setImmediate()
    since = performance.now()
  })
  const seconds = (performance.now() - started) / 1000
  say(`  made in slices, while others are served ${seconds.toFixed(1)} s; one slice ${spread(waits)}`)
}
