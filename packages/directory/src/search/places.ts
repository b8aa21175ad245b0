import type { Position } from '../entry/plus-code.ts'

/**
 * Towns and border posts of the corridor and where else people are sent, for searching and for saying what is near.
 * Coordinates are those of the town as GeoNames has them (geonames.org, CC BY 4.0), rounded; a place it does not have
 * counts for nearness as the town beside it.
 */
export interface Place {
  key: string
  names: readonly string[]
  country: 'HN' | 'GT'
  /** the place it is part of: a village of its municipality, a town of its department */
  within?: string
  position?: Position
  beside?: string
}

const at = (latitude: number, longitude: number): Position => ({ latitude, longitude })

export const places: readonly Place[] = [
  { key: 'honduras', names: ['honduras', 'hn'], country: 'HN' },
  { key: 'guatemala', names: ['guatemala', 'gt', 'guate'], country: 'GT' },
  {
    key: 'cortes',
    names: ['cortés', 'departamento de cortés'],
    country: 'HN',
    within: 'honduras',
    beside: 'san-pedro-sula',
  },
  {
    key: 'izabal',
    names: ['izabal', 'departamento de izabal'],
    country: 'GT',
    within: 'guatemala',
    beside: 'puerto-barrios',
  },
  { key: 'omoa', names: ['omoa'], country: 'HN', within: 'cortes', position: at(15.767, -88.033) },
  {
    key: 'corinto',
    names: ['corinto', 'el corinto', 'frontera de corinto', 'aduana corinto'],
    country: 'HN',
    within: 'omoa',
    beside: 'cuyamel',
  },
  { key: 'cuyamel', names: ['cuyamel'], country: 'HN', within: 'omoa', position: at(15.667, -88.2) },
  {
    key: 'puerto-cortes',
    names: ['puerto cortés'],
    country: 'HN',
    within: 'cortes',
    position: at(15.826, -87.93),
  },
  {
    key: 'san-pedro-sula',
    names: ['san pedro sula', 'sps', 'san pedro'],
    country: 'HN',
    within: 'cortes',
    position: at(15.504, -88.025),
  },
  { key: 'choloma', names: ['choloma'], country: 'HN', within: 'cortes', position: at(15.614, -87.953) },
  { key: 'villanueva', names: ['villanueva'], country: 'HN', within: 'cortes', position: at(15.317, -88) },
  { key: 'la-lima', names: ['la lima'], country: 'HN', within: 'cortes', position: at(15.433, -87.917) },
  {
    key: 'el-progreso',
    names: ['el progreso'],
    country: 'HN',
    within: 'honduras',
    position: at(15.4, -87.8),
  },
  { key: 'tela', names: ['tela'], country: 'HN', within: 'honduras', position: at(15.774, -87.467) },
  { key: 'la-ceiba', names: ['la ceiba'], country: 'HN', within: 'honduras', position: at(15.76, -86.782) },
  {
    key: 'santa-rosa-de-copan',
    names: ['santa rosa de copán'],
    country: 'HN',
    within: 'honduras',
    position: at(14.767, -88.779),
  },
  {
    key: 'ocotepeque',
    names: ['ocotepeque', 'nueva ocotepeque', 'agua caliente'],
    country: 'HN',
    within: 'honduras',
    position: at(14.433, -89.183),
  },
  {
    key: 'tegucigalpa',
    names: ['tegucigalpa', 'tegus'],
    country: 'HN',
    within: 'honduras',
    position: at(14.082, -87.207),
  },
  {
    key: 'puerto-barrios',
    names: ['puerto barrios', 'pto barrios'],
    country: 'GT',
    within: 'izabal',
    position: at(15.728, -88.594),
  },
  {
    key: 'entre-rios',
    names: ['entre ríos', 'entrerios'],
    country: 'GT',
    within: 'puerto-barrios',
    beside: 'puerto-barrios',
  },
  {
    key: 'santo-tomas',
    names: ['santo tomás de castilla', 'santo tomás'],
    country: 'GT',
    within: 'puerto-barrios',
    beside: 'puerto-barrios',
  },
  { key: 'livingston', names: ['livingston'], country: 'GT', within: 'izabal', position: at(15.828, -88.75) },
  { key: 'rio-dulce', names: ['río dulce'], country: 'GT', within: 'izabal', beside: 'morales' },
  { key: 'morales', names: ['morales'], country: 'GT', within: 'izabal', position: at(15.472, -88.841) },
  {
    key: 'los-amates',
    names: ['los amates'],
    country: 'GT',
    within: 'izabal',
    position: at(15.256, -89.097),
  },
  { key: 'el-estor', names: ['el estor'], country: 'GT', within: 'izabal', position: at(15.532, -89.331) },
  { key: 'zacapa', names: ['zacapa'], country: 'GT', within: 'guatemala', position: at(14.972, -89.531) },
  {
    key: 'chiquimula',
    names: ['chiquimula'],
    country: 'GT',
    within: 'guatemala',
    position: at(14.8, -89.546),
  },
  {
    key: 'esquipulas',
    names: ['esquipulas'],
    country: 'GT',
    within: 'guatemala',
    position: at(14.566, -89.352),
  },
  { key: 'coban', names: ['cobán'], country: 'GT', within: 'guatemala', position: at(15.471, -90.371) },
  {
    key: 'ciudad-de-guatemala',
    names: ['ciudad de guatemala', 'guatemala ciudad', 'ciudad capital'],
    country: 'GT',
    within: 'guatemala',
    position: at(14.641, -90.513),
  },
]

const byKey = new Map(places.map((place) => [place.key, place]))

export const placeByKey = (key: string): Place | undefined => byKey.get(key)

/** A place and all it is part of, from the smallest. */
export function placeAndAround(key: string): string[] {
  const around: string[] = []
  for (
    let place = byKey.get(key);
    place && !around.includes(place.key);
    place = byKey.get(place.within ?? '')
  )
    around.push(place.key)
  return around
}

/** Where a place is for the purpose of nearness; undefined for a country. */
export function positionOfPlace(key: string): Position | undefined {
  const place = byKey.get(key)
  return place?.position ?? (place?.beside ? byKey.get(place.beside)?.position : undefined)
}
