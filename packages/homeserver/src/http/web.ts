/** Serves the web client's built files with a strict content security policy; unknown paths get the app's shell. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import express, { type RequestHandler, Router } from 'express'

/** Scripts from this origin only; WebAssembly for the encryption; blobs for decrypted attachments. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' blob: data:",
  "media-src 'self' blob:",
  "font-src 'self'",
  "connect-src 'self' ws: wss: blob:",
  "worker-src 'self' blob:",
  "manifest-src 'self'",
  "frame-src 'self' blob:",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join('; ')

/** @returns undefined when the web client has not been built */
export function webClient(root: string): RequestHandler | undefined {
  const shell = join(root, 'index.html')
  if (!existsSync(shell)) return undefined
  const router = Router()
  router.use((_req, res, next) => {
    res.setHeader('Content-Security-Policy', CONTENT_SECURITY_POLICY)
    res.setHeader('X-Frame-Options', 'DENY')
    res.setHeader('Permissions-Policy', 'camera=(self), microphone=(self), geolocation=()')
    res.removeHeader('Access-Control-Allow-Origin')
    next()
  })
  router.use(
    express.static(root, {
      index: false,
      etag: true,
      setHeaders(res, path) {
        // Vite puts a content hash in the names under assets/: they never change. The rest is asked for again.
        const immutable = path.startsWith(join(root, 'assets'))
        res.setHeader('Cache-Control', immutable ? 'public, max-age=31536000, immutable' : 'no-cache')
      },
    }),
  )
  router.use((req, res, next) => {
    if (req.method !== 'GET' && req.method !== 'HEAD') return next()
    if (!req.accepts('html') || req.path.startsWith('/assets/')) return next()
    res.setHeader('Cache-Control', 'no-cache')
    res.sendFile(shell)
  })
  return router
}
