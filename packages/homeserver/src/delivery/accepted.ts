/** When partners accepted events: one row per partner and moment, not per event. For times shown, not for what is true. */
import type { Logger } from '../log.ts'
import type { Accepted, AcceptedDoc, DeliveryModels } from './types.ts'

/** What is accepted within this time is one row; a crash loses it, and the time of those events with it. */
const GATHER_MS = 2_000
const KEPT_MS = 90 * 24 * 3_600_000

export function createAccepted(models: Pick<DeliveryModels, 'Accepted'>, log: Logger): Accepted {
  const gathered = new Map<string, AcceptedDoc>()
  /** On their way to the disk. */
  let leaving: AcceptedDoc[] = []
  let timer: NodeJS.Timeout | undefined
  let writing: Promise<void> = Promise.resolve()

  function write(): Promise<void> {
    clearTimeout(timer)
    timer = undefined
    writing = writing.then(async () => {
      leaving = [...gathered.values()]
      gathered.clear()
      if (leaving.length === 0) return
      try {
        await models.Accepted.bulkWrite(
          leaving.map((row) => ({
            replaceOne: { filter: { _id: row._id }, replacement: row, upsert: true },
          })),
          { ordered: false },
        )
      } catch (error) {
        log.warn({ err: error }, 'times of acceptance not written')
      }
      leaving = []
    })
    return writing
  }

  return {
    note(dest: string, from: number, upto: number): void {
      if (upto <= from) return
      const row = gathered.get(dest)
      const first = row ? { from: row.from, ts: row.ts } : { from, ts: Date.now() }
      gathered.set(dest, { _id: `${dest}|${upto}`, dest, ...first, upto })
      timer ??= setTimeout(() => void write(), GATHER_MS).unref()
    },

    /** When the event at the position was accepted, to about two seconds; undefined when it is not known (any more). */
    async at(dest: string, pos: number): Promise<number | undefined> {
      const recent = [gathered.get(dest), ...leaving].find(
        (row) => row?.dest === dest && row.from < pos && pos <= row.upto,
      )
      if (recent) return recent.ts
      // Served by {dest, upto}, filter and sort alike.
      const found = await models.Accepted.findOne({ dest, upto: { $gte: pos } })
        .sort({ upto: 1 })
        .lean()
      return found && found.from < pos ? found.ts : undefined
    },

    async trim(): Promise<void> {
      await models.Accepted.deleteMany({ ts: { $lt: Date.now() - KEPT_MS } })
    },

    close: write,
  }
}
