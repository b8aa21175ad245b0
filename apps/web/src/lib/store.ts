/** The smallest observable value: what view-models expose and views subscribe to. */
export interface ReadableStore<T> {
  get(): T
  /** @returns the unsubscribe function */
  subscribe(listener: () => void): () => void
}

export interface Store<T> extends ReadableStore<T> {
  set(next: T): void
  update(change: (current: T) => T): void
}

export function createStore<T>(initial: T): Store<T> {
  let value = initial
  const listeners = new Set<() => void>()
  const set = (next: T) => {
    if (Object.is(value, next)) return
    value = next
    for (const listener of [...listeners]) listener()
  }
  return {
    get: () => value,
    set,
    update: (change) => set(change(value)),
    subscribe(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}

/** Runs `action` once after calls stop coming for `waitMs`, and at least every `maxMs` while they keep coming. */
export function coalesce(
  action: () => void,
  waitMs: number,
  maxMs = waitMs * 5,
): { (): void; cancel(): void } {
  let timer: ReturnType<typeof setTimeout> | undefined
  let first = 0
  const run = () => {
    timer = undefined
    action()
  }
  const trigger = () => {
    const now = Date.now()
    if (timer === undefined) first = now
    else clearTimeout(timer)
    timer = setTimeout(run, Math.max(0, Math.min(waitMs, first + maxMs - now)))
  }
  trigger.cancel = () => clearTimeout(timer)
  return trigger
}
