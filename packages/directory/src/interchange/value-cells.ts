import { departmentOf, departments, isPostalCode } from '../entry/address.ts'
import { isLanguageTag, languageName } from '../entry/language.ts'
import { sexes, situations } from '../entry/marks.ts'
import { createSearchIndex } from '../search/directory-search.ts'
import { lettersApart } from '../search/spelling.ts'
import { type BilingualText, foldText } from '../text.ts'
import { countryName, serviceCategories } from '../words.ts'
import type { CellFaultCode } from './faults.ts'

/** Single cells: what they say, or what is wrong and what was probably meant. */

export type CellRead<T> =
  | { ok: true; value: T }
  | { ok: false; code: CellFaultCode; suggestion?: string; detail?: string }

export const good = <T>(value: T): CellRead<T> => ({ ok: true, value })
export const bad = <T>(code: CellFaultCode, suggestion?: string): CellRead<T> => ({
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

/** Guatemala's codes begin with the number of the department: these are the ones below ten. */
const departmentsBelowTen = [
  'Guatemala',
  'El Progreso',
  'Sacatepéquez',
  'Chimaltenango',
  'Escuintla',
  'Santa Rosa',
  'Sololá',
  'Totonicapán',
  'Quetzaltenango',
]

export function readPostalCode(cell: string, country: string, department?: string | null): CellRead<string> {
  const code = cell.trim()
  if (isPostalCode(country, code)) return good(code)
  // A spreadsheet that took it for a number has lost the zero before it. Only these have one to lose.
  const begins = /^[1-9]\d{3}$/.test(code) ? departmentsBelowTen[Number(code[0]) - 1] : undefined
  const lostZero = country === 'GT' && begins !== undefined && (!department || department === begins)
  return bad('no_postal_code', lostZero ? `0${code}` : undefined)
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
