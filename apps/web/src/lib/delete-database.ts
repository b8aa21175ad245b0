/** Databases of this browser go, and their bytes with them. */

export function deleteDatabase(name: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.deleteDatabase(name)
    request.onsuccess = () => resolve()
    request.onerror = () => reject(request.error)
    // Another tab still holds it open; it goes when that tab lets go.
    request.onblocked = () => resolve()
  })
}

const BROOM = 'enlace-sweep'

function makeNothing(): Promise<void> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(BROOM, 1)
    request.onupgradeneeded = () => request.result.createObjectStore('nothing').put(0, 0)
    request.onsuccess = () => {
      request.result.close()
      resolve()
    }
    request.onerror = () => reject(request.error)
  })
}

/**
 * Before a database is deleted, and after it: the browser brings its files in order. Chromium (LevelDB) does so only when some
 * database is deleted, and then not wholly. What still waits in memory is written together with its own deletion into a file
 * that nobody looks at again, so it has to be in a file before; and files that were replaced stay while the deletion itself
 * reads them, until the next one. A database of nothing, made and deleted, is that other one. Harmless elsewhere.
 */
export async function sweepDisk(): Promise<void> {
  await makeNothing()
    .then(() => deleteDatabase(BROOM))
    .catch(() => undefined)
}
