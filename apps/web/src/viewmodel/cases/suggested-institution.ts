import { type CaseKind, familyEntry } from '@enlace/coordination'
import type { ServiceCategory } from '@enlace/directory/words'
import type { Institution } from '../../model/session/records.ts'
import type { InstitutionChoice } from './new-case.ts'

/** The category of service by which the directory knows who does what a kind of case asks for. */
const categoryOf: Partial<Record<CaseKind, ServiceCategory>> = {
  birth_certificate: 'civil_registration',
  late_registration: 'civil_registration',
  correction: 'civil_registration',
  nationality_verification: 'consular',
  travel_document: 'consular',
  child_return: 'child_protection',
}

export const serviceCategoryOf = (kind: CaseKind | undefined): ServiceCategory | undefined =>
  kind && categoryOf[kind]

/**
 * The one institution that the case is for, as far as that is plain: of those in the channel, whoever provides the service by the
 * directory, of the usual kind, in the country of the person. More than one that could be meant: nobody is suggested.
 * @param providers keys of institutions that provide the service, by the directory
 */
export function suggestedInstitution(
  choices: readonly InstitutionChoice[],
  directory: ReadonlyMap<string, Institution>,
  providers: ReadonlySet<string>,
  {
    kind,
    values,
    own,
  }: { kind: CaseKind; values: Readonly<Record<string, string>>; own: string | undefined },
): string | undefined {
  // A group is received by several, and which is the first is for a person to say.
  if (kind === 'return_notice') return undefined
  const usual: readonly string[] = familyEntry(kind).answeredBy
  const others = choices.filter((one) => one.key !== own)
  const said = [values['birth_country'], values['nationality']].find((one) => one === 'HN' || one === 'GT')
  // Records are kept where the person was born; without a word of that, the other side is asked.
  const ownCountry = own === undefined ? undefined : directory.get(own)?.country
  const country = said ?? (ownCountry === 'HN' ? 'GT' : ownCountry === 'GT' ? 'HN' : undefined)
  const there = country === undefined ? others : others.filter((one) => one.country === country)
  const providing = there.filter((one) => providers.has(one.key))
  const pool = providing.length > 0 ? providing : there
  for (const one of usual) {
    const its = pool.filter(({ key }) => directory.get(key)?.kind === one)
    if (its.length === 1) return its[0]!.key
    if (its.length > 1) return undefined
  }
  return providing.length === 1 ? providing[0]!.key : undefined
}
