/** Sends content as the answer to a request, as it is read from disk. */
import type { ServerResponse } from 'node:http'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { answered } from '../http/route.ts'
import { contentDisposition, SECURITY_HEADERS } from './headers.ts'
import { multipartFrame } from './multipart.ts'

type Content = { contentType: string; size: number; fileName?: string; open(): Readable }

export async function sendContent(res: ServerResponse, content: Content): Promise<typeof answered> {
  for (const [name, value] of Object.entries(SECURITY_HEADERS)) res.setHeader(name, value)
  res.setHeader('Content-Type', content.contentType)
  res.setHeader('Content-Length', content.size)
  res.setHeader('Content-Disposition', contentDisposition(content.contentType, content.fileName))
  return finish(pipeline(content.open(), res))
}

/** The same for another server (server-server API, "Content Repository"). */
export async function sendMultipart(
  res: ServerResponse,
  content: Content,
  metadata: Record<string, unknown>,
): Promise<typeof answered> {
  const headers = {
    'Content-Type': content.contentType,
    'Content-Disposition': contentDisposition(content.contentType, content.fileName),
  }
  const frame = multipartFrame(headers, metadata)
  res.setHeader('Content-Type', frame.contentType)
  res.setHeader('Content-Length', frame.before.length + content.size + frame.after.length)
  return finish(
    pipeline(async function* () {
      yield frame.before
      yield* content.open()
      yield frame.after
    }, res),
  )
}

async function finish(sending: Promise<void>): Promise<typeof answered> {
  try {
    await sending
  } catch (error) {
    // Whoever asked went away in the middle: nobody is left to tell.
    if ((error as NodeJS.ErrnoException).code !== 'ERR_STREAM_PREMATURE_CLOSE') throw error
  }
  return answered
}
