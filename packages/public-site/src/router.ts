import { promisify } from 'node:util'
import { brotliDecompress } from 'node:zlib'
import type { Request, RequestHandler, Response } from 'express'
import { notFoundPath, type SiteFile } from './build.ts'
import type { KeptSite } from './keep.ts'
import { root } from './pages/layout.ts'

const unpack = promisify(brotliDecompress)

/** Files of this origin and nothing else; no form goes anywhere, no page is put into another. */
export const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "worker-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

/**
 * Serves the pages; to be mounted at `/publico`. Nothing is read of a request but method, path and which codings and version it takes;
 * nothing is written down of it here.
 */
export function serveSite(kept: KeptSite): RequestHandler {
  return (req, res, next) => void answer(kept, req, res).catch(next)
}

async function answer(kept: KeptSite, req: Request, res: Response): Promise<void> {
  headers(res)
  if (req.method !== 'GET' && req.method !== 'HEAD') {
    res.setHeader('Allow', 'GET, HEAD')
    res.status(405).end()
    return
  }
  const site = await kept.current()
  if (!site) {
    res.setHeader('Retry-After', '30')
    res.status(503).end()
    return
  }
  // The path as it was sent: no file has a name that would have to be decoded.
  const path = root + req.path
  if (path === `${root}/`) {
    res.vary('Accept-Language')
    const lang = req.acceptsLanguages('es', 'en') === 'en' ? 'en' : 'es'
    return redirect(res, `${root}/${lang}/`, 302)
  }
  const file = path === notFoundPath ? undefined : site.get(path)
  if (file) return send(file, 200, req, res)
  // Somebody who types an address leaves out the last slash.
  if (site.has(`${path}/`)) return redirect(res, `${path}/`, 301)
  await send(site.get(notFoundPath)!, 404, req, res)
}

function redirect(res: Response, to: string, status: 301 | 302): void {
  res.setHeader('Location', to)
  res.setHeader('Cache-Control', 'no-cache')
  res.status(status).end()
}

/** In place of what the server says of its API. */
function headers(res: Response): void {
  for (const name of [
    'Access-Control-Allow-Origin',
    'Access-Control-Allow-Methods',
    'Access-Control-Allow-Headers',
    'Access-Control-Expose-Headers',
    'Access-Control-Max-Age',
  ])
    res.removeHeader(name)
  res.setHeader('Content-Security-Policy', policy)
  res.setHeader('X-Content-Type-Options', 'nosniff')
  res.setHeader('X-Frame-Options', 'DENY')
  res.setHeader('Referrer-Policy', 'no-referrer')
  res.setHeader('Permissions-Policy', 'camera=(), microphone=(), geolocation=(), browsing-topics=()')
  res.setHeader('Cross-Origin-Opener-Policy', 'same-origin')
  res.setHeader('Cross-Origin-Resource-Policy', 'same-origin')
}

async function send(file: SiteFile, status: number, req: Request, res: Response): Promise<void> {
  res.vary('Accept-Encoding')
  // A page that was taken back must not stay in a cache: kept, but asked for each time.
  res.setHeader(
    'Cache-Control',
    status === 404 ? 'no-store' : file.immutable ? 'public, max-age=31536000, immutable' : 'no-cache',
  )
  if (status === 200) {
    res.setHeader('ETag', file.tag)
    if (isKnown(req.headers['if-none-match'], file.tag)) {
      res.status(304).end()
      return
    }
  }
  const coding = req.headers['accept-encoding'] === undefined ? false : req.acceptsEncodings('br', 'gzip')
  const body = coding === 'br' ? file.brotli : coding === 'gzip' ? file.gzip : await unpack(file.brotli)
  if (coding) res.setHeader('Content-Encoding', coding)
  res.setHeader('Content-Type', file.type)
  res.setHeader('Content-Length', body.length)
  res.status(status).end(req.method === 'HEAD' ? undefined : body)
}

/** Weak comparison (RFC 9110 §13.1.2). */
function isKnown(header: string | undefined, tag: string): boolean {
  if (header === undefined) return false
  return (
    header.trim() === '*' || header.split(',').some((one) => one.trim().replace(/^(?!W\/)/, 'W/') === tag)
  )
}
