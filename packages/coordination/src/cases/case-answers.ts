/** The answers of a form as a person reads them: on a page, in a file, in an export. One place, so that they say the same. */
import { type BilingualText, seenText } from '@enlace/directory/text'
import { countryAnswerText } from '../people/countries.ts'
import { parsePartialDate, partialDateText } from '../time/partial-date.ts'
import { absentOf, askedFields, type FormValues } from './case-form-check.ts'
import { caseForms, type FormField } from './case-forms.ts'
import type { CaseKind } from './case-kinds.ts'

const same = (text: string): BilingualText => ({ es: text, en: text })

/** One answer that was given. */
export function answerText(field: FormField, value: string): BilingualText {
  switch (field.type) {
    case 'choice':
      return field.options && Object.hasOwn(field.options, value) ? field.options[value]! : same(value)
    case 'country':
    case 'nationality':
      return countryAnswerText(value)
    case 'partial_date': {
      const date = parsePartialDate(value)
      return date ? partialDateText(date) : same(value)
    }
    case 'date':
    case 'date_time': {
      // A date without a time is the same day everywhere.
      const date = /^(\d{4})-(\d\d)-(\d\d)(?:T(\d\d:\d\d))?$/.exec(value)
      return same(date ? `${date[3]}/${date[2]}/${date[1]}${date[4] ? ` ${date[4]}` : ''}` : value)
    }
    default:
      return same(value)
  }
}

/** All that was answered, in the order of the form; that something is not known is an answer too. */
export const answered = (kind: CaseKind, values: FormValues): { field: FormField; text: BilingualText }[] =>
  askedFields(kind, values).flatMap((field) => {
    const value = values[field.key]
    if (value) return [{ field, text: answerText(field, value) }]
    const absent = absentOf(field, values)
    return absent === undefined ? [] : [{ field, text: field.absent![absent]! }]
  })

const nobodyKnown: BilingualText = { es: 'Nombre no conocido', en: 'Name not known' }
const noName: BilingualText = { es: 'Aún sin nombre', en: 'Not named yet' }

/** Whom a form is about, in a line; undefined of a group, and while nothing is said. What is missing is said, not made up. */
export function personText(kind: CaseKind, values: FormValues): BilingualText | undefined {
  const [given, surnames] = ['given_names', 'surnames'].map((key) => {
    const field = caseForms[kind].find((one) => one.key === key)
    return { text: seenText(values[key] ?? ''), absent: field && absentOf(field, values) }
  })
  if (!given || !surnames) return undefined
  if (given.text === '' && surnames.text === '') {
    if (given.absent === 'none') return noName
    return given.absent ? nobodyKnown : undefined
  }
  if (given.text !== '' && surnames.text !== '') return same(`${given.text} ${surnames.text}`)
  if (given.text !== '') {
    if (!surnames.absent) return same(given.text)
    return surnames.absent === 'none'
      ? { es: `${given.text} (sin apellidos)`, en: `${given.text} (no surname)` }
      : { es: `${given.text} (apellidos no conocidos)`, en: `${given.text} (surnames not known)` }
  }
  if (!given.absent) return same(surnames.text)
  const missing = given.absent === 'none' ? noName : nobodyKnown
  return {
    es: `${surnames.text} (${missing.es.toLowerCase()})`,
    en: `${surnames.text} (${missing.en.toLowerCase()})`,
  }
}
