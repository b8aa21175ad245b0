/**
 * What this device keeps for one account beside the SDK's own databases: unsent messages, drafts, searchable text, cases.
 * Names of things (event ids, slots) are in the clear; what they hold is sealed.
 */
import { deleteDatabase, sweepDisk } from './delete-database.ts'
import { pack, unpack } from './seal/packing.ts'
import { isSealed, type Seal } from './seal/seal.ts'
import { createStore, type ReadableStore } from './store.ts'
import {
  countsOf,
  isQueueSlot,
  lengthOf,
  MARKS,
  markOf,
  marksOf,
  type QueueSlot,
  queueSlots,
  queueStores,
  readMarks,
  type WaitingCounts,
} from './waiting.ts'

export const ownStores = [
  'outbox',
  'drafts',
  'messages',
  'facts',
  'case_drafts',
  'case_files',
  'case_details',
  'sync',
] as const
export type OwnStore = (typeof ownStores)[number]

export interface OwnDatabase {
  get(store: OwnStore, key: string): Promise<unknown>
  all(store: OwnStore): Promise<unknown[]>
  /** Resolves when the value is on disk. @throws QuotaExceededError when the device is full */
  put(store: OwnStore, key: string, value: unknown): Promise<void>
  putAll(store: OwnStore, entries: readonly (readonly [string, unknown])[]): Promise<void>
  remove(store: OwnStore, keys: readonly string[]): Promise<void>
  clear(store: OwnStore): Promise<void>
  /**
   * Writes everything into a new database and deletes the old one: a browser's files keep what was removed or written over
   * until it sees fit, but not of a database that is gone. @returns false where the browser cannot say which databases it has
   */
  rewrite(): Promise<boolean>
  /**
   * Something that was to be kept is not, because the device has no room. Until it is gone, or there is room again: each write that
   * succeeds tries what is missing anew.
   */
  readonly full: ReadableStore<boolean>
  /** How much waits to be sent in the lists of `facts`. */
  readonly waiting: ReadableStore<WaitingCounts>
  /** What was asked before is still done, before this resolves; what is asked later is never answered. */
  close(): Promise<void>
}

const VERSION = 3
/** Whoever writes here tells the person at once and gives back what was written: it must not go out later by itself. */
const GIVEN_BACK: OwnStore = 'outbox'
/** Instead of that: whether as much as a photo finds room. */
const ROOM = 1 << 20
const PROBE = ' room'
const isQuota = (error: unknown) => error instanceof Error && error.name === 'QuotaExceededError'
/** In `facts`, not sealed: everything was copied. Written last. */
const WHOLE = ' whole'
const COPY_AT_ONCE = 500
/** Whoever read the old files when they were replaced has ended by then; what they held open is swept too. */
const READERS_END_MS = 300
/** On a busy machine they have not: nobody waits for these. */
const READERS_END_LATE_MS = [2_000, 10_000, 60_000]
const nameOf = (userId: string, written = 0) => `enlace:${userId}${written === 0 ? '' : `#${written}`}`

function openAs(name: string): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(name, VERSION)
    request.onupgradeneeded = () => {
      for (const store of ownStores) {
        if (!request.result.objectStoreNames.contains(store)) request.result.createObjectStore(store)
      }
    }
    request.onsuccess = () => {
      const database = request.result
      // Signing out in another tab deletes the database: do not stand in its way.
      database.onversionchange = () => database.close()
      resolve(database)
    }
    request.onerror = () => reject(request.error)
  })
}

const ask = <T>(database: IDBDatabase, store: OwnStore, what: (objects: IDBObjectStore) => IDBRequest<T>) =>
  new Promise<T>((resolve, reject) => {
    const request = what(database.transaction(store, 'readonly').objectStore(store))
    request.onsuccess = () => resolve(request.result)
    request.onerror = () => reject(request.error)
  })
const write = (
  database: IDBDatabase,
  store: OwnStore,
  change: (objects: IDBObjectStore) => void,
  durability: IDBTransactionDurability = 'default',
) =>
  new Promise<void>((resolve, reject) => {
    const transaction = database.transaction(store, 'readwrite', { durability })
    transaction.oncomplete = () => resolve()
    transaction.onerror = () => reject(transaction.error)
    transaction.onabort = () => reject(transaction.error)
    change(transaction.objectStore(store))
  })

/** With a list of what waits goes its length, which can be read without a key. */
const writeWhole = (
  database: IDBDatabase,
  store: OwnStore,
  entries: ReadonlyArray<readonly [string, unknown]>,
  lengths: ReadonlyMap<string, number>,
) =>
  write(database, store, (objects) => {
    for (const [key, value] of entries) {
      objects.put(value, key)
      if (store === 'facts' && isQueueSlot(key)) setMark(objects, key, lengths.get(key) ?? 0)
    }
  })
function setMark(objects: IDBObjectStore, slot: QueueSlot, count: number): void {
  const { from, to } = marksOf(slot)
  objects.delete(IDBKeyRange.bound(from, to))
  objects.put(count, markOf(slot, count))
}
const marksIn = async (database: IDBDatabase) =>
  readMarks(
    (
      await ask(database, 'facts', (objects) => objects.getAllKeys(IDBKeyRange.bound(MARKS.from, MARKS.to)))
    ).map(String),
  )

/** How often the account's database was written anew, newest first; undefined where the browser does not tell. */
async function writings(userId: string): Promise<number[] | undefined> {
  if (!indexedDB.databases) return undefined
  const first = nameOf(userId)
  const names = (await indexedDB.databases()).map(({ name }) => name ?? '')
  return names
    .flatMap((name) => {
      if (name === first) return [0]
      const at = name.startsWith(`${first}#`) ? Number(name.slice(first.length + 1)) : Number.NaN
      return Number.isInteger(at) && at > 0 ? [at] : []
    })
    .sort((a, b) => b - a)
}

/** The newest that is whole; what a crash left of others goes. */
async function openNewest(userId: string): Promise<{ database: IDBDatabase; written: number }> {
  let found: { database: IDBDatabase; written: number } | undefined
  const all = (await writings(userId)) ?? []
  if (all.length > 1) await sweepDisk()
  for (const written of all) {
    if (!found) {
      const database = await openAs(nameOf(userId, written))
      const whole =
        written === 0 ||
        (await ask<unknown>(database, 'facts', (objects) => objects.get(WHOLE))) !== undefined
      if (whole) found = { database, written }
      else database.close()
    }
    if (found?.written !== written) await deleteDatabase(nameOf(userId, written))
  }
  if (all.length > 1) await sweepDisk()
  return found ?? { database: await openAs(nameOf(userId)), written: 0 }
}

/**
 * @param seal absent: as it was kept before devices had a key
 * @param onLost the browser has deleted it: to have room, or because somebody told it to
 */
export async function openOwnDatabase(
  userId: string,
  seal?: Seal,
  onLost: () => void = () => undefined,
): Promise<OwnDatabase> {
  let { database, written } = await openNewest(userId)
  let isClosed = false
  let isOver = false
  let ended: Promise<void> | undefined
  const look = () =>
    void isOwnDatabaseGone(userId).then((isGone) => {
      if (!isGone || isClosed) return
      isClosed = true
      onLost()
    })
  const watch = (opened: IDBDatabase) => {
    // Said only of what the browser closes by itself. A disk that failed for a moment still has it.
    opened.onclose = look
  }
  watch(database)

  const placeOf = (store: OwnStore, key: IDBValidKey) => `${store}|${String(key)}`
  const closed = async (store: OwnStore, key: string, value: unknown): Promise<unknown> =>
    seal ? seal.seal(placeOf(store, key), await pack(value)) : value
  const opened = async (store: OwnStore, key: IDBValidKey, value: unknown): Promise<unknown> => {
    if (!isSealed(value)) return value
    // What another key sealed is not there: it belongs to a device that this browser was before.
    return seal?.open(placeOf(store, key), value).then(unpack, () => undefined)
  }
  /** Sealing takes longer the larger a thing is; writes and what is read after them keep their order all the same. */
  let last: Promise<unknown> = Promise.resolve()
  function inTurn<T>(work: () => Promise<T>): Promise<T> {
    // Whoever asks after the end of a session has ended with it: nobody is there to take an answer, or a refusal.
    if (isOver) return new Promise(() => undefined)
    const next = last.then(work, work)
    last = next.catch((error: unknown) => {
      // Not every browser says when it closes one: then the next that is asked of it is refused.
      if (error instanceof DOMException && error.name === 'InvalidStateError') look()
    })
    return next
  }

  const full = createStore(false)
  const waiting = createStore<WaitingCounts>({})
  const lengths = new Map<QueueSlot, number>()
  const counted = (slot: QueueSlot, count: number) => {
    lengths.set(slot, count)
    waiting.set(countsOf(lengths))
  }
  /**
   * What there was no room for, as it would lie there. Most of those who write have nothing better to do than to go on: it is said
   * in one place, and kept as soon as there is room.
   */
  const missing = new Map<string, { store: OwnStore; key: string; value: unknown }>()
  const changed = () => full.set(missing.size > 0)
  const noted = async (
    store: OwnStore,
    entries: ReadonlyArray<readonly [string, unknown]>,
    work: () => Promise<void>,
  ) => {
    try {
      await work()
      for (const [key] of entries) missing.delete(placeOf(store, key))
    } catch (error) {
      if (!isQuota(error)) throw error
      for (const [key, value] of entries) missing.set(placeOf(store, key), { store, key, value })
      changed()
      throw error
    }
    await keepMissing()
    changed()
  }
  async function keepMissing(): Promise<void> {
    for (const [place, { store, key, value }] of missing) {
      try {
        if (store === GIVEN_BACK) {
          await write(database, 'facts', (objects) => objects.put(new Uint8Array(ROOM), PROBE))
          await write(database, 'facts', (objects) => objects.delete(PROBE))
        } else await writeWhole(database, store, [[key, value]], lengths)
      } catch (error) {
        if (isQuota(error)) return
      }
      missing.delete(place)
    }
  }

  /** A list that lies there from before lengths stood beside it is counted when it is opened. */
  for (const slot of Object.keys(queueSlots) as QueueSlot[]) lengths.set(slot, 0)
  for (const [slot, count] of await marksIn(database)) lengths.set(slot, count)
  for (const [slot, count] of lengths) {
    if (count > 0) continue
    const value = await ask<unknown>(database, 'facts', (objects) => objects.get(slot))
    const length =
      value === undefined ? 0 : lengthOf(await opened('facts', slot, value).catch(() => undefined))
    if (length === 0) continue
    lengths.set(slot, length)
    await write(database, 'facts', (objects) => setMark(objects, slot, length)).catch(() => undefined)
  }
  waiting.set(countsOf(lengths))

  return {
    full,
    waiting,
    get: (store, key) =>
      inTurn(async () =>
        opened(store, key, await ask<unknown>(database, store, (objects) => objects.get(key))),
      ),
    all: (store) =>
      inTurn(async () => {
        const [keys, values] = await Promise.all([
          ask(database, store, (objects) => objects.getAllKeys()),
          ask<unknown[]>(database, store, (objects) => objects.getAll()),
        ])
        const all = await Promise.all(values.map((value, index) => opened(store, keys[index]!, value)))
        return all.filter((value) => value !== undefined)
      }),
    put(store, key, value) {
      const sealed = closed(store, key, value)
      return inTurn(async () => {
        const ready = await sealed
        if (store === 'facts' && isQueueSlot(key)) counted(key, lengthOf(value))
        await noted(store, [[key, ready]], () => writeWhole(database, store, [[key, ready]], lengths))
      })
    },
    putAll(store, entries) {
      const sealed = Promise.all(
        entries.map(async ([key, value]) => [key, await closed(store, key, value)] as const),
      )
      return inTurn(async () => {
        const ready = await sealed
        for (const [key, value] of entries)
          if (store === 'facts' && isQueueSlot(key)) counted(key, lengthOf(value))
        await noted(store, ready, () => writeWhole(database, store, ready, lengths))
      })
    },
    remove: (store, keys) =>
      inTurn(() =>
        noted(
          store,
          keys.map((key) => [key, undefined]),
          () =>
            write(database, store, (objects) => {
              for (const key of keys) {
                objects.delete(key)
                if (store !== 'facts' || !isQueueSlot(key)) continue
                counted(key, 0)
                setMark(objects, key, 0)
              }
            }),
        ),
      ),
    clear: (store) =>
      inTurn(async () => {
        await write(database, store, (objects) => objects.clear())
        if (store === 'facts') for (const slot of lengths.keys()) counted(slot, 0)
        for (const place of [...missing.keys()]) if (place.startsWith(`${store}|`)) missing.delete(place)
        changed()
      }),
    async rewrite() {
      const isWritten = await inTurn(async () => {
        if (!(await writings(userId))) return false
        const before = { database, name: nameOf(userId, written) }
        const next = written + 1
        await deleteDatabase(nameOf(userId, next))
        const copy = await openAs(nameOf(userId, next))
        try {
          for (const store of ownStores) {
            const keys = await ask(before.database, store, (objects) => objects.getAllKeys())
            for (let at = 0; at < keys.length; at += COPY_AT_ONCE) {
              const some = keys.slice(at, at + COPY_AT_ONCE)
              // As they lie there: sealed for their place, which stays the same.
              const values = await Promise.all(
                some.map((key) => ask<unknown>(before.database, store, (objects) => objects.get(key))),
              )
              await write(copy, store, (objects) => {
                for (const [index, key] of some.entries()) objects.put(values[index], key)
              })
            }
          }
          await write(copy, 'facts', (objects) => objects.put(next, WHOLE), 'strict')
        } catch (error) {
          copy.close()
          await deleteDatabase(nameOf(userId, next))
          throw error
        }
        database = copy
        watch(copy)
        written = next
        before.database.close()
        await sweepDisk()
        await deleteDatabase(before.name)
        await sweepDisk()
        return true
      })
      if (!isWritten) return false
      await new Promise((resolve) => setTimeout(resolve, READERS_END_MS))
      await sweepDisk()
      for (const late of READERS_END_LATE_MS) setTimeout(() => void sweepDisk(), late)
      return true
    },
    close() {
      isClosed = true
      ended ??= inTurn(async () => database.close())
      isOver = true
      return ended
    },
  }
}

/** Whether nothing is left of it. False where the browser does not tell. */
export const isOwnDatabaseGone = async (userId: string): Promise<boolean> =>
  (await writings(userId))?.length === 0

/** A database that another page holds in an older form is not opened until that page lets go. */
const COUNT_MS = 5_000

/** How much waits to be sent, sealed as it lies there. @returns undefined where that cannot be known: it does not open */
export async function countWaiting(userId: string): Promise<WaitingCounts | undefined> {
  async function count(): Promise<WaitingCounts> {
    if (await isOwnDatabaseGone(userId)) return {}
    const { database } = await openNewest(userId)
    try {
      const counts: Partial<Record<keyof WaitingCounts, number>> = { ...countsOf(await marksIn(database)) }
      for (const [store, kind] of Object.entries(queueStores)) {
        const found = await ask(database, store as OwnStore, (objects) => objects.count())
        if (found > 0) counts[kind] = found
      }
      return counts
    } finally {
      database.close()
    }
  }
  const late = new Promise<undefined>((resolve) => setTimeout(resolve, COUNT_MS, undefined))
  return Promise.race([count().catch(() => undefined), late])
}

export async function deleteOwnDatabase(userId: string): Promise<void> {
  await sweepDisk()
  for (const written of (await writings(userId)) ?? [0]) await deleteDatabase(nameOf(userId, written))
  await sweepDisk()
}
