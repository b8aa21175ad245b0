/**
 * Institutions as this node knows them: the registry's records, kept on disk for when it cannot be reached, and before
 * the first answer the copy the project ships.
 */
import { readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type InstitutionSummary, institutionSummarySchema } from '@enlace/directory'
import { institutions as shipped } from '@enlace/directory/institutions'
import { fetch } from 'undici'
import { z } from 'zod'
import type { Context } from '../context.ts'
import type { Directory } from './types.ts'

const REFRESH_MS = 10 * 60_000
const MAX_BYTES = 4 * 1024 * 1024
const answerSchema = z.object({ institutions: z.array(institutionSummarySchema).max(5_000) })

export async function createDirectory(ctx: Context): Promise<Directory> {
  const file = join(ctx.config.data_dir, 'institutions.json')
  let etag: string | undefined
  const listeners = new Set<() => void>()
  let known = new Map<string, InstitutionSummary>(
    shipped.map((one) => [
      one.key,
      {
        key: one.key,
        organization_id: '',
        name: one.name,
        country: one.country,
        department: one.department,
        municipality: one.municipality,
        kind: one.kind,
        services: one.services,
        confirmed: one.confirmed,
        freshness: 'overdue',
        server_name: null,
      },
    ]),
  )
  const accept = (value: unknown): boolean => {
    const parsed = answerSchema.safeParse(value)
    if (parsed.success) known = new Map(parsed.data.institutions.map((one) => [one.key, one]))
    return parsed.success
  }
  try {
    accept(JSON.parse(await readFile(file, 'utf8')))
  } catch {
    // No copy yet: the shipped one serves until the registry answers.
  }

  const { list } = ctx.config.federation
  const url = list === 'open' ? undefined : new URL('/_enlace/registry/v1/institutions', list.url)

  async function refresh(): Promise<void> {
    if (!url) return
    try {
      const response = await fetch(url, {
        headers: etag ? { 'If-None-Match': etag } : {},
        signal: AbortSignal.timeout(15_000),
      })
      if (response.status === 304) return
      const text = await response.text()
      if (!response.ok || text.length > MAX_BYTES || !accept(JSON.parse(text)))
        throw new Error(`status ${response.status}`)
      etag = response.headers.get('etag') ?? undefined
      await writeFile(`${file}.new`, text, { mode: 0o600 })
      await rename(`${file}.new`, file)
      for (const listener of listeners) listener()
    } catch (error) {
      ctx.log.warn({ err: error }, 'institutions not refreshed from the registry; the last copy serves')
    }
  }
  await refresh()
  const timer = setInterval(() => void refresh(), REFRESH_MS)
  timer.unref()

  return {
    institution: (key) => known.get(key),
    all: () => [...known.values()],
    onChange: (listener) => void listeners.add(listener),
    close: () => clearInterval(timer),
  }
}
