/** Documents whose pages this device can draw. The reader is half a megabyte, fetched when the first one is sent or opened. */
import type { DocumentFacts, OpenDocument } from '../../model/media/types.ts'
import { downloadRule, fetchedByItself, lineNow } from './auto-download.ts'

const READER_BYTES = 480 * 1024
let fetched = false

export const isShown = (mimetype: string | undefined): boolean => mimetype === 'application/pdf'

export async function openDocument(bytes: ArrayBuffer): Promise<OpenDocument> {
  const open = await (await import('../../model/media/pdf-pages.ts')).openDocument(bytes)
  fetched = true
  return open
}

/** What is told of a document beside it. Nobody's line pays for the reader who only sends: where that costs, the file goes without. */
export async function documentFacts(file: Blob): Promise<DocumentFacts | undefined> {
  if (!isShown(file.type)) return undefined
  if (!fetched && !fetchedByItself(downloadRule.get(), READER_BYTES, lineNow())) return undefined
  try {
    const facts = await (await import('../../model/media/pdf-pages.ts')).documentFacts(file)
    fetched ||= facts !== undefined
    return facts
  } catch {
    return undefined
  }
}
