/** One ordered worker per key: the same key never runs twice at once, and what is asked for meanwhile runs once more after. */
export class WorkPool {
  readonly #work: (key: string) => Promise<void>
  readonly #width: number
  readonly #waiting = new Set<string>()
  readonly #running = new Set<string>()
  readonly #again = new Set<string>()
  #idle: (() => void)[] = []
  #closed = false

  /** @param work must not throw */
  constructor(work: (key: string) => Promise<void>, width = 4) {
    this.#work = work
    this.#width = width
  }

  get idle(): boolean {
    return this.#waiting.size === 0 && this.#running.size === 0
  }

  ask(key: string): void {
    if (this.#closed) return
    if (this.#running.has(key)) this.#again.add(key)
    else this.#waiting.add(key)
    this.#start()
  }

  /** Resolves when nothing waits or runs. */
  settled(): Promise<void> {
    return this.idle ? Promise.resolve() : new Promise((done) => this.#idle.push(done))
  }

  /** Starts nothing more and waits for what runs. @returns whether everything asked for was done */
  async close(): Promise<boolean> {
    this.#closed = true
    const complete = this.#waiting.size === 0 && this.#again.size === 0
    this.#waiting.clear()
    this.#again.clear()
    await this.settled()
    return complete
  }

  #start(): void {
    while (this.#running.size < this.#width) {
      const key = this.#waiting.values().next().value
      if (key === undefined) break
      this.#waiting.delete(key)
      this.#running.add(key)
      void this.#work(key).finally(() => {
        this.#running.delete(key)
        if (this.#again.delete(key)) this.#waiting.add(key)
        this.#start()
      })
    }
    if (this.idle) for (const done of this.#idle.splice(0)) done()
  }
}
