/** Under which terms the dependencies may be given on, and whether that goes with Enlace's own (Apache-2.0). */

export type SbomComponent = {
  name: string
  version: string
  licenses?: { license?: { id?: string; name?: string }; expression?: string }[]
}

/** Terms that ask for no more than naming the authors and keeping the text. */
const GOOD = new Set([
  '0BSD',
  'Apache-2.0',
  'BlueOak-1.0.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'CC0-1.0',
  'CC-BY-3.0',
  'CC-BY-4.0',
  'ISC',
  'MIT',
  'MIT-0',
  'Python-2.0',
  'Unlicense',
  'WTFPL',
  'Zlib',
])
/** Used unchanged, as a library of its own that anybody can replace: the terms ask for that and no more. */
const AS_LIBRARY: Readonly<Record<string, RegExp>> = {
  'LGPL-3.0-or-later': /^(@img\/)?sharp-libvips-/,
}

export function licenceOf({ licenses = [] }: SbomComponent): string {
  return licenses.map((one) => one.expression ?? one.license?.id ?? one.license?.name ?? '').join(' AND ')
}

const nameOf = ({ name }: SbomComponent) => name

function isGood(component: SbomComponent, licence: string): boolean {
  const text = licence.trim().replace(/^\((.*)\)$/, '$1')
  // Whoever may choose takes the good one.
  if (/ OR /.test(text)) return text.split(/ OR /).some((one) => isGood(component, one))
  if (/ AND /.test(text)) return text.split(/ AND /).every((one) => isGood(component, one))
  return GOOD.has(text) || (AS_LIBRARY[text]?.test(nameOf(component)) ?? false)
}

/** @returns a line for each that does not go with ours, or of which nobody says under what it is given */
export function checkLicences(components: readonly SbomComponent[]): string[] {
  return components
    .filter(({ name }) => !name.startsWith('@enlace/'))
    .filter((one) => !isGood(one, licenceOf(one)))
    .map((one) => `${one.name} ${one.version}: ${licenceOf(one) || 'unknown'}`)
}

export function licenceList(components: readonly SbomComponent[]): string {
  const lines = components
    .filter(({ name }) => !name.startsWith('@enlace/'))
    .map((one) => `${one.name} ${one.version}  ${licenceOf(one)}`)
    .sort()
  return `Enlace: Apache-2.0. Its dependencies:\n\n${lines.join('\n')}\n`
}
