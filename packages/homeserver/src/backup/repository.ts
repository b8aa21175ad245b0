/** What backups a store has: their heads, which are good, which are kept, and what of the rest can go. */
import { z } from 'zod'
import { BackupDamaged } from './errors.ts'
import { isSignedHead, type Open, objectName } from './sealing.ts'
import type { BackupHead, BackupManifest, BackupStore } from './types.ts'

const object = z.object({
  name: z.string().regex(/^(?:packs|manifests)\/[0-9a-f]{64}$/),
  size: z.number().int().min(0),
})
const headSchema = z.object({
  format: z.literal(1),
  id: z.string().regex(/^[0-9TZ]{16}-[0-9a-f]{8}$/),
  made_ts: z.number().int(),
  manifest: z.array(object).min(1),
  packs: z.array(object),
  made_by: z.string(),
  signature: z.string(),
})
const piece = z.tuple([
  z.number().int(),
  z.number().int(),
  z.number().int(),
  z.number().int(),
  z.string(),
  z.boolean(),
])
const manifestSchema = z.object({
  format: z.literal(1),
  id: z.string(),
  server_name: z.string(),
  made_ts: z.number(),
  hash_key: z.string(),
  proof: z.string(),
  database: z.enum(['file', 'collections']),
  read: z.enum(['snapshot', 'ordered']).optional(),
  packs: z.array(z.string()),
  chunks: z.array(piece),
  files: z.array(
    z.object({
      path: z.string(),
      size: z.number().int(),
      mode: z.number().int(),
      chunks: z.array(z.number().int()),
    }),
  ),
})

export const headName = (id: string) => `backups/${id}.json`
export const receiptName = (id: string) => `verified/${id}.json`

/** Heads of whole backups, oldest first. What cannot be read is no backup: it is given by its name. */
export async function readHeads(store: BackupStore): Promise<{ heads: BackupHead[]; bad: string[] }> {
  const heads: BackupHead[] = []
  const bad: string[] = []
  for await (const { name } of store.list('backups')) {
    const head = await readHead(store, name)
    if (head && headName(head.id) === name) heads.push(head)
    else bad.push(name)
  }
  return { heads: heads.sort((a, b) => a.made_ts - b.made_ts || (a.id < b.id ? -1 : 1)), bad }
}

async function readHead(store: BackupStore, name: string): Promise<BackupHead | undefined> {
  try {
    const found = await store.get(name)
    const head = headSchema.parse(JSON.parse(Buffer.from(found!.bytes).toString('utf8')))
    return isSignedHead(head) ? head : undefined
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof z.ZodError || error instanceof TypeError)
      return undefined
    throw error
  }
}

/** An object as it was written. @throws BackupDamaged when it is missing or another */
export async function readObject(store: BackupStore, { name, size }: { name: string; size: number }) {
  const found = await store.get(name)
  if (!found)
    throw new BackupDamaged({
      es: `El respaldo no está completo: falta ${name}.`,
      en: `The backup is not whole: ${name} is missing.`,
    })
  if (found.bytes.length !== size || objectName(name.split('/')[0] as 'packs', found.bytes) !== name)
    throw new BackupDamaged({
      es: `El respaldo está dañado: ${name} no es lo que se escribió.`,
      en: `The backup is damaged: ${name} is not what was written.`,
    })
  return found.bytes
}

export async function readManifest(
  store: BackupStore,
  head: BackupHead,
  open: Open,
): Promise<BackupManifest> {
  const parts: Uint8Array[] = []
  for (const one of head.manifest) parts.push(await open(await readObject(store, one)))
  const { zstdDecompressSync } = await import('node:zlib')
  const text = zstdDecompressSync(Buffer.concat(parts)).toString('utf8')
  const parsed = manifestSchema.safeParse(JSON.parse(text))
  if (!parsed.success || parsed.data.id !== head.id)
    throw new BackupDamaged({
      es: 'Esta versión no lee la lista de contenidos del respaldo.',
      en: 'The backup’s list of contents is not one this version reads.',
    })
  return {
    ...parsed.data,
    chunks: parsed.data.chunks.map(([pack, at, length, size, id, packed]) => ({
      pack,
      at,
      length,
      size,
      id,
      packed,
    })),
  }
}

export type KeepRule = { daily: number; weekly: number; monthly: number }

/**
 * The newest backup of each of the last so many days, ISO weeks and months that have one, and always the newest of all and
 * the newest that was verified. By what backups say of their time, not by this machine's clock: were it wrong, nothing
 * would be thrown away for it.
 */
export function kept(
  heads: readonly Pick<BackupHead, 'id' | 'made_ts'>[],
  rule: KeepRule,
  verified?: string,
): Set<string> {
  const newestFirst = [...heads].sort((a, b) => b.made_ts - a.made_ts)
  const keep = new Set(newestFirst.slice(0, 1).map(({ id }) => id))
  if (verified !== undefined) keep.add(verified)
  const series: [number, (ts: number) => string][] = [
    [rule.daily, (ts) => new Date(ts).toISOString().slice(0, 10)],
    // Days since a Monday.
    [rule.weekly, (ts) => String(Math.floor((ts / 86_400_000 - 4) / 7))],
    [rule.monthly, (ts) => new Date(ts).toISOString().slice(0, 7)],
  ]
  for (const [count, of] of series) {
    const seen = new Set<string>()
    for (const { id, made_ts } of newestFirst) {
      if (seen.has(of(made_ts)) || seen.size >= count) continue
      seen.add(of(made_ts))
      keep.add(id)
    }
  }
  return keep
}

/** Removes backups beyond the rule and what no backup needs: heads first, so that no head names what is gone. */
export async function prune(
  store: BackupStore,
  args: {
    rule: KeepRule
    madeBy: string
    verified?: string
    check(): Promise<void>
    spare?: ReadonlySet<string>
  },
): Promise<{ removed: number; objects: number }> {
  const { heads, bad } = await readHeads(store)
  // Whatever cannot be read may be a backup of a newer version: nothing it could need is touched.
  if (bad.length > 0) return { removed: 0, objects: 0 }
  const ours = heads.filter((head) => head.made_by === args.madeBy)
  const keep = kept(ours, args.rule, args.verified)
  const stays = heads.filter((head) => head.made_by !== args.madeBy || keep.has(head.id))
  for (const { id } of heads.filter((head) => !stays.includes(head))) {
    await args.check()
    await store.remove(headName(id))
    await store.remove(receiptName(id))
  }
  const needed = new Set(
    stays.flatMap(({ manifest, packs }) => [...manifest, ...packs].map(({ name }) => name)),
  )
  let objects = 0
  for (const folder of ['packs', 'manifests'])
    for await (const { name } of store.list(folder)) {
      if (needed.has(name) || args.spare?.has(name)) continue
      await args.check()
      await store.remove(name)
      objects += 1
    }
  return { removed: heads.length - stays.length, objects }
}
