/** JSON bodies: read up to a limit, and looked at before anything is built of them. */
import type { IncomingMessage } from 'node:http'
import getRawBody from 'raw-body'
import { badJson, notJson, tooLarge } from '../errors.ts'

/** Reads at most `limit` bytes. What is too large is left unread. @throws M_TOO_LARGE, M_BAD_JSON */
export async function readBody(req: IncomingMessage, limit: number): Promise<Buffer> {
  const length = req.headers['content-length'] ?? null
  try {
    return await getRawBody(req, { limit, length })
  } catch (error) {
    switch ((error as Partial<getRawBody.RawBodyError>).type) {
      case 'entity.too.large':
        throw tooLarge(`The request is larger than ${limit} bytes.`)
      case 'request.aborted':
      case 'request.size.invalid':
        // The caller went away, or said another length than it sent: nothing is wrong with this server.
        throw badJson('The request was not complete.')
      default:
        throw error
    }
  }
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
