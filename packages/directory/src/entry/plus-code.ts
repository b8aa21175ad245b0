/**
 * Open Location Code ("plus code"), which names a place where streets have no numbers: `76CRPCH4+4Q`. Written from
 * the specification: the packages there are have not been kept, and none can be imported by name in a browser and on Node alike.
 */

export interface Position {
  latitude: number
  longitude: number
}

const digits = '23456789CFGHJMPQRVWX'
const pairs = 10
const separatorAt = 8
const maxLength = 15
/** The last pair is 1/8000 of a degree; each further digit divides it in 5 by latitude and 4 by longitude. */
const pairUnits = 8_000
const gridDigits = maxLength - pairs
const latitudeUnits = pairUnits * 5 ** gridDigits
const longitudeUnits = pairUnits * 4 ** gridDigits

/** The code of a place. Ten digits are about 14 m by 14 m, eleven about 3 m. */
export function plusCodeOf({ latitude, longitude }: Position, length = 10): string {
  const size = length < pairs ? Math.max(2, length - (length % 2)) : Math.min(length, maxLength)
  let north = Math.min(Math.max(Math.floor(fixed(latitude + 90) * latitudeUnits), 0), 180 * latitudeUnits - 1)
  let east = Math.floor(fixed(longitude + 180) * longitudeUnits) % (360 * longitudeUnits)
  if (east < 0) east += 360 * longitudeUnits
  let code = ''
  for (let n = 0; n < gridDigits; n++) {
    code = digits[(north % 5) * 4 + (east % 4)]! + code
    north = Math.floor(north / 5)
    east = Math.floor(east / 4)
  }
  for (let n = 0; n < pairs / 2; n++) {
    code = digits[north % 20]! + digits[east % 20]! + code
    north = Math.floor(north / 20)
    east = Math.floor(east / 20)
  }
  code = code.slice(0, size)
  return size < separatorAt
    ? `${code.padEnd(separatorAt, '0')}+`
    : `${code.slice(0, separatorAt)}+${code.slice(separatorAt)}`
}

/** 0.1 + 0.2 is not 0.3: without this a place on a line falls into the square before it. */
const fixed = (degrees: number) => Math.round(degrees * 1e10) / 1e10

const fullCode = /^(?:[2-9CFGHJMPQRVWX]{8}\+(?:[2-9CFGHJMPQRVWX]{2,7})?|(?:[2-9CFGHJMPQRVWX]{2}){1,3}0+\+)$/

/** A code that names a place by itself, not only near a town. */
export function isFullPlusCode(code: string): boolean {
  const upper = code.toUpperCase()
  return (
    fullCode.test(upper) &&
    upper.indexOf('+') === separatorAt &&
    digits.indexOf(upper[0]!) < 9 &&
    digits.indexOf(upper[1]!) < 18
  )
}

/** The middle of the square a full code names, and how large it is; undefined for anything else. */
export function positionOfPlusCode(
  code: string,
): (Position & { heightDegrees: number; widthDegrees: number }) | undefined {
  if (!isFullPlusCode(code)) return undefined
  const clean = code.toUpperCase().replace('+', '').replace(/0+$/, '')
  let latitude = -90
  let longitude = -180
  let height = 400
  let width = 400
  for (let at = 0; at < Math.min(clean.length, pairs); at += 2) {
    height /= 20
    width /= 20
    latitude += digits.indexOf(clean[at]!) * height
    longitude += digits.indexOf(clean[at + 1]!) * width
  }
  for (let at = pairs; at < clean.length; at++) {
    height /= 5
    width /= 4
    const digit = digits.indexOf(clean[at]!)
    latitude += Math.floor(digit / 4) * height
    longitude += (digit % 4) * width
  }
  return {
    latitude: fixed(latitude + height / 2),
    longitude: fixed(longitude + width / 2),
    heightDegrees: height,
    widthDegrees: width,
  }
}

/** A short code as it is written beside a town's name (`PCH4+4Q Puerto Barrios`), made whole near that town. */
export function wholePlusCode(short: string, near: Position): string | undefined {
  const upper = short.trim().toUpperCase()
  if (isFullPlusCode(upper)) return upper
  const at = upper.indexOf('+')
  if (
    at < 0 ||
    at >= separatorAt ||
    at % 2 !== 0 ||
    !/^[2-9CFGHJMPQRVWX]*\+[2-9CFGHJMPQRVWX]{2,7}$/.test(upper)
  )
    return undefined
  const missing = separatorAt - at
  // The square the missing digits name; the nearest of it and its neighbours is meant.
  const size = 20 ** (2 - missing / 2)
  const found = positionOfPlusCode(plusCodeOf(near).slice(0, missing) + upper)
  if (!found) return undefined
  const towards = (there: number, here: number) =>
    there - here > size / 2 ? there - size : here - there > size / 2 ? there + size : there
  const latitude = towards(found.latitude, near.latitude)
  const inside = latitude > -90 && latitude < 90 ? latitude : found.latitude
  return plusCodeOf(
    { latitude: inside, longitude: towards(found.longitude, near.longitude) },
    upper.length - 1 + missing,
  )
}

/** Metres between two places, on a sphere: right to half a percent, which is enough to say what is near. */
export function metresBetween(a: Position, b: Position): number {
  const radians = Math.PI / 180
  const dLatitude = (b.latitude - a.latitude) * radians
  const dLongitude = (b.longitude - a.longitude) * radians
  const h =
    Math.sin(dLatitude / 2) ** 2 +
    Math.cos(a.latitude * radians) * Math.cos(b.latitude * radians) * Math.sin(dLongitude / 2) ** 2
  return 2 * 6_371_008.8 * Math.asin(Math.min(1, Math.sqrt(h)))
}
