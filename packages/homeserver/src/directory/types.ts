import type { InstitutionSummary } from '@enlace/directory'
import type { Catalogue, CatalogueEntry } from '@enlace/directory/catalogue'

/** enlace/: the institutions as the registry has them. */
export interface Directory {
  institution(key: string): InstitutionSummary | undefined
  all(): InstitutionSummary[]
  /**
   * All entries, as the registry last gave them: what anybody may see, or what the network may see as far as this node
   * was given it.
   */
  catalogue(view: 'public' | 'network'): Catalogue
  /** Institutions as the list has them, each with its entry as far as this node was given it. */
  records(): readonly CatalogueEntry[]
  /** Called when the registry's records changed. */
  onChange(listener: () => void): void
  close(): void
}
