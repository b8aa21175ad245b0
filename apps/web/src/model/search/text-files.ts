import type { OwnDatabase } from '../../lib/own-database.ts'
import type { EventView, Media } from '../timeline/types.ts'
import type { SearchableMessage, SearchIndex } from './types.ts'

/** What is read to be found: small, and text by its name. */
const TEXT_NAME = /\.(?:txt|csv|tsv|md|log|vcf|ics)$/iu
const MAX_BYTES = 64 * 1024
const MAX_LETTERS = 20_000

/** Reads small text files, one after the other, so that what they say is found; not on a line that people pay by the byte. */
export function createTextFiles(parts: {
  media: Pick<Media, 'plain'>
  database: Pick<OwnDatabase, 'get'>
  searchIndex: Pick<SearchIndex, 'put'>
  isCostly?: () => boolean
}): { read(roomId: string, view: EventView): void; close(): void } {
  const { media, database, searchIndex, isCostly = onCostlyLine } = parts
  const asked = new Set<string>()
  let last: Promise<unknown> = Promise.resolve()
  let closed = false

  async function take(roomId: string, view: EventView): Promise<void> {
    const { id, sender, ts, body, thread } = view
    if (closed || body?.type !== 'file') return
    const kept = (await database.get('messages', id)) as SearchableMessage | undefined
    if (kept?.text.startsWith(`${body.name}\n`)) return
    const said = await media.plain(body.file)
    if (closed || said.byteLength > MAX_BYTES) return
    const text = new TextDecoder().decode(said).replace(/\0/g, '').slice(0, MAX_LETTERS).trim()
    if (text !== '')
      searchIndex.put({
        id,
        roomId,
        sender,
        ts,
        kind: 'file',
        text: `${body.name}\n${text}`,
        ...(thread ? { thread } : {}),
      })
  }

  return {
    read(roomId, view) {
      const { id, body } = view
      if (body?.type !== 'file' || !TEXT_NAME.test(body.name) || (body.size ?? 0) > MAX_BYTES) return
      if (asked.has(id) || isCostly()) return
      asked.add(id)
      // Not reached: it is found by its name, and asked for when the page is opened again.
      last = last.then(() => take(roomId, view)).catch(() => undefined)
    },
    close() {
      closed = true
    },
  }
}

/** As far as the browser says (Network Information API). */
function onCostlyLine(): boolean {
  const { connection } = navigator as { connection?: { effectiveType?: string; saveData?: boolean } }
  return !navigator.onLine || connection?.saveData === true || /2g/.test(connection?.effectiveType ?? '')
}
