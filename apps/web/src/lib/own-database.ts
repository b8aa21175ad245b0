/**
 * What this device keeps for one account beside the SDK's own databases: unsent messages, drafts, searchable text, cases.
 * Names of things (event ids, slots) are in the clear; what they hold is sealed.
 */
import { pack, unpack } from './seal/packing.ts'
import { isSealed, type Seal } from './seal/seal.ts'

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
  close(): void
}

const VERSION = 3
const nameOf = (userId: string) => `enlace:${userId}`

/** @param seal absent: as it was kept before devices had a key */
export async function openOwnDatabase(userId: string, seal?: Seal): Promise<OwnDatabase> {
  const database = await new Promise<IDBDatabase>((resolve, reject) => {
    const request = indexedDB.open(nameOf(userId), VERSION)
    request.onupgradeneeded = () => {
      for (const store of ownStores) {
        if (!request.result.objectStoreNames.contains(store)) request.result.createObjectStore(store)
      }
    }
    request.onsuccess = () => resolve(request.result)
    request.onerror = () => reject(request.error)
  })
  // Signing out in another tab deletes the database: do not stand in its way.
  database.onversionchange = () => database.close()

  const read = <T>(store: OwnStore, ask: (objects: IDBObjectStore) => IDBRequest<T>): Promise<T> =>
    new Promise((resolve, reject) => {
      const request = ask(database.transaction(store, 'readonly').objectStore(store))
      request.onsuccess = () => resolve(request.result)
      request.onerror = () => reject(request.error)
    })
  const write = (store: OwnStore, change: (objects: IDBObjectStore) => void): Promise<void> =>
    new Promise((resolve, reject) => {
      const transaction = database.transaction(store, 'readwrite')
      transaction.oncomplete = () => resolve()
      transaction.onerror = () => reject(transaction.error)
      transaction.onabort = () => reject(transaction.error)
      change(transaction.objectStore(store))
    })

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
    const next = last.then(work, work)
    last = next.catch(() => undefined)
    return next
  }

  return {
    get: (store, key) =>
      inTurn(async () => opened(store, key, await read(store, (objects) => objects.get(key)))),
    all: (store) =>
      inTurn(async () => {
        const [keys, values] = await Promise.all([
          read(store, (objects) => objects.getAllKeys()),
          read<unknown[]>(store, (objects) => objects.getAll()),
        ])
        const all = await Promise.all(values.map((value, index) => opened(store, keys[index]!, value)))
        return all.filter((value) => value !== undefined)
      }),
    put(store, key, value) {
      const sealed = closed(store, key, value)
      return inTurn(async () => {
        const ready = await sealed
        await write(store, (objects) => objects.put(ready, key))
      })
    },
    putAll(store, entries) {
      const sealed = Promise.all(
        entries.map(async ([key, value]) => [key, await closed(store, key, value)] as const),
      )
      return inTurn(async () => {
        const ready = await sealed
        await write(store, (objects) => {
          for (const [key, value] of ready) objects.put(value, key)
        })
      })
    },
    remove: (store, keys) =>
      inTurn(() =>
        write(store, (objects) => {
          for (const key of keys) objects.delete(key)
        }),
      ),
    clear: (store) => inTurn(() => write(store, (objects) => objects.clear())),
    close: () => void inTurn(async () => database.close()),
  }
}

/** The same for a computer that is to keep nothing: it is gone with the page. */
export function createVolatileDatabase(): OwnDatabase {
  const stores = new Map<OwnStore, Map<string, unknown>>(ownStores.map((store) => [store, new Map()]))
  const of = (store: OwnStore) => stores.get(store)!
  const sorted = (store: OwnStore) => [...of(store)].sort(([a], [b]) => (a < b ? -1 : 1))
  return {
    get: async (store, key) => of(store).get(key),
    all: async (store) => sorted(store).map(([, value]) => value),
    put: async (store, key, value) => void of(store).set(key, value),
    async putAll(store, entries) {
      for (const [key, value] of entries) of(store).set(key, value)
    },
    async remove(store, keys) {
      for (const key of keys) of(store).delete(key)
    },
    clear: async (store) => of(store).clear(),
    close: () => undefined,
  }
}

export function deleteDatabase(name: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.deleteDatabase(name)
    request.onsuccess = () => resolve()
    request.onerror = () => reject(request.error)
    // Another tab still holds it open; it goes when that tab lets go.
    request.onblocked = () => resolve()
  })
}

export const deleteOwnDatabase = (userId: string) => deleteDatabase(nameOf(userId))
