/**
 * A risk as it becomes public: what institutions of both countries sign, and what pages are made from. It says what a public row says
 * (`PublicRisk`) as coarse as its kind asks, under a name drawn by lot: nothing leads from it to a report, a channel, a person, or the
 * institution that reported. `RISKS.md` has the rules.
 */
import { z } from 'zod'
import { institutionKeySchema } from '../members.ts'
import {
  type ApprovedFile,
  type ApprovedItem,
  type ApprovedKind,
  type Asks,
  approvedFault,
  type Fault,
  readApproved,
  standing,
} from '../publishing/approved.ts'
import { endOfUntil, type PublicRisk } from './public-risk.ts'
import { coarsened, type PlaceGuard, placeKey, type RiskPlace, riskPlaceSchema } from './risk-place.ts'
import { daySchema, maxValidDays } from './risk-records.ts'
import { type Coarseness, reliabilityKeys, riskKindKeys, riskKinds, riskSourceKeys } from './risk-words.ts'

const DAY_MS = 86_400_000
/** Reports that one public risk may stand for. */
export const maxReports = 500
/** The longest a risk holds, in milliseconds: a report's longest, to the end of its month. */
export const maxRiskValidityMs = (maxValidDays + 31) * DAY_MS

const monthSchema = z.string().regex(/^20\d{2}-(?:0[1-9]|1[0-2])$/)

/** Strict: a field more, a finer place or a finer day than its kind allows makes it malformed. */
export const publishedRiskSchema = z
  .strictObject({
    /** in whose name it is published: one of those that approved, whoever reported */
    institution: institutionKeySchema,
    /** 128 bits by lot, hexadecimal: no event and no report */
    id: z.string().regex(/^[0-9a-f]{32}$/),
    /** counts up with every version */
    number: z.int().min(1).max(1_000_000),
    kind: z.enum(riskKindKeys),
    /** absent: withheld */
    place: riskPlaceSchema.optional(),
    /** a day, or the month alone where somebody was harmed */
    when: z.union([daySchema, monthSchema]),
    /** the last day, or month, it is valid */
    until: z.union([daySchema, monthSchema]),
    source: z.enum(riskSourceKeys),
    reliability: z.enum(reliabilityKeys),
    /** how many reports say it */
    reports: z.int().min(1).max(maxReports),
  })
  .check(({ value, issues }) => {
    const problem = (path: string, message: string) =>
      issues.push({ code: 'custom', input: value, path: [path], message })
    const { publicAtLeast, publicTime } = riskKinds[value.kind]
    const length = publicTime === 'day' ? 'YYYY-MM-DD'.length : 'YYYY-MM'.length
    for (const path of ['when', 'until'] as const)
      if (value[path].length !== length) problem(path, `must be a ${publicTime} for ${value.kind}`)
    if (value.place && coarsened(value.place, publicAtLeast) !== value.place)
      problem('place', `must not be finer than ${publicAtLeast} for ${value.kind}`)
    if (value.until < value.when) problem('until', 'must not be before the day it happened')
    const days = (endOfUntil(value.until) - endOfUntil(value.when)) / DAY_MS
    if (days > maxValidDays + 31) problem('until', `must be within ${maxValidDays} days`)
  })
export type PublishedRisk = z.output<typeof publishedRiskSchema>

/** What an institution took back. Of another institution's: its own approval, of this version and those before. */
export interface WithdrawnRisk {
  institution: string
  id: string
  number: number
}

/** One institution's `risks.json` as it signed it. */
export type RiskFile = ApprovedFile<PublishedRisk, WithdrawnRisk>
export type RiskItem = ApprovedItem<PublishedRisk>
/** Why the next file is not taken. */
export type RiskFault = Fault<'too-fine'>

/** What is asked about risks that were published. */
export interface RiskAsks extends Asks {
  /** of the hidden places that whoever asks knows */
  guard: PlaceGuard
}

/** Of a risk: which, whatever the version. */
export const riskKey = ({ institution, id }: Pick<PublishedRisk, 'institution' | 'id'>) =>
  `${institution} ${id}`

const settles = (place: RiskPlace | undefined, guard: PlaceGuard, least: Coarseness): boolean => {
  if (!place) return true
  const at = guard.settle(place, least)
  return at !== undefined && placeKey(at) === placeKey(place)
}

/** Risks as a kind of what is published: no square tells where a hidden place is. */
export const riskKind: ApprovedKind<PublishedRisk, WithdrawnRisk, RiskAsks, 'too-fine'> = {
  list: 'risks',
  schema: publishedRiskSchema,
  keyOf: riskKey,
  endOf: ({ until }) => endOfUntil(until),
  maxValidityMs: maxRiskValidityMs,
  // The sentence does not say why: whoever signs sees it in the directory for the network.
  refusal: ({ kind, place }, { guard }) =>
    settles(place, guard, riskKinds[kind].publicAtLeast)
      ? undefined
      : { reason: 'too-fine', detail: 'The place is finer than may be shown. Sign it with a coarser one.' },
  // What was signed stays as it is: a square that grew since would say, beside the signed file, that something hidden is in it.
  stands: () => true,
}

/** An institution's file out of its `risks.json`: `readApproved`. */
export const readRiskFile = <Item extends { risk: unknown }>(
  file: { institution: string; risks: readonly Item[]; withdrawn: readonly WithdrawnRisk[] },
  approvedBy: (item: Item) => readonly string[],
): { file: RiskFile; faults: string[] } =>
  readApproved(riskKind, { ...file, items: file.risks }, ({ risk }) => risk, approvedBy)

/** What an institution may publish after what it published before: `approvedFault`. */
export const riskFileFault = (
  before: RiskFile | undefined,
  next: RiskFile,
  asks: RiskAsks,
): RiskFault | undefined => approvedFault(riskKind, before, next, asks)

/** A public row with the moment it goes. */
export interface ShownRisk extends PublicRisk {
  /** milliseconds since the Unix epoch */
  endsAt: number
}

/**
 * What anybody may see at this moment (`standing`), as rows: without who published. Ordered by what they say alone, the newest month
 * first.
 */
export function shownRisks(files: readonly RiskFile[], asks: Asks): ShownRisk[] {
  return standing<PublishedRisk, WithdrawnRisk, Asks, 'too-fine'>(riskKind, files, asks)
    .map(({ kind, place, when, until, source, reliability, reports }): ShownRisk => {
      // As its kind asks, whoever let it through.
      const wide = place && coarsened(place, riskKinds[kind].publicAtLeast)
      return { kind, place: wide, when, until, source, reliability, reports, endsAt: endOfUntil(until) }
    })
    .map((row) => ({ row, key: JSON.stringify([row.when, row.kind, row.place ?? null, row]) }))
    .sort((a, b) => (a.key < b.key ? 1 : a.key > b.key ? -1 : 0))
    .map(({ row }) => row)
}

/** The signed form of a public row. @param id 128 bits by lot, hexadecimal @throws ZodError over limits */
export function publishedRisk(
  { kind, place, when, until, source, reliability, reports }: PublicRisk,
  named: { institution: string; id: string; number: number },
): PublishedRisk {
  const row = { kind, ...(place ? { place } : {}), when, until, source, reliability, reports }
  return publishedRiskSchema.parse({ ...named, ...row })
}

/**
 * Whether a signed form says what this device would publish, or less: then an institution may sign the same words, and no two forms
 * of one risk go about.
 */
export function says(signed: PublishedRisk, row: PublicRisk, guard: PlaceGuard): boolean {
  const { place } = signed
  const same = (['kind', 'when', 'until', 'source', 'reliability', 'reports'] as const).every(
    (field) => signed[field] === row[field],
  )
  if (!same || !place) return same
  const wide = row.place && coarsened(row.place, place.coarse)
  return (
    wide !== undefined &&
    placeKey(wide) === placeKey(place) &&
    settles(place, guard, riskKinds[row.kind].publicAtLeast)
  )
}

const hex = (length: number) => z.string().regex(new RegExp(`^[0-9a-f]{${length}}$`))

/** What a `sign` step names: an encrypted record with the public form and the signatures of the institution over it. */
export const riskSignatureSchema = z.strictObject({
  content: publishedRiskSchema,
  /** over `riskApproval` of `@enlace/trust`, by keys of the institution of whoever takes the step */
  signatures: z
    .array(z.strictObject({ keyid: hex(64), sig: hex(128) }))
    .min(1)
    .max(8),
})
export type RiskSignature = z.output<typeof riskSignatureSchema>
