/** Bounds the bytes a second that go to or come from a store. */
import { setTimeout as wait } from 'node:timers/promises'
import type { BackupStore } from './types.ts'

export function pacedStore(store: BackupStore, bytesPerSecond: number): BackupStore {
  let free = performance.now()
  /** Waits for the time the bytes may take; those that come at once wait one after the other. */
  async function take(bytes: number): Promise<void> {
    const from = Math.max(free, performance.now())
    free = from + (bytes / bytesPerSecond) * 1_000
    const ms = from - performance.now()
    if (ms > 0) await wait(ms)
  }
  return {
    ...store,
    async put(name, bytes) {
      await take(bytes.length)
      await store.put(name, bytes)
    },
    async get(name) {
      const found = await store.get(name)
      if (found) await take(found.bytes.length)
      return found
    },
  }
}
