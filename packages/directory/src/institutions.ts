import data from '../data/institutions.json' with { type: 'json' }
import { type Institution, institutionsFileSchema } from './institution.ts'

/** The corridor's institutions as the project ships them, every one of them still to be verified. */
export const institutions: readonly Institution[] = institutionsFileSchema.parse(data).institutions
