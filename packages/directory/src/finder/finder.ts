import { byOrganization, type CatalogueEntry } from '../catalogue/catalogue.ts'
import {
  type Findable,
  findablesOf,
  indexOf,
  placeNames,
  positionOfLocation,
} from '../catalogue/catalogue-search.ts'
import { type CatalogueOptions, recordsOf } from '../catalogue/records.ts'
import { type Eligibility, eligibilityOf, isEligible, scheduleFacts } from '../entry/marks.ts'
import { metresBetween, type Position } from '../entry/plus-code.ts'
import type { Freshness } from '../freshness.ts'
import { freshnessOf } from '../freshness.ts'
import { type Opening, openingOf, type ScheduleFacts } from '../hours/opening.ts'
import { nest, Ownership } from '../hsds/nesting.ts'
import type { Row } from '../hsds/tables.ts'
import { organizationIdOf } from '../ids.ts'
import { type SearchIndex, townPosition } from '../search/directory-search.ts'
import { institutionPlaces } from '../search/institution-search.ts'
import type { Steps } from '../steps.ts'
import { entryFreshness } from '../upkeep/assurance.ts'
import { type EntryDetails, entryDetails } from './entry-details.ts'
import type { FindAnswer, FindQuery, FoundRow } from './types.ts'

export type { EntryDetails, ServiceDetails } from './entry-details.ts'
export { anything, type FindAnswer, type FindQuery, type FoundRow } from './types.ts'

/** What is known of one findable thing, worked out once: filters ask it of twenty thousand. */
interface Facts {
  categories: readonly string[]
  country: string
  position: Position | undefined
  townOnly: boolean
  languages: readonly string[]
  eligibility: Eligibility
  schedules: readonly ScheduleFacts[]
}

const whereNumbers = { here: 1, near: 2, elsewhere: 3 } as const
/** Opening changes on the hour or the half; within this time what was worked out still holds. */
const openingKeptMs = 60_000
const tomorrow = 1

/** The directory as a page asks it: what answers a question, in order, and what to say of each. */
export class Finder {
  readonly view: CatalogueOptions['view']
  readonly #findables: readonly Findable[]
  readonly #numbers: ReadonlyMap<Findable, number>
  readonly #index: SearchIndex<Findable>
  readonly #ownership: Ownership
  readonly #entries: ReadonlyMap<string, CatalogueEntry>
  readonly #facts: Array<Facts | undefined>
  /** 1 open, 2 not; 0 not asked since `#openAt` */
  #open: Uint8Array
  #openAt = 0

  private constructor(
    view: CatalogueOptions['view'],
    findables: readonly Findable[],
    index: SearchIndex<Findable>,
    ownership: Ownership,
    entries: ReadonlyMap<string, CatalogueEntry>,
  ) {
    this.view = view
    this.#findables = findables
    this.#numbers = new Map(findables.map((each, number) => [each, number]))
    this.#index = index
    this.#ownership = ownership
    this.#entries = entries
    this.#facts = new Array(findables.length)
    this.#open = new Uint8Array(findables.length)
  }

  static *inSteps(
    entries: readonly CatalogueEntry[],
    now: number,
    view: CatalogueOptions['view'],
  ): Steps<Finder> {
    const ownership = new Ownership(yield* recordsOf(entries, { now, view }), true)
    yield* ownership.inSteps()
    const known = byOrganization(entries)
    const findables = findablesOf(ownership.tables, ownership)
    const index = yield* indexOf(findables, known, ownership)
    const finder = new Finder(view, findables, index, ownership, known)
    for (let number = 0; number < findables.length; number++) {
      finder.#factsOf(number)
      yield
    }
    return finder
  }

  get size(): number {
    return this.#findables.length
  }

  find(query: FindQuery, now: number): FindAnswer {
    const asked = query.text.trim()
    const { results, understood } = asked
      ? this.#index.ask(asked)
      : {
          results: this.#findables.map((id): { id: Findable; where?: 'here' } => ({ id })),
          understood: { services: [], places: [], institutions: [], corrected: {}, ignored: [] },
        }
    const found: Array<{ number: number; where: number; metres: number }> = []
    for (const { id, where } of results) {
      const number = this.#numbers.get(id)!
      if (!this.#passes(number, query, now)) continue
      const { position } = this.#factsOf(number)
      found.push({
        number,
        where: where ? whereNumbers[where] : 0,
        metres: query.near && position ? metresBetween(query.near, position) : Number.POSITIVE_INFINITY,
      })
    }
    if (query.near) found.sort((a, b) => (a.metres === b.metres ? 0 : a.metres - b.metres))
    const positions = new Float32Array(found.length * 2)
    found.forEach(({ number }, at) => {
      const { position } = this.#factsOf(number)
      positions[at * 2] = position?.latitude ?? Number.NaN
      positions[at * 2 + 1] = position?.longitude ?? Number.NaN
    })
    return {
      understood,
      found: Uint32Array.from(found, ({ number }) => number),
      where: Uint8Array.from(found, ({ where }) => where),
      positions,
    }
  }

  /** What to say of those that were found. */
  rows(numbers: Iterable<number>, now: number, near?: Position): FoundRow[] {
    const rows: FoundRow[] = []
    for (const number of numbers) if (number < this.size) rows.push(this.#row(number, now, near))
    return rows
  }

  /** Languages somebody speaks, the most frequent first: what can be filtered by. */
  languages(): string[] {
    const count = new Map<string, number>()
    for (let number = 0; number < this.size; number++)
      for (const code of this.#factsOf(number).languages) count.set(code, (count.get(code) ?? 0) + 1)
    return [...count].sort((a, b) => b[1] - a[1] || a[0].localeCompare(b[0])).map(([code]) => code)
  }

  /** How many services there are of each category. */
  categories(): Record<string, number> {
    const count: Record<string, number> = {}
    for (let number = 0; number < this.size; number++)
      for (const category of this.#factsOf(number).categories) count[category] = (count[category] ?? 0) + 1
    return count
  }

  /** All of one institution, in the groups a page shows. */
  entry(key: string, now: number): EntryDetails | undefined {
    const id = organizationIdOf(key)
    const entry = this.#entries.get(id)
    const row = this.#ownership.row('organizations', id)
    if (!entry || !row) return undefined
    const whole = nest(this.#ownership, 'organizations', row, { keys: 'keyed' })
    return entryDetails(entry, whole, this.#ownership, { now, view: this.view })
  }

  #passes(number: number, query: FindQuery, now: number): boolean {
    const { services, country, language, person } = query
    const facts = this.#factsOf(number)
    if (services.length > 0 && !facts.categories.some((each) => services.includes(each))) return false
    if (country && facts.country !== country) return false
    if (language && !facts.languages.includes(language)) return false
    if ((person.sex || person.situation) && !isEligible(facts.eligibility, person)) return false
    return !query.openNow || this.#isOpen(number, now)
  }

  #isOpen(number: number, now: number): boolean {
    if (Math.abs(now - this.#openAt) > openingKeptMs) {
      this.#open.fill(0)
      this.#openAt = now
    }
    if (this.#open[number] === 0)
      this.#open[number] = this.#opening(number, now, tomorrow).state === 'open' ? 1 : 2
    return this.#open[number] === 1
  }

  #opening(number: number, now: number, days?: number): Opening {
    const { schedules, country } = this.#factsOf(number)
    return openingOf(schedules, { now, country, ...(days === undefined ? {} : { days }) })
  }

  #factsOf(number: number): Facts {
    const made = this.#facts[number] ?? this.#work(this.#findables[number]!)
    this.#facts[number] = made
    return made
  }

  #work(findable: Findable): Facts {
    const owned = this.#ownership
    const entry = this.#entries.get(findable.organization)
    const service = owned.row('services', findable.service)
    const location = this.#locationOf(findable)
    const exact = positionOfLocation(location, owned)
    const attributes = service ? owned.owned('attributes', 'link_id', service.id) : []
    const names = placeNames(location, owned)
    const places = names.length > 0 ? names : entry ? institutionPlaces(entry.institution) : []
    const [address] = location ? owned.owned('addresses', 'location_id', location.id) : []
    return {
      categories: service
        ? attributes.flatMap(({ link_type, value }) =>
            link_type === 'service_category' ? [String(value)] : [],
          )
        : (entry?.institution.services ?? []),
      country: String(address?.['country'] ?? entry?.institution.country ?? ''),
      position: exact ?? townPosition(places),
      townOnly: exact === undefined,
      languages: service
        ? [
            ...owned.owned('languages', 'service_id', service.id),
            ...(location ? owned.owned('languages', 'location_id', location.id) : []),
          ].flatMap(({ code }) => (code ? [String(code)] : []))
        : [],
      eligibility: eligibilityOf((service ?? {}) as { minimum_age?: unknown }, attributes),
      schedules: this.#schedules(findable),
    }
  }

  #locationOf(findable: Findable): Row | undefined {
    const place = this.#ownership.row('service_at_location', findable.atLocation)
    const location = this.#ownership.row('locations', place?.['location_id'])
    return location ?? this.#ownership.owned('locations', 'organization_id', findable.organization)[0]
  }

  /** Hours of the service at that place, else of the service, else of the place: the nearest that says something. */
  #schedules({ atLocation, service, organization }: Findable): ScheduleFacts[] {
    const owned = this.#ownership
    const location = this.#locationOf({ organization, ...(atLocation ? { atLocation } : {}) })
    const lists = [
      atLocation ? owned.owned('schedules', 'service_at_location_id', atLocation) : [],
      service ? owned.owned('schedules', 'service_id', service) : [],
      location ? owned.owned('schedules', 'location_id', location.id) : [],
    ]
    return (lists.find((list) => list.length > 0) ?? []).map((row) =>
      scheduleFacts(row as unknown as ScheduleFacts, owned.owned('attributes', 'link_id', row.id)),
    )
  }

  #row(number: number, now: number, near: Position | undefined): FoundRow {
    const findable = this.#findables[number]!
    const facts = this.#factsOf(number)
    const owned = this.#ownership
    const entry = this.#entries.get(findable.organization)!
    const { institution } = entry
    const organization = owned.row('organizations', findable.organization)
    const service = owned.row('services', findable.service)
    const location = this.#locationOf(findable)
    const [address] = location ? owned.owned('addresses', 'location_id', location.id) : []
    const place = [
      address?.['city'] ?? institution.municipality,
      address?.['state_province'] ?? institution.department,
    ].filter((text) => typeof text === 'string' && text !== '')
    const phone = this.#phone(findable, location)
    return {
      id: findable.atLocation ?? findable.service ?? findable.organization,
      key: institution.key,
      institution: String(organization?.['name'] ?? institution.name),
      kind: institution.kind,
      country: facts.country,
      ...(service
        ? {
            service: {
              id: service.id,
              name: String(service['name'] ?? ''),
              ...(service['alternate_name'] ? { nameInEnglish: String(service['alternate_name']) } : {}),
            },
          }
        : {}),
      categories: [...facts.categories],
      ...(place.length > 0 ? { place: [...new Set(place)].join(', ') } : {}),
      ...(facts.position ? { position: facts.position } : {}),
      townOnly: facts.townOnly,
      ...(near && facts.position ? { metres: metresBetween(near, facts.position) } : {}),
      opening: this.#opening(number, now),
      freshness: freshnessOfEntry(entry, now),
      example: institution.example === true,
      confirmed: institution.confirmed,
      ...(phone ? { phone } : {}),
    }
  }

  #phone({ organization, service, atLocation }: Findable, location: Row | undefined): string | undefined {
    const owned = this.#ownership
    const lists = [
      atLocation ? owned.owned('phones', 'service_at_location_id', atLocation) : [],
      service ? owned.owned('phones', 'service_id', service) : [],
      location ? owned.owned('phones', 'location_id', location.id) : [],
      owned.owned('phones', 'organization_id', organization),
    ]
    const number = lists.flat().find((phone) => phone['number'])?.['number']
    return number === undefined ? undefined : String(number)
  }
}

function freshnessOfEntry({ entry, institution }: CatalogueEntry, now: number): Freshness {
  return entry ? entryFreshness(entry, now).freshness : freshnessOf(institution.assured_date, now)
}
