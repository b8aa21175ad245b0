/** Runs work for the same key one after another, in the order asked; different keys run side by side. */
export function createKeyedQueue() {
  const tails = new Map<string, Promise<unknown>>()
  return async function inTurn<T>(key: string, work: () => Promise<T>): Promise<T> {
    const before = tails.get(key)
    const mine = (async () => {
      // What went wrong for the one before was told to its own caller.
      if (before) await before.catch(() => undefined)
      return work()
    })()
    tails.set(key, mine)
    try {
      return await mine
    } finally {
      if (tails.get(key) === mine) tails.delete(key)
    }
  }
}
