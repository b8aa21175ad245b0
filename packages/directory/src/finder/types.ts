import type { Person } from '../entry/marks.ts'
import type { Position } from '../entry/plus-code.ts'
import type { Freshness } from '../freshness.ts'
import type { Opening } from '../hours/opening.ts'
import type { SearchAnswer } from '../search/directory-search.ts'

/** What a person looks for: what they need, in their words or by category, and then where, when and for whom. */
export interface FindQuery {
  text: string
  /** any of these categories */
  services: readonly string[]
  /** ISO 3166-1 alpha-2; '' for all */
  country: string
  /** BCP 47; '' for all */
  language: string
  openNow: boolean
  /** what is not said excludes nobody */
  person: Pick<Person, 'sex' | 'situation'>
  /** the nearest first */
  near?: Position
}

export const anything: FindQuery = {
  text: '',
  services: [],
  country: '',
  language: '',
  openNow: false,
  person: {},
}

export interface FindAnswer {
  /** how the question was understood */
  understood: SearchAnswer<unknown>['understood']
  /** what was found, best first: numbers by which `rows` is asked */
  found: Uint32Array
  /** for each that was found: here, near or elsewhere; 0 where no place was asked for */
  where: Uint8Array
  /** latitude and longitude of each that was found, one after the other; NaN where no place is known */
  positions: Float32Array
}

/** What a list says of one service at one place. */
export interface FoundRow {
  /** of the service at its place, the service or the organization: the most exact there is */
  id: string
  /** the institution's key */
  key: string
  institution: string
  kind: string
  country: string
  service?: { id: string; name: string; nameInEnglish?: string }
  categories: string[]
  /** town and department, as far as they are known */
  place?: string
  position?: Position
  /** the town's, because of the place itself nothing is known */
  townOnly: boolean
  metres?: number
  opening: Opening
  freshness: Freshness
  example: boolean
  confirmed: boolean
  /** a number to call, the nearest to the service there is */
  phone?: string
}
