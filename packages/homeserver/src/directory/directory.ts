/**
 * Institutions and their entries as this node knows them: the registry's records, kept on disk for when it cannot be
 * reached, and before the first answer the copy the project ships.
 */
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { type InstitutionSummary, institutionSummarySchema } from '@enlace/directory'
import type { CatalogueEntry } from '@enlace/directory/catalogue'
import { readDirectoryCopy } from '@enlace/directory/copy'
import type { DirectoryEntry } from '@enlace/directory/entry'
import { institutions as shipped } from '@enlace/directory/institutions'
import { z } from 'zod'
import type { Context } from '../context.ts'
import { createCatalogues } from './catalogues.ts'
import { registryCopy } from './registry-copy.ts'
import type { Directory, DirectoryRecord } from './types.ts'

/** An institution admitted today is on every node within a minute; where nothing changed the answer is 304. */
const REFRESH_MS = 45_000
const MAX_LIST_BYTES = 4 * 1024 * 1024
const MAX_DIRECTORY_BYTES = 64 * 1024 * 1024
const answerSchema = z.object({ institutions: z.array(institutionSummarySchema).max(5_000) })

export async function createDirectory(ctx: Pick<Context, 'clock' | 'config' | 'log'>): Promise<Directory> {
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
  const acceptList = (value: unknown): boolean => {
    const parsed = answerSchema.safeParse(value)
    if (parsed.success) known = new Map(parsed.data.institutions.map((one) => [one.key, one]))
    return parsed.success
  }

  let copied: readonly CatalogueEntry[] = shipped.map((institution) => ({
    institution,
    lastModified: new Date(0).toISOString(),
  }))
  const catalogues = createCatalogues(() => [...records().values()], ctx.clock.now)
  const acceptDirectory = (value: unknown): boolean => {
    const copy = readDirectoryCopy(value)
    if (!copy) return false
    copied = copy.entries
    forget()
    return true
  }
  /** Entries by this node's own word. */
  const own = new Map<string, DirectoryEntry>()
  let signed: Parameters<Directory['follow']>[0] = () => undefined
  /** Signed files do not say when they were made: the registry does, or else they are as new as they are here. */
  const firstSeen = new Map<string, { revision: number; at: string }>()
  function signedRecord(
    copy: CatalogueEntry,
    { revision, entry }: NonNullable<ReturnType<typeof signed>>,
  ): DirectoryRecord {
    const { key } = copy.institution
    if (firstSeen.get(key)?.revision !== revision)
      firstSeen.set(key, { revision, at: new Date(ctx.clock.now()).toISOString() })
    const isCopied = copy.entry !== undefined && isDeepStrictEqual(copy.entry, entry)
    const lastModified = isCopied ? copy.lastModified : firstSeen.get(key)!.at
    return { ...copy, entry, lastModified, source: 'signed', revision }
  }
  let merged: Map<string, DirectoryRecord> | undefined
  function forget(): void {
    merged = undefined
    catalogues.forget()
  }
  /** What the institution itself signed stands before what the registry says of it. */
  function records(): Map<string, DirectoryRecord> {
    merged ??= new Map(
      copied.map((one): [string, DirectoryRecord] => {
        const { key } = one.institution
        const here = own.get(key)
        if (here) return [key, { ...one, entry: here, source: 'here' }]
        const word = signed(key)
        if (word) return [key, signedRecord(one, word)]
        return [key, { ...one, source: one.entry ? 'registry' : 'list' }]
      }),
    )
    return merged
  }

  const { list } = ctx.config.federation
  const copies =
    list === 'open'
      ? []
      : [
          registryCopy({
            url: new URL('/_enlace/registry/v1/institutions', list.url),
            file: join(ctx.config.data_dir, 'institutions.json'),
            maxBytes: MAX_LIST_BYTES,
            accept: acceptList,
          }),
          registryCopy({
            url: new URL('/_enlace/registry/v1/directory', list.url),
            file: join(ctx.config.data_dir, 'directory.json'),
            maxBytes: MAX_DIRECTORY_BYTES,
            accept: acceptDirectory,
            ...(list.network_token ? { headers: { Authorization: `Bearer ${list.network_token}` } } : {}),
          }),
        ]
  await Promise.all(copies.map((copy) => copy.load()))

  async function refresh(): Promise<void> {
    const news = await Promise.all(
      copies.map((copy) =>
        copy.refresh().catch((error: unknown) => {
          ctx.log.warn(
            { err: error },
            'the directory was not refreshed from the registry; the last copy serves',
          )
          return false
        }),
      ),
    )
    if (news.includes(true)) for (const listener of listeners) listener()
  }
  await refresh()
  const changed = () => {
    forget()
    for (const listener of listeners) listener()
  }
  const timer = setInterval(() => void refresh(), REFRESH_MS)
  timer.unref()

  return {
    institution: (key) => known.get(key),
    all: () => [...known.values()],
    catalogue: catalogues.of,
    record: (key) => records().get(key),
    records: () => [...records().values()],
    follow(source) {
      signed = source
      changed()
    },
    keep(entry) {
      own.set(entry.key, entry)
      changed()
    },
    refresh,
    onChange: (listener) => void listeners.add(listener),
    close: () => clearInterval(timer),
  }
}
