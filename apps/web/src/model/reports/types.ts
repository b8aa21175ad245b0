import type { ReadableStore } from '../../lib/store.ts'

/** What somebody showed the coordination, sealed to this device: their words, and keys of single messages. */
export interface Disclosure {
  sender: string
  words: string
  keys: readonly { event_id: string; key: string }[]
  at: number
}

export interface Disclosures {
  /** Goes up when something came. */
  readonly version: ReadableStore<number>
  /** What came for a report, by its reference. */
  of(ref: string): readonly Disclosure[]
  /** Whom of these a sealed message can reach: they have a device that their own identity signs. */
  reachable(userIds: readonly string[]): Promise<string[]>
  /**
   * Sends it sealed to the confirmed devices of these people, now or when there is a network again.
   * @param events none: the words alone
   */
  send(disclosure: {
    ref: string
    roomId: string
    events: readonly string[]
    words: string
    to: readonly string[]
  }): Promise<void>
  /** Asks the reporter's devices for what this device has not got; once while the page is open. */
  ask(ref: string, reporter: string): Promise<void>
  /** Hands on what came here to other coordinators: keys alone, not what the reporter said of it, nor who it was. */
  handOn(ref: string, to: readonly string[]): Promise<void>
  wake(): void
  close(): void
}
