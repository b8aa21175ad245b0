import { createStore } from '../../lib/store.ts'
import { everyWhileSeen } from '../../lib/while-seen.ts'
import type { Session } from '../../model/session/types.ts'
import type { EntryModel, EntryState } from './types.ts'

const CLOCK_MS = 30_000

/** One institution's entry, told anew with each copy and as the hours go by. */
export function createEntry(
  session: Pick<Session, 'directory'>,
  key: string,
  now: () => number = Date.now,
): EntryModel {
  const { directory } = session
  const state = createStore<EntryState>({ phase: 'opening' })
  let isClosed = false

  async function look(): Promise<void> {
    const { phase } = directory.state.get()
    if (phase === 'opening') return
    if (phase !== 'ready') {
      state.set({ phase })
      return
    }
    const at = now()
    const details = await directory.entry(key, at).catch(() => undefined)
    if (!isClosed) state.set(details ? { phase: 'ready', details, now: at } : { phase: 'missing' })
  }
  const stop = directory.state.subscribe(() => void look())
  const stopClock = everyWhileSeen(CLOCK_MS, () => void look())
  void look()
  void directory.refresh()

  return {
    state,
    retry: () => void directory.refresh(),
    close() {
      isClosed = true
      stopClock()
      stop()
    },
  }
}
