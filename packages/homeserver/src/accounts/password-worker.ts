/**
 * Estimates how easily a password is guessed, in a thread of its own: the dictionaries take a second to load, and a word
 * with many ways to be read takes as long again, in which nobody else would be served.
 */
import { parentPort } from 'node:worker_threads'
import { type Match, ZxcvbnFactory } from '@zxcvbn-ts/core'
import { adjacencyGraphs, dictionary as common } from '@zxcvbn-ts/language-common'
import { dictionary as english } from '@zxcvbn-ts/language-en'
import { dictionary as spanish } from '@zxcvbn-ts/language-es-es'
import { giveWay } from '../lib/give-way.ts'

export type PasswordQuestion = { id: number; password: string; about: readonly string[] }
/** `parts`: what in it is common, as it was typed. */
export type PasswordEstimate = { id: number; guessesLog10: number; parts: string[] }

/** Words of this network and of its countries, which no general list has. */
const OURS =
  'enlace consulado registro albergue migrante migrantes migracion niñez tegucigalpa sanpedrosula sula puertobarrios barrios ' +
  'corinto izabal cortes omoa catracho catracha catrachos chapin chapina quetzal lempira honduras hondureño guatemala ' +
  'guatemalteco agua caliente esquipulas contraseña contrasena clave acceso bienvenido bienvenidos hola olimpia motagua'

giveWay()

const zxcvbn = new ZxcvbnFactory({
  dictionary: { ...common, ...spanish, ...english, 'ours-es': OURS.split(' ') },
  graphs: adjacencyGraphs,
  l33tMaxSubstitutions: 8,
})

const isCommon = ({ pattern }: Match) => pattern !== 'bruteforce' && pattern !== 'separator'

parentPort?.on('message', ({ id, password, about }: PasswordQuestion) => {
  const { guessesLog10, sequence } = zxcvbn.check(password, [...about])
  const parts = sequence.filter(isCommon).map(({ token }) => token)
  parentPort?.postMessage({ id, guessesLog10, parts } satisfies PasswordEstimate)
})
