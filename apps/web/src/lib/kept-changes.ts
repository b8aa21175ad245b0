import type { Store } from './store.ts'

/**
 * Changes of what is on disk before it is seen. One after another, each made of what the one before has written: two that began at the
 * same time would otherwise know nothing of each other, and the later would undo the earlier.
 *
 * @param write rejects when the device cannot keep it: nothing is changed then
 * @returns how to change it; `change` gives the next value and does nothing else
 */
export function keptChanges<T>(
  store: Store<T>,
  write: (next: T) => Promise<void>,
): (change: (now: T) => T) => Promise<void> {
  let turn: Promise<unknown> = Promise.resolve()
  return (change) => {
    const done = turn.then(async () => {
      await write(change(store.get()))
      // What is only seen may have changed meanwhile.
      store.update(change)
    })
    turn = done.catch(() => undefined)
    return done
  }
}
