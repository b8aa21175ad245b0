import {
  type CaseKind,
  checkForm,
  deadlinesFor,
  defaultPriority,
  expectedArrival,
  type FormProblem,
  familyEntry,
  isMinor,
  type Majority,
  majority,
  type Priority,
  type Target,
  type TargetSources,
  targetFor,
} from '@enlace/coordination'
import type { CaseDraft } from '../../model/cases/records.ts'
import type { Person } from '../../model/channels/types.ts'
import type { Institution } from '../../model/session/records.ts'

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
  const family = familyEntry(kind)
  // An institution does not ask itself; only some kinds, such as a child's case, may stay with the one that opens it.
  if (own && !family.ownInstitutionMayAnswer) found.delete(own)
  const rank = (key: string) => {
    const at = (family.answeredBy as readonly string[]).indexOf(directory.get(key)?.kind ?? '')
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
  /** of whoever the case is about */
  age?: Majority
  deadline: number
  acknowledgeBy: number
  target: Target
  country: string
}

/** How much time the case will have, going by what is filled in so far; undefined until kind and institution are chosen. */
export function prospectOf(
  draft: CaseDraft,
  directory: ReadonlyMap<string, Institution>,
  sources: TargetSources,
  now: number,
): Prospect | undefined {
  const { kind } = draft
  const [responsible] = draft.institutions
  if (!kind || !responsible) return undefined
  const age = majority(kind, draft.values, now)
  const priority = draft.priority ?? defaultPriority(kind, isMinor(kind, draft.values, now))
  const country = directory.get(responsible)?.country ?? responsible.slice(0, 2).toUpperCase()
  const arrival = expectedArrival(kind, draft.values)
  const { deadline, acknowledge_by } = deadlinesFor(
    { kind, priority, country, ...(arrival === undefined ? {} : { expectedArrival: arrival }) },
    now,
    sources,
  )
  return {
    priority,
    ...(age === undefined ? {} : { age }),
    deadline,
    acknowledgeBy: acknowledge_by,
    target: targetFor('fulfil', kind, priority, sources),
    country,
  }
}

/** What stands in the way of sending: fields of the form, or `institution`. */
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
