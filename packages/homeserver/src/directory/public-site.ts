/** The public pages as this node mirrors them: from its copy of the directory, under its own origin. */
import { publicMaterials } from '@enlace/coordination/materials/published'
import { shownRisks } from '@enlace/coordination/risks/published'
import { judging, keepSite, serveSite } from '@enlace/public-site'
import type { RequestHandler } from 'express'
import type { Context } from '../context.ts'

export interface PublicSite {
  serve: RequestHandler
  close(): void
}

/** @returns undefined where this node shows none (`public_site: off`) */
export function createPublicSite({
  config,
  directory,
  federationList,
  clock,
  log,
}: Pick<Context, 'config' | 'directory' | 'federationList' | 'clock' | 'log'>): PublicSite | undefined {
  if (config.public_site === 'off') return undefined
  let changes = 0
  const another = () => {
    changes += 1
  }
  directory.onChange(another)
  federationList.institutions.onInstitutionChange(another)
  const asks = {
    countryOf: (key: string) => federationList.institution(key)?.country,
    recordsOf: (key: string) => directory.record(key),
    now: () => clock.now(),
  }
  const site = keepSite({
    version: () => changes,
    entries: () => directory.records(),
    materials: () => publicMaterials(federationList.institutions.libraries(), judging(asks)),
    risks: () =>
      shownRisks(federationList.institutions.riskFiles(), { countryOf: asks.countryOf, now: asks.now() }),
    now: () => clock.now(),
    log,
  })
  return { serve: serveSite(site), close: site.close }
}
