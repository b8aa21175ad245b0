/**
 * A recording that was not sent, as this device keeps it: part after part while it goes on, so that a page that closes in the
 * middle loses a second of it at most.
 */
import { z } from 'zod'
import type { OwnDatabase } from '../../lib/own-database.ts'
import { waveformOf } from '../../lib/waveform.ts'
import { LEVEL_MS } from './recorder.ts'
import type { VoiceNote } from './types.ts'

const partSchema = z.object({
  roomId: z.string(),
  at: z.number(),
  mimetype: z.string(),
  blob: z.instanceof(Blob),
  levels: z.array(z.number()),
})
/** Ten minutes have six hundred. */
const MOST_PARTS = 2_000

export interface VoiceKeeper {
  /** @throws QuotaExceededError when the device is full */
  add(blob: Blob, mimetype: string, levels: readonly number[]): Promise<void>
  /** What is kept so far, whole. */
  whole(): Promise<VoiceNote | undefined>
  discard(): Promise<void>
}

export function keepVoice(database: OwnDatabase, roomId: string): VoiceKeeper {
  const slotOf = (part: number) => `voice ${roomId} ${part}`
  let count: Promise<number> = parts().then((all) => all.length)

  async function parts(): Promise<z.output<typeof partSchema>[]> {
    const found: z.output<typeof partSchema>[] = []
    for (let part = 0; part < MOST_PARTS; part += 1) {
      const parsed = partSchema.safeParse(await database.get('drafts', slotOf(part)).catch(() => undefined))
      if (!parsed.success) break
      found.push(parsed.data)
    }
    return found
  }

  return {
    async add(blob, mimetype, levels) {
      const taken = count
      count = taken.then((part) => part + 1)
      const part = await taken
      const slot = slotOf(part)
      await database.put('drafts', slot, {
        slot,
        roomId,
        at: Date.now(),
        mimetype,
        blob,
        levels: [...levels],
      })
    },
    async whole() {
      const all = await parts()
      const first = all[0]
      if (!first) return undefined
      const levels = all.flatMap((part) => part.levels)
      const mimetype = first.mimetype.split(';')[0]!
      return {
        blob: new Blob(
          all.map((part) => part.blob),
          { type: mimetype },
        ),
        mimetype,
        durationMs: Math.max(LEVEL_MS, levels.length * LEVEL_MS),
        waveform: waveformOf(levels),
      }
    },
    async discard() {
      const most = await count
      count = Promise.resolve(0)
      await database.remove(
        'drafts',
        Array.from({ length: most }, (_, part) => slotOf(part)),
      )
    },
  }
}
