/** Checks of a filled-in case form, and what is computed from it on the device. */
import { type BilingualText, seenText } from '@enlace/directory/text'
import { z } from 'zod'
import { isCountryAnswer } from '../people/countries.ts'
import { type IdentityReading, numberName, readIdentityNumber } from '../people/identity-number.ts'
import { isNoName } from '../people/name-sounds.ts'
import { localDate, localDateTime, momentOf } from '../time/border-time.ts'
import {
  dateRange,
  type Majority,
  majorityOf,
  parsePartialDate,
  partialDateFault,
} from '../time/partial-date.ts'
import { eventIdSchema, roomIdSchema } from './case-events.ts'
import { absentKey, caseForms, type FormField } from './case-forms.ts'
import { type CaseKind, caseKindKeys } from './case-kinds.ts'

export type FormValues = Readonly<Record<string, string>>

const MAX_TEXT = 300
const MAX_LONG_TEXT = 4_000
const MAX_COUNT = 10_000
const HOUR_MS = 3_600_000

/** Content of `org.enlace.case.details` once decrypted. What is said about a message is said here, never in the envelope. */
export const caseDetailsSchema = z.object({
  kind: z.enum(caseKindKeys),
  values: z.record(z.string().max(64), z.string().max(MAX_LONG_TEXT)),
  about: z.object({ event_id: eventIdSchema, room_id: roomIdSchema }).optional(),
})
export type CaseDetails = z.output<typeof caseDetailsSchema>

export interface FormProblem {
  field: string
  message: BilingualText
}

export function initialValues(kind: CaseKind, now: number): FormValues {
  const keys = new Set(caseForms[kind].map((one) => one.key))
  return {
    ...(keys.has('consent_date') ? { consent_date: localDate(now) } : {}),
    ...(keys.has('found_at') ? { found_at: localDateTime(now) } : {}),
  }
}

const isAsked = (field: FormField, values: FormValues): boolean =>
  field.when === undefined || field.when.is.includes(values[field.when.field] ?? '')

/** The fields asked for, given what is filled in so far. */
export const askedFields = (kind: CaseKind, values: FormValues): FormField[] =>
  caseForms[kind].filter((field) => isAsked(field, values))

/** What is sent: answers to what was asked, without what is not seen; nothing that was filled in before the question went away. */
export function answers(kind: CaseKind, values: FormValues): Record<string, string> {
  return Object.fromEntries(
    askedFields(kind, values).flatMap((field) => {
      const value = seenText(values[field.key] ?? '')
      if (value !== '') return [[field.key, value] as const]
      const absent = absentOf(field, values)
      return absent === undefined ? [] : [[absentKey(field.key), absent] as const]
    }),
  )
}

/** That there is no answer, or that it is not known, where the form says so and gives none. */
export function absentOf(field: FormField, values: FormValues): string | undefined {
  const absent = values[absentKey(field.key)]
  const given = seenText(values[field.key] ?? '') !== ''
  return !given && absent !== undefined && field.absent && Object.hasOwn(field.absent, absent)
    ? absent
    : undefined
}

const problems = {
  required: { es: 'Falta este dato.', en: 'This is missing.' },
  tooLong: { es: 'Es demasiado largo. Resúmalo.', en: 'This is too long. Shorten it.' },
  badDate: { es: 'Esta fecha no existe. Revísela.', en: 'There is no such date. Check it.' },
  future: { es: 'La fecha no puede ser futura.', en: 'The date may not lie in the future.' },
  past: {
    es: 'La fecha ya pasó. Ponga una que esté por venir.',
    en: 'This is past. Give one that is to come.',
  },
  tooOld: { es: 'Revise el año.', en: 'Check the year.' },
  badChoice: { es: 'Elija una de las opciones.', en: 'Choose one of the options.' },
  badCount: { es: 'Escriba un número entero, de 0 a 10 000.', en: 'Write a whole number, 0 to 10,000.' },
  nobody: {
    es: 'El grupo no tiene personas. Escriba cuántas vienen.',
    en: 'The group has nobody. Say how many come.',
  },
  noConsent: {
    es: 'Sin consentimiento ni decisión de autoridad no se comparten los datos. Guarde el borrador y envíelo cuando lo tenga.',
    en: 'Without consent or the decision of an authority the data are not shared. Keep the draft and send it once you have it.',
  },
  notMinor: {
    es: 'Por esta fecha la persona es mayor de edad. Revísela, o abra otra clase de caso.',
    en: 'By this date the person is an adult. Check it, or open another kind of case.',
  },
} as const satisfies Record<string, BilingualText>

/** Every problem of a form, in the order of its fields; none: it can be sent. */
export function checkForm(kind: CaseKind, values: FormValues, now: number): FormProblem[] {
  const found: FormProblem[] = []
  for (const field of askedFields(kind, values)) {
    const value = seenText(values[field.key] ?? '')
    const message = absentOf(field, values) === undefined ? problemOf(field, value, now) : undefined
    if (message) found.push({ field: field.key, message })
  }
  const own = (key: string, message: BilingualText) => {
    if (!found.some((one) => one.field === key)) found.push({ field: key, message })
  }
  if (values['consent'] === 'not_obtained') own('consent', problems.noConsent)
  if (kind === 'child_return' && majority(kind, values, now) === 'adult') own('birth_date', problems.notMinor)
  if (kind === 'return_notice') {
    const people = ['adults', 'families', 'unaccompanied_children'].map((key) => Number(values[key] ?? 0))
    if (people.every((one) => one === 0)) own('adults', problems.nobody)
  }
  return found
}

function problemOf(field: FormField, value: string, now: number): BilingualText | undefined {
  if (value === '') return field.required ? problems.required : undefined
  switch (field.type) {
    case 'text':
    case 'identity_number':
      return value.length > MAX_TEXT ? problems.tooLong : undefined
    case 'long_text':
      return value.length > MAX_LONG_TEXT ? problems.tooLong : undefined
    case 'choice':
      return field.options && Object.hasOwn(field.options, value) ? undefined : problems.badChoice
    case 'country':
    case 'nationality':
      return isCountryAnswer(field.type, value) ? undefined : problems.badChoice
    case 'partial_date': {
      const date = parsePartialDate(value)
      if (!date) return problems.badDate
      const fault = partialDateFault(date, now)
      return fault === 'future' ? problems.future : fault === 'year' ? problems.tooOld : undefined
    }
    case 'count':
      return /^\d{1,5}$/.test(value) && Number(value) <= MAX_COUNT ? undefined : problems.badCount
    case 'date': {
      const at = momentOf(`${value}T00:00`)
      if (at === undefined) return problems.badDate
      if (value < '1900-01-01' || value > '2100-01-01') return problems.tooOld
      if (field.time === 'past' && value > localDate(now)) return problems.future
      return field.time === 'future' && value < localDate(now) ? problems.past : undefined
    }
    case 'date_time': {
      const at = momentOf(value)
      if (at === undefined) return problems.badDate
      if (value < '1900' || value > '2100') return problems.tooOld
      // A form takes a while to fill in.
      if (field.time === 'past' && at > now + HOUR_MS) return problems.future
      return field.time === 'future' && at < now - HOUR_MS ? problems.past : undefined
    }
  }
}

/**
 * Whether the person a form is about is of age; undefined of a form about no one person. Where that is not certain, the
 * person is treated as a child is (`isMinor`).
 */
export const majority = (kind: CaseKind, values: FormValues, now: number): Majority | undefined =>
  caseForms[kind].some((field) => field.key === 'birth_date')
    ? majorityOf(parsePartialDate(values['birth_date']), now)
    : undefined

/** Whether what protects children counts for the person: for all who are not certainly of age. */
export function isMinor(kind: CaseKind, values: FormValues, now: number): boolean {
  const found = majority(kind, values, now)
  return found !== undefined && found !== 'adult'
}

/** Something worth a second look; it never stands in the way of sending. */
export interface FormAdvice {
  field: string
  message: BilingualText
  /** still being typed, or said for information: not a warning */
  calm?: true
}

const advice = {
  noName: {
    es: 'Si no se conoce, márquelo abajo: así nadie toma esto por un nombre.',
    en: 'If it is not known, mark it below: then nobody takes this for a name.',
  },
  childConsents: {
    es: 'Es o puede ser menor de edad: consiente también quien le representa, o decide la autoridad.',
    en: 'They are or may be a child: whoever represents them consents too, or an authority decides.',
  },
  entryBeforeBirth: {
    es: 'El número se inscribió antes de la fecha de nacimiento: uno de los dos está mal.',
    en: 'The number was entered before the date of birth: one of them is wrong.',
  },
} as const satisfies Record<string, BilingualText>

/** What a person is told as they fill in the form. */
export function formAdvice(kind: CaseKind, values: FormValues, now: number): FormAdvice[] {
  const found: FormAdvice[] = []
  for (const field of askedFields(kind, values)) {
    const value = seenText(values[field.key] ?? '')
    if (value === '') continue
    if (field.absent && isNoName(value)) found.push({ field: field.key, message: advice.noName })
    if (field.type === 'identity_number') found.push(...numberAdvice(field.key, values, now))
    if (field.key === 'consent' && value === 'holder' && values['birth_date'] && isMinor(kind, values, now))
      found.push({ field: field.key, message: advice.childConsents })
  }
  return found
}

/** Whose number it is, by what the form says of the person; undefined where it may be of either. */
function numberCountry(values: FormValues): 'HN' | 'GT' | 'other' | undefined {
  const said = [values['nationality'], values['birth_country']].find(
    (one) => one !== undefined && one !== '' && one !== 'unknown' && one !== 'stateless' && one !== 'other',
  )
  return said === undefined || said === 'HN' || said === 'GT' ? said : 'other'
}

function numberAdvice(key: string, values: FormValues, now: number): FormAdvice[] {
  const country = numberCountry(values)
  // Other countries' numbers are made otherwise.
  if (country === 'other') return []
  const read = readIdentityNumber(values[key] ?? '', now, country)
  if (!read) return []
  if (read.message) return [{ field: key, message: read.message, ...(read.unfinished ? { calm: true } : {}) }]
  const birth = parsePartialDate(values['birth_date'])
  const range = birth && dateRange(birth)
  if (read.year !== undefined && range && read.year < Number(range.first.slice(0, 4)))
    return [{ field: key, message: advice.entryBeforeBirth }]
  const text = goodNumber(read)
  return text ? [{ field: key, message: text, calm: true }] : []
}

const goodNumber = (read: IdentityReading): BilingualText | undefined =>
  read.country && {
    es: `${numberName[read.country].es}: ${read.department}${read.year ? `, ${read.year}` : ''}.`,
    en: `${numberName[read.country].en}: ${read.department}${read.year ? `, ${read.year}` : ''}.`,
  }

/** When a group is expected, from the form alone: the time to receive it counts from then. */
export const expectedArrival = (kind: CaseKind, values: FormValues): number | undefined =>
  kind === 'return_notice' ? momentOf(values['expected'] ?? '') : undefined

export const groupCountKeys = ['adults', 'families', 'unaccompanied_children', 'medical_needs'] as const
/** People of a group, and how many of them need medical attention: in the form, and in the note of who receives them. */
export type GroupCounts = Readonly<Record<(typeof groupCountKeys)[number], number>>

/** What a form says of a group; undefined where it says nothing whole. */
export function groupCounts(values: FormValues): GroupCounts | undefined {
  if (groupCountKeys.some((key) => !/^\d{1,5}$/.test(values[key] ?? ''))) return undefined
  return Object.fromEntries(groupCountKeys.map((key) => [key, Number(values[key])])) as GroupCounts
}
