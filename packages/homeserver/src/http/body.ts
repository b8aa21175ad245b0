/** JSON bodies: read up to a limit, and looked at before anything is built of them. */
import type { Request } from 'express'
import { notJson, tooLarge } from '../errors.ts'

/** Reads at most `limit` bytes. @throws M_TOO_LARGE */
export async function readBody(req: Request, limit: number): Promise<Buffer> {
  const announced = Number(req.headers['content-length'] ?? 0)
  if (announced > limit) throw tooLarge(`The request is larger than ${limit} bytes.`)
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of req as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > limit) throw tooLarge(`The request is larger than ${limit} bytes.`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

/** Whether JSON text nests deeper, told without building anything. */
export function isDeeperThan(json: Buffer, limit: number): boolean {
  let depth = 0
  let inText = false
  for (let at = 0; at < json.length; at++) {
    const byte = json[at]
    if (inText) {
      if (byte === 0x5c) at++
      else if (byte === 0x22) inText = false
    } else if (byte === 0x22) inText = true
    else if (byte === 0x7b || byte === 0x5b) {
      if (++depth > limit) return true
    } else if (byte === 0x7d || byte === 0x5d) depth--
  }
  return false
}

const utf8 = new TextDecoder('utf-8', { fatal: true })

export function parseJson(bytes: Buffer): unknown {
  try {
    return JSON.parse(utf8.decode(bytes))
  } catch {
    throw notJson()
  }
}
