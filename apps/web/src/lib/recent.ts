/** The things that were used last, by number and by bytes, as far as a phone with 2 GB has room for them. */
export interface Recent<T> {
  /** It is the newest then. */
  get(key: string): T | undefined
  /** @param bytes what it holds in memory; put again where that is known later */
  put(key: string, value: T, bytes: number): void
  /** @param value absent: whatever lies there */
  remove(key: string, value?: T): void
  clear(): void
}

/** @param drop lets go of what is kept no longer. The newest stays, however large it is. */
export function createRecent<T>(
  limits: { count: number; bytes: number },
  drop: (value: T) => void = () => undefined,
): Recent<T> {
  const kept = new Map<string, { value: T; bytes: number }>()
  let total = 0
  function take(key: string): { value: T; bytes: number } | undefined {
    const one = kept.get(key)
    kept.delete(key)
    total -= one?.bytes ?? 0
    return one
  }
  function put(key: string, value: T, bytes: number): void {
    const before = take(key)
    if (before && before.value !== value) drop(before.value)
    kept.set(key, { value, bytes })
    total += bytes
    for (const oldest of kept.keys()) {
      if (oldest === key || (kept.size <= limits.count && total <= limits.bytes)) return
      remove(oldest)
    }
  }
  function remove(key: string, value?: T): void {
    if (value !== undefined && kept.get(key)?.value !== value) return
    const one = take(key)
    if (one) drop(one.value)
  }
  return {
    get(key) {
      const one = take(key)
      if (!one) return undefined
      kept.set(key, one)
      total += one.bytes
      return one.value
    },
    put,
    remove,
    clear() {
      for (const key of [...kept.keys()]) remove(key)
    },
  }
}
