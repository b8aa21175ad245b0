import {
  type CaseFamily,
  type CaseKind,
  caseKindKeys,
  checkForm,
  deadlinesFor,
  defaultPriority,
  envelopeOf,
  type FormProblem,
  familyOf,
  isMinor,
  type Priority,
  type Target,
  type TargetSources,
  targetFor,
} from '@enlace/coordination'
import type { CaseDraft } from '../../model/cases/records.ts'
import type { Person } from '../../model/channels/types.ts'
import type { Institution } from '../../model/session/records.ts'

const familiesOf: Record<string, readonly CaseFamily[]> = {
  documentation: ['documentation'],
  returns: ['return', 'referral'],
  minors: ['child', 'documentation'],
}

/** Kinds that fit the topic of a channel first. A topic without kinds of its own has referrals. */
export function kindsFor(topic: string): { fits: CaseKind[]; others: CaseKind[] } {
  const families = familiesOf[topic] ?? ['referral', 'transfer']
  const fits = families.flatMap((family) => caseKindKeys.filter((kind) => familyOf(kind) === family))
  return { fits, others: caseKindKeys.filter((kind) => !fits.includes(kind)) }
}

/** Kinds of institution that most often answer a kind of case. */
const usual: Record<CaseFamily, readonly string[]> = {
  documentation: ['civil_registry', 'consular'],
  return: ['reception', 'migration', 'child_protection'],
  child: ['child_protection', 'judicial', 'consular'],
  referral: ['ngo', 'health', 'child_protection', 'reception'],
  transfer: ['child_protection', 'consular', 'ngo'],
}

export interface InstitutionChoice {
  key: string
  name: string
  country?: string
}

/** Institutions with people in the channel, those that usually answer such a case first; one's own last, if at all. */
export function institutionChoices(
  people: readonly Pick<Person, 'institution' | 'institutionName' | 'country'>[],
  directory: ReadonlyMap<string, Institution>,
  kind: CaseKind,
  own: string | undefined,
): InstitutionChoice[] {
  const found = new Map<string, InstitutionChoice>()
  for (const person of people) {
    if (!person.institution || found.has(person.institution)) continue
    const known = directory.get(person.institution)
    found.set(person.institution, {
      key: person.institution,
      name: known?.name ?? person.institutionName ?? person.institution,
      country: known?.country ?? person.country,
    })
  }
  // Nobody asks themselves; only a child's case may stay with whoever opens it.
  if (own && familyOf(kind) !== 'child') found.delete(own)
  const rank = (key: string) => {
    const at = usual[familyOf(kind)].indexOf(directory.get(key)?.kind ?? '')
    return at < 0 ? 99 : at
  }
  return [...found.values()].sort(
    (a, b) =>
      Number(a.key === own) - Number(b.key === own) ||
      rank(a.key) - rank(b.key) ||
      a.name.localeCompare(b.name, 'es'),
  )
}

export interface Prospect {
  priority: Priority
  minor: boolean
  deadline: number
  acknowledgeBy: number
  target: Target
  country: string
}

/** What will be said of the time a case has, from what is filled in so far; undefined until kind and institution are. */
export function prospectOf(
  draft: CaseDraft,
  directory: ReadonlyMap<string, Institution>,
  sources: TargetSources,
  now: number,
): Prospect | undefined {
  const { kind } = draft
  const [responsible] = draft.institutions
  if (!kind || !responsible) return undefined
  const minor = isMinor(draft.values, now) ?? false
  const priority = draft.priority ?? defaultPriority(kind, minor)
  const country = directory.get(responsible)?.country ?? responsible.slice(0, 2).toUpperCase()
  const expectedArrival = envelopeOf(kind, draft.values)?.arrival?.expected_ts
  const { deadline, acknowledge_by } = deadlinesFor(
    { kind, priority, country, expectedArrival },
    now,
    sources,
  )
  return {
    priority,
    minor,
    deadline,
    acknowledgeBy: acknowledge_by,
    target: targetFor('fulfil', kind, priority, sources),
    country,
  }
}

/** What stands in the way of sending; `institution` and `kind` beside the fields of the form. */
export function problemsOf(
  draft: CaseDraft,
  noInstitution: FormProblem['message'],
  now: number,
): FormProblem[] {
  if (!draft.kind) return []
  return [
    ...(draft.institutions.length === 0 ? [{ field: 'institution', message: noInstitution }] : []),
    ...checkForm(draft.kind, draft.values, now),
  ]
}
