/**
 * One worker per key, at most `width` at once: the same key never runs twice at the same time, and however often it is
 * asked for while it runs, it runs once more after. For work that brings something up to date, so that a repeat is cheap.
 */
export class WorkPool {
  readonly #work: (key: string) => Promise<void>
  readonly #width: number
  readonly #waiting = new Set<string>()
  readonly #running = new Set<string>()
  readonly #again = new Set<string>()
  readonly #done = new Map<string, { runs: number; tell: () => void }[]>()
  #idle: (() => void)[] = []
  #closed = false

  /** @param work must not throw */
  constructor(work: (key: string) => Promise<void>, width: number) {
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

  /** Resolves when what was asked for until now is done, whatever is asked for meanwhile. */
  async caughtUp(): Promise<void> {
    const until = (key: string, runs: number) =>
      new Promise<void>((tell) => this.#done.set(key, [...(this.#done.get(key) ?? []), { runs, tell }]))
    await Promise.all([
      ...[...this.#waiting].map((key) => until(key, 1)),
      ...[...this.#running].map((key) => until(key, this.#again.has(key) ? 2 : 1)),
    ])
  }

  /** Resolves when nothing waits or runs. */
  settled(): Promise<void> {
    return this.idle ? Promise.resolve() : new Promise((done) => this.#idle.push(done))
  }

  /** Starts nothing more and waits for what runs. @returns whether everything asked for was done */
  async close(): Promise<boolean> {
    this.#closed = true
    const complete = this.#waiting.size === 0 && this.#again.size === 0
    for (const key of this.#waiting) this.#tell(key, true)
    this.#waiting.clear()
    this.#again.clear()
    await this.settled()
    for (const key of [...this.#done.keys()]) this.#tell(key, true)
    return complete
  }

  #tell(key: string, all = false): void {
    const left = (this.#done.get(key) ?? []).filter((one) => {
      one.runs -= 1
      if (one.runs > 0 && !all) return true
      one.tell()
      return false
    })
    if (left.length > 0) this.#done.set(key, left)
    else this.#done.delete(key)
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
        this.#tell(key)
        this.#start()
      })
    }
    if (this.idle) for (const done of this.#idle.splice(0)) done()
  }
}
