/** What this device keeps for one account beside the SDK's own databases: unsent messages, drafts, searchable text, cases. */

export const ownStores = [
  'outbox',
  'drafts',
  'messages',
  'facts',
  'case_drafts',
  'case_files',
  'case_details',
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

const VERSION = 2
const nameOf = (userId: string) => `enlace:${userId}`

export async function openOwnDatabase(userId: string): Promise<OwnDatabase> {
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

  return {
    get: (store, key) => read(store, (objects) => objects.get(key)),
    all: (store) => read(store, (objects) => objects.getAll()),
    put: (store, key, value) => write(store, (objects) => objects.put(value, key)),
    putAll: (store, entries) =>
      write(store, (objects) => {
        for (const [key, value] of entries) objects.put(value, key)
      }),
    remove: (store, keys) =>
      write(store, (objects) => {
        for (const key of keys) objects.delete(key)
      }),
    clear: (store) => write(store, (objects) => objects.clear()),
    close: () => database.close(),
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
