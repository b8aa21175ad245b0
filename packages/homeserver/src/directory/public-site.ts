/** The public pages as this node mirrors them: from its copy of the directory, under its own origin. */
import { keepSite, serveSite } from '@enlace/public-site'
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
  clock,
  log,
}: Pick<Context, 'config' | 'directory' | 'clock' | 'log'>): PublicSite | undefined {
  if (config.public_site === 'off') return undefined
  let changes = 0
  directory.onChange(() => {
    changes += 1
  })
  const site = keepSite({
    version: () => changes,
    entries: () => directory.records(),
    now: () => clock.now(),
    log,
  })
  return { serve: serveSite(site), close: site.close }
}
