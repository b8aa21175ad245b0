/**
 * Under which id a roster names somebody. An id costs some forty milliseconds and is the same for ever: it is worked out once, a
 * few at a time and each server's people in turn, and kept in memory and on disk, so that a start is quick.
 */
import { rosterId } from '@enlace/trust'
import { Schema } from 'mongoose'
import { growingCache } from '../lib/cache.ts'
import { createOnce } from '../lib/once.ts'
import { openModel } from '../storage/db.ts'
import type { Database } from '../storage/types.ts'
import type { RosterIdDoc, RosterIds } from './types.ts'

/** In the thread pool, which passwords and files need too. */
const AT_ONCE = 2
const REMEMBERED = 50_000
/** Whom nobody has asked about for so long is forgotten. */
const KEPT_S = 90 * 24 * 3_600
const RENEWED_MS = 24 * 3_600_000

type Task = () => Promise<void>

export async function openRosterIds(db: Database): Promise<RosterIds> {
  const schema = new Schema<RosterIdDoc>(
    { _id: String, id: String, user_id: String, at: Date },
    { versionKey: false },
  )
  schema.index({ at: 1 }, { expireAfterSeconds: KEPT_S })
  schema.index({ id: 1 })
  const Ids = await openModel(db, 'policy_roster_ids', schema)
  const memory = growingCache<string, string>(REMEMBERED)
  const working = createOnce<string, string>()
  const lanes = new Map<string, Task[]>()
  let running = 0

  /** One of each lane after the other: a server with very many people holds up its own alone. */
  function next(): void {
    while (running < AT_ONCE) {
      const [lane, tasks] = lanes.entries().next().value ?? []
      const task = tasks?.shift()
      if (lane === undefined || !tasks || !task) return
      lanes.delete(lane)
      if (tasks.length > 0) lanes.set(lane, tasks)
      running += 1
      void task().finally(() => {
        running -= 1
        next()
      })
    }
  }
  function inLane<T>(lane: string, work: () => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const tasks = lanes.get(lane) ?? []
      tasks.push(() => work().then(resolve, reject))
      lanes.set(lane, tasks)
      next()
    })
  }

  const keyOf = (salt: string, userId: string) => `${salt}|${userId}`

  async function known(salt: string, userId: string): Promise<string | undefined> {
    const key = keyOf(salt, userId)
    const remembered = memory.get(key)
    if (remembered !== undefined) return remembered
    const doc = await Ids.findById(key).lean()
    if (!doc) return undefined
    memory.set(key, doc.id)
    if (Date.now() - doc.at.getTime() > RENEWED_MS)
      await Ids.updateOne({ _id: key }, { $set: { at: new Date() } })
    return doc.id
  }

  return {
    known,
    find: (salt, userId, lane) =>
      working.run(keyOf(salt, userId), async () => {
        const before = await known(salt, userId)
        if (before !== undefined) return before
        const id = await inLane(lane, () => rosterId(salt, userId))
        const _id = keyOf(salt, userId)
        await Ids.replaceOne({ _id }, { _id, id, user_id: userId, at: new Date() }, { upsert: true })
        memory.set(_id, id)
        return id
      }),
    async usersOf(ids) {
      // Index {id}.
      const docs = await Ids.find({ id: { $in: [...ids] } }, { user_id: 1 }).lean()
      return [...new Set(docs.map((doc) => doc.user_id))]
    },
  }
}
