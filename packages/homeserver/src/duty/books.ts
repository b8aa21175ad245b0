/** The duty books of this node's institutions, in memory and on disk. */
import { type DutyBook, dutyBookSchema, emptyDutyBook, swapEnds } from '@enlace/coordination/duty'
import { MatrixError } from '../errors.ts'
import { growingCache } from '../lib/cache.ts'
import type { Clock } from '../lib/clock.ts'
import { createKeyedQueue } from '../lib/in-turn.ts'
import { bookOfRoster } from './legacy-roster.ts'
import type { BookChange, BookDoc, Books, DutyModels } from './types.ts'

/** What is over is kept so long: a calendar shows the past week, and swaps are looked up. */
const KEEP_MS = 60 * 86_400_000

export function createBooks(models: DutyModels, clock: Clock): Books {
  const known = growingCache<string, Omit<BookDoc, '_id'>>(500)
  const inTurn = createKeyedQueue()
  const listeners: ((change: BookChange) => Promise<void>)[] = []

  async function read(institution: string): Promise<Omit<BookDoc, '_id'>> {
    const cached = known.get(institution)
    if (cached) return cached
    const doc = await models.Book.findById(institution).lean()
    const found = doc ? { ...doc, book: dutyBookSchema.parse(doc.book) } : await fromRoster(institution)
    known.set(institution, found)
    return found
  }

  /** A roster from before there were books becomes one the first time it is asked for. */
  async function fromRoster(institution: string): Promise<Omit<BookDoc, '_id'>> {
    const old = await models.Roster.findById(institution).lean()
    if (!old) return { book: emptyDutyBook, revision: 0, updated_by: '', updated_ts: 0 }
    const { roster, updated_by, updated_ts } = old
    const made = { book: bookOfRoster(roster), revision: 1, updated_by, updated_ts }
    await models.Book.replaceOne({ _id: institution }, made, { upsert: true })
    return made
  }

  const change: Books['change'] = (institution, by, expected, make) =>
    inTurn(institution, async () => {
      const { book: before, revision } = await read(institution)
      if (expected !== undefined && expected !== revision) throw changedMeanwhile()
      const now = clock.now()
      const after = withoutPast(dutyBookSchema.parse(make(before)), now)
      const next = { book: after, revision: revision + 1, updated_by: by, updated_ts: now }
      await models.Book.replaceOne({ _id: institution }, next, { upsert: true })
      known.set(institution, next)
      const told = { institution, by, before, after, revision: next.revision }
      for (const listener of listeners) await listener(told)
      return told
    })

  return { read, change, onChange: (listener) => void listeners.push(listener) }
}

function withoutPast(book: DutyBook, now: number): DutyBook {
  return {
    ...book,
    overrides: book.overrides.filter((one) => one.to_ts > now - KEEP_MS),
    swaps: book.swaps.filter((one) => swapEnds(one) > now - KEEP_MS),
  }
}

const changedMeanwhile = () => {
  const message = {
    es: 'Otra persona cambió los turnos mientras usted los editaba. Lo que escribió sigue en la página: vea los cambios y guarde de nuevo.',
    en: 'Somebody else changed the roster while you were editing it. What you wrote is still on the page: look at the changes and save again.',
  }
  return new MatrixError(409, 'M_INVALID_PARAM', message.es, {
    'org.enlace.rule': 'duty.changed',
    'org.enlace.message': message,
  })
}
