/**
 * A node that was put back from a backup, until everything is as if it had only been away. Begun by the mark that `restore`
 * leaves and nobody else; kept in the database; gone on with after a crash.
 *
 *   1 local steps, before any other part opens: nothing the lost node gave out is given out again   local-steps.ts
 *   2 partners are told, each says what it has, and that is fetched                                  catch-up.ts
 *   3 meanwhile nothing new is sent in a room whose partners have not been heard: it would fork
 */
import { existsSync } from 'node:fs'
import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { localYear } from '@enlace/coordination'
import { isHalfRestored, RESTORED_MARK, restoredMark } from '../backup/put-back.ts'
import type { Context } from '../context.ts'
import { MatrixError } from '../errors.ts'
import { createCatchUp } from './catch-up.ts'
import { localSteps, referencesLost } from './local-steps.ts'
import { openRestoreModel } from './models.ts'
import type { RestoreDoc, Restored, RestoreModel } from './types.ts'

/** Positions a stream reserves at a time: the last ones before the backup may not have been used yet. */
const BLOCK = 10_000
/** What a node cannot use up between a backup and its loss: so many at least, and so many a second. */
const POSITIONS = 10_000_000
const POSITIONS_A_SECOND = 2_000
const RETRY_AFTER_MS = 2_000

export async function createRestored(ctx: Context): Promise<Restored> {
  const { data_dir: dataDir } = ctx.config
  if (isHalfRestored(dataDir))
    throw new Error(
      `A restore into ${dataDir} was not ended: run the same command again before starting the node.`,
    )
  const model = await openRestoreModel(ctx.db)
  await begin(ctx, model, dataDir)
  // At most a few in the life of a node.
  const all: RestoreDoc[] = await model.find().sort({ restored_ts: 1 }).lean()
  for (const restore of all) await doLocalSteps(ctx, model, restore)
  if (all.length > 0) await rm(join(dataDir, RESTORED_MARK), { force: true })

  const last = all.at(-1)
  const open = last && last.finished_ts === undefined ? last : undefined
  const catchUp = open && createCatchUp(ctx, model, open)
  const caughtUp = catchUp?.done ?? Promise.resolve()
  const wait = () =>
    new MatrixError(
      429,
      'M_LIMIT_EXCEEDED',
      'Este servidor se restauró de un respaldo y todavía recoge lo que falta. Espere un momento. / This server was restored from a backup and is still fetching what is missing. Wait a moment.',
      { retry_after_ms: RETRY_AFTER_MS },
    )

  return {
    epoch: last?._id,
    isLost: (pos) => all.some(({ from_pos, upto_pos }) => pos > from_pos && pos <= upto_pos),
    isOfLostTime: (ts) => all.some(({ made_ts, restored_ts }) => ts >= made_ts && ts <= restored_ts),
    referencesLost(year) {
      const there = all.filter(
        ({ made_ts, restored_ts }) => year >= localYear(made_ts) && year <= localYear(restored_ts),
      )
      return Math.max(0, ...there.map(referencesLost))
    },
    checkRoom(roomId) {
      if (catchUp && !catchUp.isRoomOpen(roomId)) throw wait()
    },
    checkPartner(serverName) {
      if (catchUp && !catchUp.hears(serverName)) throw wait()
    },
    start: async () => void (await catchUp?.start()),
    caughtUp,
    status: () =>
      open && catchUp && !catchUp.isFinished()
        ? { restoredTs: open.restored_ts, madeTs: open.made_ts, waitingFor: catchUp.waitingFor() }
        : undefined,
    close: async () => void (await catchUp?.close()),
  }
}

/** What the steps need, decided once and kept before the first of them. */
async function begin(ctx: Context, model: RestoreModel, dataDir: string): Promise<void> {
  const file = join(dataDir, RESTORED_MARK)
  if (!existsSync(file)) return
  const mark = restoredMark.parse(JSON.parse(await readFile(file, 'utf8')))
  const counters = ctx.db.connection.collection<{ _id: string; next: number }>('counters')
  const next = (await counters.findOne({ _id: 'stream' }))?.next ?? 0
  const seconds = Math.max(0, mark.restored_ts - mark.made_ts) / 1000
  await model.updateOne(
    { _id: mark.id },
    {
      $setOnInsert: {
        backup: mark.backup,
        made_ts: mark.made_ts,
        restored_ts: mark.restored_ts,
        end_sessions: mark.end_sessions,
        from_pos: Math.max(0, next - BLOCK),
        upto_pos: next + POSITIONS + Math.ceil(seconds * POSITIONS_A_SECOND),
        steps: [],
        partners: [],
      },
    },
    { upsert: true },
  )
}

async function doLocalSteps(ctx: Context, model: RestoreModel, restore: RestoreDoc): Promise<void> {
  for (const [name, step] of Object.entries(localSteps)) {
    if (restore.steps.includes(name)) continue
    await step(ctx.db.connection, restore)
    await model.updateOne({ _id: restore._id }, { $addToSet: { steps: name } })
    restore.steps.push(name)
  }
}
