import { createStore } from '../lib/store.ts'
import { en } from './en/index.ts'
import { es, type Words } from './es/index.ts'

export type Language = 'es' | 'en'
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
