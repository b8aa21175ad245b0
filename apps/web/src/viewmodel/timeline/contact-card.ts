import type { EntryDetails } from '@enlace/directory/finder'
import type { Session } from '../../model/session/types.ts'
import type { CardBody } from '../../model/timeline/types.ts'
import { language, wordsIn } from '../../words/language.ts'
import type { Institutions } from '../institution/types.ts'

export { cardContent, placeContent } from '../../model/timeline/shared-things.ts'

const MOST_PHONES = 3

type Schedules = EntryDetails['services'][number]['schedules']
const townOf = ({ municipality, department }: EntryDetails) =>
  [municipality, department].filter(Boolean).join(', ')
const openPlaces = ({ places }: EntryDetails) =>
  places.filter((one) => !one.networkOnly && !one.addressNetworkOnly)
const schedulesOf = (
  details: EntryDetails,
  service: EntryDetails['services'][number] | undefined,
): Schedules => (service?.schedules.length ? service.schedules : (openPlaces(details)[0]?.schedules ?? []))

/**
 * What a card says of an entry: only what everybody may know. What is for the network each device adds from its own copy, so a card
 * that is forwarded never carries it out.
 *
 * @param hoursOf schedules in words
 */
export function cardOf(
  details: EntryDetails,
  serviceId: string | undefined,
  hoursOf: (schedules: Schedules) => string,
): CardBody {
  const service = details.services.find((one) => one.id === serviceId && !one.networkOnly)
  const phones = [
    ...(service?.phones ?? []),
    ...details.phones,
    ...openPlaces(details).flatMap((one) => one.phones),
  ]
  const numbers = phones.filter((one) => !one.networkOnly).map((one) => one.number)
  const hours = hoursOf(schedulesOf(details, service))
  const town = townOf(details)
  return {
    type: 'card',
    key: details.key,
    name: details.name,
    phones: [...new Set(numbers)].slice(0, MOST_PHONES),
    ...(service ? { service: service.name } : {}),
    ...(town ? { place: town } : {}),
    ...(hours ? { hours } : {}),
  }
}

/** The card in words, for clients that know no cards. */
export function cardText(card: CardBody): string {
  const said = wordsIn(language.get()).share
  return [
    card.name,
    card.service && `${said.service}: ${card.service}`,
    card.place,
    ...card.phones.map((one) => `${said.phone}: ${one}`),
    card.hours && `${said.hours}: ${card.hours}`,
  ]
    .filter(Boolean)
    .join('\n')
}

const digitsOf = (number: string) => number.replace(/\D/g, '')

/** Whether an entry of this device's own copy says what a card says; not its hours, which are in the sender's words. */
export function agrees(card: CardBody, details: EntryDetails): boolean {
  const known = [
    ...details.phones,
    ...details.places.flatMap((one) => one.phones),
    ...details.services.flatMap((one) => one.phones),
    ...details.contacts.flatMap((one) => one.phones),
  ].map((one) => digitsOf(one.number))
  return (
    card.name === details.name &&
    (card.place === undefined || card.place === townOf(details)) &&
    card.phones.every((one) => known.includes(digitsOf(one))) &&
    (card.service === undefined || details.services.some((one) => one.name === card.service))
  )
}

/**
 * `signed`: this device has the same entry, and the institution signed it; the hours are then those of this device's copy, whatever the
 * card says. `known`: it has the entry, which may say something else.
 */
export type CardStanding = { kind: 'signed'; schedules: Schedules } | { kind: 'known' | 'said' }

/** What this device itself knows of a card: never what the card says of itself. */
export async function standingOf(
  session: Pick<Session, 'directory'>,
  institutions: Pick<Institutions, 'mark'>,
  card: CardBody,
  now = Date.now(),
): Promise<CardStanding> {
  const { directory } = session
  if (directory.state.get().phase !== 'ready') await directory.refresh()
  if (directory.state.get().phase !== 'ready') return { kind: 'said' }
  const details = await directory.entry(card.key, now).catch(() => undefined)
  if (!details) return { kind: 'said' }
  if (!agrees(card, details) || (await institutions.mark(card.key)).kind !== 'same') return { kind: 'known' }
  const service = details.services.find((one) => one.name === card.service)
  return { kind: 'signed', schedules: schedulesOf(details, service) }
}
