/** What institutions' files are checked against: keys that coordinators delegated, versions that the registry's snapshot names. */
import type { MetaFile } from '@tufjs/models'
import type { Read } from '../metadata.ts'
import { type Appointment, readAppointments } from './appointment.ts'
import { type ReadDelegations, readInstitutionDelegations } from './delegation.ts'
import { parseInstitutionRole } from './documents.ts'

export interface InstitutionGround extends ReadDelegations {
  /** digests of the two files it was read from */
  targets: string
  snapshot: string
  /** whom coordinators appointed, by institution */
  appointments: ReadonlyMap<string, Appointment>
  /** by role: `gt-renap`, `gt-renap.duty` */
  meta(role: string): MetaFile | undefined
  /** every role of an institution that the snapshot names */
  roles: readonly string[]
}

export function groundOf(targets: Read<'targets'>, snapshot: Read<'snapshot'>): InstitutionGround {
  const { meta } = snapshot.metadata.signed
  return {
    ...readInstitutionDelegations(targets.metadata),
    appointments: readAppointments(targets.metadata.signed.toJSON()),
    targets: targets.digest,
    snapshot: snapshot.digest,
    roles: Object.keys(meta)
      .map((name) => name.replace(/\.json$/, ''))
      .filter((role) => role !== 'targets' && parseInstitutionRole(role) !== undefined),
    meta: (role) => (Object.hasOwn(meta, `${role}.json`) ? meta[`${role}.json`] : undefined),
  }
}
