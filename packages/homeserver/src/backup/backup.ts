/** The node's own backups: made in a thread at their interval, checked daily, and what has become of their verification. */
import { setTimeout as wait } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import { z } from 'zod'
import type { Config } from '../config.ts'
import type { Context } from '../context.ts'
import { isSameText } from '../lib/same-text.ts'
import { type BackupState, readBackupState, writeBackupState } from './backup-state.ts'
import type { BackupAnswer, BackupWorkerInput, BackupWorkerMessage } from './backup-worker.ts'
import { BackupDamaged } from './errors.ts'
import { newestHead } from './make-backup.ts'
import { openStore, placeOf } from './place.ts'
import { backupProblem } from './problems.ts'
import { readObject, receiptName } from './repository.ts'
import { openRepositoryKeys, receiptMac, sealFor } from './sealing.ts'
import type { Backup, BackupStore, CheckedBackup, MadeBackup } from './types.ts'

const LOOK_MS = 15 * 60_000
const CHECK_MS = 24 * 3_600_000
const HOUR_MS = 3_600_000
const RETRY_MS = HOUR_MS
/** Whoever asks how backups stand waits no longer for a store that is slow. */
const SEEK_MS = 10_000

const receiptSchema = z.object({
  id: z.string(),
  ts: z.number(),
  ok: z.boolean(),
  what: z.string().max(4_000),
  mac: z.string(),
})

/** Whoever can write to the store can leave anything there: what is no receipt hinders nothing. */
function readReceipt(bytes: Uint8Array): z.output<typeof receiptSchema> | undefined {
  try {
    return receiptSchema.safeParse(JSON.parse(Buffer.from(bytes).toString('utf8'))).data
  } catch {
    return undefined
  }
}

/** What making a backup needs of a node; one that is stopped has no more than this. */
export type BackupDeps = {
  config: Config
  db: Pick<Context['db'], 'copyTo'>
  stable(): Promise<number>
}

export async function runBackup(deps: BackupDeps, verified?: string, signal?: AbortSignal) {
  const { backup } = deps.config
  if (!backup)
    throw new Error(
      'No se hace ningún respaldo: la configuración no tiene "backup". / No backup is made: the configuration has no "backup".',
    )
  // Said at once and here, where the words are best.
  sealFor(backup.recipients)
  const input: BackupWorkerInput = {
    place: await placeOf(backup.to),
    ...(backup.kib_per_second === undefined ? {} : { kibPerSecond: backup.kib_per_second }),
    job: {
      serverName: deps.config.server_name,
      dataDir: deps.config.data_dir,
      ...(deps.config.database.uri === undefined ? {} : { databaseUri: deps.config.database.uri }),
      recipients: backup.recipients,
      keep: backup.keep,
      ...(verified === undefined ? {} : { verified }),
    },
  }
  const worker = new Worker(new URL('./backup-worker.ts', import.meta.url), { workerData: input })
  signal?.addEventListener('abort', () => void worker.terminate(), { once: true })
  return new Promise<MadeBackup & { proof: string }>((done, fail) => {
    const answer = (value: BackupAnswer) => worker.postMessage(value)
    worker.on('message', (message: BackupWorkerMessage) => {
      if ('done' in message) done(message.done)
      else if ('failed' in message) fail(new Error(message.failed))
      else {
        const work = message.ask === 'copy' ? copy(deps, message.file) : deps.stable()
        work.then(
          (value) => answer(value === undefined ? {} : { value }),
          (error: unknown) => answer({ error: error instanceof Error ? error.message : String(error) }),
        )
      }
    })
    worker.once('error', fail)
    worker.once('exit', () => fail(new Error('El respaldo se interrumpió. / The backup was ended.')))
  }).finally(() => worker.terminate())
}

async function copy(deps: BackupDeps, file: string): Promise<undefined> {
  if (!deps.db.copyTo) throw new Error('The database is no embedded one.')
  await deps.db.copyTo(file)
}

export async function createBackup(
  ctx: Pick<Context, 'config' | 'db' | 'stream' | 'log' | 'clock' | 'metrics' | 'audit'>,
): Promise<Backup> {
  const { config } = ctx
  const { backup } = config
  const { data_dir: dataDir } = config
  const now = () => ctx.clock.now()
  let state = await readBackupState(dataDir, now())
  let timer: NodeJS.Timeout | undefined
  let running: Promise<MadeBackup> | undefined
  let looking: Promise<void> | undefined
  let reading: Promise<void> | undefined
  let nextTry = 0
  const abort = new AbortController()

  const save = async (change: Partial<BackupState>) => {
    state = { ...state, ...change }
    await writeBackupState(dataDir, state)
  }
  const openOwn = async (): Promise<BackupStore> => {
    if (!backup) throw new Error('La configuración no tiene "backup". / The configuration has no "backup".')
    return openStore(await placeOf(backup.to), backup.kib_per_second)
  }

  async function make(): Promise<MadeBackup> {
    try {
      const deps = { config, db: ctx.db, stable: async () => ctx.stream.stable }
      const { proof, ...made } = await runBackup(deps, state.verified?.id, abort.signal)
      const place =
        typeof backup!.to === 'string' ? backup!.to : `${backup!.to.endpoint}/${backup!.to.bucket}`
      await save({
        made: { id: made.id, ts: made.ts, place },
        proofs: { ...state.proofs, [made.id]: proof },
        failing: undefined,
      })
      ctx.log.info({ ...made }, 'backup made')
      await ctx.audit.record({ act: 'backup.made', by: 'node', on: made.id, facts: { bytes: made.sent } })
      return made
    } catch (error) {
      const detail = (error as Error).message
      if (!abort.signal.aborted) {
        ctx.log.error({ err: error }, 'no backup made')
        await save({ failing: { since: state.failing?.since ?? now(), detail } })
        await ctx.audit.record({ act: 'backup.made', by: 'node', outcome: 'refused' })
      }
      throw error
    }
  }

  async function check(): Promise<CheckedBackup> {
    const store = await openOwn()
    const { publicKey } = await openRepositoryKeys(`${dataDir}/backup`)
    const head = await newestHead(store, publicKey)
    if (!head)
      throw new BackupDamaged({
        es: 'No hay ningún respaldo de este nodo en el almacén.',
        en: 'There is no backup of this node in the store.',
      })
    let bytes = 0
    const objects = [...head.manifest, ...head.packs]
    for (const one of objects) {
      bytes += one.size
      try {
        await readObject(store, one)
      } catch (error) {
        if (!(error instanceof BackupDamaged)) throw error
        // Read once more, then removed: what is not there is sent again with the next backup.
        await readObject(store, one).catch(() => store.remove(one.name))
        await save({ damaged: { since: state.damaged?.since ?? now(), detail: error.message } })
        throw error
      }
    }
    await save({ checked: { id: head.id, ts: now() }, damaged: undefined })
    return { id: head.id, objects: objects.length, bytes }
  }

  /** What verifying machines have left in the store. */
  async function readReceipts(): Promise<void> {
    const store = await openOwn()
    for await (const { name } of store.list('verified')) {
      const found = await store.get(name)
      const receipt = found && readReceipt(found.bytes)
      if (!receipt || receiptName(receipt.id) !== name) continue
      const { id, ts, ok, what, mac } = receipt
      const proof = state.proofs[id]
      if (proof === undefined || !isSameText(mac, receiptMac(proof, id, ts, ok, what))) continue
      if (ts <= Math.max(state.verified?.ts ?? 0, state.refuted?.since ?? 0)) continue
      if (ok) await save({ verified: { id, ts }, refuted: undefined })
      else await save({ refuted: { since: ts, detail: what } })
      await ctx.audit.record({
        act: 'backup.verified',
        by: 'operator',
        on: id,
        outcome: ok ? 'done' : 'refused',
      })
    }
  }

  const seek = () => {
    // One at a time: a receipt is taken up, and noted in the audit, once.
    reading ??= readReceipts().finally(() => {
      reading = undefined
    })
    return reading
  }

  async function look(): Promise<void> {
    try {
      await seek()
      const due = (state.made?.ts ?? 0) + backup!.every_hours * HOUR_MS
      // A clock that was set back must not put backups off for years.
      const isDue = now() >= due || (state.made !== undefined && state.made.ts > now() + HOUR_MS)
      if ((isDue || state.damaged) && ctx.clock.monotonic() >= nextTry) {
        nextTry = ctx.clock.monotonic() + RETRY_MS
        await face.make()
      }
      if (state.made && (state.damaged || now() - (state.checked?.ts ?? 0) > CHECK_MS)) await check()
    } catch (error) {
      if (!abort.signal.aborted) ctx.log.warn({ err: error }, 'backups were not looked after')
    }
  }

  const face: Backup = {
    status() {
      if (!backup) return { configured: false }
      const problem = backupProblem(state, backup, now())
      return {
        configured: true,
        ...(state.made ? { lastMade: state.made } : {}),
        ...(state.verified ? { lastVerified: state.verified } : {}),
        ...(state.checked ? { lastChecked: state.checked } : {}),
        ...(problem ? { problem } : {}),
      }
    },
    make() {
      running ??= make().finally(() => {
        running = undefined
      })
      return running
    },
    check,
    async seekVerification() {
      if (!backup) return
      const sought = seek().catch((error: unknown) => {
        if (!abort.signal.aborted) ctx.log.warn({ err: error }, 'no word of verifications was read')
      })
      await Promise.race([sought, wait(SEEK_MS, undefined, { ref: false })])
    },
    async start() {
      if (!backup) return
      await writeBackupState(dataDir, state)
      const run = () => {
        looking ??= look().finally(() => {
          looking = undefined
        })
      }
      timer = setInterval(run, LOOK_MS)
      timer.unref()
      run()
    },
    async close() {
      clearInterval(timer)
      abort.abort()
      await running?.catch(() => undefined)
      await looking
      await reading?.catch(() => undefined)
    },
  }
  const seconds = (ts: number | undefined) => (ts ?? 0) / 1000
  const { gauge, gaugeOfEach } = ctx.metrics
  gauge('enlace_backup_configured', '1 when this node makes backups.', () => (backup ? 1 : 0))
  gauge('enlace_backup_made_timestamp_seconds', 'Time of the newest backup; 0 without one.', () =>
    seconds(state.made?.ts),
  )
  gauge(
    'enlace_backup_verified_timestamp_seconds',
    'When a backup was last put back into a scratch node; 0 when never.',
    () => seconds(state.verified?.ts),
  )
  gaugeOfEach('enlace_backup_problem', 'What is not as it should be with backups.', 'kind', () => {
    const { problem } = face.status()
    return problem ? [{ label: problem.kind, value: 1 }] : []
  })
  return face
}
