/** Serves the web client's built files with a strict content security policy; unknown paths get the app's shell. */
import { existsSync } from 'node:fs'
import { basename, join } from 'node:path'
import { type RequestHandler, Router } from 'express'
import expressStaticGzip from 'express-static-gzip'

/** Scripts from this origin only; WebAssembly for the encryption; blobs for decrypted attachments. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' blob: data:",
  "media-src 'self' blob:",
  "font-src 'self'",
  "worker-src 'self' blob:",
  "manifest-src 'self'",
  "frame-src 'self' blob:",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
]

const HOST = /^(?:[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?|\[[0-9a-f:.]+\])(?::\d{1,5})?$/i

/**
 * The page talks to the host it came from and to no other, so that nothing it holds can be sent away. Not every browser
 * takes 'self' to cover WebSockets. Over plain HTTP, TLS may end at a proxy before this node.
 */
export function contentSecurityPolicy(host: string | undefined, secure: boolean): string {
  const own =
    host !== undefined && HOST.test(host) ? [...(secure ? [] : [`ws://${host}`]), `wss://${host}`] : []
  return [...POLICY, ["connect-src 'self' blob:", ...own].join(' ')].join('; ')
}

/**
 * Scripts, styles, typefaces and the encryption module: a browser asks the page that uses them, and a worker's own script, what they
 * may do. A phone fetches some hundred of them, and most are shorter than those headers are.
 */
const PASSIVE = /^(?!.*worker)[^/]+\.(?:js|css|woff2|bin)(?:\.(?:br|gz))?$/
const OF_PAGES = [
  'Permissions-Policy',
  'X-Frame-Options',
  'Referrer-Policy',
  'Access-Control-Allow-Methods',
  'Access-Control-Allow-Headers',
  'Access-Control-Expose-Headers',
  'Access-Control-Max-Age',
  // Of a hundred files in a row nobody asks which request it was.
  'X-Request-Id',
]

/** @returns undefined when the web client has not been built */
export function webClient(root: string): RequestHandler | undefined {
  const shell = join(root, 'index.html')
  if (!existsSync(shell)) return undefined
  const router = Router()
  router.use((req, res, next) => {
    res.setHeader('Content-Security-Policy', contentSecurityPolicy(req.headers.host, req.secure))
    res.setHeader('X-Frame-Options', 'DENY')
    res.setHeader('Permissions-Policy', 'camera=(self), microphone=(self), geolocation=(self)')
    res.removeHeader('Access-Control-Allow-Origin')
    next()
  })
  // Beside each file lie its compressed forms (apps/web/vite.config.ts).
  const compressed = { index: false, enableBrotli: true, orderPreference: ['br', 'gz'] }
  // The names under assets/ carry a hash of the content: they never change, and nothing is ever asked about them again.
  const assets = expressStaticGzip(join(root, 'assets'), {
    ...compressed,
    serveStatic: {
      etag: false,
      lastModified: false,
      acceptRanges: false,
      setHeaders(res, path) {
        if (PASSIVE.test(basename(path))) {
          for (const name of OF_PAGES) res.removeHeader(name)
          // Whoever opens one as a page sees its text, and nothing runs.
          res.setHeader('Content-Security-Policy', "default-src 'none'")
        }
        res.setHeader('Cache-Control', 'public, max-age=31536000, immutable')
        res.setHeader('Vary', 'Accept-Encoding, Host')
      },
    },
  })
  const files = expressStaticGzip(root, {
    ...compressed,
    serveStatic: {
      etag: true,
      setHeaders(res) {
        res.setHeader('Cache-Control', 'no-cache')
        res.setHeader('Vary', 'Accept-Encoding, Host')
      },
    },
  })
  if (existsSync(join(root, 'assets'))) router.use('/assets', assets)
  router.use(files)
  router.use((req, res, next) => {
    res.removeHeader('Content-Encoding')
    if (req.method !== 'GET' && req.method !== 'HEAD') return next()
    if (!req.accepts('html') || req.path.startsWith('/assets/')) return next()
    req.url = '/index.html'
    files(req, res, next)
  })
  return router
}
