/**
 * One writer at a time: an object that its holder keeps writing anew. Whoever finds it watches whether it changes, by its
 * own clock that only runs forward; a lock that stays as it is for so long is taken over. No two clocks are compared.
 */
import { randomBytes } from 'node:crypto'
import { hostname } from 'node:os'
import { setTimeout as wait } from 'node:timers/promises'
import { BackupInUse } from './errors.ts'
import type { BackupStore } from './types.ts'

const NAME = 'lock'
const BEAT_MS = 20_000
const DEAD_MS = 90_000
const LOOK_MS = 5_000

export type LockTimes = { beatMs?: number; deadMs?: number; lookMs?: number }
export type StoreLock = {
  /** @throws BackupInUse when somebody took it over: nothing may be written any more */
  check(): Promise<void>
  release(): Promise<void>
}

/** @throws BackupInUse when another writer is alive */
export async function lockStore(store: BackupStore, times: LockTimes = {}): Promise<StoreLock> {
  const { beatMs = BEAT_MS, deadMs = DEAD_MS, lookMs = LOOK_MS } = times
  const holder = `${hostname()} ${process.pid} ${randomBytes(9).toString('base64url')}`
  let beat = 0
  const text = () => Buffer.from(JSON.stringify({ holder, beat: ++beat }))
  if (!(await store.create(NAME, text()))) await takeOver()

  async function takeOver(): Promise<void> {
    let seen = await store.get(NAME)
    for (let since = performance.now(); performance.now() - since < deadMs; ) {
      await wait(lookMs)
      const now = await store.get(NAME)
      if (now && now.tag === seen?.tag) continue
      // Given back, or alive.
      if (!now && (await store.create(NAME, text()))) return
      seen = now
      throw new BackupInUse(store.place)
    }
    if (!seen || !(await store.replace(NAME, text(), seen.tag))) throw new BackupInUse(store.place)
  }

  let lost = false
  let last = performance.now()
  let beating = Promise.resolve()
  const isOurs = (found: { bytes: Uint8Array } | undefined) =>
    found !== undefined && Buffer.from(found.bytes).includes(holder)
  const timer = setInterval(() => {
    beating = beating.then(async () => {
      try {
        const now = await store.get(NAME)
        if (!now || !isOurs(now) || !(await store.replace(NAME, text(), now.tag))) lost = true
        else last = performance.now()
      } catch {
        // The store does not answer: for as long as nobody may think this writer dead, it goes on.
      }
    })
  }, beatMs)
  timer.unref()
  return {
    async check() {
      // This process stood still for long enough that another may think it dead: the lock itself says.
      if (!lost && performance.now() - last > deadMs) {
        await beating
        if (isOurs(await store.get(NAME))) last = performance.now()
        else lost = true
      }
      if (lost) throw new BackupInUse(store.place)
    },
    async release() {
      clearInterval(timer)
      await beating
      if (isOurs(await store.get(NAME))) await store.remove(NAME)
    },
  }
}
