/** Who must have a second factor, by role and institution (configuration, `sign_in`). */
import type { Config } from '../../config.ts'

export type Demand = 'optional' | 'asked' | 'required'

type Position = { institution?: string | undefined; role?: string | undefined }

/** The strictest of what is asked of each: what the operator noted, and what the institution's roster says. */
export function demandOn(config: Config['sign_in'], positions: readonly Position[]): Demand {
  const demands = positions.map((position) => demandOf(config, position))
  return demands.includes('required') ? 'required' : demands.includes('asked') ? 'asked' : 'optional'
}

function demandOf(config: Config['sign_in'], person: Position): Demand {
  const { role, institution } = person
  if (role !== 'staff' && role !== 'coordinator' && role !== 'official') return 'optional'
  const own = institution === undefined ? undefined : config.by_institution[institution]
  return own?.[role] ?? config.second_factor[role]
}
