// What another app hands over (Web Share Target) waits here until the person has said where it goes: also while nobody is signed
// in, or the place is locked. It is sealed with a key that cannot be exported, and goes after a day. Read by
// `src/model/phone/shared-things.ts`.
const SHARED = { database: 'enlace-shared', things: 'things', keys: 'keys', address: '/compartir', most: 10 }
/** Any page can post a form here: what waits stays few and small. */
const WAITING = { things: 10, bytes: 300 * 1024 * 1024, forMs: 86_400_000 }
class TooMany extends Error {}

self.addEventListener('fetch', (event) => {
  const { pathname } = new URL(event.request.url)
  if (event.request.method === 'POST' && pathname === SHARED.address)
    event.respondWith(takeShared(event.request))
})

async function takeShared(request) {
  try {
    const form = await request.formData()
    const text = ['title', 'text', 'url']
      .map((name) => form.get(name))
      .filter((value) => typeof value === 'string' && value.trim() !== '')
      .join('\n')
    const files = form.getAll('files').filter((file) => file instanceof File && file.size > 0)
    if (text !== '' || files.length > 0) await keepShared(text, files.slice(0, SHARED.most))
    return Response.redirect(SHARED.address, 303)
  } catch (error) {
    // Otherwise no room, most likely: the page says so.
    return Response.redirect(`${SHARED.address}?${error instanceof TooMany ? 'muchas' : 'lleno'}`, 303)
  }
}

async function keepShared(text, files) {
  const database = await new Promise((done, failed) => {
    const ask = indexedDB.open(SHARED.database, 1)
    ask.onupgradeneeded = () => {
      ask.result.createObjectStore(SHARED.things, { keyPath: 'id' })
      ask.result.createObjectStore(SHARED.keys)
    }
    ask.onsuccess = () => done(ask.result)
    ask.onerror = () => failed(ask.error)
  })
  try {
    const size = files.reduce((sum, file) => sum + file.size, text.length)
    await makeRoom(database, size)
    const key = await crypto.subtle.generateKey({ name: 'AES-GCM', length: 256 }, false, [
      'encrypt',
      'decrypt',
    ])
    const seal = async (bytes) => {
      const iv = crypto.getRandomValues(new Uint8Array(12))
      return { iv, bytes: await crypto.subtle.encrypt({ name: 'AES-GCM', iv }, key, bytes) }
    }
    const id = crypto.randomUUID()
    const words = new TextEncoder().encode(
      JSON.stringify({ text, files: files.map(({ name, type }) => ({ name, type })) }),
    )
    const thing = { id, at: Date.now(), size, words: await seal(words), files: [] }
    for (const file of files) thing.files.push(await seal(await file.arrayBuffer()))
    await new Promise((done, failed) => {
      const change = database.transaction([SHARED.things, SHARED.keys], 'readwrite')
      change.objectStore(SHARED.keys).put(key, id)
      change.objectStore(SHARED.things).put(thing)
      change.oncomplete = () => done()
      change.onerror = () => failed(change.error)
      change.onabort = () => failed(change.error)
    })
  } finally {
    database.close()
  }
}

/** What has waited for a day goes. @throws TooMany when as much waits as may */
async function makeRoom(database, size) {
  const before = Date.now() - WAITING.forMs
  const waits = { things: 1, bytes: size }
  await new Promise((done, failed) => {
    const change = database.transaction([SHARED.things, SHARED.keys], 'readwrite')
    change.objectStore(SHARED.things).openCursor().onsuccess = ({ target }) => {
      const cursor = target.result
      if (!cursor) return
      if (cursor.value.at < before) {
        change.objectStore(SHARED.keys).delete(cursor.value.id)
        cursor.delete()
      } else {
        waits.things += 1
        waits.bytes += cursor.value.size ?? 0
      }
      cursor.continue()
    }
    change.oncomplete = () => done()
    change.onerror = () => failed(change.error)
    change.onabort = () => failed(change.error)
  })
  if (waits.things > WAITING.things || waits.bytes > WAITING.bytes) throw new TooMany()
}
