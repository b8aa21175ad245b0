import { stableId } from '../ids.ts'

/** What capacity is counted in. */
export const bedUnit = {
  id: stableId('unit/bed'),
  name: 'cama',
  scheme: 'enlace',
  identifier: 'bed',
} as const
