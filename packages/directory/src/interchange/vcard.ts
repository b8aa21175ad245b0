import { phoneLink, whatsappLink } from '../entry/phone.ts'
import { EntryRows } from './entry-rows.ts'
import { hoursText } from './hours-text.ts'
import {
  addressOf,
  contactOf,
  contactValue,
  hoursValue,
  phoneValue,
  schedulesOf,
  type Target,
  targetsOf,
  valuesOf,
} from './targets.ts'
import type { KnownInstitution, PhoneValue } from './types.ts'

/** Contacts for a telephone's address book: vCard 4.0 (RFC 6350), and 3.0 (RFC 2426) for those that know no other. */

export interface CardPhone extends PhoneValue {
  /** of a person on duty, not of the office */
  direct?: true
}

/** One entry of an address book. */
export interface ContactCard {
  uid: string
  /** what it is listed under */
  name: string
  institution: string
  /** position, or the service */
  title?: string
  person?: string
  phones: CardPhone[]
  email?: string
  website?: string
  address?: { street: string; extended?: string; city: string; region: string; code: string; country: string }
  position?: { latitude: number; longitude: number }
  note: string
}

const text = (value: unknown) => (typeof value === 'string' && value !== '' ? value : undefined)

/** A card for each place of an institution, and for each contact that has a telephone or an address of its own. */
export function cardsOf(institution: KnownInstitution, language: 'es' | 'en'): ContactCard[] {
  const rows = new EntryRows(institution.entry)
  const targets = targetsOf(rows)
  const places = new Map<string, Target[]>()
  for (const target of targets) {
    const key = target.location ?? ''
    places.set(key, [...(places.get(key) ?? []), target])
  }
  const cards: ContactCard[] = [...places].map(([location, here]) =>
    placeCard(institution, rows, location, here, language),
  )
  for (const contact of rows.all('contacts')) {
    const value = contactValue(rows, contact)
    const phones = rows
      .of('phones', 'contact_id', contact.id)
      .map((row): CardPhone => ({ ...phoneValue(rows, row), direct: true }))
    if (phones.length === 0 && !value.email) continue
    const about = targets.filter((target) => contactOf(rows, target)?.id === contact.id)
    const role = [value.title, text(contact['department'])].filter(Boolean).join(', ')
    cards.push({
      uid: contact.id,
      name: [value.name ?? role, institution.name].filter(Boolean).join(', '),
      institution: institution.name,
      ...(role ? { title: role } : {}),
      ...(value.name ? { person: value.name } : {}),
      phones,
      ...(value.email ? { email: value.email } : {}),
      note: noteOf(rows, about, language),
    })
  }
  return cards.filter(
    ({ phones, email, website, address }) => phones.length > 0 || email || website || address,
  )
}

function placeCard(
  institution: KnownInstitution,
  rows: EntryRows,
  location: string,
  targets: readonly Target[],
  language: 'es' | 'en',
): ContactCard {
  const values = valuesOf(rows, targets[0]!)
  const phones = new Map<string, PhoneValue>()
  for (const target of targets)
    for (const phone of valuesOf(rows, target).phone ?? [])
      phones.set(`${phone.number};${phone.extension ?? ''}`, phone)
  const address = location ? addressOf(rows, location) : undefined
  const { latitude, longitude } = values
  return {
    uid: location || targets[0]!.id,
    name:
      values.place && !institution.name.includes(values.place)
        ? `${institution.name} (${values.place})`
        : institution.name,
    institution: institution.name,
    phones: [...phones.values()],
    ...(values.institution_email ? { email: values.institution_email } : {}),
    ...(values.website ? { website: values.website } : {}),
    ...(address
      ? {
          address: {
            street: text(address['address_1']) ?? '',
            ...(text(address['address_2']) ? { extended: text(address['address_2'])! } : {}),
            city: text(address['city']) ?? '',
            region: text(address['state_province']) ?? '',
            code: text(address['postal_code']) ?? '',
            country: text(address['country']) ?? '',
          },
        }
      : {}),
    ...(typeof latitude === 'number' && typeof longitude === 'number'
      ? { position: { latitude, longitude } }
      : {}),
    note: noteOf(rows, targets, language),
  }
}

/** Services with their hours, which address books have no field for. */
function noteOf(rows: EntryRows, targets: readonly Target[], language: 'es' | 'en'): string {
  const lines = targets.map((target) => {
    const hours = schedulesOf(rows, target).flatMap((row) => hoursValue(rows, row) ?? [])
    const service = String(rows.row('services', target.service)?.['name'] ?? '')
    return hours.length > 0 ? `${service}: ${hoursText(hours, language)}` : service
  })
  return [...new Set(lines)].join('\n')
}

/** Where a value is one text (RFC 6350, 3.4). */
const escaped = (value: string) =>
  value
    .replaceAll('\\', '\\\\')
    .replaceAll(';', '\\;')
    .replaceAll(',', '\\,')
    .replace(/\r\n|\r|\n/g, '\\n')

/** A parameter's value: quoted where it needs it; in 4.0 a quote is `^'` (RFC 6868). */
const parameter = (value: string) => {
  const plain = value
    .replace(/\p{Cc}/gu, ' ')
    .replaceAll('^', '^^')
    .replaceAll('"', "^'")
  return /[,;:^ ]/.test(plain) ? `"${plain}"` : plain
}

/** Lines of at most 75 octets, cut between letters (RFC 6350, 3.2). */
export function folded(line: string): string {
  const encoder = new TextEncoder()
  let result = ''
  let size = 0
  for (const letter of line) {
    const bytes = encoder.encode(letter).length
    if (size + bytes > 75) {
      result += '\r\n '
      size = 1
    }
    result += letter
    size += bytes
  }
  return result
}

export function vcard(card: ContactCard, version: '3.0' | '4.0' = '4.0', { compact = false } = {}): string {
  const modern = version === '4.0'
  const lines = ['BEGIN:VCARD', `VERSION:${version}`]
  if (!compact) lines.push(modern ? `UID:urn:uuid:${card.uid}` : `UID:${card.uid}`)
  lines.push(`FN:${escaped(card.name)}`)
  // 3.0 asks for N always. Family names are not told from given ones: nobody asked.
  lines.push(
    card.person ? `N:;${escaped(card.person)};;;` : modern && compact ? '' : `N:${escaped(card.name)};;;;`,
  )
  if (!modern || !compact) lines.push(card.person ? 'X-ABSHOWAS:PERSON' : 'X-ABSHOWAS:COMPANY')
  if (modern && !compact) lines.push(`KIND:${card.person ? 'individual' : 'org'}`)
  lines.push(`ORG:${escaped(card.institution)}`)
  if (card.title) lines.push(`TITLE:${escaped(card.title)}`)
  for (const [at, phone] of card.phones.entries()) lines.push(...phoneLines(phone, at, modern, compact))
  if (card.email)
    lines.push(modern ? `EMAIL:${escaped(card.email)}` : `EMAIL;TYPE=INTERNET:${escaped(card.email)}`)
  if (card.website && !compact) lines.push(`URL:${card.website.replace(/\p{Cc}/gu, '')}`)
  if (card.address && !compact) {
    const { street, extended, city, region, code, country } = card.address
    // The second line goes with the street: the field made for it is to be empty (RFC 6350, 6.3.1).
    const lineOf = [street, extended].filter((part): part is string => Boolean(part)).join(', ')
    lines.push(
      `ADR;TYPE=${modern ? 'work' : 'WORK'}:${['', '', lineOf, city, region, code, country].map(escaped).join(';')}`,
    )
  }
  if (card.position && !compact) {
    const { latitude, longitude } = card.position
    lines.push(modern ? `GEO:geo:${latitude},${longitude}` : `GEO:${latitude};${longitude}`)
  }
  const note = [...noteLines(card), card.note].filter(Boolean).join('\n')
  if (note && !compact) lines.push(`NOTE:${escaped(note)}`)
  lines.push('END:VCARD')
  return `${lines.filter(Boolean).map(folded).join('\r\n')}\r\n`
}

function phoneLines(phone: CardPhone, at: number, modern: boolean, compact: boolean): string[] {
  const label = [phone.description, phone.whatsapp ? 'WhatsApp' : '', phone.night ? 'noche · night' : '']
    .filter(Boolean)
    .join(', ')
  const extension =
    phone.extension === undefined ? '' : modern ? `;ext=${phone.extension}` : `,${phone.extension}`
  const kind =
    phone.type === 'cell' ? 'cell' : phone.type === 'fax' ? 'fax' : phone.type === 'text' ? 'text' : 'voice'
  const lines: string[] = []
  if (modern) {
    const link = phoneLink(phone) ?? `tel:${phone.number}${extension}`
    const parameters = [`TYPE="work,${kind}"`, ...(at === 0 ? ['PREF=1'] : [])]
    // Address books on telephones show a label only through a group (Apple's and Google's way).
    if (label && !compact) {
      lines.push(`item${at + 1}.TEL;VALUE=uri;${parameters.join(';')}:${link}`)
      lines.push(`item${at + 1}.X-ABLABEL:${escaped(label)}`)
    } else lines.push(`TEL;VALUE=uri;${parameters.join(';')}:${link}`)
  } else {
    const types = `TYPE=WORK,${kind.toUpperCase()}${at === 0 ? ',PREF' : ''}`
    if (label && !compact) {
      lines.push(`item${at + 1}.TEL;${types}:${phone.number}${extension}`)
      lines.push(`item${at + 1}.X-ABLABEL:${escaped(label)}`)
    } else lines.push(`TEL;${types}:${phone.number}${extension}`)
  }
  const chat = phone.whatsapp ? whatsappLink(phone.number) : undefined
  if (chat && !compact) {
    const impp = modern
      ? `IMPP;PREF=${at + 1};X-SERVICE-TYPE=${parameter('WhatsApp')}:${chat}`
      : `X-SOCIALPROFILE;TYPE=whatsapp:${chat}`
    lines.push(impp)
  }
  return lines
}

/** What a telephone without labels would not show. */
function noteLines({ phones }: ContactCard): string[] {
  return phones.flatMap(({ number, whatsapp, night, description }) => {
    const said = [
      description,
      whatsapp === true ? 'WhatsApp' : whatsapp === false ? 'sin WhatsApp · no WhatsApp' : '',
      night ? 'contesta de noche · answers at night' : '',
    ].filter(Boolean)
    return said.length > 0 ? [`${number}: ${said.join(', ')}`] : []
  })
}

/** Several in one file. */
export const vcards = (cards: readonly ContactCard[], version: '3.0' | '4.0' = '4.0'): string =>
  cards.map((card) => vcard(card, version)).join('')

/** The largest of a card that a camera reads from a screen without trouble. */
const qrBytes = 700

/** A card as it goes into a QR code: whole where it is small enough, else names, numbers and e-mail. */
export function vcardForCode(card: ContactCard): string {
  const size = (content: string) => new TextEncoder().encode(content).length
  const whole = vcard(card, '3.0')
  if (size(whole) <= qrBytes) return whole
  const compact = vcard(card, '3.0', { compact: true })
  if (size(compact) <= qrBytes) return compact
  return vcard(
    {
      ...card,
      name: card.name.slice(0, 80),
      institution: card.institution.slice(0, 80),
      phones: card.phones.slice(0, 4),
    },
    '3.0',
    { compact: true },
  )
}
