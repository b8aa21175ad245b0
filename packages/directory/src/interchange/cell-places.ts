import { departmentOf, departments } from '../entry/address.ts'
import { placeAndAround, placeByKey, places, positionOfPlace } from '../search/places.ts'
import { plain } from './value-cells.ts'

/** What the corridor's places tell of a cell, and letters that were read in the wrong encoding. */

/** The country of a department that only one of both has. */
export function countryOfDepartment(written: string | undefined): string | undefined {
  if (written === undefined) return undefined
  const found = Object.keys(departments).filter((country) =>
    departmentOf(country, written.replace(/^(?:departamento|depto\.?)\s+(?:de\s+)?/i, '')),
  )
  return found.length === 1 ? found[0] : undefined
}

export function positionNamed(town: string) {
  const name = plain(town)
  const place =
    name === '' ? undefined : places.find(({ names }) => names.some((each) => plain(each) === name))
  return place ? positionOfPlace(place.key) : undefined
}

/** The department a town of the corridor is in, to suggest it. */
export function departmentOfTown(town: string): string | undefined {
  const name = plain(town)
  const place = places.find(({ names }) => names.some((each) => plain(each) === name))
  if (!place) return undefined
  for (const key of placeAndAround(place.key)) {
    const around = placeByKey(key)
    const found = around?.names.flatMap((each) => departmentOf(around.country, each) ?? [])[0]
    if (found) return found
  }
  return undefined
}

/** Text that was UTF-8, was read as Windows-1252 and saved so: undone, if that gives letters. */
export function repaired(cell: string): string | undefined {
  const bytes = [...cell].map((letter) => windows1252.get(letter) ?? letter.charCodeAt(0))
  if (bytes.some((byte) => byte > 255)) return undefined
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Uint8Array.from(bytes))
  } catch {
    return undefined
  }
}

const windows1252 = new Map(
  Array.from(
    { length: 256 },
    (_, byte) => [new TextDecoder('windows-1252').decode(Uint8Array.of(byte)), byte] as const,
  ),
)
