import type { EntryDetails, PhoneDetails, PlaceDetails, ServiceDetails } from '@enlace/directory/details'
import type { ScheduleFacts } from '@enlace/directory/opening'
import { type BilingualText, seenText } from '@enlace/directory/text'
import { countryName, serviceCategories, serviceLabel } from '@enlace/directory/words'
import { slug } from './html.ts'

/** What the pages show, out of what anybody may see, and how it is reached: by service and by place. */

export interface Spot {
  /** ISO 3166-1 alpha-2 */
  country: string
  department?: string
  town?: string
}

/** A service at one place, or anywhere. */
export interface Offer {
  institution: EntryDetails
  service: ServiceDetails
  place?: PlaceDetails
  spot: Spot
  schedules: readonly ScheduleFacts[]
  phones: readonly PhoneDetails[]
}

export interface Category {
  slug: string
  label: BilingualText
  offers: readonly Offer[]
}

/** A country, a department or a town, and who is there. */
export interface Area {
  slug: string
  /** of the towns of a department, the departments of a country */
  within: string | undefined
  name: BilingualText
  institutions: ReadonlyMap<EntryDetails, readonly Offer[]>
}

export interface Content {
  institutions: readonly EntryDetails[]
  offersOf(institution: EntryDetails): readonly Offer[]
  categories: readonly Category[]
  areas: readonly Area[]
}

/** A consulate's list entry names the country it is in behind the place: "Izabal (GT)". */
const hostCountry = /\s*\(([A-Z]{2})\)\s*$/
const bare = (name: string | undefined) => seenText(name?.replace(hostCountry, '') ?? '') || undefined
const unserved = ['inactive', 'defunct']

/** An institution nobody confirmed to exist is no help: it is left out, and so is what an institution no longer does. */
export function contentOf(details: readonly EntryDetails[]): Content {
  const institutions = details.filter(({ confirmed }) => confirmed)
  const offers = new Map(institutions.map((one) => [one, offersFrom(one)]))
  const offersOf = (one: EntryDetails) => offers.get(one) ?? []
  return {
    institutions: [...institutions].sort((a, b) => compare(a.name, b.name) || compare(a.key, b.key)),
    offersOf,
    categories: categoriesOf([...offers.values()].flat()),
    areas: areasOf(institutions, offersOf),
  }
}

function offersFrom(institution: EntryDetails): Offer[] {
  const places = new Map(institution.places.map((place) => [place.id, place]))
  return institution.services
    .filter(({ status, name }) => !unserved.includes(status ?? '') && seenText(name) !== '')
    .flatMap((service) => {
      const at = service.places.flatMap((id) => places.get(id) ?? [])
      return (at.length > 0 ? at : [undefined]).map((place): Offer => {
        const phones = [service.phones, place?.phones ?? [], institution.phones].find(
          (list) => list.length > 0,
        )
        const schedules = service.schedules.length > 0 ? service.schedules : (place?.schedules ?? [])
        return {
          institution,
          service,
          spot: spotOf(institution, place),
          schedules,
          phones: phones ?? [],
          ...(place ? { place } : {}),
        }
      })
    })
}

export function spotOf(institution: EntryDetails, place: PlaceDetails | undefined): Spot {
  const named = [place?.city, place?.department, institution.municipality, institution.department]
  const host = named.flatMap((name) => hostCountry.exec(name ?? '')?.[1] ?? [])[0]
  const country = /^[A-Z]{2}$/.test(place?.country ?? '') ? place!.country! : (host ?? institution.country)
  const town = bare(place ? place.city : institution.municipality)
  const department = bare(place ? place.department : institution.department)
  return { country, ...(department ? { department } : {}), ...(town ? { town } : {}) }
}

function categoriesOf(offers: readonly Offer[]): Category[] {
  const found = new Map<string, { label: BilingualText; offers: Offer[] }>()
  for (const offer of offers) {
    const keys = offer.service.categories.length > 0 ? offer.service.categories : ['information']
    for (const [at, key] of new Map(keys.map((each) => [slug(each), each]))) {
      const known = found.get(at) ?? { label: serviceLabel(key), offers: [] }
      known.offers.push(offer)
      found.set(at, known)
    }
  }
  const order = Object.keys(serviceCategories).map(slug)
  const rank = (at: string) => (order.includes(at) ? order.indexOf(at) : order.length)
  return [...found]
    .map(([at, one]) => ({ slug: at, label: one.label, offers: one.offers.sort(compareOffers) }))
    .sort((a, b) => rank(a.slug) - rank(b.slug) || compare(a.slug, b.slug))
}

function areasOf(
  institutions: readonly EntryDetails[],
  offersOf: (one: EntryDetails) => readonly Offer[],
): Area[] {
  const areas = new Map<string, Omit<Area, 'institutions'> & { institutions: Map<EntryDetails, Offer[]> }>()
  const area = (parts: readonly string[], name: BilingualText, within: string | undefined) => {
    const at = parts.map(slug).join('-')
    const known = areas.get(at) ?? { slug: at, name, within, institutions: new Map<EntryDetails, Offer[]>() }
    areas.set(at, known)
    return known
  }
  const add = (institution: EntryDetails, { country, department, town }: Spot, offer?: Offer) => {
    const inCountry = area([country], countryName(country), undefined)
    const inDepartment = department
      ? area([country, department], { es: department, en: department }, inCountry.slug)
      : undefined
    const inTown = town
      ? area([country, department ?? '-', town], { es: town, en: town }, (inDepartment ?? inCountry).slug)
      : undefined
    for (const one of [inCountry, inDepartment, inTown]) {
      if (!one) continue
      const offers = one.institutions.get(institution) ?? []
      if (offer && !offers.includes(offer)) offers.push(offer)
      one.institutions.set(institution, offers)
    }
  }
  for (const institution of institutions) {
    const offers = offersOf(institution)
    for (const offer of offers) add(institution, offer.spot, offer)
    for (const place of institution.places) add(institution, spotOf(institution, place))
    if (offers.length === 0 && institution.places.length === 0)
      add(institution, spotOf(institution, undefined))
  }
  return [...areas.values()]
    .map((one) => ({
      ...one,
      institutions: new Map(
        [...one.institutions].sort(([a], [b]) => compare(a.name, b.name) || compare(a.key, b.key)),
      ),
    }))
    .sort((a, b) => compare(a.slug, b.slug))
}

/** One order on every machine, whatever its languages. */
const collator = new Intl.Collator('es', { sensitivity: 'base', numeric: true })
export const compare = (a: string, b: string) => collator.compare(a, b) || (a < b ? -1 : a > b ? 1 : 0)

const spotText = ({ country, department = '', town = '' }: Spot) => `${country} ${department} ${town}`

const compareOffers = (a: Offer, b: Offer) =>
  compare(spotText(a.spot), spotText(b.spot)) ||
  compare(a.institution.name, b.institution.name) ||
  compare(a.institution.key, b.institution.key) ||
  compare(a.service.name, b.service.name) ||
  compare(a.service.id, b.service.id)
