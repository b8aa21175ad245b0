import { describe, expect, test } from 'vitest'
import { en } from './en/index.ts'
import { es } from './es/index.ts'

/** What a sentence with gaps is filled with: one of a thing, and several. */
const FILLINGS = [
  [1, 1, 1],
  [7001, 7013, 7027],
] as const

/** Every sentence by its path. One with gaps stands once per filling. */
function sentences(words: object, path = ''): Map<string, string> {
  const found = new Map<string, string>()
  for (const [key, value] of Object.entries(words)) {
    const at = path === '' ? key : `${path}.${key}`
    if (typeof value === 'string') found.set(at, value)
    else if (typeof value === 'function')
      for (const filling of FILLINGS) found.set(`${at}(${filling[0]})`, String(value(...filling)))
    else for (const [inner, sentence] of sentences(value, at)) found.set(inner, sentence)
  }
  return found
}

// The pictures that are compared have English names already, the specification's own.
const spanish = sentences({ ...es, sas: {} })
const english = sentences({ ...en, sas: {} })

/** The same in both languages, and rightly so: names, abbreviations, and gaps with nothing but marks between them. */
const SAME = [
  'calls.channel.client',
  'countries.GT',
  'countries.HN',
  'countries.NI',
  'countries.SV',
  'lock.pin',
  'settings.english',
  'settings.spanish',
  'status.version(1)',
  'status.version(7001)',
]

/** Said only of several: of one there is another sentence. */
const OF_SEVERAL = [
  'channel.typingMany(1)',
  'delivery.acceptedByAll(1)',
  'delivery.onDeviceOf(1)',
  'delivery.readOf(1)',
  'measures.days(1)',
]

describe('the words', () => {
  test('say the same things in both languages', () => {
    expect([...english.keys()].sort()).toEqual([...spanish.keys()].sort())
  })

  test('are translated', () => {
    const same = [...spanish]
      .filter(([path, text]) => english.get(path) === text && /\p{L}{2}/u.test(text))
      .map(([path]) => path)
    expect(same.sort()).toEqual(SAME)
  })

  test('fill the same gaps in both languages, and leave none open', () => {
    const numbers = FILLINGS[1].map(String)
    const filled = (text: string | undefined) => numbers.filter((number) => text?.includes(number))
    for (const [path, text] of spanish)
      expect([path, filled(english.get(path))]).toEqual([path, filled(text)])
    for (const [path, text] of [...spanish, ...english])
      expect([path, text]).not.toEqual([
        path,
        expect.stringMatching(/undefined|NaN|null|\[object|=>|^\s|\s$|\s{2}/),
      ])
  })

  test('are not empty, and none speaks of cryptography', () => {
    for (const [path, text] of [...spanish, ...english]) {
      expect([path, text]).not.toEqual([path, ''])
      expect([path, text]).not.toEqual([
        path,
        expect.stringMatching(/megolm|olm\b|cross-signing|firma cruzada|secret storage|criptogr/i),
      ])
    }
  })

  test('one of a thing is not said in the plural', () => {
    for (const [path, text] of [...spanish, ...english])
      if (path.endsWith('(1)') && !OF_SEVERAL.includes(path))
        expect([path, text]).not.toEqual([
          path,
          expect.stringMatching(
            /(^|[^\d.])1 (messages|mensajes|cases|casos|calls|llamados|members|integrantes|people|personas|days|días|hours|horas|minutes|minutos|segundos|seconds|steps|pasos|filters|filtros|servidores|servers|instituciones|institutions)\b/i,
          ),
        ])
  })
})
