import { byOrganization, type CatalogueEntry } from '../catalogue/catalogue.ts'
import { recordsOf } from '../catalogue/records.ts'
import type { Position } from '../entry/plus-code.ts'
import { nest, Ownership } from '../hsds/nesting.ts'
import { organizationIdOf } from '../ids.ts'
import type { Steps } from '../steps.ts'
import { entryDetails } from './entry-details.ts'

export interface Whereabouts {
  /** of places whose address is the network's alone */
  hidden: Position[]
  /** of places anybody may find */
  open: Position[]
}

/**
 * Where the places of all institutions are, by whether anybody may know. As much of the hidden ones as the records given have: the
 * public view has none. A place known by its town alone is in neither.
 */
export function* whereaboutsOf(entries: readonly CatalogueEntry[], now: number): Steps<Whereabouts> {
  const ownership = new Ownership(yield* recordsOf([...entries], { now, view: 'network' }), true)
  yield* ownership.inSteps()
  const found: Whereabouts = { hidden: [], open: [] }
  for (const known of byOrganization([...entries]).values()) {
    const row = known.entry && ownership.row('organizations', organizationIdOf(known.institution.key))
    if (row) {
      const whole = nest(ownership, 'organizations', row, { keys: 'keyed' })
      const { places } = entryDetails(known, whole, ownership, { now, view: 'network' })
      for (const { position, townOnly, networkOnly, addressNetworkOnly } of places)
        if (position && !townOnly)
          (networkOnly || addressNetworkOnly ? found.hidden : found.open).push(position)
    }
    yield
  }
  return found
}
