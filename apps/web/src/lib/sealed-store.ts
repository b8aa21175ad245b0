/**
 * Secrets of this browser, in IndexedDB, sealed with AES-GCM. The key is made here, cannot be exported, and never leaves the
 * browser's own store: script can use it, and copy nothing that works elsewhere. Below it lies the seal of the account's device
 * key, once that is open (`seal/device-keys.ts`): what is locked opens with the person's PIN or passkey alone.
 */
import { createSeal, type Sealed as DeviceSealed, type Seal } from './seal/seal.ts'

const DATABASE = 'enlace-sealed'
const STORE = 'sealed'
const KEY_NAME = ' key'

interface Sealed {
  iv: Uint8Array<ArrayBuffer>
  bytes: ArrayBuffer
  /** Of the seal below; absent: there is none. */
  under?: Uint8Array<ArrayBuffer>
}

type Layer = { seal: Seal | undefined } | { volatile: Map<string, Uint8Array<ArrayBuffer>> }
let layer: Layer = { seal: undefined }

/** The open device key of whoever is at work here; undefined: none is open. */
export async function sealUnder(base: CryptoKey | undefined): Promise<void> {
  layer = { seal: base && (await createSeal(base)) }
}

/** From now on nothing is written to this device. */
export function keepNothing(): void {
  layer = { volatile: new Map() }
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
  if ('volatile' in layer) {
    layer.volatile.set(name, content)
    return
  }
  const below = await layer.seal?.seal(name, content)
  await write(name, below ? new Uint8Array(below.bytes) : content, below?.iv)
}

/** Under the browser's key alone: for what opens the device key. */
export const writePlainlySealed = (name: string, text: string): Promise<void> =>
  write(name, new TextEncoder().encode(text))

export async function readPlainlySealed(name: string): Promise<string | undefined> {
  const kept = await read(name)
  return (
    kept &&
    new TextDecoder().decode(
      await crypto.subtle.decrypt(algorithm(name, kept.iv), await ownKey(), kept.bytes),
    )
  )
}

const read = (name: string) =>
  withStore('readonly', (objects) => objects.get(name)) as Promise<Sealed | undefined>

async function write(
  name: string,
  content: Uint8Array<ArrayBuffer>,
  under?: Uint8Array<ArrayBuffer>,
): Promise<void> {
  const iv = crypto.getRandomValues(new Uint8Array(12))
  const bytes = await crypto.subtle.encrypt(algorithm(name, iv), await ownKey(), content)
  const sealed: Sealed = { iv, bytes, ...(under ? { under } : {}) }
  await withStore('readwrite', (objects) => objects.put(sealed, name))
}

const algorithm = (name: string, iv: Uint8Array<ArrayBuffer>) => ({
  name: 'AES-GCM',
  iv,
  additionalData: new TextEncoder().encode(name),
})

/** @returns undefined for what is not there, and for what another key sealed */
export async function readSealed(name: string): Promise<string | undefined> {
  const content = await readSealedBytes(name)
  return content && new TextDecoder().decode(content)
}

/** @returns undefined for what is not there, what another key sealed, and what is locked */
export async function readSealedBytes(name: string): Promise<ArrayBuffer | undefined> {
  if ('volatile' in layer) return layer.volatile.get(name)?.slice().buffer
  const kept = await read(name)
  if (!kept) return undefined
  try {
    const bytes = await crypto.subtle.decrypt(algorithm(name, kept.iv), await ownKey(), kept.bytes)
    if (!kept.under) return bytes
    const below: DeviceSealed = { iv: kept.under, bytes }
    return (await layer.seal?.open(name, below))?.buffer
  } catch {
    return undefined
  }
}

export async function forgetSealed(name: string): Promise<void> {
  if ('volatile' in layer) layer.volatile.delete(name)
  await withStore('readwrite', (objects) => objects.delete(name))
}
