import type { es } from './es/index.ts'

export type Language = 'es' | 'en'

/** Every sentence, in one language. */
export type Words = typeof es
/** What is said before somebody has signed in. */
export type FirstWords = typeof import('./es/first.ts').first
export type RestWords = typeof import('./es/rest.ts').rest
/** What only pages say that `lazyPage` fetches. */
export type LaterWords = typeof import('./es/later.ts').later
