/** Keys to be worked off, each once however often it is added meanwhile, a few side by side. */
export function createDrain(atOnce: number, work: (key: string) => Promise<void>) {
  const waiting = new Set<string>()
  const running = new Set<Promise<void>>()
  let closed = false

  function next(): void {
    for (const key of waiting) {
      if (running.size >= atOnce || closed) return
      waiting.delete(key)
      const mine = work(key).finally(() => {
        running.delete(mine)
        next()
      })
      running.add(mine)
    }
  }
  async function idle(): Promise<void> {
    while (running.size > 0) await Promise.race(running)
  }

  return {
    add(key: string): void {
      waiting.add(key)
      next()
    },
    idle,
    async close(): Promise<void> {
      closed = true
      await idle()
    },
  }
}
