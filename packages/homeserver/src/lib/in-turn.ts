/**
 * A queue per key: work for the same key runs one after another, in the order asked; different keys run side by side.
 * A key costs nothing while nobody waits for it.
 */
export type InTurn<K> = <T>(key: K, work: () => Promise<T>) => Promise<T>

export function createKeyedQueue<K = string>(): InTurn<K> {
  const tails = new Map<K, Promise<unknown>>()
  return async function inTurn<T>(key: K, work: () => Promise<T>): Promise<T> {
    const before = tails.get(key)
    // Never begun before it is written down: what the work itself asks for comes after it. What went wrong for the one
    // before was told to its own caller.
    const mine = Promise.resolve(before?.catch(() => undefined)).then(work)
    tails.set(key, mine)
    try {
      return await mine
    } finally {
      if (tails.get(key) === mine) tails.delete(key)
    }
  }
}
