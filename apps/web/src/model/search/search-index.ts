import type MiniSearch from 'minisearch'
import type { OwnDatabase } from '../../lib/own-database.ts'
import { queryOf, termsOf, wordsOf } from './terms.ts'
import type { SearchableMessage, SearchIndex } from './types.ts'

export const MAX_KEPT = 20_000
const MAX_RESULTS = 60
const WRITE_AFTER_MS = 3_000
const MAX_UNWRITTEN = 200

export function createSearchIndex(database: OwnDatabase, maxKept = MAX_KEPT): SearchIndex {
  const unwritten = new Map<string, SearchableMessage | undefined>()
  const kept = new Map<string, SearchableMessage>()
  let loading: Promise<void> | undefined
  let index: MiniSearch<SearchableMessage> | undefined
  let timer: ReturnType<typeof setTimeout> | undefined

  function load(): Promise<void> {
    loading ??= database.all('messages').then((all) => {
      for (const value of all as SearchableMessage[]) if (!kept.has(value.id)) kept.set(value.id, value)
      for (const [id, message] of unwritten) message ? kept.set(id, message) : kept.delete(id)
    })
    return loading
  }

  async function ready(): Promise<MiniSearch<SearchableMessage>> {
    if (index) return index
    const [{ default: Index }] = await Promise.all([import('minisearch'), load()])
    if (index) return index
    const built = new Index<SearchableMessage>({
      fields: ['text'],
      tokenize: termsOf,
      processTerm: (term) => term,
      searchOptions: {
        prefix: (term) => term.length > 2,
        // A number with another digit is another number.
        fuzzy: (term) => (term.length > 5 && !/\d/.test(term) ? 0.15 : false),
        combineWith: 'AND',
      },
    })
    await built.addAllAsync([...kept.values()], { chunkSize: 500 })
    // What came while it was being built.
    for (const message of kept.values()) if (!built.has(message.id)) built.add(message)
    index = built
    return built
  }

  function schedule(): void {
    if (unwritten.size >= MAX_UNWRITTEN) void flush()
    else timer ??= setTimeout(() => void flush(), WRITE_AFTER_MS)
  }

  async function flush(): Promise<void> {
    clearTimeout(timer)
    timer = undefined
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
    await load()
    await trim()
  }

  async function trim(): Promise<void> {
    if (kept.size <= maxKept) return
    const oldest = [...kept.values()].sort((a, b) => a.ts - b.ts).slice(0, kept.size - maxKept)
    for (const { id } of oldest) forget(id)
    await database.remove(
      'messages',
      oldest.map(({ id }) => id),
    )
  }

  function forget(id: string): void {
    kept.delete(id)
    if (index?.has(id)) index.discard(id)
  }

  return {
    put(message) {
      const before = kept.get(message.id)
      if (before?.text === message.text) return
      kept.set(message.id, message)
      if (index) index.has(message.id) ? index.replace(message) : index.add(message)
      unwritten.set(message.id, message)
      schedule()
    },
    remove(eventId) {
      forget(eventId)
      unwritten.set(eventId, undefined)
      schedule()
    },
    async forget(isSo) {
      await load()
      for (const message of [...kept.values()])
        if (isSo(message)) {
          forget(message.id)
          unwritten.set(message.id, undefined)
        }
      await flush()
    },
    async search(query, roomId) {
      if (wordsOf(query).length === 0) return []
      // What is looked for has been parted already.
      const found = (await ready()).search(queryOf(query), { tokenize: (term) => [term] })
      const messages = found.flatMap(({ id }) => kept.get(id) ?? [])
      return messages
        .filter((message) => roomId === undefined || message.roomId === roomId)
        .slice(0, MAX_RESULTS)
        .sort((a, b) => b.ts - a.ts)
    },
    async clear() {
      clearTimeout(timer)
      timer = undefined
      unwritten.clear()
      kept.clear()
      index = undefined
      loading = Promise.resolve()
      await database.clear('messages')
    },
    flush,
    size: async () => {
      await load()
      return kept.size
    },
  }
}
