import { z } from 'zod'
import type { OwnDatabase } from '../../lib/own-database.ts'
import { sameSearch } from './asked.ts'
import { type SearchAsked, searchSpans } from './types.ts'

const FACT = 'searches'
const MAX_RECENT = 8
const MAX_SAVED = 20

const askedSchema = z.object({
  text: z.string(),
  filters: z.object({
    sender: z.string().optional(),
    roomId: z.string().optional(),
    span: z.enum(searchSpans).optional().catch(undefined),
    from: z.string().optional(),
    to: z.string().optional(),
    documents: z.boolean().optional(),
  }),
})
const keptSchema = z.object({
  recent: z.array(z.string()).catch([]),
  saved: z.array(askedSchema).catch([]),
})
type Kept = z.output<typeof keptSchema>

/** What was looked for, on this device alone, sealed like all it keeps: it names people. */
export function keepSearches(
  database: Pick<OwnDatabase, 'get' | 'put'>,
  onChange: (kept: { recent: readonly string[]; saved: readonly SearchAsked[] }) => void,
) {
  let kept: Kept = { recent: [], saved: [] }
  const set = (next: Kept) => {
    kept = next
    onChange(next)
    // A device without room forgets them with the page.
    void database.put('facts', FACT, next).catch(() => undefined)
  }
  return {
    async read(): Promise<void> {
      const parsed = keptSchema.safeParse(await database.get('facts', FACT))
      if (!parsed.success) return
      kept = parsed.data
      onChange(kept)
    },
    use(text: string): void {
      const words = text.trim()
      if (words === '') return
      // What was typed on the way to it is not remembered beside it.
      const others = kept.recent.filter((one) => !words.toLowerCase().startsWith(one.toLowerCase()))
      set({ ...kept, recent: [words, ...others].slice(0, MAX_RECENT) })
    },
    toggle(asked: SearchAsked): void {
      const others = kept.saved.filter((one) => !sameSearch(one, asked))
      const wasSaved = others.length < kept.saved.length
      set({ ...kept, saved: wasSaved ? others : [asked, ...others].slice(0, MAX_SAVED) })
    },
    forgetRecent: () => set({ ...kept, recent: [] }),
  }
}
