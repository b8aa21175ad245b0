/** How long the page waits for what a network may never bring, before it opens without it. */
import { ClientEvent, type MatrixClient, SyncState } from 'matrix-js-sdk'
import type { Encryption } from './types.ts'

const SYNC_PATIENCE_MS = 45_000
const KEYS_PATIENCE_MS = 30_000

/** Settles with the first sync, from the store or the network; after a while the page opens without it. */
export function firstSync(client: MatrixClient, signal: AbortSignal): Promise<void> {
  if (client.isInitialSyncComplete() || signal.aborted) return Promise.resolve()
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer)
      client.off(ClientEvent.Sync, onSync)
      signal.removeEventListener('abort', done)
      resolve()
    }
    signal.addEventListener('abort', done)
    const onSync = (state: SyncState) => {
      if (state === SyncState.Prepared || state === SyncState.Syncing || state === SyncState.Error) done()
    }
    const timer = setTimeout(done, SYNC_PATIENCE_MS)
    client.on(ClientEvent.Sync, onSync)
  })
}

/** Settles when this device knows the state of its keys; after a while the page opens without that. */
export function known(state: Encryption['state'], signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer)
      stop()
      resolve()
    }
    const check = () => state.get() !== 'preparing' && done()
    const timer = setTimeout(done, KEYS_PATIENCE_MS)
    const stop = state.subscribe(check)
    signal.addEventListener('abort', done, { once: true })
    check()
  })
}
