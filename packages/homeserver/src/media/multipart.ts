/** `multipart/mixed` of federated media (server-server API, "Content Repository"): two parts, read and written as streams. */
import { randomBytes } from 'node:crypto'

export type MediaPart = {
  /** What the first part says about the second; undefined when it is no JSON. */
  metadata: unknown
  headers: Map<string, string>
  body: AsyncGenerator<Uint8Array>
}

const MAX_HEADERS = 16 * 1024
const MAX_METADATA = 64 * 1024

export class MultipartError extends Error {}

/** @returns the boundary in a Content-Type, if it is multipart/mixed */
export function boundaryOf(contentType: string): string | undefined {
  if (!/^multipart\/mixed\s*(;|$)/i.test(contentType)) return undefined
  const match = /;\s*boundary=(?:"([^"]{1,70})"|([^\s;"]{1,70}))/i.exec(contentType)
  return match?.[1] ?? match?.[2]
}

/** Reads the metadata part and gives the second one. @throws MultipartError when it is not of that form */
export async function readMediaPart(source: AsyncIterable<Uint8Array>, boundary: string): Promise<MediaPart> {
  const chunks = source[Symbol.asyncIterator]()
  let buffer: Buffer = Buffer.alloc(0)
  let ended = false
  const more = async (): Promise<boolean> => {
    if (ended) return false
    const { done, value } = await chunks.next()
    if (done) {
      ended = true
      return false
    }
    buffer = buffer.length === 0 ? Buffer.from(value) : Buffer.concat([buffer, value])
    return true
  }
  /** Reads up to and including `mark`. @returns what came before it */
  const until = async (mark: Buffer, limit: number): Promise<Buffer> => {
    for (;;) {
      const at = buffer.indexOf(mark)
      if (at >= 0) {
        const before = buffer.subarray(0, at)
        buffer = buffer.subarray(at + mark.length)
        return before
      }
      if (buffer.length > limit) throw new MultipartError('A part of the answer is too large.')
      if (!(await more())) throw new MultipartError('The answer ended too early.')
    }
  }

  const opening = Buffer.from(`--${boundary}`)
  const delimiter = Buffer.from(`\r\n--${boundary}`)
  const blank = Buffer.from('\r\n\r\n')
  await until(opening, MAX_HEADERS)
  const metadata = jsonAfter(await until(delimiter, MAX_METADATA), blank)
  // Right after the delimiter: the end of its line, then headers (perhaps none), then an empty line.
  buffer = Buffer.concat([Buffer.from('\r\n'), await dropLineEnd()])
  const headers = parseHeaders((await until(blank, MAX_HEADERS)).toString('latin1'))
  return { metadata, headers, body: content() }

  async function dropLineEnd(): Promise<Buffer> {
    await until(Buffer.from('\n'), 100)
    return buffer
  }

  async function* content(): AsyncGenerator<Uint8Array> {
    for (;;) {
      const at = buffer.indexOf(delimiter)
      if (at >= 0) {
        if (at > 0) yield buffer.subarray(0, at)
        return
      }
      // The tail may be the beginning of the delimiter.
      const safe = buffer.length - delimiter.length
      if (safe > 0) {
        yield buffer.subarray(0, safe)
        buffer = buffer.subarray(safe)
      }
      if (!(await more())) throw new MultipartError('The answer ended before its closing boundary.')
    }
  }
}

function jsonAfter(part: Buffer, blank: Buffer): unknown {
  const at = part.indexOf(blank)
  try {
    return at < 0 ? undefined : JSON.parse(part.subarray(at + blank.length).toString())
  } catch {
    return undefined
  }
}

function parseHeaders(text: string): Map<string, string> {
  const headers = new Map<string, string>()
  for (const line of text.split('\r\n')) {
    const colon = line.indexOf(':')
    if (colon > 0) headers.set(line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim())
  }
  return headers
}

/** The bytes around a content when it is sent to another server. */
export function multipartFrame(
  headers: Record<string, string>,
  metadata: Record<string, unknown> = {},
): {
  contentType: string
  before: Buffer
  after: Buffer
} {
  const boundary = randomBytes(16).toString('hex')
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
  return {
    contentType: `multipart/mixed; boundary=${boundary}`,
    before: Buffer.from(
      `--${boundary}\r\nContent-Type: application/json\r\n\r\n${JSON.stringify(metadata)}\r\n--${boundary}\r\n${lines.join('')}\r\n`,
    ),
    after: Buffer.from(`\r\n--${boundary}--\r\n`),
  }
}
