/**
 * What a restored node changes in its own data before it does anything else: whatever the lost node gave out after the backup
 * must not be given out again. Each step can be done twice; what a step needs is decided and kept before the first.
 */
import type { Connection } from 'mongoose'
import type { RestoreDoc } from './types.ts'

const HOUR_MS = 3_600_000
/** References the lost node may have given since the backup: more than a network of this kind opens in a year. */
const REFERENCES = 1_000
const REFERENCES_AN_HOUR = 100
/** Versions of a key backup the lost node may have made for one person. */
const VERSIONS = 1_000
const BATCH = 500

/** How many references of one series the lost node can have given since the backup, and more. */
export const referencesLost = ({
  made_ts,
  restored_ts,
}: Pick<RestoreDoc, 'made_ts' | 'restored_ts'>): number =>
  REFERENCES + Math.ceil((Math.max(0, restored_ts - made_ts) / HOUR_MS) * REFERENCES_AN_HOUR)

type Steps = Record<string, (db: Connection, restore: RestoreDoc) => Promise<void>>

export const localSteps: Steps = {
  /** Positions go on above all that the lost node can have used: what it told clients and partners means nothing here. */
  async positions(db, { upto_pos }) {
    await db
      .collection<{ _id: string; next: number }>('counters')
      .updateOne({ _id: 'stream' }, { $max: { next: upto_pos } }, { upsert: true })
  },

  /** No one-time key twice: those here count as given out, and devices, told that there are none, make new ones. */
  async 'one-time keys'(db) {
    await db
      .collection('one_time_keys')
      .updateMany({ claimed: false }, { $set: { claimed: true, claimed_at: new Date() } })
    await db.collection('fallback_keys').deleteMany({})
  },

  /**
   * Partners may know later versions of our device lists. The number they are told next follows one they cannot have, so
   * that they fetch the list whole. What we know of theirs is old: it is fetched before it is used.
   */
  async 'device lists'(db, { upto_pos }) {
    const sequences = db.collection<{ _id: string; stream_id: number }>('device_list_sequences')
    for await (const ids of idsOf(db, 'accounts'))
      await sequences.bulkWrite(
        ids.map((_id) => ({
          updateOne: { filter: { _id }, update: { $max: { stream_id: upto_pos } }, upsert: true },
        })),
      )
    await db.collection('device_list_pending').deleteMany({})
    await db.collection('remote_device_lists').updateMany({}, { $set: { stale: true } })
  },

  /** References of cases go on beyond all that can have been given; series not known here begin there too (references.ts). */
  async references(db, restore) {
    const counters = db.collection<{ _id: string; given: number; jumped?: string }>('case_counters')
    const jump = referencesLost(restore)
    for (const { _id, given, jumped } of await counters.find().toArray()) {
      if (jumped === restore._id) continue
      await counters.updateOne({ _id, given }, { $set: { given: given + jump, jumped: restore._id } })
    }
  },

  /**
   * Keys that clients backed up after the backup are not here, and clients think they are. The same backup under a number
   * nobody has seen makes them send all of theirs again; and no number is ever given to two backups.
   */
  async 'key backups'(db) {
    type Version = { _id: string; user_id: string; version: number; deleted: boolean; moved?: boolean }
    const versions = db.collection<Version>('room_key_versions')
    for await (const ids of idsOf(db, 'accounts'))
      for (const user of ids) {
        const [newest] = await versions.find({ user_id: user }).sort({ version: -1 }).limit(1).toArray()
        const [live] = await versions
          .find({ user_id: user, deleted: false })
          .sort({ version: -1 })
          .limit(1)
          .toArray()
        const next = Math.floor((newest?.version ?? 0) / VERSIONS + 1) * VERSIONS
        if (!live) {
          await versions.updateOne(
            { _id: `${user}|${next}` },
            {
              $setOnInsert: {
                user_id: user,
                version: next,
                deleted: true,
                etag: 0,
                algorithm: '',
                auth_data: '{}',
              } as never,
            },
            { upsert: true },
          )
          continue
        }
        // Moved by an earlier run of this step.
        const target = live.version % VERSIONS === 0 && live.version === newest?.version ? live.version : next
        if (target !== live.version) {
          const { _id: _old, ...rest } = live
          await versions.updateOne(
            { _id: `${user}|${target}` },
            { $setOnInsert: { ...rest, version: target } as never },
            { upsert: true },
          )
        }
        await moveKeys(db, user, target)
        await versions.updateMany({ user_id: user, version: { $lt: target } }, { $set: { deleted: true } })
      }
  },

  /** The operator's choice: everybody signs in again, so that no session ended since the backup opens anything. */
  async sessions(db, { end_sessions }) {
    if (end_sessions) await db.collection('devices').updateMany({}, { $unset: { sid: 1 } })
  },

  /** Transactions on their way then have long arrived, or go again under new ids; events and EDUs know their own. */
  async outbox(db) {
    await db
      .collection('destinations')
      .updateMany({}, { $unset: { in_flight: 1, unreachable_since: 1 }, $set: { retry_at: 0, failures: 0 } })
  },
}

async function* idsOf(db: Connection, collection: string): AsyncGenerator<string[]> {
  let after = ''
  for (;;) {
    const found = await db
      .collection<{ _id: string }>(collection)
      .find({ _id: { $gt: after } }, { projection: { _id: 1 } })
      .sort({ _id: 1 })
      .limit(BATCH)
      .toArray()
    if (found.length === 0) return
    yield found.map(({ _id }) => _id)
    after = found.at(-1)!._id
  }
}

/** The newest copy of each key comes under the new number; the old ones go. Served by {user_id, version, room_id}. */
async function moveKeys(db: Connection, user: string, target: number): Promise<void> {
  type Key = { _id: string; user_id: string; version: number; room_id: string; session_id: string }
  const keys = db.collection<Key>('room_keys')
  for (;;) {
    const some = await keys
      .find({ user_id: user, version: { $lt: target } })
      .sort({ user_id: 1, version: -1, room_id: 1 })
      .limit(BATCH)
      .toArray()
    if (some.length === 0) return
    await keys.bulkWrite(
      some.map(({ _id: _old, ...key }) => ({
        updateOne: {
          filter: { _id: `${user}|${target}|${key.room_id}|${key.session_id}` },
          update: { $setOnInsert: { ...key, version: target } },
          upsert: true,
        },
      })),
    )
    await keys.deleteMany({ _id: { $in: some.map(({ _id }) => _id) } })
  }
}
