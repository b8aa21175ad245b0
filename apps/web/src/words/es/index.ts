import { first } from './first.ts'
import { later } from './later.ts'
import { rest } from './rest.ts'

/** Every sentence of the client, in Spanish: the source. English says the same in `../en`. */
export const es = { ...first, ...rest, ...later }
