/**
 * Search as a device does it: 10,000 messages of an office, the words they are looked for by, misspelt and not, and numbers
 * in other writings than the messages'. A cheap telephone is four to six times slower than a desk's processor: what the processor
 * itself worked, four times, is what a person there waits for, however busy this machine is.
 */
import { createSearchDesk } from '../../apps/web/src/model/search/search-desk.ts'
import { say, spread } from './figures.ts'

const MESSAGES = 10_000
/** As browsers' tools slow a processor down for "a mid-range phone". */
const PHONE_SLOWER = 4
const QUERIES = [
  'hernandez',
  'ernandes omoa',
  'certificación de nacimiento',
  'sertificasion nasimiento',
  'caso',
  'q’eqchi’',
  '0801199004321',
  '+504 9988-1234',
  'DOC-2026-004321',
  'alvergue corinto jueves',
  'c',
] as const
const NAMES =
  'Hernández Jiménez Giménez Cecilia Sesilia Xol Caal Choc Martínez Zelaya Maldonado López Pérez'.split(' ')
const PLACES =
  'Omoa Corinto Tegucigalpa Guatemala Esquipulas Chiquimula Ocotepeque Güinope Cobán Livingston'.split(' ')
const WORDS =
  `certificación nacimiento partida albergue traslado cupo viernes jueves mañana llegada niñez madre tutora acta folio tomo
  firma sello juzgado audiencia retorno consulado intérprete q'eqchi' garífuna español urgente pendiente recibido entregado`.split(
    /\s+/,
  )

/** Always the same: figures of two runs are about the same texts. */
function random(seed: number): () => number {
  let state = seed
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 4_294_967_296
    return state / 4_294_967_296
  }
}

export async function benchSearch(): Promise<void> {
  say(`\nSearch: ${MESSAGES} messages on a device`)
  const next = random(11)
  const one = <T>(list: readonly T[]): T => list[Math.floor(next() * list.length)]!
  const entries = Array.from({ length: MESSAGES }, (_, at) => {
    const words = Array.from({ length: 6 + Math.floor(next() * 14) }, () => one(WORDS))
    const number = String(at).padStart(6, '0')
    words.splice(2, 0, one(NAMES), `de ${one(PLACES)}`)
    if (at % 5 === 0) words.push(`DNI 0801-1990-${number.slice(1)}`)
    if (at % 7 === 0) words.push(`+504 9988-${number.slice(2)}`)
    if (at % 9 === 0) words.push(`DOC-2026-${number}`)
    // Words that nobody else writes: what makes an index large.
    words.push(`${one(NAMES)}${one(PLACES).toLowerCase()}${Math.floor(next() * 3_000)}`)
    return { id: `$${at}`, text: words.join(' '), ts: at, room: `!${at % 12}`, sender: `@${at % 40}:hn` }
  })
  const desk = createSearchDesk()
  const before = process.memoryUsage().heapUsed
  const began = performance.now()
  await desk.put(entries)
  say(`  index made in a worker, once a session   ${(performance.now() - began).toFixed(0)} ms`)
  say(
    `  memory of it                             ${((process.memoryUsage().heapUsed - before) / 2 ** 20).toFixed(0)} MiB`,
  )
  const rooms = Array.from({ length: 12 }, (_, at) => `!${at}`)
  for (const text of QUERIES) {
    const times: number[] = []
    let total = 0
    const worked = process.cpuUsage()
    for (let round = 0; round < 20; round++) {
      const asked = performance.now()
      total = (await desk.find({ text, rooms, kinds: ['text'], limit: 40 })).total
      times.push(performance.now() - asked)
    }
    const { user, system } = process.cpuUsage(worked)
    const phone = ((user + system) / 1_000 / times.length) * PHONE_SLOWER
    say(
      `  ${`“${text}”`.padEnd(36)} ${String(total).padStart(6)} found   ${spread(times)}   a phone ${phone.toFixed(0)} ms`,
    )
  }
}
