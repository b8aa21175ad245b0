/** Whether what a material for migrants names is still as it was approved, out of the records at hand. */
import { createHash } from 'node:crypto'
import { type Judging, type NamedRecord, nameKey } from '@enlace/coordination/materials/published'
import type { CatalogueEntry } from '@enlace/directory/catalogue'
import { publicFingerprint } from '@enlace/directory/fingerprint'

export interface MaterialAsks {
  /** ISO 3166-1 alpha-2, as the federation list has it; undefined: not of the network */
  countryOf: Judging['countryOf']
  recordsOf(institution: string): Pick<CatalogueEntry, 'institution' | 'entry'> | undefined
  now(): number
}

/** For one look at all of them: what it found of a record it remembers. */
export function judging({ countryOf, recordsOf, now }: MaterialAsks): Judging {
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
