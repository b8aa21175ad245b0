/**
 * Secrets of this browser, in IndexedDB, sealed with AES-GCM. The key is made here, cannot be exported, and never leaves the
 * browser's own store: script can use it, and copy nothing that works elsewhere.
 */

const DATABASE = 'enlace-sealed'
const STORE = 'sealed'
const KEY_NAME = ' key'

interface Sealed {
  iv: Uint8Array<ArrayBuffer>
  bytes: ArrayBuffer
}

async function withStore<T>(
  mode: IDBTransactionMode,
  ask: (objects: IDBObjectStore) => IDBRequest<T>,
): Promise<T> {
  const database = await new Promise<IDBDatabase>((resolve, reject) => {
    const request = indexedDB.open(DATABASE, 1)
    request.onupgradeneeded = () => request.result.createObjectStore(STORE)
    request.onsuccess = () => resolve(request.result)
    request.onerror = () => reject(request.error)
  })
  try {
    return await new Promise<T>((resolve, reject) => {
      const transaction = database.transaction(STORE, mode)
      const request = ask(transaction.objectStore(STORE))
      transaction.oncomplete = () => resolve(request.result)
      transaction.onerror = () => reject(transaction.error)
      transaction.onabort = () => reject(transaction.error)
    })
  } finally {
    database.close()
  }
}

async function ownKey(): Promise<CryptoKey> {
  const kept: unknown = await withStore('readonly', (objects) => objects.get(KEY_NAME))
  if (kept instanceof CryptoKey) return kept
  const made = await crypto.subtle.generateKey({ name: 'AES-GCM', length: 256 }, false, [
    'encrypt',
    'decrypt',
  ])
  try {
    await withStore('readwrite', (objects) => objects.add(made, KEY_NAME))
    return made
  } catch {
    // Another tab made one at the same moment: that one counts.
    return (await withStore('readonly', (objects) => objects.get(KEY_NAME))) as CryptoKey
  }
}

export const writeSealed = (name: string, text: string): Promise<void> =>
  writeSealedBytes(name, new TextEncoder().encode(text))

export async function writeSealedBytes(name: string, content: Uint8Array<ArrayBuffer>): Promise<void> {
  const iv = crypto.getRandomValues(new Uint8Array(12))
  const algorithm = { name: 'AES-GCM', iv, additionalData: new TextEncoder().encode(name) }
  const bytes = await crypto.subtle.encrypt(algorithm, await ownKey(), content)
  await withStore('readwrite', (objects) => objects.put({ iv, bytes } satisfies Sealed, name))
}

/** @returns undefined for what is not there, and for what another key sealed */
export async function readSealed(name: string): Promise<string | undefined> {
  const content = await readSealedBytes(name)
  return content && new TextDecoder().decode(content)
}

/** @returns undefined for what is not there, and for what another key sealed */
export async function readSealedBytes(name: string): Promise<ArrayBuffer | undefined> {
  const kept = (await withStore('readonly', (objects) => objects.get(name))) as Sealed | undefined
  if (!kept) return undefined
  const algorithm = { name: 'AES-GCM', iv: kept.iv, additionalData: new TextEncoder().encode(name) }
  try {
    return await crypto.subtle.decrypt(algorithm, await ownKey(), kept.bytes)
  } catch {
    return undefined
  }
}

export async function forgetSealed(name: string): Promise<void> {
  await withStore('readwrite', (objects) => objects.delete(name))
}
