import type { MaterialContent } from '@enlace/coordination/materials/published'
import type { ShownRisk } from '@enlace/coordination/risks/published'
import type { CatalogueEntry } from '@enlace/directory/catalogue'
import { buildSite, type Site } from './build.ts'

/** A change of the directory is seen within this time, and at the next request. */
const lookMs = 15_000
/** After a build that failed. */
const againMs = 60_000
const dayMs = 86_400_000

export interface SiteSource {
  /** another value when anything the pages are made of is another */
  version(): unknown
  entries(): readonly CatalogueEntry[]
  /** materials that are public at this moment (`publicMaterials`) */
  materials(): readonly MaterialContent[]
  /** risks that are public at this moment (`shownRisks`) */
  risks(): readonly ShownRisk[]
  now(): number
  log: { error(what: object, text: string): void }
}

export interface KeptSite {
  /** The pages of now; while new ones are made, those before. Undefined where there never were any. */
  current(): Promise<Site | undefined>
  close(): void
}

/**
 * Keeps pages that follow the directory. They are put together when they are first asked for, and from then on whenever the
 * directory, or the day, is another. New pages take the place of the old ones all at once; where they cannot be made, the old ones
 * stay and the log says so.
 */
export function keepSite({ version, entries, materials, risks, now, log }: SiteSource): KeptSite {
  let site: Site | undefined
  /** `until`: when the first of the materials or risks ends */
  let made: { version: unknown; day: number; until: number } | undefined
  let making: Promise<void> | undefined
  let notBefore = 0
  let closed = false

  async function make(): Promise<void> {
    const of = { version: version(), day: today() }
    try {
      const shown = { materials: materials(), risks: risks() }
      site = await buildSite(entries(), now(), { ...shown, before: site })
      const ends = [...shown.materials.map((one) => one.valid_until), ...shown.risks.map((one) => one.endsAt)]
      made = { ...of, until: Math.min(Number.POSITIVE_INFINITY, ...ends) }
    } catch (error) {
      notBefore = now() + againMs
      log.error(
        { err: error },
        'the public pages could not be made anew: the last ones stay, and it is tried again',
      )
    }
  }
  const today = () => Math.floor(now() / dayMs)
  const look = (): Promise<void> | undefined => {
    const isNew = !made || made.version !== version() || made.day !== today() || now() >= made.until
    if (!making && isNew && !closed && now() >= notBefore)
      making = make().finally(() => {
        making = undefined
      })
    return making
  }
  let timer: NodeJS.Timeout | undefined

  return {
    async current() {
      timer ??= setInterval(look, lookMs).unref()
      const work = look()
      if (!site) await work
      return site
    },
    close() {
      closed = true
      clearInterval(timer)
    },
  }
}
