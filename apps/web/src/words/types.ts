import type { es } from './es/index.ts'

export type Language = 'es' | 'en'

/** Every sentence, in one language. */
export type Words = typeof es
