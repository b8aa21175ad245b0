/** What a browser keeps of the account that is at work in it: opened with the keys that lie there too, and as bytes on its disk. */
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from 'playwright-core'

export type DeviceDump = {
  /** By store: everything that opens, as text. */
  opened: Record<string, string>
  /** Each sealed value: what it is, what it says, and enough of how it lies on the disk to know it again (base64). */
  sealed: { at: string; text: string; bytes: string }[]
}

/** As `apps/web/src/lib/seal` does, written anew here: the test does not go by what the client says of itself. */
const DUMP = `(async () => {
  const done = (request) => new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result)
    request.onerror = () => reject(request.error)
  })
  const bytesOf = (text) => new TextEncoder().encode(text)
  const base64 = (bytes) => btoa(String.fromCharCode(...bytes))
  const safe = await done(indexedDB.open('enlace-sealed'))
  const get = (key) => done(safe.transaction('sealed').objectStore('sealed').get(key))
  const own = await get(' key')
  const user = JSON.parse(localStorage.getItem('enlace.session')).userId
  const name = 'device-key ' + user
  const record = await get(name)
  const text = new TextDecoder().decode(
    await crypto.subtle.decrypt({ name: 'AES-GCM', iv: record.iv, additionalData: bytesOf(name) }, own, record.bytes))
  safe.close()
  const device = Uint8Array.from(atob(JSON.parse(text).open), (sign) => sign.charCodeAt(0))
  const base = await crypto.subtle.importKey('raw', device, 'HKDF', false, ['deriveKey'])
  const key = await crypto.subtle.deriveKey(
    { name: 'HKDF', hash: 'SHA-256', salt: bytesOf('enlace-device'), info: bytesOf('values') },
    base, { name: 'AES-GCM', length: 256 }, false, ['decrypt'])
  const opened = {}
  const sealed = []
  for (const { name } of await indexedDB.databases()) {
    if (!name.startsWith('enlace:' + user)) continue
    const database = await done(indexedDB.open(name))
    for (const store of database.objectStoreNames) {
      const objects = database.transaction(store).objectStore(store)
      const [keys, values] = await Promise.all([done(objects.getAllKeys()), done(objects.getAll())])
      for (const [index, value] of values.entries()) {
        if (!value?.bytes) continue
        const plain = await crypto.subtle.decrypt(
          { name: 'AES-GCM', iv: value.iv, additionalData: bytesOf(store + '|' + keys[index]) }, key, value.bytes)
        const text = new TextDecoder().decode(plain)
        opened[store] = (opened[store] ?? '') + ' ' + keys[index] + ' ' + text
        sealed.push({ at: store + ' ' + keys[index], text, bytes: base64(new Uint8Array(value.bytes).slice(0, 24)) })
      }
    }
    database.close()
  }
  return { opened, sealed }
})()`

export const dumpDevice = (page: Page): Promise<DeviceDump> => page.evaluate<DeviceDump>(DUMP)

/** Every file below the folders that holds one of these, with what it holds. */
export function filesWith(folders: readonly string[], wanted: readonly (string | Buffer)[]): string[] {
  const found: string[] = []
  for (const folder of folders)
    for (const name of readdirSync(folder, { recursive: true }) as string[]) {
      const path = join(folder, name)
      if (!statSync(path, { throwIfNoEntry: false })?.isFile()) continue
      const bytes = readFileSync(path)
      // Browsers keep texts in two bytes a sign too.
      for (const one of wanted)
        if (bytes.includes(one) || (typeof one === 'string' && bytes.includes(Buffer.from(one, 'utf16le'))))
          found.push(`${path}: ${typeof one === 'string' ? one.slice(0, 40) : one.toString('base64')}`)
    }
  return found
}
