/** What another app handed over, kept by the service worker (`public/share.js`) until a channel is chosen. */
import { z } from 'zod'

const DATABASE = 'enlace-shared'
const DAY_MS = 86_400_000

const sealedSchema = z.object({ iv: z.instanceof(Uint8Array), bytes: z.instanceof(ArrayBuffer) })
const thingSchema = z.object({
  id: z.string(),
  at: z.number(),
  words: sealedSchema,
  files: z.array(sealedSchema),
})
const wordsSchema = z.object({
  text: z.string(),
  files: z.array(z.object({ name: z.string(), type: z.string() })),
})

export interface SharedThing {
  id: string
  at: number
  text: string
  files: readonly File[]
}

async function withShared<T>(work: (database: IDBDatabase) => Promise<T>): Promise<T> {
  const database = await new Promise<IDBDatabase>((resolve, reject) => {
    const request = indexedDB.open(DATABASE, 1)
    request.onupgradeneeded = () => {
      request.result.createObjectStore('things', { keyPath: 'id' })
      request.result.createObjectStore('keys')
    }
    request.onsuccess = () => resolve(request.result)
    request.onerror = () => reject(request.error)
  })
  try {
    return await work(database)
  } finally {
    database.close()
  }
}

const ask = <T>(request: IDBRequest<T>) =>
  new Promise<T>((resolve, reject) => {
    request.onsuccess = () => resolve(request.result)
    request.onerror = () => reject(request.error)
  })

/** The newest first. What is older than a day, or cannot be opened, goes. */
export async function readShared(now = Date.now()): Promise<SharedThing[]> {
  const kept = await withShared(async (database) => {
    const read = database.transaction(['things', 'keys'], 'readonly')
    const [things, ids, keys] = await Promise.all([
      ask<unknown[]>(read.objectStore('things').getAll()),
      ask(read.objectStore('keys').getAllKeys()),
      ask<unknown[]>(read.objectStore('keys').getAll()),
    ])
    return { things, keys: new Map(ids.map((id, at) => [String(id), keys[at]])) }
  })
  const found: SharedThing[] = []
  for (const value of kept.things) {
    const parsed = thingSchema.safeParse(value)
    const id = (value as { id?: unknown }).id
    const key = parsed.success ? kept.keys.get(parsed.data.id) : undefined
    const thing =
      parsed.success && key instanceof CryptoKey && parsed.data.at > now - DAY_MS
        ? await opened(parsed.data, key).catch(() => undefined)
        : undefined
    if (thing) found.push(thing)
    else if (typeof id === 'string') await forgetShared(id)
  }
  return found.sort((a, b) => b.at - a.at)
}

async function opened(thing: z.output<typeof thingSchema>, key: CryptoKey): Promise<SharedThing> {
  const open = ({ iv, bytes }: z.output<typeof sealedSchema>) =>
    crypto.subtle.decrypt({ name: 'AES-GCM', iv: new Uint8Array(iv) }, key, bytes)
  const { text, files } = wordsSchema.parse(JSON.parse(new TextDecoder().decode(await open(thing.words))))
  const blobs = await Promise.all(
    thing.files.map(async (sealed, at) => {
      const { name = '', type = '' } = files[at] ?? {}
      return new File([await open(sealed)], name, { type })
    }),
  )
  return { id: thing.id, at: thing.at, text, files: blobs }
}

export const forgetShared = (id: string): Promise<void> =>
  withShared(
    (database) =>
      new Promise((resolve, reject) => {
        const change = database.transaction(['things', 'keys'], 'readwrite')
        change.objectStore('things').delete(id)
        change.objectStore('keys').delete(id)
        change.oncomplete = () => resolve()
        change.onerror = () => reject(change.error)
      }),
  )
