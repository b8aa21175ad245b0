/** What may be a password: long enough, and not one of those that are tried first. */
import { Worker } from 'node:worker_threads'
import type { BilingualText } from '@enlace/directory/text'
import { limitExceeded, MatrixError } from '../errors.ts'
import type { PasswordEstimate, PasswordQuestion } from './password-worker.ts'
import { DEMO_PASSWORD, MAX_PASSWORD_BYTES } from './passwords.ts'

const MIN_LENGTH = 12
/** From here on what is no repetition, row of keys or name counts as a sentence, and no dictionary is asked. */
const SENTENCE_LENGTH = 20
const MIN_GUESSES_LOG10 = 9
/** The dictionaries take some 40 MiB: they are kept while several passwords are set, not for ever. */
const KEEP_MS = 120_000
/** A word takes a second at worst. */
const MAX_WAITING = 16
const ROWS = ['1234567890', 'qwertyuiop', 'asdfghjklñ', 'zxcvbnm', 'abcdefghijklmnñopqrstuvwxyz']

export type PasswordOwner = { localpart: string; about?: readonly string[]; allowDemoPassword: boolean }

export function createPasswordCheck() {
  const estimate = createEstimator()
  return {
    close: estimate.close,
    /** @throws M_WEAK_PASSWORD saying what to change, in both languages */
    async check(typed: string, owner: PasswordOwner): Promise<void> {
      const password = typed.normalize('NFC')
      if (owner.allowDemoPassword && password === DEMO_PASSWORD) return
      const plain = faultOf(password, owner)
      if (plain) throw weak(plain)
      if ([...password].length >= SENTENCE_LENGTH) return
      const about = [owner.localpart, ...owner.localpart.split(/[._=\-/+]/), ...(owner.about ?? [])]
      const { guessesLog10, parts } = await estimate.of(password, about)
      if (guessesLog10 < MIN_GUESSES_LOG10) throw weak(tooCommon(parts))
    },
  }
}

/** What needs no dictionary. */
function faultOf(password: string, { localpart, about = [] }: PasswordOwner): BilingualText | undefined {
  if (Buffer.byteLength(password) > MAX_PASSWORD_BYTES)
    return { es: 'La contraseña es demasiado larga.', en: 'The password is too long.' }
  if ([...password].length < MIN_LENGTH)
    return {
      es: `La contraseña necesita al menos ${MIN_LENGTH} caracteres. Sirven tres o cuatro palabras que no vayan juntas.`,
      en: `Choose a password of at least ${MIN_LENGTH} characters. Three or four words that do not belong together will do.`,
    }
  const folded = fold(password)
  if (folded.includes(fold(DEMO_PASSWORD)))
    return {
      es: 'Esa es la contraseña de la demostración. Elija otra.',
      en: 'That is the demonstration password. Choose another one.',
    }
  const own = [localpart, ...about].map(fold).filter((word) => word.length > 3)
  const rest = own.reduce((left, word) => left.replaceAll(word, ''), folded).replace(/[\d\W_]/gu, '')
  if (rest.length < 4 && own.some((word) => folded.includes(word)))
    return {
      es: 'La contraseña no puede ser el nombre de usuario ni el de la institución, tampoco con números detrás.',
      en: 'The password must not be the user name or the institution, nor one of them with digits behind it.',
    }
  if (new Set(folded).size < 6 || /^(.{1,10}?)\1+.{0,3}$/su.test(folded))
    return {
      es: 'La contraseña repite lo mismo. Añada palabras distintas.',
      en: 'The password repeats the same. Add different words.',
    }
  if (inRows(folded) > 0.75)
    return {
      es: 'La contraseña sigue el orden de las teclas o del abecedario. Use palabras.',
      en: 'The password follows the order of the keys or of the alphabet. Use words.',
    }
  return undefined
}

const fold = (text: string) =>
  text
    .toLowerCase()
    .normalize('NFD')
    .replace(/(?<!n)\p{M}|(?<=n)(?!\u0303)\p{M}/gu, '')
    .normalize('NFC')

/** How much of it are neighbours in a row of keys, forwards or back. */
function inRows(text: string): number {
  let pairs = 0
  for (let at = 1; at < text.length; at++) {
    const pair = text.slice(at - 1, at + 1)
    const back = `${pair[1]}${pair[0]}`
    if (ROWS.some((row) => row.includes(pair) || row.includes(back))) pairs++
  }
  return pairs / (text.length - 1)
}

function tooCommon(parts: readonly string[]): BilingualText {
  const named = parts.slice(0, 3).map((part) => `«${part}»`)
  const why = {
    es: named.length === 0 ? '' : ` por ${named.join(', ')}`,
    en: named.length === 0 ? '' : ` because of ${named.join(', ')}`,
  }
  return {
    es: `Esa contraseña se adivina pronto${why}. Añada dos palabras que no tengan que ver, o use una frase de ${SENTENCE_LENGTH} letras o más.`,
    en: `That password is guessed soon${why}. Add two words that have nothing to do with it, or use a sentence of ${SENTENCE_LENGTH} letters or more.`,
  }
}

const weak = (message: BilingualText) =>
  new MatrixError(400, 'M_WEAK_PASSWORD', `${message.es} / ${message.en}`, { 'org.enlace.message': message })

/** Asks the worker, which is started when it is needed first. */
function createEstimator() {
  let worker: Worker | undefined
  let timer: NodeJS.Timeout | undefined
  let last = 0
  const asked = new Map<number, { done(answer: PasswordEstimate): void; fail(error: Error): void }>()

  function start(): Worker {
    const started = new Worker(new URL('./password-worker.ts', import.meta.url))
    started.unref()
    started.on('message', (answer: PasswordEstimate) => {
      asked.get(answer.id)?.done(answer)
      asked.delete(answer.id)
    })
    started.on('error', end)
    return started
  }

  function end(error = new Error('the estimate of passwords has ended')): void {
    const ended = worker
    worker = undefined
    for (const { fail } of asked.values()) fail(error)
    asked.clear()
    void ended?.terminate()
  }

  return {
    of(password: string, about: readonly string[]): Promise<PasswordEstimate> {
      if (asked.size >= MAX_WAITING) return Promise.reject(limitExceeded(2_000))
      worker ??= start()
      clearTimeout(timer)
      timer = setTimeout(end, KEEP_MS)
      timer.unref()
      const id = ++last
      return new Promise((done, fail) => {
        asked.set(id, { done, fail })
        worker!.postMessage({ id, password, about } satisfies PasswordQuestion)
      })
    },
    close() {
      clearTimeout(timer)
      end()
    },
  }
}
