/**
 * The pages of a PDF as pictures, made on this device. A PDF is a stranger's program: it is read and drawn in workers of its own, that
 * are ended with it or when they take too long; nothing it carries runs, nothing it names is fetched, and forms are drawn as they are.
 */

import rendererUrl from 'pdfjs-dist/legacy/build/pdf.renderer.min.mjs?url'
import readerUrl from 'pdfjs-dist/legacy/build/pdf.worker.min.mjs?url'
import jbig2 from 'pdfjs-dist/wasm/jbig2.wasm?url'
import openjpeg from 'pdfjs-dist/wasm/openjpeg.wasm?url'
import colours from 'pdfjs-dist/wasm/qcms_bg.wasm?url'
import { beginning, within } from '../../lib/picture-size.ts'
import { inTime, PAGE_LIMITS, sizeDrawn } from './pdf-limits.ts'
import type { DocumentFacts, OpenDocument } from './types.ts'

/** What decodes the pictures of scanners; asked for by name when a page has one. */
const DECODERS: Record<string, string> = {
  'jbig2.wasm': jbig2,
  'openjpeg.wasm': openjpeg,
  'qcms_bg.wasm': colours,
}

class Decoders {
  async fetch({ filename }: { kind: string; filename: string }): Promise<Uint8Array> {
    const url = DECODERS[filename]
    const response = url === undefined ? undefined : await fetch(url)
    if (!response?.ok) throw new Error(`There is no ${filename}.`)
    return new Uint8Array(await response.arrayBuffer())
  }
}

/** @throws where it is no PDF, has a password, is too large, or takes too long */
export async function openDocument(bytes: ArrayBuffer): Promise<OpenDocument> {
  if (bytes.byteLength > PAGE_LIMITS.bytes) throw new Error('The document is too large to be shown.')
  const pdf = await import('pdfjs-dist/legacy/build/pdf.mjs')
  const reader = new Worker(readerUrl, { type: 'module' })
  const renderer = new Worker(rendererUrl, { type: 'module' })
  // Looked for when a document is opened: each has its own.
  pdf.GlobalWorkerOptions.rendererPorts = [renderer]
  const worker = pdf.PDFWorker.create({ port: reader })
  const task = pdf.getDocument({
    data: new Uint8Array(bytes),
    worker,
    verbosity: pdf.VerbosityLevel.ERRORS,
    BinaryDataFactory: Decoders,
    useWorkerFetch: false,
    enableXfa: false,
    maxImageSize: PAGE_LIMITS.imagePixels,
    canvasMaxAreaInBytes: PAGE_LIMITS.imagePixels * 4,
  })
  let closed = false
  const close = () => {
    if (closed) return
    closed = true
    reader.terminate()
    renderer.terminate()
    void task.destroy().catch(() => undefined)
  }
  task.onPassword = close
  /** One that does not answer in time is given up as a whole. */
  const limited = async <T>(work: Promise<T>): Promise<T> => {
    try {
      return await inTime(work, PAGE_LIMITS.ms)
    } catch (error) {
      close()
      throw error
    }
  }
  const broken = new Promise<never>((_, reject) => {
    for (const one of [reader, renderer])
      one.addEventListener('error', () => reject(new Error('The reader of documents did not start.')))
  })
  broken.catch(() => undefined)
  const document = await limited(Promise.race([task.promise, broken]))

  async function drawing(
    number: number,
    size: (page: { width: number; height: number }) => { width: number; height: number },
  ) {
    if (closed) throw new Error('The document is closed.')
    const page = await document.getPage(number)
    const whole = page.getViewport({ scale: 1 })
    const wanted = size(whole)
    const { width, height } = sizeDrawn(wanted.width, wanted.height)
    const canvas = globalThis.document.createElement('canvas')
    canvas.width = width
    canvas.height = height
    await page.render({
      canvas,
      viewport: page.getViewport({ scale: width / whole.width }),
      background: '#fff',
    }).promise
    return { page, canvas }
  }

  return {
    pages: document.numPages,
    draw: (number, width) =>
      limited(
        (async () => {
          const { page, canvas } = await drawing(number, (whole) => ({
            width,
            height: (width * whole.height) / whole.width,
          }))
          const { items } = await page.getTextContent()
          const text = items.map((item) => ('str' in item ? item.str : '')).join(' ')
          page.cleanup()
          return { canvas, text: text.replace(/\s+/g, ' ').trim().slice(0, PAGE_LIMITS.letters) }
        })(),
      ),
    poster: (side) =>
      limited(
        (async () => {
          const { canvas } = await drawing(1, (whole) =>
            within(whole.width * side, whole.height * side, side),
          )
          const part = beginning(canvas.width, canvas.height)
          const cut = globalThis.document.createElement('canvas')
          cut.width = Math.round(part.width)
          cut.height = Math.round(part.height)
          cut.getContext('2d')?.drawImage(canvas, 0, 0)
          const blob = await new Promise<Blob | null>((done) => cut.toBlob(done, 'image/jpeg', 0.8))
          if (!blob) throw new Error('The page could not be written.')
          return { blob, width: cut.width, height: cut.height }
        })(),
      ),
    close,
  }
}

const POSTER_SIDE = 480

/** How many pages it has, and the first of them small. @returns undefined where this browser cannot read it: it is then a file like any other */
export async function documentFacts(file: Blob): Promise<DocumentFacts | undefined> {
  if (file.size > PAGE_LIMITS.bytes) return undefined
  let open: OpenDocument | undefined
  try {
    open = await openDocument(await file.arrayBuffer())
    return { pages: open.pages, poster: await open.poster(POSTER_SIDE) }
  } catch {
    return undefined
  } finally {
    open?.close()
  }
}
