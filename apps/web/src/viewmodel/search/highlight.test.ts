import { expect, test } from 'vitest'
import { createSearchDesk } from '../../model/search/search-desk.ts'
import { marked as markedTerms } from './highlight.ts'

/** As the page does: what the search says it found is what is marked. */
async function marked(text: string, query: string) {
  const desk = createSearchDesk()
  await desk.put([{ id: '$1', text, ts: 1 }])
  const { hits } = await desk.find({ text: query, limit: 1 })
  return markedTerms(text, hits[0]?.terms ?? [])
}

test('search marks the hit whatever its accents, and cuts around it', async () => {
  const text = `${'relleno '.repeat(40)}Niñez migrante ${'cola '.repeat(80)}`
  const pieces = await marked(text, 'ninez')
  expect(pieces.find((one) => one.hit)?.text).toBe('Niñez')
  expect(pieces[0]?.text).toBe('…')
  expect(pieces.at(-1)?.text).toBe('…')
})

test('a short text is shown whole, without marks of a cut', async () => {
  expect(await marked('Juzgado de la Niñez', 'ninez')).toEqual([
    { text: 'Juzgado de la ', hit: false },
    { text: 'Niñez', hit: true },
  ])
})

test('search marks a number however it was written', async () => {
  const hit = async (text: string, query: string) =>
    (await marked(text, query)).filter((one) => one.hit).map((one) => one.text)
  expect(await hit('DNI 0801-1990-12345, Omoa', '0801199012345')).toEqual(['0801-1990-12345'])
  expect(await hit('llame al 99887766 hoy', '+504 9988-7766')).toEqual(['99887766'])
  expect(await hit("habla q'eqchi' y español", 'qʼeqchiʼ')).toEqual(["q'eqchi'"])
})

test('search marks what sounds alike or is misspelt', async () => {
  const hit = async (text: string, query: string) =>
    (await marked(text, query)).filter((one) => one.hit).map((one) => one.text)
  expect(await hit('Llegó Ana Hernández de Jocón', 'ernandes jocon')).toEqual(['Hernández', 'Jocón'])
  expect(await hit('albergue en Corinto', 'alvergue')).toEqual(['albergue'])
})
