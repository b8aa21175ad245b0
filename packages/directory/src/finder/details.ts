import { byOrganization } from '../catalogue/catalogue.ts'
import type { CatalogueEntry } from '../catalogue/records.ts'
import { recordsOf } from '../catalogue/records.ts'
import { publicView } from '../entry/visibility.ts'
import { nest, Ownership } from '../hsds/nesting.ts'
import { organizationIdOf } from '../ids.ts'
import type { Steps } from '../steps.ts'
import { type EntryDetails, entryDetails } from './entry-details.ts'

export type { EntryDetails, PhoneDetails, PlaceDetails, ServiceDetails } from './entry-details.ts'

/**
 * Every institution as anybody may see it, in the groups a page shows, by key. What is for the network only is taken out before
 * anything is worked out, so that who was given more says the same as who was not.
 */
export function* publicDetails(entries: readonly CatalogueEntry[], now: number): Steps<EntryDetails[]> {
  const open: CatalogueEntry[] = []
  for (const each of entries) {
    open.push(each.entry ? { ...each, entry: publicView(each.entry) } : each)
    yield
  }
  const ownership = new Ownership(yield* recordsOf(open, { now, view: 'public' }), true)
  yield* ownership.inSteps()
  const details: EntryDetails[] = []
  for (const known of byOrganization(open).values()) {
    const row = ownership.row('organizations', organizationIdOf(known.institution.key))
    if (row) {
      const whole = nest(ownership, 'organizations', row, { keys: 'keyed' })
      details.push(entryDetails(known, whole, ownership, { now, view: 'public' }))
    }
    yield
  }
  return details.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0))
}
