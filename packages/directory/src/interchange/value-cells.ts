import { departmentOf, departments, isPostalCode } from '../entry/address.ts'
import { isLanguageTag, languageName } from '../entry/language.ts'
import { sexes, situations } from '../entry/marks.ts'
import { createSearchIndex } from '../search/directory-search.ts'
import { lettersApart } from '../search/spelling.ts'
import { type BilingualText, foldText } from '../text.ts'
import { countryName, serviceCategories } from '../words.ts'
import type { CellFaultCode } from './faults.ts'
import type { CostValue } from './types.ts'

/** Single cells: what they say, or what is wrong and what was probably meant. */

export type CellRead<T> =
  | { ok: true; value: T }
  | { ok: false; code: CellFaultCode; suggestion?: string; detail?: string }

const good = <T>(value: T): CellRead<T> => ({ ok: true, value })
const bad = <T>(code: CellFaultCode, suggestion?: string): CellRead<T> => ({
  ok: false,
  code,
  ...(suggestion ? { suggestion } : {}),
})

/** One form for what people write: folded, single spaces, without marks at its ends. */
export const plain = (text: string): string =>
  foldText(text)
    .replace(/[ʼ’'`´]/g, '')
    .replace(/[^\p{L}\p{N}+]+/gu, ' ')
    .trim()

/** The closest of some words, if it is close enough to be what was meant. */
export function closest(written: string, choices: Iterable<string>): string | undefined {
  const word = plain(written)
  const max = Math.max(1, Math.floor(word.length / 4))
  let best: { choice: string; distance: number } | undefined
  for (const choice of choices) {
    const distance = lettersApart(word, plain(choice), max)
    if (distance <= max && (!best || distance < best.distance)) best = { choice, distance }
  }
  return best?.choice
}

/** A list in a cell: by lines where there are several, else by semicolons. */
export function listOf(cell: string, { commas = false } = {}): string[] {
  const parts = /[\r\n]/.test(cell)
    ? cell.split(/\r\n|\r|\n/)
    : cell.split(commas ? /[;,]|\s+[yeY]\s+|\s+and\s+/ : ';')
  return [
    ...new Set(parts.map((part) => part.trim().replace(/^[•·]\s*|^-\s+/, '')).filter((part) => part !== '')),
  ]
}

/** What `listOf` reads back. */
export const listText = (items: readonly string[]): string =>
  items.some((item) => item.includes(';'))
    ? items.length === 1
      ? `${items[0]}\n`
      : items.join('\n')
    : items.join('; ')

const yesWords = new Set('si s yes y x 1 true verdadero cierto ok'.split(' '))
const noWords = new Set('no n 0 false falso ninguno none'.split(' '))

export function readYesNo(cell: string): CellRead<boolean> {
  const word = plain(cell)
  if (yesWords.has(word) || cell.trim() === '✓' || cell.trim() === '✔') return good(true)
  if (noWords.has(word)) return good(false)
  const suggestion =
    word.startsWith('s') || word.startsWith('y') ? 'sí' : word.startsWith('n') ? 'no' : undefined
  return bad('not_yes_or_no', suggestion)
}

export function readWhole(cell: string, code: CellFaultCode, max = 100_000): CellRead<number> {
  const text = cell.trim().replace(/(\d)[.,](?=\d{3}\b)/g, '$1')
  const number = Number(text.replace(/[.,]0+$/, ''))
  if (text !== '' && Number.isInteger(number) && number >= 0 && number <= max) return good(number)
  const digits = /^\D{0,12}(\d{1,6})\D{0,12}$/.exec(text)?.[1]
  return bad(code, digits !== undefined && Number(digits) <= max ? String(Number(digits)) : undefined)
}

export const readAge = (cell: string): CellRead<number> =>
  readWhole(cell.trim().replace(/\s*(?:años?|years?|a\.)$/i, ''), 'no_age', 120)

const monthNames = [
  'ene enero jan january',
  'feb febrero february',
  'mar marzo march',
  'abr abril apr april',
  'may mayo',
  'jun junio june',
  'jul julio july',
  'ago agosto aug august',
  'sep sept septiembre setiembre september',
  'oct octubre october',
  'nov noviembre november',
  'dic diciembre dec december',
].map((names) => new Set(names.split(' ')))

const dateText = (year: number, month: number, day: number) =>
  `${year}-${String(month).padStart(2, '0')}-${String(day).padStart(2, '0')}`

function exists(year: number, month: number, day: number): boolean {
  const date = new Date(Date.UTC(year, month - 1, day))
  return month >= 1 && month <= 12 && date.getUTCMonth() === month - 1 && date.getUTCDate() === day
}

/** A date, the day before the month as both countries write it, with an hour if there is one: RFC 3339 or a date. */
export function readDate(cell: string): CellRead<string> {
  const folded = foldText(cell.trim())
  const clock =
    /[ t,]+(\d{1,2}):(\d{2})(?::\d{2}(?:\.\d+)?)?\s*([ap])?\.?\s*(?:m\.?)?\s*(z|[+-]\d{2}:?\d{2})?$/.exec(
      folded,
    )
  const text = (clock ? folded.slice(0, clock.index) : folded).trim()
  const iso = /^(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})$/.exec(text)
  const local = /^(\d{1,2})[-/. ](\d{1,2})[-/. ](\d{2}|\d{4})$/.exec(text)
  const worded =
    /^(?:[a-z]+,?\s+)?(\d{1,2})(?:\s+de)?[\s/-]+([a-z]+)\.?(?:,?\s+del?)?[\s,/-]+(\d{2}|\d{4})$/.exec(text) ??
    undefined
  const english = /^([a-z]+)\.?\s+(\d{1,2}),?\s+(\d{4})$/.exec(text)
  const full = (year: string) => Number(year) + (year.length === 2 ? 2000 : 0)
  let parts: [number, number, number] | undefined
  if (iso) parts = [Number(iso[1]), Number(iso[2]), Number(iso[3])]
  else if (local) parts = [full(local[3]!), Number(local[2]), Number(local[1])]
  else if (worded) {
    const month = monthNames.findIndex((names) => names.has(worded[2]!)) + 1
    if (month > 0) parts = [full(worded[3]!), month, Number(worded[1])]
  } else if (english) {
    const month = monthNames.findIndex((names) => names.has(english[1]!)) + 1
    if (month > 0) parts = [full(english[3]!), month, Number(english[2])]
  }
  if (!parts) return bad('no_date')
  const [year, month, day] = parts
  if (!exists(year, month, day))
    return bad('no_such_date', exists(year, day, month) ? dateText(year, day, month) : undefined)
  if (year < 1990 || year > 2100) return bad('no_such_date')
  if (!clock) return good(dateText(year, month, day))
  const [, hourText, minutes, half, zone] = clock
  const hour = (Number(hourText) % (half ? 12 : 24)) + (half === 'p' ? 12 : 0)
  if (Number(hourText) > 23 || Number(minutes) > 59) return bad('no_such_date')
  const offset =
    zone === undefined
      ? '-06:00'
      : zone === 'z'
        ? 'Z'
        : zone.length === 5
          ? `${zone.slice(0, 3)}:${zone.slice(3)}`
          : zone
  return good(`${dateText(year, month, day)}T${String(hour).padStart(2, '0')}:${minutes}:00${offset}`)
}

/** Degrees: decimal with point or comma, or degrees, minutes and seconds with a letter. */
export function readDegrees(cell: string): CellRead<number> {
  const text = cell.trim().toUpperCase().replace(/[−–]/g, '-')
  const decimal = /^([+-]?)(\d{1,3}(?:[.,]\d{1,15})?)\s*°?\s*([NSEWO])?$/.exec(text)
  const sexagesimal =
    /^([+-]?)(\d{1,3})\s*°\s*(\d{1,2}(?:[.,]\d+)?)\s*['’′´](?:\s*(\d{1,2}(?:[.,]\d+)?)\s*(?:["”″]|''))?\s*([NSEWO])?$/.exec(
      text,
    )
  const number = (part: string | undefined) => Number((part ?? '0').replace(',', '.'))
  const match = decimal ?? sexagesimal
  if (!match) {
    // 15.727.500: a spreadsheet that took the point for thousands.
    const grouped = /^(-?\d{1,3})\.(\d{3})\.(\d{3})$/.exec(text)
    return bad('no_coordinate', grouped ? `${grouped[1]}.${grouped[2]}${grouped[3]}` : undefined)
  }
  const letter = decimal ? decimal[3] : sexagesimal?.[5]
  const degrees = decimal
    ? number(decimal[2])
    : number(sexagesimal![2]) + number(sexagesimal![3]) / 60 + number(sexagesimal![4]) / 3600
  const negative = match[1] === '-' || (letter !== undefined && 'SWO'.includes(letter))
  return good(Number((negative ? -degrees : degrees).toFixed(7)))
}

export interface Degrees {
  latitude?: number
  longitude?: number
}

/** What is wrong with a pair of coordinates, and in which; the corridor and all around it is north and west. */
export function coordinateFault(
  { latitude, longitude }: Degrees,
  country: string,
): { column: 'latitude' | 'longitude'; code: CellFaultCode; suggestion?: string } | undefined {
  if (latitude === undefined && longitude === undefined) return undefined
  if (latitude === undefined) return { column: 'latitude', code: 'one_coordinate' }
  if (longitude === undefined) return { column: 'longitude', code: 'one_coordinate' }
  const here = ['HN', 'GT', 'SV', 'NI', 'MX'].includes(country)
  const isHere = (lat: number, lon: number) => lat > 5 && lat < 34 && lon < -80 && lon > -120
  if (here && isHere(longitude, latitude))
    return { column: 'latitude', code: 'swapped', suggestion: String(longitude) }
  if (here && isHere(latitude, -longitude))
    return { column: 'longitude', code: 'no_minus', suggestion: String(-longitude) }
  if (Math.abs(latitude) > 90) return { column: 'latitude', code: 'off_the_earth' }
  if (Math.abs(longitude) > 180) return { column: 'longitude', code: 'off_the_earth' }
  return undefined
}

const languageWords = new Map<string, string>()
for (const code of [
  'es',
  'en',
  'kek',
  'cab',
  'miq',
  'ht',
  'fr',
  'pt',
  'de',
  'it',
  'zh',
  'ar',
  'ru',
  'quc',
  'cak',
  'mam',
  'ixl',
  'yua',
]) {
  const name = languageName(code)
  languageWords.set(plain(name.es), code)
  languageWords.set(plain(name.en), code)
}
for (const [word, code] of [
  ['castellano', 'es'],
  ['qeqchi', 'kek'],
  ['q eqchi', 'kek'],
  ['kekchi', 'kek'],
  ['ketchi', 'kek'],
  ['garifuna', 'cab'],
  ['miskito', 'miq'],
  ['creole', 'ht'],
  ['criollo', 'ht'],
] as const)
  languageWords.set(word, code)

export function readLanguage(word: string): CellRead<string> {
  const known = languageWords.get(plain(word))
  if (known) return good(known)
  const tag = word.trim()
  // A tag is taken as one where somebody knows the language: "ing" is well formed and none.
  if (isLanguageTag(tag)) {
    const canonicalTag = Intl.getCanonicalLocales(tag)[0]!
    const name = languageName(tag)
    if (name.es !== tag && name.es !== canonicalTag) return good(canonicalTag)
    if (canonicalTag.includes('-') || tag.startsWith('x-')) return good(canonicalTag)
  }
  const near = closest(word, languageWords.keys())
  return bad('unknown_language', near ? languageName(languageWords.get(near)!).es : undefined)
}

const countryWords = new Map<string, string>()
for (const [code, others] of [
  ['GT', 'guatemala gua gtm'],
  ['HN', 'honduras hon hnd'],
  ['SV', 'el salvador|salvador|slv'],
  ['MX', 'mexico mex'],
  ['NI', 'nicaragua nic'],
  ['US', 'estados unidos|united states|usa|eeuu|ee uu'],
  ['CR', 'costa rica'],
  ['PA', 'panama'],
  ['BZ', 'belice belize'],
  ['CO', 'colombia'],
  ['VE', 'venezuela'],
  ['HT', 'haiti'],
  ['CU', 'cuba'],
  ['EC', 'ecuador'],
  ['BR', 'brasil brazil'],
  ['ES', 'espana spain'],
] as const) {
  countryWords.set(code.toLowerCase(), code)
  const name = countryName(code)
  countryWords.set(plain(name.es), code)
  countryWords.set(plain(name.en), code)
  for (const word of others.includes('|') || code === 'CR' ? others.split('|') : others.split(' '))
    countryWords.set(word, code)
}
const regions = new Intl.DisplayNames('es', { type: 'region', fallback: 'none' })

export function readCountry(word: string): CellRead<string> {
  const known = countryWords.get(plain(word))
  if (known) return good(known)
  const code = word.trim().toUpperCase()
  if (/^[A-Z]{2}$/.test(code) && regions.of(code)) return good(code)
  const near = closest(word, countryWords.keys())
  return bad('unknown_country', near && near.length > 2 ? countryName(countryWords.get(near)!).es : undefined)
}

export function readDepartment(cell: string, country: string): CellRead<string> {
  const bare = cell.trim().replace(/^(?:departamento|depto\.?|dpto\.?)\s+(?:del?\s+)?/i, '')
  if (!(country in departments)) return good(bare)
  const known = departmentOf(country, bare)
  return known ? good(known) : bad('unknown_department', closest(bare, departments[country]!))
}

export function readPostalCode(cell: string, country: string): CellRead<string> {
  const code = cell.trim()
  if (isPostalCode(country, code)) return good(code)
  // A spreadsheet that took it for a number has lost the zero before it.
  return bad('no_postal_code', /^\d{4}$/.test(code) ? `0${code}` : undefined)
}

const choices = {
  status: {
    active: 'activo activa vigente funcionando si abierto active open',
    inactive: 'inactivo inactiva no inactive',
    defunct: 'cerrado cerrada clausurado defunct closed',
    'temporarily closed':
      'suspendido|cerrado temporalmente|temporalmente cerrado|temporarily closed|suspended|suspendida',
  },
  sexes: {
    female: 'mujeres|mujer|femenino|f|women|woman|female|ninas|girls',
    male: 'hombres|hombre|masculino|m|men|man|male|ninos|boys',
  },
  situations: {
    in_transit:
      'en transito|transito|personas en transito|in transit|people in transit|migrantes en transito',
    returned:
      'retornados|retornadas|retornado|retorno|personas retornadas|deportados|deportadas|returned|returned people|returnees',
    protection_seeker:
      'proteccion|refugiados|refugio|solicitantes de refugio|solicitantes de asilo|personas que buscan proteccion|people who seek protection|asylum seekers|refugees',
    unaccompanied_child:
      'nna|ninez no acompanada|menores no acompanados|ninez migrante no acompanada|unaccompanied children|unaccompanied minors',
    family: 'familias|familia|nucleos familiares|families|family',
  },
  holidays: {
    as_usual: 'abre|abierto|si|s|open|yes|igual|as usual|abre en feriados|open on holidays',
    closed: 'cierra|cerrado|no|n|closed|cierra en feriados|closed on holidays',
  },
} as const

type ChoiceColumn = keyof typeof choices

const statusLabels = {
  active: { es: 'activo', en: 'active' },
  inactive: { es: 'inactivo', en: 'inactive' },
  defunct: { es: 'cerrado', en: 'defunct' },
  'temporarily closed': { es: 'cerrado temporalmente', en: 'temporarily closed' },
} satisfies Record<string, BilingualText>

const choiceLabels: Record<ChoiceColumn, Readonly<Record<string, BilingualText>>> = {
  status: statusLabels,
  sexes,
  situations,
  holidays: { as_usual: { es: 'abre', en: 'open' }, closed: { es: 'cierra', en: 'closed' } },
}

export const choiceText = (column: ChoiceColumn, value: string): BilingualText =>
  choiceLabels[column][value] ?? { es: value, en: value }

export function readChoice(column: ChoiceColumn, word: string): CellRead<string> {
  const written = plain(word)
  const all = new Map<string, string>()
  for (const [value, words] of Object.entries(choices[column])) {
    for (const each of words.includes('|') ? words.split('|') : words.split(' ')) all.set(each, value)
    all.set(plain(value), value)
    const label = choiceLabels[column][value]
    if (label) {
      all.set(plain(label.es), value)
      all.set(plain(label.en), value)
    }
  }
  const found = all.get(written)
  if (found) return good(found)
  const near = closest(word, all.keys())
  return bad(
    column === 'holidays' ? 'not_holidays' : 'unknown_choice',
    near ? choiceText(column, all.get(near)!).es : undefined,
  )
}

const everyone = new Set([
  'todos',
  'todas',
  'todos y todas',
  'todo',
  'cualquiera',
  'ambos',
  'all',
  'any',
  'everybody',
  'both',
  'sin distincion',
])

/** A list of choices; "todos" says that nobody is excluded. */
export function readChoices<T extends string>(
  cell: string,
  read: (word: string) => CellRead<T>,
): CellRead<T[]> {
  if (everyone.has(plain(cell))) return good([])
  const values: T[] = []
  const words = listOf(cell, { commas: true })
  for (const word of words) {
    const one = read(word)
    if (!one.ok) {
      const fixed = one.suggestion
        ? words.map((each) => (each === word ? one.suggestion! : each)).join('; ')
        : undefined
      return {
        ok: false,
        code: one.code,
        ...(fixed ? { suggestion: fixed } : {}),
        ...(one.detail ? { detail: one.detail } : {}),
      }
    }
    if (!values.includes(one.value)) values.push(one.value)
  }
  return good(values)
}

const categoryWords = new Map<string, string>()
for (const [code, label] of Object.entries(serviceCategories)) {
  categoryWords.set(plain(code), code)
  categoryWords.set(plain(label.es), code)
  categoryWords.set(plain(label.en), code)
}
/** The words people use for a service, as the search of the directory understands them. */
const categorySearch = createSearchIndex(
  Object.keys(serviceCategories).map((code) => ({ id: code, fields: [], categories: [code] })),
)
const understood = new Map<string, { services: readonly string[]; asWritten: boolean }>()

function understand(word: string) {
  const known = understood.get(word)
  if (known) return known
  const answer = categorySearch.ask(word).understood
  const found = {
    services: answer.services,
    asWritten: Object.keys(answer.corrected).length === 0 && answer.ignored.length === 0,
  }
  if (understood.size < 5_000) understood.set(word, found)
  return found
}

export function readCategory(word: string): CellRead<string> {
  const known = categoryWords.get(plain(word))
  if (known) return good(known)
  const { services, asWritten } = understand(word)
  const label = (code: string) => serviceCategories[code as keyof typeof serviceCategories]?.es ?? code
  if (services.length === 1 && asWritten) return good(services[0]!)
  if (services.length > 1)
    return {
      ok: false,
      code: 'unclear_category',
      suggestion: label(services[0]!),
      detail: services.map(label).join(', '),
    }
  const near = services[0] ?? categoryWords.get(closest(word, categoryWords.keys()) ?? '')
  return bad('unknown_category', near ? label(near) : undefined)
}

const freeWords = new Set(
  'gratuito gratuita gratis sin costo free free of charge ninguno no cobra no tiene costo none'.match(/\S+/g),
)
const freePhrases = new Set([
  'sin costo',
  'free of charge',
  'no cobra',
  'no tiene costo',
  'sin cobro',
  'no cost',
  'es gratis',
])
for (const word of ['sin', 'costo', 'of', 'charge', 'no', 'cobra', 'tiene', 'cost']) freeWords.delete(word)

const currencies: Record<string, string> = {
  l: 'HNL',
  lps: 'HNL',
  lp: 'HNL',
  hnl: 'HNL',
  lempira: 'HNL',
  lempiras: 'HNL',
  q: 'GTQ',
  gtq: 'GTQ',
  quetzal: 'GTQ',
  quetzales: 'GTQ',
  $: 'USD',
  us$: 'USD',
  usd: 'USD',
  dolares: 'USD',
  dollars: 'USD',
}
const signs: Record<string, string> = { HNL: 'L', GTQ: 'Q', USD: 'US$' }

/** "Gratuito", "L 50", "Certificación: Q 20.00 (por página)"; several with semicolons between. */
export function readCosts(cell: string, country: string): CellRead<CostValue[]> {
  const home = country === 'GT' ? 'GTQ' : 'HNL'
  const values: CostValue[] = []
  for (const part of listOf(cell)) {
    const match = /^(?:(.{1,120}?):\s*)?(.*?)(?:\s*\(([^()]*)\))?$/s.exec(part)!
    const [, option, amountText, note] = match
    const amount = readAmount(amountText!, home)
    if (!amount) return bad('no_cost', /\b(?:gratu|grat|free)/i.test(part) ? 'gratuito' : undefined)
    values.push({
      ...(option ? { option: option.trim() } : {}),
      ...amount,
      ...(note?.trim() ? { note: note.trim() } : {}),
    })
  }
  return good(values)
}

function readAmount(text: string, home: string): { amount: number; currency: string } | undefined {
  const folded = foldText(text.trim())
  if (freeWords.has(folded) || freePhrases.has(folded)) return { amount: 0, currency: home }
  const match =
    /^([a-z$]{0,10})\.?\s*(\d{1,3}(?:,\d{3})+(?:\.\d{1,2})?|\d{1,7}(?:[.,]\d{1,2})?)\s*([a-z$]{0,10})\.?$/.exec(
      folded,
    )
  if (!match) return undefined
  const [, before, digits, after] = match
  const word = before || after
  const currency = word
    ? (currencies[word] ??
      (/^[a-z]{3}$/.test(word) && (before || after) === word && isCurrency(word)
        ? word.toUpperCase()
        : undefined))
    : home
  if (!currency || (before && after)) return undefined
  const amount = Number(/,\d{3}/.test(digits!) ? digits!.replaceAll(',', '') : digits!.replace(',', '.'))
  return { amount, currency }
}

const isCurrency = (code: string) => Intl.supportedValuesOf('currency').includes(code.toUpperCase())

export function costText(costs: readonly CostValue[], language: 'es' | 'en', home: string): string {
  return listText(
    costs.map(({ option, amount, currency, note }) => {
      const price =
        amount === 0 && currency === home
          ? language === 'es'
            ? 'gratuito'
            : 'free'
          : `${signs[currency] ?? currency} ${amount}`
      return `${option ? `${option}: ` : ''}${price}${note ? ` (${note})` : ''}`
    }),
  )
}

export function readEmail(cell: string): CellRead<string> {
  const address = cell.trim().replace(/^mailto:/i, '')
  if (
    /^[^\s@<>"(),;:]{1,64}@(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,24}$/i.test(address) &&
    !address.includes('..')
  )
    return good(address)
  const inside = /([^\s@<>"(),;:]+@[^\s@<>"(),;:]+\.[a-z]{2,24})/i.exec(address)?.[1]
  const joined = address.replace(/\s+/g, '').replace(/\.\.+/g, '.').replace(/,/g, '.')
  return bad(
    'no_email',
    inside ?? (/^[^@]+@[^@]+\.[a-z]{2,24}$/i.test(joined) && joined !== address ? joined : undefined),
  )
}

export function readWebsite(cell: string): CellRead<string> {
  const text = cell.trim()
  const whole = /^https?:\/\//i.test(text) ? text : `https://${text}`
  try {
    const url = new URL(whole)
    if (
      /^(?:[\p{L}\p{N}-]+\.)+\p{L}{2,24}$/u.test(new URL(whole).hostname) &&
      !/\s/.test(text) &&
      !url.username &&
      !text.includes('@')
    )
      return good(/^https?:\/\//i.test(text) ? text : whole)
  } catch {
    // Said below.
  }
  const joined = text
    .replace(/\s+/g, '')
    .replace(/^(?:https?:?\/{0,2}|http;\/\/)/i, 'https://')
    .replaceAll(',', '.')
  return bad(
    'no_website',
    /^(?:https:\/\/)?[\w.-]+\.[a-z]{2,24}(?:\/\S*)?$/i.test(joined) && joined !== text ? joined : undefined,
  )
}
