/**
 * Few things at a time, of which each takes long, for many who ask: whoever asks most waits longest. Groups take turns, one
 * work each; the trusted have a lane of their own that takes turns with all others together. What waits is bounded, for each
 * group and altogether; when there is no more room, the longest line gives up its last.
 */
export class QueueFull extends Error {
  /** How many wait in that lane. */
  readonly waiting: number
  constructor(waiting: number) {
    super('too many wait')
    this.waiting = waiting
  }
}

/** `waiting`: asked each time, where it depends on how long the work takes. */
type Limits = { running: number; waiting: number | (() => number); perGroup: number }

type Waiting = { go(): void; refuse(error: QueueFull): void }

class Lane {
  readonly #limits: Limits
  /** By group, in the order of their turns. */
  readonly #groups = new Map<string, Waiting[]>()
  #size = 0

  constructor(limits: Limits) {
    this.#limits = limits
  }

  add(group: string, waiting: Waiting): void {
    const own = this.#groups.get(group)
    const length = own?.length ?? 0
    const { waiting: room, perGroup } = this.#limits
    const full = this.#size >= (typeof room === 'number' ? room : room())
    if (length >= perGroup || (full && !this.#makeRoom(length + 1))) {
      waiting.refuse(new QueueFull(this.#size))
      return
    }
    this.#size++
    if (own) own.push(waiting)
    else this.#groups.set(group, [waiting])
  }

  next(): Waiting | undefined {
    const first = this.#groups.entries().next().value
    if (!first) return undefined
    const [group, line] = first
    const waiting = line.shift()!
    this.#size--
    this.#groups.delete(group)
    if (line.length > 0) this.#groups.set(group, line)
    return waiting
  }

  #makeRoom(moreThan: number): boolean {
    let longest: Waiting[] = []
    for (const line of this.#groups.values()) if (line.length > longest.length) longest = line
    if (longest.length <= moreThan) return false
    longest.pop()!.refuse(new QueueFull(this.#size))
    this.#size--
    return true
  }
}

export function createFairQueue(limits: Limits) {
  const lanes: [trusted: Lane, others: Lane] = [new Lane(limits), new Lane(limits)]
  let running = 0
  let turn = 0

  function next(): Waiting | undefined {
    turn = 1 - turn
    return lanes[turn]!.next() ?? lanes[1 - turn]!.next()
  }

  return {
    /** @throws QueueFull at once, or later when others with shorter lines need the room */
    async run<T>(who: { group: string; trusted?: boolean }, work: () => Promise<T>): Promise<T> {
      if (running >= limits.running) {
        await new Promise<void>((go, refuse) => lanes[who.trusted ? 0 : 1].add(who.group, { go, refuse }))
      } else running++
      try {
        return await work()
      } finally {
        // The place passes straight to the next in line, so `running` stays as it is.
        const waiting = next()
        if (waiting) waiting.go()
        else running--
      }
    },
  }
}
