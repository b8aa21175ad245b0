import { showPhone } from '../entry/phone.ts'
import { plusCodeOf } from '../entry/plus-code.ts'
import type { BilingualText } from '../text.ts'
import { entryFreshness } from '../upkeep/assurance.ts'
import { countryName, serviceCategories, serviceLabel } from '../words.ts'
import { EntryRows } from './entry-rows.ts'
import { hoursText } from './hours-text.ts'
import { contactOf, contactValue, type Target, targetsOf, valuesOf } from './targets.ts'
import type { KnownInstitution, RowValues } from './types.ts'

/** The pocket directory: by place, then by service, what a person needs to call, to find, or to send somebody. */

export interface PocketPhone {
  shown: string
  /** what it is for, and whether it has WhatsApp or answers at night */
  notes: BilingualText
}

export interface PocketItem {
  institution: string
  /** the institution is invented */
  example: boolean
  service: string
  place: string
  address: string
  phones: PocketPhone[]
  hours: BilingualText
  /** hours on public holidays, whom it serves, cost, documents */
  more: BilingualText[]
  /** the day a person last confirmed it; absent: nobody has */
  verified?: string
}

export interface PocketService {
  category: string
  label: BilingualText
  items: PocketItem[]
}

export interface PocketPlace {
  name: string
  country: BilingualText
  services: PocketService[]
}

const unknownPlace = { es: 'Sin lugar indicado', en: 'Place not given' }

/** Entries as the viewer may see them: for a public list, their public views. */
export function pocketDirectory(institutions: readonly KnownInstitution[], now: number): PocketPlace[] {
  const places = new Map<string, { name: string; country: string; items: Map<string, PocketItem[]> }>()
  for (const institution of institutions) {
    const rows = new EntryRows(institution.entry)
    const { assuredDate } = entryFreshness(institution.entry, now)
    for (const target of targetsOf(rows)) {
      const values = valuesOf(rows, target)
      if (values.status === 'defunct') continue
      const name = values.city ?? ''
      const country = values.country ?? institution.country
      const place = places.get(`${country} ${name}`) ?? {
        name,
        country,
        items: new Map<string, PocketItem[]>(),
      }
      places.set(`${country} ${name}`, place)
      const item = itemOf(institution, rows, target, values, assuredDate)
      for (const category of values.category?.length ? values.category : ['information'])
        place.items.set(category, [...(place.items.get(category) ?? []), item])
    }
  }
  const order = Object.keys(serviceCategories)
  const rank = (category: string) => (order.includes(category) ? order.indexOf(category) : order.length)
  return [...places.values()]
    .sort(
      (a, b) =>
        Number(a.name === '') - Number(b.name === '') ||
        a.country.localeCompare(b.country) ||
        a.name.localeCompare(b.name, 'es'),
    )
    .map(({ name, country, items }) => ({
      name: name || unknownPlace.es,
      country: name ? countryName(country) : unknownPlace,
      services: [...items]
        .sort(([a], [b]) => rank(a) - rank(b))
        .map(([category, list]) => ({
          category,
          label: serviceLabel(category),
          items: list.sort(
            (a, b) =>
              a.institution.localeCompare(b.institution, 'es') || a.service.localeCompare(b.service, 'es'),
          ),
        })),
    }))
}

function itemOf(
  institution: KnownInstitution,
  rows: EntryRows,
  target: Target,
  values: RowValues,
  verified: string | undefined,
): PocketItem {
  const contact = contactOf(rows, target)
  const direct = contact ? contactValue(rows, contact) : undefined
  const phones = (values.phone ?? []).map((phone): PocketPhone => phoneOf(phone, phone.description))
  if (direct?.phone)
    phones.push(phoneOf(direct.phone, [direct.title, direct.name].filter(Boolean).join(', ')))
  const { latitude, longitude } = values
  const code =
    values.plus_code ??
    (typeof latitude === 'number' && typeof longitude === 'number'
      ? plusCodeOf({ latitude, longitude })
      : undefined)
  return {
    institution: institution.name,
    example: institution.example === true,
    service: values.service ?? '',
    place: values.place ?? '',
    address: [values.address, values.landmark, code].filter(Boolean).join(', '),
    phones,
    hours: { es: hoursText(values.hours ?? [], 'es'), en: hoursText(values.hours ?? [], 'en') },
    more: moreOf(values),
    ...(verified ? { verified } : {}),
  }
}

function phoneOf(phone: NonNullable<RowValues['phone']>[number], purpose: string | undefined): PocketPhone {
  const notes = (language: 'es' | 'en') =>
    [
      purpose,
      phone.whatsapp ? 'WhatsApp' : undefined,
      phone.night ? (language === 'es' ? 'de noche' : 'at night') : undefined,
    ]
      .filter(Boolean)
      .join(', ')
  const extension = phone.extension === undefined ? '' : ` ext. ${phone.extension}`
  return { shown: `${showPhone(phone.number)}${extension}`, notes: { es: notes('es'), en: notes('en') } }
}

function moreOf(values: RowValues): BilingualText[] {
  const more: BilingualText[] = []
  if (values.status === 'temporarily closed')
    more.push({ es: 'Cerrado temporalmente', en: 'Temporarily closed' })
  if (values.status === 'inactive') more.push({ es: 'Sin confirmar', en: 'Not confirmed' })
  if (values.holidays === 'closed') more.push({ es: 'Cierra en feriados', en: 'Closed on public holidays' })
  if (values.holidays === 'as_usual') more.push({ es: 'Abre en feriados', en: 'Open on public holidays' })
  if (values.eligibility) more.push({ es: values.eligibility, en: values.eligibility })
  const { minimum_age: from, maximum_age: to } = values
  if (typeof from === 'number' && from > 0 && typeof to === 'number')
    more.push({ es: `De ${from} a ${to} años`, en: `Ages ${from} to ${to}` })
  else if (typeof from === 'number' && from > 0)
    more.push({ es: `Desde ${from} años`, en: `From age ${from}` })
  else if (typeof to === 'number') more.push({ es: `Hasta ${to} años`, en: `Up to age ${to}` })
  if (values.documents?.length)
    more.push({ es: `Lleve: ${values.documents.join('; ')}`, en: `Bring: ${values.documents.join('; ')}` })
  if (values.cost?.length && values.cost.every(({ amount }) => amount === 0))
    more.push({ es: 'Gratuito', en: 'Free' })
  return more
}
