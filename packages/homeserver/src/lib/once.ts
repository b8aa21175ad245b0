/**
 * One run per key at a time, shared by all who ask for it meanwhile: what is slow (a read from disk, a question to a
 * partner) is not begun twice. Nothing is kept afterwards; what should be remembered belongs in a cache beside it.
 */
export interface Once<K, T> {
  /**
   * Begins the work, or joins the run of that key that is under way.
   * @param work is told by `current` whether it still counts: not after `forget`, when what it read may be out of date
   */
  run(key: K, work: (current: () => boolean) => Promise<T>): Promise<T>
  /** The run under way. */
  running(key: K): Promise<T> | undefined
  /** Whoever asks from now on begins anew; who waits already still gets the old answer. */
  forget(key: K): void
}

export function createOnce<K, T>(): Once<K, T> {
  const runs = new Map<K, Promise<T>>()
  return {
    run(key, work) {
      const known = runs.get(key)
      if (known) return known
      const current = () => runs.get(key) === mine
      // Begun in the next microtask, when the run is written down and may be asked for.
      const mine = Promise.resolve()
        .then(() => work(current))
        .finally(() => {
          if (current()) runs.delete(key)
        })
      runs.set(key, mine)
      return mine
    },
    running: (key) => runs.get(key),
    forget: (key) => void runs.delete(key),
  }
}
