import { createHash } from 'node:crypto'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import type { Request, Response } from 'express'

const compress = promisify(gzip)
const worthCompressing = 1024

/**
 * Answers with a body and its entity tag; 304 when the client has it (RFC 9110 §13.1.2). Compressed for clients that accept it: the
 * usual reader is a phone on a bad network.
 */
export async function reply(
  req: Request,
  res: Response,
  body: string,
  type = 'application/json',
): Promise<void> {
  const digest = createHash('sha256').update(body).digest('base64url').slice(0, 22)
  const gzipped = body.length > worthCompressing && req.acceptsEncodings('gzip') === 'gzip'
  const tag = gzipped ? `"${digest}-gz"` : `"${digest}"`
  res.setHeader('ETag', tag)
  res.vary('Accept-Encoding')
  // Kept by whoever likes, but asked again each time: a suspension must not hide in a cache.
  res.setHeader('Cache-Control', 'no-cache')
  if (matches(req.headers['if-none-match'], digest)) {
    res.status(304).end()
    return
  }
  res.setHeader('Content-Type', `${type}; charset=utf-8`)
  if (gzipped) {
    res.setHeader('Content-Encoding', 'gzip')
    res.end(await compress(body))
  } else {
    res.end(body)
  }
}

function matches(header: string | undefined, digest: string): boolean {
  if (!header) return false
  if (header.trim() === '*') return true
  return header.split(',').some((tag) => {
    const bare = tag.trim().replace(/^W\//, '')
    return bare === `"${digest}"` || bare === `"${digest}-gz"`
  })
}
