/**
 * What institutions publish under their keys after institutions of both countries approved it: one rule for every kind of it
 * (materials, risks). An item goes up in versions, is taken back by name, and stands while those who approved it let it stand. What a
 * kind demands besides, the kind says.
 */
import type { z } from 'zod'

/** An institution of each of these approves what becomes public (ISO 3166-1 alpha-2). */
export const approvingCountries = ['HN', 'GT'] as const

/** Those of the approving countries that none of the institutions acts in. */
export const missingCountries = (
  institutions: readonly string[],
  countryOf: (institution: string) => string | undefined,
): string[] => {
  const there = new Set(institutions.map(countryOf))
  return approvingCountries.filter((country) => !there.has(country))
}

/** What is asked about anything that was published. */
export interface Asks {
  /** ISO 3166-1 alpha-2, as the network's coordinators say; undefined: not of the network */
  countryOf(institution: string): string | undefined
  /** milliseconds since the Unix epoch */
  now: number
}

/** Whose it is, and which version: it counts up. */
export interface Version {
  institution: string
  number: number
}

/** One item of a file; approvals are signed, see `@enlace/trust`. */
export interface ApprovedItem<Content> {
  content: Content
  /** institutions whose keys signed this very content */
  approvedBy: readonly string[]
}

/** What one institution publishes of a kind, as it signed it. */
export interface ApprovedFile<Content, Back> {
  institution: string
  items: readonly ApprovedItem<Content>[]
  /** its own that it took back, and others' whose approval it took back: up to this version */
  withdrawn: readonly Back[]
}

/** Why an institution's next file is not taken. The sentence is English, for the detail of an error. */
export interface Fault<Own extends string> {
  reason: 'malformed' | 'not-approved' | 'rollback' | 'expired' | 'lives-too-long' | Own
  detail: string
}

/** A kind of what is published. */
export interface ApprovedKind<
  Content extends Version,
  Back extends Version,
  Given extends Asks,
  Own extends string,
> {
  /** the list's name in the file, for sentences */
  list: string
  schema: z.ZodType<Content>
  /** which item, whatever its version */
  keyOf(one: Content | Back): string
  /** the moment from which it is over, milliseconds since the Unix epoch */
  endOf(content: Content): number
  /** the longest it holds without being approved anew, milliseconds */
  maxValidityMs: number
  /** why what is new is not taken, beside what holds for every kind */
  refusal(content: Content, asks: Given): { reason: Own; detail: string } | undefined
  /** whether it may be shown now, beside what holds for every kind */
  stands(content: Content, asks: Given): boolean
}

/**
 * An institution's file out of what it signed.
 *
 * @param given items as they stand in the file, with what each says
 * @returns also what is wrong with items that are not of the form: they are left out
 */
export function readApproved<
  Content extends Version,
  Back extends Version,
  Given extends Asks,
  Own extends string,
  Item,
>(
  kind: ApprovedKind<Content, Back, Given, Own>,
  given: { institution: string; items: readonly Item[]; withdrawn: readonly Back[] },
  contentOf: (item: Item) => unknown,
  /** institutions whose keys signed the item, see `@enlace/trust` */
  approvedBy: (item: Item) => readonly string[],
): { file: ApprovedFile<Content, Back>; faults: string[] } {
  const items: ApprovedItem<Content>[] = []
  const faults: string[] = []
  for (const [at, item] of given.items.entries()) {
    const parsed = kind.schema.safeParse(contentOf(item))
    if (parsed.success) items.push({ content: parsed.data, approvedBy: approvedBy(item) })
    else {
      const [issue] = parsed.error.issues
      faults.push(`${kind.list}.${at}.${issue?.path.join('.')}: ${issue?.message}`)
    }
  }
  return { file: { institution: given.institution, items, withdrawn: given.withdrawn }, faults }
}

/**
 * What an institution may publish after what it published before.
 *
 * Versions only go up; what was withdrawn stays withdrawn, and comes back with a higher version alone; what is new is approved by
 * both countries. What stood before unchanged is not judged anew here: pages leave it out when it no longer holds, and nobody's
 * roster waits for it.
 */
export function approvedFault<
  Content extends Version,
  Back extends Version,
  Given extends Asks,
  Own extends string,
>(
  kind: ApprovedKind<Content, Back, Given, Own>,
  before: ApprovedFile<Content, Back> | undefined,
  next: ApprovedFile<Content, Back>,
  asks: Given,
): Fault<Own> | undefined {
  const { institution } = next
  const { keyOf } = kind
  const fault = (reason: Fault<Own>['reason'], detail: string): Fault<Own> => ({ reason, detail })
  const back = newestOf(kind, next.withdrawn)
  const shown = new Map(next.items.map((one) => [keyOf(one.content), one]))
  if (shown.size !== next.items.length) return fault('malformed', 'One item stands there twice.')
  const earlier = new Map(before?.items.map(({ content }) => [keyOf(content), content]))
  for (const [key, number] of newestOf(kind, before?.withdrawn ?? []))
    if ((back.get(key) ?? 0) < number)
      return fault('rollback', `${key}: version ${number} was withdrawn, and must stay so.`)
  for (const [key, content] of earlier) {
    const is = Math.max(shown.get(key)?.content.number ?? 0, back.get(key) ?? 0)
    if (is < content.number)
      return fault('rollback', `${key}: version ${content.number} was published; withdraw it by name.`)
  }
  for (const [key, { content, approvedBy }] of shown) {
    const last = earlier.get(key)
    if (content.institution !== institution) return fault('malformed', `${key} is not of ${institution}.`)
    if ((back.get(key) ?? 0) >= content.number)
      return fault('rollback', `${key}: version ${content.number} is withdrawn.`)
    if (last && last.number === content.number && JSON.stringify(last) === JSON.stringify(content)) continue
    if (last && last.number >= content.number)
      return fault('rollback', `${key}: version ${last.number} was published. Give the change a higher one.`)
    const end = kind.endOf(content)
    if (end <= asks.now) return fault('expired', `${key} was valid until a time that is past.`)
    if (end - asks.now > kind.maxValidityMs)
      return fault(
        'lives-too-long',
        `${key} would hold for more than ${Math.floor(kind.maxValidityMs / 86_400_000)} days.`,
      )
    const missing = missingCountries(approvedBy, asks.countryOf)
    if (missing.length > 0)
      return fault('not-approved', `${key}: no institution of ${missing.join(', ')} signed its approval.`)
    const own = kind.refusal(content, asks)
    if (own) return fault(own.reason, `${key}: ${own.detail}`)
  }
  return undefined
}

/**
 * What anybody may see at this moment: approved by both countries by keys that are in force, not withdrawn by whoever published
 * it or approved it, not over, and as its kind demands. In one order on every machine.
 */
export function standing<
  Content extends Version,
  Back extends Version,
  Given extends Asks,
  Own extends string,
>(
  kind: ApprovedKind<Content, Back, Given, Own>,
  files: readonly ApprovedFile<Content, Back>[],
  asks: Given,
): Content[] {
  const { keyOf } = kind
  const back = new Map(files.map((one) => [one.institution, newestOf(kind, one.withdrawn)]))
  const lets = (by: string, content: Content) => (back.get(by)?.get(keyOf(content)) ?? 0) < content.number
  return files
    .flatMap(({ institution, items }) =>
      items.filter(({ content, approvedBy }) => {
        if (content.institution !== institution || !lets(institution, content)) return false
        if (kind.endOf(content) <= asks.now) return false
        const still = approvedBy.filter((by) => lets(by, content))
        return missingCountries(still, asks.countryOf).length === 0 && kind.stands(content, asks)
      }),
    )
    .map(({ content }) => content)
    .sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1))
}

function newestOf<Content extends Version, Back extends Version, Given extends Asks, Own extends string>(
  { keyOf }: Pick<ApprovedKind<Content, Back, Given, Own>, 'keyOf'>,
  withdrawn: readonly Back[],
): Map<string, number> {
  const newest = new Map<string, number>()
  for (const one of withdrawn) newest.set(keyOf(one), Math.max(one.number, newest.get(keyOf(one)) ?? 0))
  return newest
}
