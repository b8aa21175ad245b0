/** Reports as files: GeoJSON (RFC 7946) and CSV (RFC 4180). What a row says, and nothing finer: places are settled once more. */
import { toCsv } from '../cases/case-board.ts'
import type { PublicRisk } from './public-risk.ts'
import { boundsOf, municipalityOf, type PlaceGuard, positionOf, type RiskPlace } from './risk-place.ts'
import type { NetworkRisk } from './risk-view.ts'
import { coarsenessLabels, reliabilities, riskKinds, riskSources } from './risk-words.ts'

type LonLat = [longitude: number, latitude: number]
interface GeoFeature {
  type: 'Feature'
  geometry: { type: 'Point'; coordinates: LonLat } | { type: 'Polygon'; coordinates: LonLat[][] } | null
  properties: Record<string, string | number>
}
export interface RiskGeoJson {
  type: 'FeatureCollection'
  features: GeoFeature[]
}

/** A square is a polygon, anticlockwise and closed; a municipality its town's point; what is withheld has no geometry. */
function geometryOf(place: RiskPlace | undefined): GeoFeature['geometry'] {
  if (!place) return null
  const bounds = boundsOf(place)
  if (!bounds) {
    const { latitude, longitude } = positionOf(place)
    return { type: 'Point', coordinates: [longitude, latitude] }
  }
  const { south, west, north, east } = bounds
  const ring: LonLat[] = [
    [west, south],
    [east, south],
    [east, north],
    [west, north],
    [west, south],
  ]
  return { type: 'Polygon', coordinates: [ring] }
}

const placeName = (place: RiskPlace | undefined): string =>
  place?.coarse === 'municipality' ? municipalityOf(place.key)!.name : ''

const isNetwork = (row: PublicRisk | NetworkRisk): row is NetworkRisk => 'publication' in row

export function risksGeoJson(rows: Iterable<PublicRisk | NetworkRisk>, guard: PlaceGuard): RiskGeoJson {
  const features = [...rows].map((row): GeoFeature => {
    const place = settledOf(row, guard)
    const name = placeName(place)
    return {
      type: 'Feature',
      geometry: geometryOf(place),
      properties: {
        kind: row.kind,
        when: row.when,
        until: row.until,
        source: row.source,
        reliability: row.reliability,
        reports: row.reports,
        coarseness: place?.coarse ?? 'withheld',
        ...(name ? { municipality: name } : {}),
        ...(isNetwork(row) ? { institutions: row.institutions.join(' '), publication: row.publication } : {}),
      },
    }
  })
  return { type: 'FeatureCollection', features }
}

/** @param language of the words; the head is always in English, for programs */
export function risksCsv(
  rows: Iterable<PublicRisk | NetworkRisk>,
  guard: PlaceGuard,
  language: 'es' | 'en',
): string {
  const all = [...rows]
  const inside = all.some(isNetwork)
  const head = [
    'kind',
    'when',
    'until',
    'source',
    'reliability',
    'reports',
    'coarseness',
    'municipality',
    'latitude',
    'longitude',
    ...(inside ? ['institutions', 'publication', 'note'] : []),
  ]
  const lines = all.map((row): (string | number)[] => {
    const place = settledOf(row, guard)
    const at = place && positionOf(place)
    return [
      riskKinds[row.kind].label[language],
      row.when,
      row.until,
      riskSources[row.source][language],
      reliabilities[row.reliability][language],
      row.reports,
      place ? coarsenessLabels[place.coarse][language] : language === 'es' ? 'Reservado' : 'Withheld',
      placeName(place),
      at?.latitude ?? '',
      at?.longitude ?? '',
      ...(isNetwork(row) ? [row.institutions.join(' '), row.publication, row.note ?? ''] : []),
    ]
  })
  return toCsv([head, ...lines])
}

/** A public row is as coarse as its kind asks, whoever made it. */
function settledOf(row: PublicRisk | NetworkRisk, guard: PlaceGuard): RiskPlace | undefined {
  return row.place && guard.settle(row.place, isNetwork(row) ? 'cell_5' : riskKinds[row.kind].publicAtLeast)
}
