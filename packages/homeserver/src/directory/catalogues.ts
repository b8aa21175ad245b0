/** The catalogues of both views. A large one is put together in slices, so that the node goes on answering meanwhile. */
import { setImmediate } from 'node:timers/promises'
import { Catalogue, type CatalogueEntry } from '@enlace/directory/catalogue'
import { runInSlices } from '@enlace/directory/steps'

type View = 'public' | 'network'

export interface Catalogues {
  /** What is asked before a large one is ready is answered from the one before. */
  of(view: View): Catalogue
  /** The records changed. */
  forget(): void
}

const DAY = 86_400_000
/** So many institutions are put together in less time than a person notices. */
const SMALL = 400

export function createCatalogues(entries: () => readonly CatalogueEntry[], now: () => number): Catalogues {
  const made = new Map<View, { day: number; version: number; catalogue: Catalogue }>()
  const making = new Set<View>()
  let version = 0
  // Freshness goes by the day.
  const today = () => Math.floor(now() / DAY)

  async function makeInSlices(view: View): Promise<void> {
    if (making.has(view)) return
    making.add(view)
    const of = { day: today(), version }
    try {
      const steps = Catalogue.inSteps(entries(), now(), view)
      made.set(view, { ...of, catalogue: await runInSlices(steps, () => setImmediate()) })
    } finally {
      making.delete(view)
    }
    if (of.version !== version) await makeInSlices(view)
  }

  return {
    of(view) {
      const known = made.get(view)
      if (known?.day === today() && known.version === version) return known.catalogue
      const list = entries()
      if (known && list.length > SMALL) {
        void makeInSlices(view)
        return known.catalogue
      }
      const catalogue = new Catalogue(list, now(), view)
      made.set(view, { day: today(), version, catalogue })
      return catalogue
    },
    forget() {
      version += 1
      if (entries().length > SMALL) for (const view of ['public', 'network'] as const) void makeInSlices(view)
    },
  }
}
