/** How much a search has to look at, counted: seconds are of the machine, and this is of the search. */
import * as spelling from '@enlace/directory/spelling'
import { expect, test, vi } from 'vitest'
import { createSearchDesk } from './search-desk.ts'

vi.mock('@enlace/directory/spelling', async (original) => {
  const real = await original<typeof spelling>()
  return { ...real, lettersApart: vi.fn(real.lettersApart), soundOf: vi.fn(real.soundOf) }
})

const MESSAGES = 10_000
/** Words compared letter by letter for one question. */
const MOST_COMPARED = 100
const WORDS =
  `certificación nacimiento partida albergue traslado cupo viernes jueves mañana llegada niñez madre tutora acta folio tomo
  firma sello juzgado audiencia retorno consulado intérprete garífuna español urgente pendiente recibido entregado`.split(
    /\s+/,
  )
const NAMES = 'Hernández Jiménez Cecilia Xol Caal Martínez Zelaya Maldonado López Pérez'.split(' ')

test('of the words of ten thousand messages few are compared letter by letter, and none is made to sound again', async () => {
  const desk = createSearchDesk()
  // Every second message has a word that nobody else writes: what makes an index large.
  await desk.put(
    Array.from({ length: MESSAGES }, (_, at) => ({
      id: `$${at}`,
      text: [
        ...Array.from({ length: 10 }, (_, n) => WORDS[(at * 7 + n) % WORDS.length]!),
        NAMES[at % NAMES.length]!,
        at % 2
          ? `${NAMES[at % 7]}${WORDS[at % 11]}${at.toString(36)}`
          : `0801-1990-${String(at).padStart(5, '0')}`,
      ].join(' '),
      ts: at,
      room: `!${at % 12}`,
    })),
  )
  const rooms = Array.from({ length: 12 }, (_, at) => `!${at}`)
  const counted: Record<string, number> = {}
  for (const text of [
    'ernandes',
    'sertificasion nasimiento',
    'alvergue jueves',
    'zelalla',
    '0801199004320',
    'cert',
  ]) {
    vi.mocked(spelling.lettersApart).mockClear()
    vi.mocked(spelling.soundOf).mockClear()
    const { total } = await desk.find({ text, rooms, limit: 40 })
    expect([text, total > 0]).toEqual([text, true])
    counted[text] = vi.mocked(spelling.lettersApart).mock.calls.length
    expect([text, vi.mocked(spelling.soundOf).mock.calls.length <= text.split(' ').length * 4]).toEqual([
      text,
      true,
    ])
  }
  for (const [text, times] of Object.entries(counted))
    expect([text, times <= MOST_COMPARED]).toEqual([text, true])
})
