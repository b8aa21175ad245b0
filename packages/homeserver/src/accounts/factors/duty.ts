/** Who must have a second factor, by role and institution (configuration, `sign_in`). */
import type { Config } from '../../config.ts'

export type Demand = 'optional' | 'asked' | 'required'

export function demandOn(
  config: Config['sign_in'],
  person: { institution?: string | undefined; role?: string | undefined },
): Demand {
  const { role, institution } = person
  if (role !== 'staff' && role !== 'coordinator' && role !== 'official') return 'optional'
  const own = institution === undefined ? undefined : config.by_institution[institution]
  return own?.[role] ?? config.second_factor[role]
}
