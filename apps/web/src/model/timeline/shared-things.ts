/** A place and a contact card as messages: read with a check, made with words that every Matrix client shows. */
import { z } from 'zod'
import type { OutgoingContent } from './outgoing.ts'
import type { CardBody, PlaceBody } from './types.ts'

/** A card of the directory. What it says stands in the text beside it as well. */
export const CARD_KEY = 'org.enlace.contact'

const MAX_WORDS = 200
/**
 * Of a place the specification has `geo_uri` and `body` (client-server API, "m.location"). What it means beside, MSC3488 says, which is
 * not accepted: its fields carry its prefix, and are read without it as well, for the day when they lose it.
 */
const located = z
  .object({ uri: z.string().max(200), description: z.string().max(1_000).optional().catch(undefined) })
  .optional()
  .catch(undefined)
const LOCATION_KEY = 'org.matrix.msc3488.location'
const ASSET_KEY = 'org.matrix.msc3488.asset'
const asset = z
  .object({ type: z.string().max(100) })
  .optional()
  .catch(undefined)

/** Numbers a telephone dials, as people write them: nothing else becomes a link. */
const phoneSchema = z.string().regex(/^\+?[0-9][0-9 ().-]{4,24}$/)
const line = (most: number) => z.string().trim().min(1).max(most)

export const sharedFields = {
  geo_uri: z.string().max(200).optional().catch(undefined),
  'm.location': located,
  [LOCATION_KEY]: located,
  'm.asset': asset,
  [ASSET_KEY]: asset,
  [CARD_KEY]: z
    .object({
      key: z.string().regex(/^[a-z0-9][a-z0-9._-]{0,99}$/),
      name: line(200),
      service: line(200).optional(),
      place: line(200).optional(),
      hours: line(500).optional(),
      phones: z
        .array(z.unknown())
        .max(20)
        .optional()
        .catch(undefined)
        .transform((list) =>
          (list ?? []).flatMap((one) => phoneSchema.safeParse(one).data ?? []).slice(0, 3),
        ),
    })
    .optional()
    .catch(undefined),
}
const fields = z.object(sharedFields)
type Shared = z.output<typeof fields> & { msgtype: string; body: string }

const NUMBER = '-?\\d{1,3}(?:\\.\\d{1,15})?'
/** RFC 5870, of the Earth as satellites measure it; a height is left out. */
const GEO = new RegExp(`^geo:(${NUMBER}),(${NUMBER})(?:,${NUMBER})?((?:;[a-z0-9-]+(?:=[^;\\s]*)?)*)$`, 'i')

export function parseGeo(
  uri: string,
): { latitude: number; longitude: number; uncertainty?: number } | undefined {
  const found = GEO.exec(uri)
  if (!found) return undefined
  const [latitude, longitude] = [Number(found[1]), Number(found[2])]
  if (Math.abs(latitude) > 90 || Math.abs(longitude) > 180) return undefined
  const about = new Map(
    found[3]!
      .split(';')
      .filter(Boolean)
      .map((one) => [one.split('=')[0]!.toLowerCase(), one.split('=')[1]?.toLowerCase()] as const),
  )
  if ((about.get('crs') ?? 'wgs84') !== 'wgs84') return undefined
  const uncertainty = Number(about.get('u') ?? Number.NaN)
  const isSaid = uncertainty >= 0 && uncertainty <= 20_000_000
  return { latitude, longitude, ...(isSaid ? { uncertainty } : {}) }
}

/** @returns undefined for what is neither, or no place of this Earth: then its text is all there is */
export function sharedBody(content: Shared): PlaceBody | CardBody | undefined {
  const card = content[CARD_KEY]
  if (card && content.msgtype === 'm.text') {
    const { key, name, phones, service, place, hours } = card
    return {
      type: 'card',
      key,
      name,
      phones,
      ...(service ? { service } : {}),
      ...(place ? { place } : {}),
      ...(hours ? { hours } : {}),
    }
  }
  if (content.msgtype !== 'm.location') return undefined
  const location = content['m.location'] ?? content[LOCATION_KEY]
  const at = parseGeo(location?.uri ?? content.geo_uri ?? '')
  if (!at) return undefined
  // Where MSC3488's location says nothing of whose it is, it is the sender's own.
  const kind = (content['m.asset'] ?? content[ASSET_KEY])?.type ?? (location ? 'm.self' : 'm.pin')
  const words = (location?.description ?? content.body).replace(/\s+/g, ' ').trim().slice(0, MAX_WORDS)
  return { type: 'place', ...at, words, own: kind === 'm.self' }
}

/** The same of what waits to be sent. */
export function sharedOutgoing(content: OutgoingContent): PlaceBody | CardBody | undefined {
  const parsed = fields.safeParse(content)
  return parsed.success
    ? sharedBody({ ...parsed.data, msgtype: content.msgtype, body: content.body })
    : undefined
}

/** A degree has 111 km: five digits are a step on the street. */
const digits = (value: number) => String(Number(value.toFixed(5)))

export const geoUri = ({ latitude, longitude, uncertainty }: Omit<PlaceBody, 'type' | 'words' | 'own'>) =>
  `geo:${digits(latitude)},${digits(longitude)}${uncertainty === undefined ? '' : `;u=${Math.round(uncertainty)}`}`

export function placeContent(place: Omit<PlaceBody, 'type'>): OutgoingContent {
  const uri = geoUri(place)
  return {
    msgtype: 'm.location',
    body: `${place.words} ${uri}`,
    geo_uri: uri,
    [LOCATION_KEY]: { uri, description: place.words },
    [ASSET_KEY]: { type: place.own ? 'm.self' : 'm.pin' },
    'm.mentions': {},
  }
}

/** @param fallback the card's words for clients that know no cards */
export function cardContent({ type: _, ...card }: CardBody, fallback: string): OutgoingContent {
  return { msgtype: 'm.text', body: fallback, [CARD_KEY]: card, 'm.mentions': {} }
}
