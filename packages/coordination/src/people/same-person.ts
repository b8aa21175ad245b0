/**
 * Whether two forms are probably about one person: compared on a device that reads both, a hint for a person to decide on. The less
 * is known of the date of birth, the more of the names has to be the same, so that common names do not drown what matters.
 */
import { foldText } from '@enlace/directory/text'
import { datesAgree, dayAndMonthSwapped, parsePartialDate } from '../time/partial-date.ts'
import { identityDigits } from './identity-number.ts'
import { heardWithin, nameWords, wordsBeside } from './name-sounds.ts'

type Values = Readonly<Record<string, string>>

/** How much both dates of birth say together. */
type DateLink = 'same' | 'month' | 'year' | 'roughly' | 'nothing' | 'against'

function dateLink(a: Values, b: Values): DateLink {
  const [one, other] = [parsePartialDate(a['birth_date']), parsePartialDate(b['birth_date'])]
  if (!one || !other || one.known === 'nothing' || other.known === 'nothing') return 'nothing'
  if (one.known === 'day' && other.known === 'day')
    return one.date === other.date || dayAndMonthSwapped(one, other) ? 'same' : 'against'
  if (!datesAgree(one, other)) return 'against'
  if (one.known === 'age' || other.known === 'age') return 'roughly'
  return one.known === 'year' || other.known === 'year' ? 'year' : 'month'
}

interface NameLink {
  /** words that both have */
  common: number
  /** neither lacks one */
  whole: boolean
  /** a given name alone, as the surname of one is missing */
  single: boolean
}

function nameLink(a: Values, b: Values): NameLink | undefined {
  const text = (values: Values, key: string) => values[key] ?? ''
  const words = (key: string) => [
    wordsBeside(text(a, key), text(b, key)),
    wordsBeside(text(b, key), text(a, key)),
  ]
  const [givenA, givenB] = words('given_names') as [string[], string[]]
  const [surA, surB] = words('surnames') as [string[], string[]]
  const given = heardWithin(givenA, givenB)
  const sur = heardWithin(surA, surB)
  const total = [givenA.length + surA.length, givenB.length + surB.length] as const
  const whole = total[0] === total[1]
  // Each may lack a word that the other has, given name or surname.
  if (given > 0 && sur > 0)
    return { common: given + sur, whole: whole && given + sur === total[0], single: false }
  // A word may stand in the other field.
  const all = heardWithin([...givenA, ...surA], [...givenB, ...surB])
  if (all >= 2) return { common: all, whole, single: false }
  if (given === 1 && (surA.length === 0 || surB.length === 0))
    return { common: 1, whole: false, single: true }
  return undefined
}

/** Something else that both say alike. */
function kin(a: Values, b: Values): boolean {
  return ['mother_name', 'father_name'].some((key) => {
    const [one, other] = [nameWords(a[key] ?? ''), nameWords(b[key] ?? '')]
    return heardWithin(one, other) >= 2
  })
}

const samePlace = (a: Values, b: Values) => {
  const [one, other] = [a, b].map((values) => foldText(values['birth_municipality'] ?? '').trim())
  return one !== '' && one === other
}

const numberOf = (values: Values) => {
  const digits = identityDigits(values['identity_number'] ?? '')
  return /^\d{13}$/.test(digits) ? digits : undefined
}

export function maybeSamePerson(a: Values, b: Values): boolean {
  const [number, other] = [numberOf(a), numberOf(b)]
  if (number !== undefined && number === other) return true
  const date = dateLink(a, b)
  if (date === 'against') return false
  const names = nameLink(a, b)
  const unnamed = [a, b].some((values) =>
    ['given_names', 'surnames'].every((key) => nameWords(values[key] ?? '').length === 0),
  )
  // Of a child whose name is not known, the day of birth and its parents.
  if (!names) return unnamed && date === 'same' && kin(a, b)
  if (names.single) return date === 'same' && kin(a, b)
  if (date === 'same' || date === 'month') return true
  const differ = number !== undefined && other !== undefined
  const sexes = [a['sex'], b['sex']].filter((sex) => sex === 'female' || sex === 'male')
  if (differ || (sexes.length === 2 && sexes[0] !== sexes[1])) return false
  const supported = kin(a, b) || samePlace(a, b)
  if (date === 'year') return names.whole || names.common >= 3 || supported
  if (date === 'roughly') return names.common >= 3 || supported
  return names.common >= 4 || (names.common >= 3 && supported)
}
