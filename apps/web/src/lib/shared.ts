/** One of a thing for all who use it at once: a queue is sent by one. It closes with the last of them. */
export function createShared<K extends object, T extends { close(): void }>(make: (of: K) => T) {
  const open = new WeakMap<K, { value: T; users: number }>()
  return (of: K): { value: T; release(): void } => {
    const one = open.get(of) ?? { value: make(of), users: 0 }
    open.set(of, one)
    one.users += 1
    let held = true
    return {
      value: one.value,
      release() {
        if (!held) return
        held = false
        one.users -= 1
        if (one.users > 0) return
        open.delete(of)
        one.value.close()
      },
    }
  }
}
