/** What a machine says in its own words, for an operator: which file, and what is the matter with it. */
import { z } from 'zod'
import { issueOf } from './command.ts'
import { EXIT, type Lang } from './types.ts'

const SYSTEM: Readonly<Record<string, Record<Lang, string>>> = {
  ENOENT: { es: 'No existe', en: 'There is no' },
  EACCES: { es: 'Sin permiso para', en: 'No permission for' },
  EPERM: { es: 'Sin permiso para', en: 'No permission for' },
  EEXIST: { es: 'Ya existe, y no se toca', en: 'There already, and left alone' },
  EISDIR: { es: 'Es una carpeta, no un archivo', en: 'A folder, not a file' },
  ENOTDIR: { es: 'No es una carpeta', en: 'Not a folder' },
  ENOSPC: { es: 'No queda espacio en el disco', en: 'No space is left on the disk' },
  EROFS: { es: 'El disco es solo de lectura', en: 'The disk is read-only' },
}

export function messageOf(error: unknown, lang: Lang): string {
  if (error instanceof z.ZodError) return issueOf(error)
  if (!(error instanceof Error)) return String(error)
  const { code, path } = error as NodeJS.ErrnoException
  const words = code !== undefined && Object.hasOwn(SYSTEM, code) ? SYSTEM[code] : undefined
  return words && path !== undefined ? `${words[lang]}: ${path}` : error.message
}

/** What a command was called without, in the words of its help; anything else as the schema says it. */
export function inputFault(error: z.ZodError, input: Record<string, unknown>, lang: Lang): string {
  const field = error.issues[0]?.path[0]
  if (typeof field !== 'string' || input[field] !== undefined) return issueOf(error)
  const name = field.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
  return lang === 'es' ? `falta ${name.toUpperCase()}` : `${name.toUpperCase()} is missing`
}

/** What is not done at all, and why: the code is a script's, the sentence a person's. */
export const REFUSALS: Readonly<
  Record<
    'notUnderstood' | 'noConfig' | 'notConfirmed' | 'wrongState',
    { errcode: string; exit: number; words?: Record<Lang, string>; help?: true }
  >
> = {
  notUnderstood: {
    errcode: 'ORG.ENLACE.NOT_UNDERSTOOD',
    exit: EXIT.notUnderstood,
    words: { es: 'No se entiende', en: 'Not understood' },
    help: true,
  },
  noConfig: { errcode: 'ORG.ENLACE.NO_CONFIGURATION', exit: EXIT.notUnderstood },
  notConfirmed: {
    errcode: 'ORG.ENLACE.NOT_CONFIRMED',
    exit: EXIT.notConfirmed,
    words: {
      es: 'No se hizo nada. Repita con --yes si está seguro.',
      en: 'Nothing was done. Repeat with --yes if you are sure.',
    },
  },
  wrongState: {
    errcode: 'ORG.ENLACE.WRONG_STATE',
    exit: EXIT.wrongState,
    words: {
      es: 'El nodo no está en marcha, y esta orden lo necesita así.',
      en: 'The node is not running, and this command needs it so.',
    },
  },
}
