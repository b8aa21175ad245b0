/**
 * When to look at an escalation again, by both clocks: an alarm is due when the wall clock says so (it may have jumped
 * ahead, or the machine slept), or when as much time has passed as was missing when it was set (the wall clock may have
 * been set back). About 200 bytes each.
 */
import type { Clock } from '../lib/clock.ts'

type Alarm = { at: number; elapsed: number }

/** More than this are left to the table: their wake-up times are read from it instead. */
export const maxAlarms = 100_000

export class Alarms {
  readonly #clock: Clock
  readonly #limit: number
  readonly #alarms = new Map<string, Alarm>()
  /** Some alarm was not kept for want of room. */
  overflowed = false

  constructor(clock: Clock, limit = maxAlarms) {
    this.#clock = clock
    this.#limit = limit
  }

  get size(): number {
    return this.#alarms.size
  }

  /** The same time again changes nothing: what has passed of it stays passed. */
  set(id: string, at: number): void {
    if (this.#alarms.get(id)?.at === at) return
    if (!this.#alarms.has(id) && this.#alarms.size >= this.#limit) {
      this.overflowed = true
      return
    }
    this.#alarms.set(id, { at, elapsed: this.#clock.monotonic() + Math.max(0, at - this.#clock.now()) })
  }

  clear(id: string): void {
    this.#alarms.delete(id)
  }

  /** Whether this alarm, set for this time, is due. Not set: by the wall clock alone. */
  isDue(id: string, at: number): boolean {
    if (this.#clock.now() >= at) return true
    const alarm = this.#alarms.get(id)
    return alarm?.at === at && this.#clock.monotonic() >= alarm.elapsed
  }

  /** All that are due. Cost: one look at each. */
  due(): string[] {
    const now = this.#clock.now()
    const elapsed = this.#clock.monotonic()
    const due: string[] = []
    for (const [id, alarm] of this.#alarms) if (now >= alarm.at || elapsed >= alarm.elapsed) due.push(id)
    return due
  }

  /** Milliseconds until the next one is due; undefined without any. */
  untilNext(): number | undefined {
    const now = this.#clock.now()
    const elapsed = this.#clock.monotonic()
    let next: number | undefined
    for (const alarm of this.#alarms.values()) {
      const left = Math.max(0, Math.min(alarm.at - now, alarm.elapsed - elapsed))
      if (next === undefined || left < next) next = left
    }
    return next
  }
}
