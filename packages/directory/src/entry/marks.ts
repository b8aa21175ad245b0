import type { ScheduleFacts } from '../hours/opening.ts'
import type { Attribute } from '../hsds/objects.ts'
import { objectNames, type TableName } from '../hsds/tables.ts'
import { stableId } from '../ids.ts'
import type { BilingualText } from '../text.ts'

/**
 * What Enlace says of a record that HSDS has no field for, as the standard's own extension: attributes of a certain
 * `link_type`. Any program that knows HSDS reads and keeps them.
 */

const yesNo = {
  yes: { es: 'sí', en: 'yes' },
  no: { es: 'no', en: 'no' },
} as const satisfies Record<string, BilingualText>

export const sexes = {
  female: { es: 'mujeres', en: 'women' },
  male: { es: 'hombres', en: 'men' },
} as const satisfies Record<string, BilingualText>

export const situations = {
  in_transit: { es: 'personas en tránsito', en: 'people in transit' },
  returned: { es: 'personas retornadas', en: 'returned people' },
  protection_seeker: { es: 'personas que buscan protección', en: 'people who seek protection' },
  unaccompanied_child: { es: 'niñez no acompañada', en: 'unaccompanied children' },
  family: { es: 'familias', en: 'families' },
} as const satisfies Record<string, BilingualText>

interface MarkDefinition {
  /** the tables whose records may have it; none named: all */
  on?: readonly TableName[]
  /** its values; none named: what `pattern` says */
  values?: Readonly<Record<string, BilingualText>>
  pattern?: RegExp
  /** a record may have several */
  many?: true
  label: BilingualText
}

const fieldList = /^(?:\*|[a-z0-9_]+(?:,[a-z0-9_]+)*)$/

export const markTypes = {
  whatsapp: { on: ['phones'], values: yesNo, label: { es: 'WhatsApp', en: 'WhatsApp' } },
  answers_at_night: {
    on: ['phones'],
    values: yesNo,
    label: { es: 'Contesta de noche', en: 'Answers at night' },
  },
  plus_code: {
    on: ['addresses', 'locations'],
    pattern: /^[2-9CFGHJMPQRVWX]{8}\+[2-9CFGHJMPQRVWX]{2,7}$/,
    label: { es: 'Código plus', en: 'Plus code' },
  },
  exception: {
    on: ['schedules'],
    values: { hours: { es: 'horario especial', en: 'other hours' }, closed: { es: 'cerrado', en: 'closed' } },
    label: { es: 'Excepción', en: 'Exception' },
  },
  holidays: {
    on: ['schedules'],
    values: {
      as_usual: { es: 'abre en feriados', en: 'open on holidays' },
      closed: { es: 'cierra en feriados', en: 'closed on holidays' },
    },
    label: { es: 'Feriados', en: 'Public holidays' },
  },
  eligible_sex: { on: ['services'], values: sexes, many: true, label: { es: 'Atiende a', en: 'Serves' } },
  eligible_nationality: {
    on: ['services'],
    pattern: /^[A-Z]{2}$/,
    many: true,
    label: { es: 'Nacionalidad que atiende', en: 'Nationality served' },
  },
  eligible_situation: {
    on: ['services'],
    values: situations,
    many: true,
    label: { es: 'Situación que atiende', en: 'Situation served' },
  },
  network_only: { pattern: fieldList, label: { es: 'Solo para la red', en: 'For the network only' } },
  public: { pattern: fieldList, label: { es: 'Público', en: 'Public' } },
  assured: {
    on: ['organizations'],
    pattern: /^(?:identity|services|contact|place|hours|capacity):\d{4}-\d{2}-\d{2}$/,
    many: true,
    label: { es: 'Verificado', en: 'Verified' },
  },
  example: {
    on: ['organizations'],
    values: { true: { es: 'de ejemplo', en: 'example' } },
    label: { es: 'De ejemplo', en: 'Example' },
  },
} as const satisfies Record<string, MarkDefinition>

export type MarkType = keyof typeof markTypes

export function isMarkType(type: string | undefined): type is MarkType {
  return type !== undefined && Object.hasOwn(markTypes, type)
}

/** Whether a mark may be on a record of that table with that value. */
export function isMark(table: TableName, type: MarkType, value: string | undefined): boolean {
  const { on, values, pattern }: MarkDefinition = markTypes[type]
  if (value === undefined || (on && !on.includes(table))) return false
  return values ? Object.hasOwn(values, value) : (pattern?.test(value) ?? true)
}

/** Whether a record may have more than one of a kind. */
export function isManyMark(type: MarkType): boolean {
  const { many }: MarkDefinition = markTypes[type]
  return many === true
}

export function markOf(table: TableName, linkId: string, type: MarkType, value: string): Attribute {
  const { label } = markTypes[type]
  return {
    id: stableId(`attribute/${linkId}/${type}${isManyMark(type) ? `/${value}` : ''}`),
    link_id: linkId,
    link_entity: objectNames[table],
    link_type: type,
    value,
    label: label.es === label.en ? label.es : `${label.es} · ${label.en}`,
  }
}

/** What is read of attributes: HSDS objects and rows alike. */
export type MarkSource = ReadonlyArray<{ id: string; link_type?: unknown; value?: unknown }>

/** The values of a mark, in order; none when there is none. */
export function markValues(attributes: MarkSource | undefined, type: MarkType): string[] {
  return (attributes ?? []).flatMap(({ link_type, value }) =>
    link_type === type && typeof value === 'string' ? [value] : [],
  )
}

const answerOf = (attributes: MarkSource | undefined, type: MarkType): boolean | undefined => {
  const [value] = markValues(attributes, type)
  return value === 'yes' ? true : value === 'no' ? false : undefined
}

/** Undefined: nobody said. */
export const hasWhatsapp = (attributes: MarkSource | undefined) => answerOf(attributes, 'whatsapp')
export const answersAtNight = (attributes: MarkSource | undefined) => answerOf(attributes, 'answers_at_night')

/** A schedule as `openingOf` wants it. */
export function scheduleFacts(schedule: ScheduleFacts, attributes: MarkSource | undefined): ScheduleFacts {
  const [exception] = markValues(attributes, 'exception')
  const [holidays] = markValues(attributes, 'holidays')
  return {
    ...schedule,
    ...(exception === 'hours' || exception === 'closed' ? { exception } : {}),
    ...(holidays === 'as_usual' || holidays === 'closed' ? { onHolidays: holidays } : {}),
  }
}

/** Whom a service is for; what is not said does not exclude. */
export interface Eligibility {
  minimumAge?: number
  maximumAge?: number
  sexes: string[]
  nationalities: string[]
  situations: string[]
}

export function eligibilityOf(
  service: { minimum_age?: unknown; maximum_age?: unknown },
  attributes: MarkSource | undefined,
): Eligibility {
  return {
    ...(typeof service.minimum_age === 'number' ? { minimumAge: service.minimum_age } : {}),
    ...(typeof service.maximum_age === 'number' ? { maximumAge: service.maximum_age } : {}),
    sexes: markValues(attributes, 'eligible_sex'),
    nationalities: markValues(attributes, 'eligible_nationality'),
    situations: markValues(attributes, 'eligible_situation'),
  }
}

/** A person as far as it is known; what is not known is not asked. */
export interface Person {
  age?: number
  sex?: string
  nationality?: string
  situation?: string
}

/** Whether a service says nothing against serving them. */
export function isEligible(eligibility: Eligibility, person: Person): boolean {
  const { age } = person
  if (
    age !== undefined &&
    (age < (eligibility.minimumAge ?? 0) || age > (eligibility.maximumAge ?? Infinity))
  )
    return false
  const among = (list: readonly string[], one: string | undefined) =>
    list.length === 0 || one === undefined || list.includes(one)
  return (
    among(eligibility.sexes, person.sex) &&
    among(eligibility.nationalities, person.nationality) &&
    among(eligibility.situations, person.situation)
  )
}
