import type { DeskEntry, DeskQuery, SearchDesk } from './types.ts'
import { createWordIndex, type WordHit } from './word-index.ts'

type About = Pick<DeskEntry, 'ts' | 'room' | 'sender' | 'kind'>

/** What has every word to the letter comes first, then what sounds or is spelt alike; of each the newest first. */
export function createSearchDesk(): SearchDesk {
  let index = createWordIndex<About>()
  return {
    async put(entries) {
      for (const { id, text, ...about } of entries) index.put(id, text, about)
    },
    async remove(ids) {
      for (const id of ids) index.remove(id)
    },
    async find(query) {
      const { text, limit } = query
      const found =
        text.trim() === '' && narrows(query) ? index.all(lets(query)) : index.find(text, lets(query))
      found.sort((a, b) => b.exact - a.exact || b.about.ts - a.about.ts)
      const shown = found.slice(0, limit)
      const terms = index.termsOf(shown, text)
      return {
        total: found.length,
        hits: shown.map(({ id }, at) => ({ id, terms: terms[at]! })),
      }
    },
    close() {
      index = createWordIndex<About>()
    },
  }
}

const narrows = ({ kinds, sender, since, until }: DeskQuery) =>
  [kinds, sender, since, until].some((one) => one !== undefined)

function lets(query: DeskQuery): (about: WordHit<About>['about']) => boolean {
  const rooms = query.rooms && new Set(query.rooms)
  const kinds = query.kinds && new Set(query.kinds)
  const { sender, since = Number.NEGATIVE_INFINITY, until = Number.POSITIVE_INFINITY } = query
  return ({ room, sender: by, kind, ts }) =>
    (!rooms || (room !== undefined && rooms.has(room))) &&
    (!kinds || kinds.has(kind ?? 'text')) &&
    (sender === undefined || by === sender) &&
    ts >= since &&
    ts < until
}
