/** Checks of a filled-in case form, what is computed from it on the device, and whether two forms are about one person. */
import { type BilingualText, foldText, seenText } from '@enlace/directory/text'
import { z } from 'zod'
import { localDate, localDateTime, momentOf } from '../time/border-time.ts'
import { eventIdSchema, roomIdSchema } from './case-events.ts'
import { caseForms, type FormField } from './case-forms.ts'
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
      return value === '' ? [] : [[field.key, value] as const]
    }),
  )
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
    const message = problemOf(field, seenText(values[field.key] ?? ''), now)
    if (message) found.push({ field: field.key, message })
  }
  const own = (key: string, message: BilingualText) => {
    if (!found.some((one) => one.field === key)) found.push({ field: key, message })
  }
  if (values['consent'] === 'not_obtained') own('consent', problems.noConsent)
  if (kind === 'child_return' && values['birth_date'] && isMinor(values, now) === false)
    own('birth_date', problems.notMinor)
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
      return value.length > MAX_TEXT ? problems.tooLong : undefined
    case 'long_text':
      return value.length > MAX_LONG_TEXT ? problems.tooLong : undefined
    case 'choice':
      return field.options && Object.hasOwn(field.options, value) ? undefined : problems.badChoice
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

/** Whether the person is under 18 by the date of birth; undefined when it is not known. */
export function isMinor(values: FormValues, now: number): boolean | undefined {
  const birth = values['birth_date'] ?? ''
  if (momentOf(`${birth}T00:00`) === undefined) return undefined
  const today = localDate(now)
  // Strings of this form compare as the dates do; who was born on 29 February comes of age on 1 March.
  return `${Number(today.slice(0, 4)) - 18}${today.slice(4)}` < birth
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

/** Particles that papers drop or add. */
const particles = new Set(['de', 'del', 'la', 'las', 'los', 'y', 'da', 'e'])

function nameParts(values: FormValues): Set<string> {
  return new Set(
    foldText(`${values['given_names'] ?? ''} ${values['surnames'] ?? ''}`)
      // Spelled alike by ear, written otherwise by offices.
      .replaceAll('z', 's')
      .replaceAll('v', 'b')
      .replaceAll('y', 'i')
      .split(/[^\p{L}\p{N}]+/u)
      .filter((part) => part.length > 1 && !particles.has(part)),
  )
}

/**
 * Whether two forms are probably about the same person: one date of birth, and the names of one are all among those of
 * the other (a second name or surname is often left out). Only a hint for a person to decide on.
 */
export function maybeSamePerson(a: FormValues, b: FormValues): boolean {
  if (!a['birth_date'] || a['birth_date'] !== b['birth_date']) return false
  const [small, large] = [nameParts(a), nameParts(b)].sort((x, y) => x.size - y.size) as [
    Set<string>,
    Set<string>,
  ]
  return small.size >= 2 && [...small].every((part) => large.has(part))
}
