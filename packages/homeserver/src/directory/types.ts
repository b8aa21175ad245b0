import type { InstitutionSummary } from '@enlace/directory'

/** enlace/: the institutions as the registry has them. */
export interface Directory {
  institution(key: string): InstitutionSummary | undefined
  all(): InstitutionSummary[]
  /** Called when the registry's records changed. */
  onChange(listener: () => void): void
  close(): void
}
