/** What is asked about what institutions published, answered out of the records at hand. */
import { createHash } from 'node:crypto'
import { type Judging, type NamedRecord, nameKey } from '@enlace/coordination/materials/published'
import type { Asks } from '@enlace/coordination/publishing'
import { createPlaceGuard } from '@enlace/coordination/risks'
import type { RiskAsks } from '@enlace/coordination/risks/published'
import type { CatalogueEntry } from '@enlace/directory/catalogue'
import { publicFingerprint } from '@enlace/directory/fingerprint'
import { runSteps } from '@enlace/directory/steps'
import { whereaboutsOf } from '@enlace/directory/whereabouts'

export interface PublicAsks {
  /** ISO 3166-1 alpha-2, as the federation list has it; undefined: not of the network */
  countryOf: Asks['countryOf']
  recordsOf(institution: string): Pick<CatalogueEntry, 'institution' | 'entry'> | undefined
  /** all records, with what is for the network alone as far as it is known here: no new square tells of it */
  inside(): readonly CatalogueEntry[]
  now(): number
}

/** For one look at all materials: what it found of a record it remembers. */
export function judging({ countryOf, recordsOf, now }: Omit<PublicAsks, 'inside'>): Judging {
  const known = new Map<string, string | undefined>()
  const digest = ({ institution, service }: NamedRecord) => {
    const records = recordsOf(institution)
    const text = records && publicFingerprint(records, service)
    return text === undefined ? undefined : createHash('sha256').update(text).digest('hex')
  }
  return {
    countryOf,
    digestOf(name) {
      const key = nameKey(name)
      if (!known.has(key)) known.set(key, digest(name))
      return known.get(key)
    },
    now: now(),
  }
}

/** For one look at an institution's next risks. */
export function riskJudging({ countryOf, inside, now: clock }: PublicAsks): RiskAsks {
  const now = clock()
  const { hidden, open } = runSteps(whereaboutsOf(inside(), now))
  return { countryOf, guard: createPlaceGuard(hidden, open), now }
}
