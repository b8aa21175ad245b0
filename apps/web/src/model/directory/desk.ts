/** What the worker does: keeps the copy, makes it searchable, answers. It goes on answering while a new one is made. */
import { readDirectoryCopy } from '@enlace/directory/copy'
import {
  type EntryDetails,
  type FindAnswer,
  Finder,
  type FindQuery,
  type FoundRow,
} from '@enlace/directory/finder'
import type { Position } from '@enlace/directory/plus-code'
import { runInSlices } from '@enlace/directory/steps'
import { joined, type KeptCopy, keepCopy, lastChange, readCopy } from './kept-copy.ts'
import type { CopyState, Facets, GivenEntry } from './types.ts'

/** How to ask the node so that it answers no more than what is new. */
export interface Known {
  copy: CopyState
  etag: string
  lastChange?: string
}

export interface Desk {
  /** Opens what is kept. @returns undefined when there is nothing */
  open(): Promise<Known | undefined>
  /** Takes an answer of the node. `not_whole`: ask for all of it */
  take(bytes: ArrayBuffer, etag: string, at: number): Promise<Known | 'not_whole'>
  /** The node says that what is here is what it has. */
  confirm(at: number): Promise<Known | undefined>
  find(query: FindQuery, now: number): Promise<FindAnswer>
  rows(numbers: readonly number[], now: number, near?: Position): Promise<FoundRow[]>
  entry(key: string, now: number): Promise<EntryDetails | undefined>
  /** As the node gave it: to be compared with what the institution signed. */
  asGiven(key: string): Promise<GivenEntry | undefined>
  facets(): Promise<Facets>
  /** all of it, as the node gave it: for who makes files of it */
  copy(): Promise<unknown>
}

export interface CopyStore {
  read(): Promise<KeptCopy | undefined>
  keep(copy: KeptCopy): Promise<void>
}

const storeOf = (userId: string): CopyStore => ({
  read: () => readCopy(userId),
  keep: (copy) => keepCopy(userId, copy),
})

/** A turn for the messages that wait. */
const pause = () =>
  new Promise<void>((resolve) => {
    const { port1, port2 } = new MessageChannel()
    port1.onmessage = () => {
      port1.close()
      resolve()
    }
    port2.postMessage(undefined)
  })

const CONFIRMED_KEPT_MS = 10 * 60_000

export function createDesk(userId: string, store: CopyStore = storeOf(userId)): Desk {
  let copy: KeptCopy | undefined
  let finder: Finder | undefined
  let isKept = false
  let writtenAt = 0

  const known = (): Known | undefined => {
    if (!copy || !finder) return undefined
    const last = lastChange(copy)
    return {
      copy: { view: copy.view, size: finder.size, checkedAt: copy.checkedAt, kept: isKept },
      etag: copy.etag,
      ...(last ? { lastChange: last } : {}),
    }
  }

  async function use(next: KeptCopy, now: number): Promise<boolean> {
    const read = readDirectoryCopy({ view: next.view, institutions: next.institutions })
    if (!read) return false
    finder = await runInSlices(Finder.inSteps(read.entries, now, next.view), pause)
    copy = next
    return true
  }

  async function keep(): Promise<void> {
    if (!copy) return
    try {
      await store.keep(copy)
      isKept = true
      writtenAt = copy.checkedAt
    } catch {
      isKept = false
    }
  }

  const open = (): Finder => {
    if (!finder) throw new Error('The directory is not open.')
    return finder
  }

  return {
    async open() {
      if (copy) return known()
      const read = await store.read()
      if (read && (await use(read, Date.now()))) {
        isKept = true
        writtenAt = read.checkedAt
      }
      return known()
    },
    async take(bytes, etag, at) {
      const whole = await joined(bytes, copy)
      if (!whole || !(await use({ ...whole, etag, checkedAt: at }, at))) return 'not_whole'
      await keep()
      return known()!
    },
    async confirm(at) {
      if (!copy) return undefined
      copy = { ...copy, checkedAt: at }
      // Writing all of it to move one date is for now and then.
      if (!isKept || at - writtenAt > CONFIRMED_KEPT_MS) await keep()
      return known()
    },
    find: async (query, now) => open().find(query, now),
    rows: async (numbers, now, near) => open().rows(numbers, now, near),
    entry: async (key, now) => open().entry(key, now),
    copy: async () => (copy ? { view: copy.view, institutions: copy.institutions } : undefined),
    async asGiven(key) {
      const found = copy?.institutions.find((one) => one.institution.key === key)
      return copy && found ? { view: copy.view, entry: found.entry } : undefined
    },
    facets: async () => ({ categories: open().categories(), languages: open().languages() }),
  }
}
