import type { Words } from '../types.ts'
import { first } from './first.ts'
import { later } from './later.ts'
import { rest } from './rest.ts'

/** The same sentences as in `../es`, in English. */
export const en: Words = { ...first, ...rest, ...later }
