/** What the node knows of its backups, in a file: written whole, so that a crash leaves the old or the new one. */
import { mkdir, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { writeSynced } from './files.ts'

const stateSchema = z.object({
  made: z.object({ id: z.string(), ts: z.number(), place: z.string() }).optional(),
  /** What only who opened a backup can know, by backup: receipts are checked with it. */
  proofs: z.record(z.string(), z.string()).default({}),
  verified: z.object({ id: z.string(), ts: z.number() }).optional(),
  checked: z.object({ id: z.string(), ts: z.number() }).optional(),
  /** Why the last attempt failed, and since when they fail. */
  failing: z.object({ since: z.number(), detail: z.string() }).optional(),
  /** Something of the newest backup was not found as it was written. */
  damaged: z.object({ since: z.number(), detail: z.string() }).optional(),
  /** Why the last verification failed. */
  refuted: z.object({ since: z.number(), detail: z.string() }).optional(),
  /** When backups were first configured here. */
  since: z.number(),
})
export type BackupState = z.output<typeof stateSchema>

/** Proofs kept: a verification takes the newest backup, or one some days old. */
const MAX_PROOFS = 60

export async function readBackupState(dataDir: string, now: number): Promise<BackupState> {
  try {
    return stateSchema.parse(JSON.parse(await readFile(fileOf(dataDir), 'utf8')))
  } catch {
    // None yet, or damaged: what it said is in the store too, but for the proofs of earlier backups.
    return { proofs: {}, since: now }
  }
}

export async function writeBackupState(dataDir: string, state: BackupState): Promise<void> {
  const proofs = Object.fromEntries(Object.entries(state.proofs).sort().slice(-MAX_PROOFS))
  await mkdir(join(dataDir, 'backup'), { recursive: true, mode: 0o700 })
  const temporary = `${fileOf(dataDir)}.new`
  await rm(temporary, { force: true })
  await writeSynced(temporary, JSON.stringify({ ...state, proofs }))
  await rename(temporary, fileOf(dataDir))
}

const fileOf = (dataDir: string) => join(dataDir, 'backup', 'state.json')
