import type { OwnDatabase } from '../../lib/own-database.ts'
import { forgetLookedBack, readLookedBack, writeLookedBack } from './looked-back.ts'
import { createSearchDesk } from './search-desk.ts'
import type { DeskEntry, SearchableMessage, SearchDesk, SearchIndex } from './types.ts'

export const MAX_KEPT = 20_000
const WRITE_AFTER_MS = 3_000
const MAX_UNWRITTEN = 200
const FEED_AT_ONCE = 1_000
/** After so long without a question the index is let go of: a telephone has other things to remember. */
const REST_AFTER_MS = 5 * 60_000

/** @param makeDesk where texts are looked through; `onLost` tells that it lost what it had */
export function createSearchIndex(
  database: OwnDatabase,
  {
    maxKept = MAX_KEPT,
    makeDesk = createSearchDesk,
  }: { maxKept?: number; makeDesk?: (onLost: () => void) => SearchDesk } = {},
): SearchIndex {
  const unwritten = new Map<string, SearchableMessage | undefined>()
  const kept = new Map<string, SearchableMessage>()
  let loading: Promise<void> | undefined
  /** Settled once the desk has everything; undefined while it has nothing. */
  let fed: Promise<void> | undefined
  let timer: ReturnType<typeof setTimeout> | undefined
  let rest: ReturnType<typeof setTimeout> | undefined
  const desk = makeDesk(() => {
    fed = undefined
  })

  function load(): Promise<void> {
    loading ??= database.all('messages').then((all) => {
      const known = all as SearchableMessage[]
      for (const value of known) {
        const now = kept.get(value.id)
        if (!now || saysMore(value, now)) kept.set(value.id, value)
        if (now && saysMore(value, now)) unwritten.delete(value.id)
      }
      for (const [id, message] of unwritten) message ? kept.set(id, message) : kept.delete(id)
    })
    return loading
  }

  async function feed(): Promise<void> {
    await load()
    const entries = [...kept.values()].map(entryOf)
    for (let at = 0; at < entries.length; at += FEED_AT_ONCE)
      await desk.put(entries.slice(at, at + FEED_AT_ONCE))
  }

  /** What comes or goes while it is being fed stands behind it in the line. */
  function ready(): Promise<void> {
    clearTimeout(rest)
    rest = setTimeout(letGo, REST_AFTER_MS)
    if (!fed) {
      const feeding = feed()
      fed = feeding
      feeding.catch(() => {
        if (fed === feeding) fed = undefined
      })
    }
    return fed
  }

  function letGo(): void {
    clearTimeout(rest)
    fed = undefined
    desk.close()
  }

  const lost = () => {
    fed = undefined
  }
  function tellDesk(ids: readonly string[]): void {
    if (!fed) return
    void fed
      .then(async () => {
        const now = ids.flatMap((id) => kept.get(id) ?? [])
        await desk.put(now.map(entryOf))
        await desk.remove(ids.filter((id) => !kept.has(id)))
      })
      .catch(lost)
  }

  function schedule(): void {
    if (unwritten.size >= MAX_UNWRITTEN) void flush()
    else timer ??= setTimeout(() => void flush(), WRITE_AFTER_MS)
  }

  async function flush(): Promise<void> {
    clearTimeout(timer)
    timer = undefined
    if (unwritten.size === 0) return
    await load()
    const batch = [...unwritten]
    unwritten.clear()
    if (batch.length === 0) return
    const puts = batch.flatMap(([id, message]) => (message ? [[id, message] as const] : []))
    // A device without room finds less; nothing of what people wrote is lost by that.
    await database.putAll('messages', puts).catch(() => undefined)
    await database.remove(
      'messages',
      batch.flatMap(([id, message]) => (message ? [] : [id])),
    )
    await trim()
  }

  async function trim(): Promise<void> {
    if (kept.size <= maxKept) return
    const oldest = [...kept.values()].sort((a, b) => a.ts - b.ts).slice(0, kept.size - maxKept)
    const ids = oldest.map(({ id }) => id)
    for (const id of ids) kept.delete(id)
    tellDesk(ids)
    await database.remove('messages', ids)
  }

  async function forget(isSo: (message: SearchableMessage) => boolean): Promise<void> {
    await load()
    const gone = [...kept.values()].filter(isSo).map(({ id }) => id)
    for (const id of gone) {
      kept.delete(id)
      unwritten.set(id, undefined)
    }
    tellDesk(gone)
    await flush()
  }

  return {
    put(message) {
      const before = kept.get(message.id)
      if (before?.text === message.text && before.kind === message.kind) return
      if (before && saysMore(before, message)) return
      kept.set(message.id, message)
      tellDesk([message.id])
      unwritten.set(message.id, message)
      schedule()
    },
    remove(eventId) {
      kept.delete(eventId)
      tellDesk([eventId])
      unwritten.set(eventId, undefined)
      schedule()
    },
    has: (eventId) => kept.has(eventId),
    forget,
    async forgetRoom(roomId) {
      await forget((message) => message.roomId === roomId)
      const { [roomId]: _, ...others } = await readLookedBack(database)
      await writeLookedBack(database, others)
    },
    async search(query) {
      await ready()
      const { total, hits } = await desk.find(query)
      return {
        total,
        hits: hits.flatMap(({ id, terms }) => {
          const message = kept.get(id)
          return message ? [{ message, terms }] : []
        }),
      }
    },
    load: () => ready(),
    async clear() {
      clearTimeout(timer)
      timer = undefined
      unwritten.clear()
      kept.clear()
      letGo()
      loading = Promise.resolve()
      await forgetLookedBack(database)
      await database.clear('messages')
    },
    flush,
    close: letGo,
    size: async () => {
      await load()
      return kept.size
    },
  }
}

/** Of a file that was read more is known than its name. */
const saysMore = (kept: SearchableMessage, other: SearchableMessage): boolean =>
  kept.kind === 'file' && other.kind === 'file' && kept.text.startsWith(`${other.text}\n`)

const entryOf = ({ id, text, ts, roomId, sender, kind }: SearchableMessage): DeskEntry => ({
  id,
  text,
  ts,
  room: roomId,
  sender,
  kind: kind ?? 'text',
})
