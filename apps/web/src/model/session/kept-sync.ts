/**
 * What the last sync brought, as the SDK's store wants it kept: in this device's own database, sealed like the rest of it.
 * Rooms' state, members and account data name people and institutions.
 */
import type { IndexedDBStore } from 'matrix-js-sdk'
import { SyncAccumulator } from 'matrix-js-sdk/lib/sync-accumulator.js'
import type { OwnDatabase } from '../../lib/own-database.ts'
import { emptySync } from '../retention/over.ts'
import type { Over } from '../retention/types.ts'

type Backend = IndexedDBStore['backend']
type Saved = NonNullable<Awaited<ReturnType<Backend['getSavedSync']>>>
type Members = Parameters<Backend['setOutOfBandMembers']>[1]
type Batch = NonNullable<Awaited<ReturnType<Backend['getOldestToDeviceBatch']>>>
type Options = NonNullable<Awaited<ReturnType<Backend['getClientOptions']>>>

export type KeptSync = Backend & {
  /** What is over is in no copy of the last sync any more. */
  forget(over: Over): Promise<void>
}

/** @param database closed by whoever opened it */
export function createKeptSync(database: OwnDatabase): KeptSync {
  let accumulator = new SyncAccumulator()
  const copyOf = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T
  const membersOf = (roomId: string) => `members ${roomId}`
  const batchKey = (id: number) => `batch ${String(id).padStart(12, '0')}`
  let isNew = false
  let saving: Promise<void> | undefined
  let lastBatch = 0
  /** Of people elsewhere, as servers say them; asked again in each session. */
  const profiles = new Map<
    string,
    Parameters<Backend['storeUserProfiles']>[0] extends Map<string, infer P> ? P : never
  >()
  type Waiting = Record<string, Batch>
  const readBatches = async () => ((await database.get('sync', 'batches')) as Waiting | undefined) ?? {}
  let batchTurn: Promise<void> = Promise.resolve()
  /** One change at a time: what is queued while another batch is taken off is not lost. */
  function changeBatches(change: (waiting: Waiting) => void): Promise<void> {
    const next = batchTurn.then(async () => {
      const waiting = await readBatches()
      change(waiting)
      await database.put('sync', 'batches', waiting)
    })
    batchTurn = next.catch(() => undefined)
    return next
  }

  const take = (saved: Saved) =>
    accumulator.accumulate(
      {
        next_batch: saved.nextBatch,
        rooms: saved.roomsData,
        account_data: { events: saved.accountData },
      },
      true,
    )

  return {
    async connect() {
      const saved = (await database.get('sync', 'saved')) as Saved | undefined
      isNew = saved === undefined
      const waiting = Object.values(await readBatches())
      lastBatch = Math.max(0, ...waiting.map(({ id }) => id))
      if (saved) take(saved)
    },
    async forget(over) {
      const saved = accumulator.getJSON(true)
      if (!saved.nextBatch) return
      const copy = copyOf(saved)
      emptySync(copy.roomsData, over)
      accumulator = new SyncAccumulator()
      take(copy)
      await saving
      await database.put('sync', 'saved', copy)
    },
    isNewlyCreated: async () => isNew,
    setSyncData: async (sync) => accumulator.accumulate(sync),
    async getSavedSync() {
      const saved = accumulator.getJSON()
      // The SDK works on what it gets.
      return saved.nextBatch ? copyOf(saved) : null
    },
    getNextBatchToken: async () => accumulator.getNextBatchToken(),
    syncToDatabase() {
      saving ??= database.put('sync', 'saved', accumulator.getJSON(true)).finally(() => {
        saving = undefined
      })
      return saving
    },
    clearDatabase: () => database.clear('sync'),
    getOutOfBandMembers: async (roomId) =>
      ((await database.get('sync', membersOf(roomId))) as Members | undefined) ?? null,
    setOutOfBandMembers: (roomId, members) => database.put('sync', membersOf(roomId), members),
    clearOutOfBandMembers: (roomId) => database.remove('sync', [membersOf(roomId)]),
    // Nobody's presence is asked for.
    getUserPresenceEvents: async () => [],
    getClientOptions: async () => (await database.get('sync', 'options')) as Options | undefined,
    storeClientOptions: (options) => database.put('sync', 'options', options),
    saveToDeviceBatches: (added) =>
      changeBatches((waiting) => {
        for (const batch of added) {
          lastBatch += 1
          waiting[batchKey(lastBatch)] = { ...batch, id: lastBatch }
        }
      }),
    async getOldestToDeviceBatch() {
      await batchTurn
      const waiting = await readBatches()
      const first = Object.keys(waiting).sort()[0]
      return first === undefined ? null : waiting[first]!
    },
    removeToDeviceBatch: (id) =>
      changeBatches((waiting) => {
        delete waiting[batchKey(id)]
      }),
    getUserProfile: async (userId) => profiles.get(userId),
    async storeUserProfiles(given) {
      for (const [userId, profile] of given) profiles.set(userId, profile)
    },
    async removeUserProfiles(userIds) {
      for (const userId of userIds) profiles.delete(userId)
    },
    destroy: async () => undefined,
  }
}
