/**
 * The duty book of an institution: its positions, who holds them by weekly turns, by overrides and by swaps, and the days
 * off of its calendar. What it says about a moment, `dutyAt` alone decides.
 */
import { z } from 'zod'

const MAX_SPAN_MS = 31 * 86_400_000

export const dutyLimits = {
  positions: 30,
  turns: 400,
  overrides: 500,
  swaps: 200,
  feasts: 100,
} as const

const userId = z.string().min(3).max(255).startsWith('@')
const ts = z.int().min(0).max(8_640_000_000_000)
const clock = z
  .string()
  .regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'Escriba la hora como 07:30. / Write the time as 07:30.')
const date = z.iso.date()
const label = z.string().trim().min(1).max(80)
const word = z.string().min(1).max(120)

export const dutyPositionKeySchema = z
  .string()
  .max(40)
  .regex(
    /^[a-z0-9]+(-[a-z0-9]+)*$/,
    'debe ser una clave como registro-civil / must be a key such as registro-civil',
  )

export const dutyPositionSchema = z.strictObject({
  key: dutyPositionKeySchema,
  name: z.strictObject({ es: label, en: label }),
  /** What it answers for; an empty list: for all there is of that sort. Corridors are their room ids. */
  answers: z
    .strictObject({
      topics: z.array(word).max(30).default([]),
      services: z.array(word).max(50).default([]),
      corridors: z.array(word).max(30).default([]),
    })
    .default({ topics: [], services: [], corridors: [] }),
  /** A contact of the institution's directory entry. */
  contact: z.string().max(64).optional(),
  /** When somebody has to be on duty; `as_written`: whenever the book says so. */
  covers: z.enum(['always', 'office_hours', 'as_written']).default('as_written'),
  /** Whether the other institutions of the network may know who holds it. */
  published: z.boolean().default(true),
})
export type DutyPosition = z.output<typeof dutyPositionSchema>

/** Local time of the border. An end at or before the beginning is on the next day. Weekdays: 1 Monday to 7 Sunday. */
export const dutyTurnSchema = z
  .strictObject({
    position: dutyPositionKeySchema,
    user_id: userId,
    weekdays: z.array(z.int().min(1).max(7)).min(1).max(7),
    from: clock,
    to: clock,
    /** `off`: not on days off; `only`: on days off alone. The day it begins on counts. */
    holidays: z.enum(['as_usual', 'off', 'only']).default('as_usual'),
    /** First and last day it begins on. */
    since: date.optional(),
    until: date.optional(),
  })
  .refine(({ since, until }) => since === undefined || until === undefined || since <= until, {
    error:
      'Un turno termina el día en que empezó a valer, o después. / A turn holds until the day it began to hold, or later.',
    path: ['until'],
  })
export type DutyTurn = z.output<typeof dutyTurnSchema>

const span = { from_ts: ts, to_ts: ts }
type Span = { from_ts: number; to_ts: number }
const ends = (one: Span) => one.to_ts > one.from_ts
const lasts = (one: Span) => one.to_ts - one.from_ts <= MAX_SPAN_MS
const notEnding = { error: 'Debe terminar después de empezar. / It ends after it begins.', path: ['to_ts'] }
const tooLong = { error: 'Dura 31 días a lo más. / It lasts 31 days at most.', path: ['to_ts'] }

/** While it runs, overrides alone say who holds the position; without a person: nobody. */
export const dutyOverrideSchema = z
  .strictObject({ position: dutyPositionKeySchema, user_id: userId.optional(), ...span })
  .refine(ends, notEnding)
  .refine(lasts, tooLong)
export type DutyOverride = z.output<typeof dutyOverrideSchema>

export const dutySwapStates = ['asked', 'accepted', 'declined', 'withdrawn', 'undone'] as const
const swapSpan = z.strictObject(span).refine(ends, notEnding).refine(lasts, tooLong)

/** `giver` gives the time to `taker`; `back`: and takes that time of theirs for it. */
export const dutySwapSchema = z
  .strictObject({
    id: z.string().min(1).max(64),
    position: dutyPositionKeySchema,
    giver: userId,
    taker: userId,
    ...span,
    back: swapSpan.optional(),
    state: z.enum(dutySwapStates),
    asked_ts: ts,
    answered_ts: ts.optional(),
    /** Who undid it. */
    undone_by: userId.optional(),
  })
  .refine(ends, notEnding)
  .refine(lasts, tooLong)
  .refine(({ giver, taker }) => giver !== taker, {
    error: 'Un cambio de turno es entre dos personas. / A swap is between two people.',
    path: ['taker'],
  })
export type DutySwap = z.output<typeof dutySwapSchema>

/** What an office adds to the national holidays of its country, or works through. */
export const dutyCalendarSchema = z.strictObject({
  feasts: z
    .array(
      z.strictObject({
        date,
        name: label,
        /** Whose feast it is, where it is not the whole institution's. */
        municipality: label.optional(),
        from_noon: z.literal(true).optional(),
      }),
    )
    .max(dutyLimits.feasts)
    .default([]),
  /** National holidays on which this office works. */
  worked: z.array(date).max(100).default([]),
  /** Years whose days off a coordinator has looked through. */
  confirmed: z
    .array(z.strictObject({ year: z.int().min(2000).max(2200), by: userId, ts }))
    .max(50)
    .default([]),
})
export type DutyCalendar = z.output<typeof dutyCalendarSchema>

const planned = {
  positions: z.array(dutyPositionSchema).max(dutyLimits.positions).default([]),
  turns: z.array(dutyTurnSchema).max(dutyLimits.turns).default([]),
  overrides: z.array(dutyOverrideSchema).max(dutyLimits.overrides).default([]),
}

type Planned = { positions: DutyPosition[]; turns: DutyTurn[]; overrides: DutyOverride[] }

/** Positions are told apart, and everything is of one that is there. */
function fitsTogether({ positions, turns, overrides }: Planned, issues: z.core.$ZodRawIssue[]): void {
  const keys = new Set(positions.map(({ key }) => key))
  if (keys.size < positions.length)
    issues.push({
      code: 'custom',
      message: 'Dos puestos tienen la misma clave. / Two positions have one key.',
      input: positions,
      path: ['positions'],
    })
  for (const [name, list] of [
    ['turns', turns],
    ['overrides', overrides],
  ] as const)
    for (const [at, { position }] of list.entries())
      if (!keys.has(position))
        issues.push({
          code: 'custom',
          message: `No existe el puesto ${position}. / There is no position ${position}.`,
          input: position,
          path: [name, at, 'position'],
        })
}

/** What coordinators write: positions, turns and overrides. */
export const dutyPlanSchema = z
  .strictObject(planned)
  .check((context) => fitsTogether(context.value, context.issues))
export type DutyPlan = z.output<typeof dutyPlanSchema>

export const dutyBookSchema = z
  .strictObject({
    ...planned,
    swaps: z.array(dutySwapSchema).max(dutyLimits.swaps).default([]),
    calendar: dutyCalendarSchema.default({ feasts: [], worked: [], confirmed: [] }),
  })
  .check((context) => fitsTogether(context.value, context.issues))
export type DutyBook = z.output<typeof dutyBookSchema>

/** What is handed over of a case: one of a few marks. What there is to say about it stands in the case, encrypted. */
export const handOverMarks = ['watch', 'call_back', 'waits_for_answer', 'deadline_near', 'done'] as const
export type HandOverItem = { case_id: string; mark: (typeof handOverMarks)[number] }

export const emptyDutyBook: DutyBook = dutyBookSchema.parse({})

/** The position of whoever kept a roster before there were positions. */
export const generalPosition: DutyPosition = dutyPositionSchema.parse({
  key: 'guardia',
  name: { es: 'Guardia', en: 'On duty' },
})

/**
 * What other institutions need in order to know who is on duty: what is published, and nothing that is over. Swaps that were
 * not taken are nobody's business.
 */
export function publishedDuty(book: DutyBook, now: number): DutyBook {
  const positions = book.positions.filter((one) => one.published)
  const keys = new Set(positions.map(({ key }) => key))
  const concerns = (one: { position: string; to_ts: number }) => keys.has(one.position) && one.to_ts > now
  return {
    positions,
    turns: book.turns.filter(({ position }) => keys.has(position)),
    overrides: book.overrides.filter(concerns),
    swaps: book.swaps.filter(
      (one) =>
        one.state === 'accepted' &&
        (concerns(one) || (keys.has(one.position) && one.back !== undefined && one.back.to_ts > now)),
    ),
    calendar: { ...book.calendar, confirmed: [] },
  }
}
