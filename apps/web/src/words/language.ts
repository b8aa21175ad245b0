import { createStore } from '../lib/store.ts'
import { en } from './en/index.ts'
import { es } from './es/index.ts'
import type { Language, Words } from './types.ts'

const KEY = 'enlace.language'

/** Spanish unless this person chose English here. */
export const language = createStore<Language>(
  typeof localStorage !== 'undefined' && localStorage.getItem(KEY) === 'en' ? 'en' : 'es',
)

export function chooseLanguage(next: Language): void {
  localStorage.setItem(KEY, next)
  document.documentElement.lang = next
  language.set(next)
}

export function wordsIn(which: Language): Words {
  return which === 'en' ? en : es
}
