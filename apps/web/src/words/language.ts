import { createStore } from '../lib/store.ts'
import { first as en } from './en/first.ts'
import { first as es } from './es/first.ts'
import type { FirstWords, Language, Words } from './types.ts'

const KEY = 'enlace.language'

/** Spanish unless this person chose English here. */
export const language = createStore<Language>(
  typeof localStorage !== 'undefined' && localStorage.getItem(KEY) === 'en' ? 'en' : 'es',
)

const said: Record<Language, FirstWords | Words> = { es, en }
let needed: 'first' | 'rest' | 'all' = 'first'

/**
 * Before anything behind the sign-in page is drawn, and before something is written in a language that is not the person's.
 * @throws when the network does not give them
 */
export async function loadWords(which: Language = language.get()): Promise<void> {
  if (needed === 'first') needed = 'rest'
  const { rest } = await (which === 'en' ? import('./en/rest.ts') : import('./es/rest.ts'))
  said[which] = { ...said[which], ...rest }
}

/**
 * Those of the pages beside the conversations as well: `lazyPage` does it.
 * @throws when the network does not give them
 */
export async function loadAllWords(which: Language = language.get()): Promise<void> {
  needed = 'all'
  const [{ later }] = await Promise.all([
    which === 'en' ? import('./en/later.ts') : import('./es/later.ts'),
    loadWords(which),
  ])
  said[which] = { ...said[which], ...later }
}

/** Without a network, and before these words were ever fetched, the language stays as it is. */
export async function chooseLanguage(next: Language): Promise<void> {
  if (needed !== 'first') {
    try {
      await (needed === 'all' ? loadAllWords : loadWords)(next)
    } catch {
      return
    }
  }
  localStorage.setItem(KEY, next)
  document.documentElement.lang = next
  language.set(next)
}

/**
 * What is not `FirstWords` is there once `loadWords` is through, or `loadAllWords`: whatever is drawn later is fetched together with
 * it, and `reach.test.ts` looks that it does not say more than what it came with.
 */
export function wordsIn(which: Language): Words {
  return said[which] as Words
}
