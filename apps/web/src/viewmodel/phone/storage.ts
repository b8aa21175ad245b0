import { createStore, type ReadableStore } from '../../lib/store.ts'
import type { Session } from '../../model/session/types.ts'

/** What this device keeps, and whether the browser may clear it away when it needs room. */
export interface StorageState {
  /** undefined where the browser does not say */
  persistent?: boolean
  used?: number
  room?: number
}

/** `refused`: the browser decided so; most grant it once the app is installed or used often */
export type PersistAnswer = 'kept' | 'refused' | 'unknown'

const state = createStore<StorageState>({})
export const storageState: ReadableStore<StorageState> = state

export async function lookAtStorage(): Promise<void> {
  const { storage } = navigator
  const [persistent, estimate] = await Promise.all([
    storage?.persisted?.().catch(() => undefined),
    storage?.estimate?.().catch(() => undefined),
  ])
  state.set({
    ...(persistent === undefined ? {} : { persistent }),
    ...(estimate?.usage === undefined ? {} : { used: estimate.usage }),
    ...(estimate?.quota === undefined ? {} : { room: estimate.quota }),
  })
}

export async function askToPersist(): Promise<PersistAnswer> {
  const granted = await navigator.storage?.persist?.().catch(() => undefined)
  await lookAtStorage()
  return granted === undefined ? 'unknown' : granted ? 'kept' : 'refused'
}

/** Lets go of what can be had again: texts to search, opened files, parts that are seldom used. */
export async function freeSpace(session: Pick<Session, 'searchIndex' | 'media'>): Promise<void> {
  session.media.release()
  await session.searchIndex.clear()
  await globalThis.caches?.delete('enlace-seldom').catch(() => false)
  await lookAtStorage()
}

/**
 * From the first message that has gone: now there is something to lose, and the browser may be asked to keep it.
 *
 * @returns stop
 */
export function onFirstSent(session: Pick<Session, 'outbox'>, then: () => void): () => void {
  const before = new Map<string, string>()
  const look = () => {
    const now = session.outbox.entries.get()
    const left = [...before].some(([txnId, was]) => {
      const entry = now.find((one) => one.txnId === txnId)
      // Taken out by hand is not sent.
      return entry ? entry.state === 'accepted' : was === 'sending' || was === 'accepted'
    })
    before.clear()
    for (const { txnId, state: is } of now) before.set(txnId, is)
    if (!left) return
    stop()
    then()
  }
  const stop = session.outbox.entries.subscribe(look)
  look()
  return stop
}
