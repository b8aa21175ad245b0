import { foldText } from '../text.ts'
import { countryName } from '../words.ts'

/** Addresses of both countries, where streets seldom have numbers: a neighbourhood or a kilometre, and what stands near. */

export const departments: Record<string, readonly string[]> = {
  HN: [
    'Atlántida',
    'Choluteca',
    'Colón',
    'Comayagua',
    'Copán',
    'Cortés',
    'El Paraíso',
    'Francisco Morazán',
    'Gracias a Dios',
    'Intibucá',
    'Islas de la Bahía',
    'La Paz',
    'Lempira',
    'Ocotepeque',
    'Olancho',
    'Santa Bárbara',
    'Valle',
    'Yoro',
  ],
  GT: [
    'Alta Verapaz',
    'Baja Verapaz',
    'Chimaltenango',
    'Chiquimula',
    'El Progreso',
    'Escuintla',
    'Guatemala',
    'Huehuetenango',
    'Izabal',
    'Jalapa',
    'Jutiapa',
    'Petén',
    'Quetzaltenango',
    'Quiché',
    'Retalhuleu',
    'Sacatepéquez',
    'San Marcos',
    'Santa Rosa',
    'Sololá',
    'Suchitepéquez',
    'Totonicapán',
    'Zacapa',
  ],
}

/** A department as it is spelt, however it was typed; undefined when the country has none of that name. */
export function departmentOf(country: string, written: string): string | undefined {
  const folded = foldText(written).trim()
  return departments[country]?.find((name) => foldText(name) === folded)
}

/** An address in its parts, as a form asks for them. */
export interface AddressParts {
  /** barrio, colonia, aldea, caserío, with that word: "Barrio El Centro" */
  neighbourhood?: string
  /** "3 avenida" */
  avenue?: string
  /** "5 calle" */
  street?: string
  /** the plate: "8-45", "casa 12" */
  plate?: string
  /** "1" */
  zone?: string
  /** "CA-13" */
  road?: string
  /** "52" */
  kilometre?: string
  /** what stands near: "frente al parque central" */
  landmark?: string
}

/** HSDS's two lines. In Guatemala the street comes first, with its plate and zone; in Honduras the neighbourhood. */
export function addressLines(
  parts: AddressParts,
  country: string,
): { address_1: string; address_2?: string } {
  const said = (text: string | undefined) => (text?.trim() ? [text.trim()] : [])
  const plate = said(parts.plate)
  const street = [...said(parts.avenue), ...said(parts.street)]
  const streetText =
    country === 'GT' && plate.length > 0
      ? [`${street.join(' y ')} ${plate[0]}`.trim()]
      : [...street, ...plate]
  const zone = said(parts.zone).map((text) => `zona ${text}`)
  const road = said(parts.road)
  const kilometre = said(parts.kilometre).map((text) =>
    road[0] ? `kilómetro ${text}, carretera ${road[0]}` : `kilómetro ${text}`,
  )
  const way = kilometre.length > 0 ? kilometre : road.map((text) => `carretera ${text}`)
  const neighbourhood = said(parts.neighbourhood)
  const all =
    country === 'GT'
      ? [...streetText, ...zone, ...neighbourhood, ...way]
      : [...neighbourhood, ...streetText, ...zone, ...way]
  const [landmark] = said(parts.landmark)
  // An address that is only a landmark is one: people find it.
  if (all.length === 0) return { address_1: landmark ?? '' }
  return { address_1: all.join(', '), ...(landmark ? { address_2: landmark } : {}) }
}

export interface AddressRow {
  id: string
  address_1?: unknown
  address_2?: unknown
  city?: unknown
  state_province?: unknown
  postal_code?: unknown
  country?: unknown
}

/** An address on one line, for a list or an envelope. */
export function addressText(address: AddressRow, language: 'es' | 'en' = 'es'): string {
  const part = (value: unknown) => (typeof value === 'string' && value.trim() !== '' ? [value.trim()] : [])
  const [postal] = part(address.postal_code)
  const city = part(address.city).map((name) => (postal ? `${name} ${postal}` : name))
  const country = part(address.country).map((code) => countryName(code)[language])
  return [
    ...part(address.address_1),
    ...part(address.address_2),
    ...city,
    ...part(address.state_province),
    ...country,
  ].join(', ')
}

/** Both countries' postal codes have five digits. An empty one says that it is not known: HSDS has no other word for it. */
export function isPostalCode(country: string, code: string): boolean {
  return code === '' || (country in departments ? /^\d{5}$/.test(code) : code.length <= 12)
}
