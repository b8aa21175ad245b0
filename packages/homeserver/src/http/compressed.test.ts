import { mkdtempSync, rmSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { get, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { brotliCompressSync, brotliDecompressSync, gunzipSync, gzipSync } from 'node:zlib'
import express from 'express'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTestNode, type TestNode } from '../testing/node.ts'
import { webClient } from './web.ts'

const SCRIPT = `export const palabras = ${JSON.stringify('constancia '.repeat(400))}`
const SHELL = `<!doctype html><title>Enlace</title>${'<p>x</p>'.repeat(300)}`

/** As it travelled, not as a browser would undo it. */
function asked(
  url: string,
  encoding?: string,
  token?: string,
): Promise<{ answer: IncomingMessage; bytes: Buffer }> {
  const headers = {
    accept: '*/*',
    ...(encoding ? { 'accept-encoding': encoding } : {}),
    ...(token ? { authorization: `Bearer ${token}` } : {}),
  }
  return new Promise((done, fail) => {
    get(url, { headers }, (answer) => {
      const chunks: Buffer[] = []
      answer.on('data', (chunk: Buffer) => chunks.push(chunk))
      answer.on('end', () => done({ answer, bytes: Buffer.concat(chunks) }))
    }).on('error', fail)
  })
}

describe('the web client’s files', () => {
  const root = mkdtempSync(join(tmpdir(), 'enlace-web-'))
  let base: string
  let stop: () => void

  beforeAll(async () => {
    await mkdir(join(root, 'assets'))
    const write = async (name: string, text: string) => {
      await writeFile(join(root, name), text)
      await writeFile(join(root, `${name}.br`), brotliCompressSync(text))
      await writeFile(join(root, `${name}.gz`), gzipSync(text))
    }
    await write('index.html', SHELL)
    await write('assets/a-1234.js', SCRIPT)
    await write('assets/search-worker-1234.js', SCRIPT)
    await writeFile(join(root, 'assets/plain-1234.png'), 'png')
    const app = express()
    app.use(webClient(root)!)
    app.use((_req, res) => void res.status(404).json({ errcode: 'M_UNRECOGNIZED' }))
    const server = app.listen(0)
    base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    stop = () => server.close()
  })
  afterAll(() => {
    stop()
    rmSync(root, { recursive: true })
  })

  test.each([
    ['gzip, deflate, br, zstd', 'br', brotliDecompressSync],
    ['gzip', 'gzip', gunzipSync],
    ['br;q=0, gzip;q=0.5', 'gzip', gunzipSync],
    ['identity', undefined, (bytes: Buffer) => bytes],
    [undefined, undefined, (bytes: Buffer) => bytes],
  ] as const)('%s gets %s', async (accepted, encoding, undo) => {
    for (const [path, type, content] of [
      ['/assets/a-1234.js', 'text/javascript; charset=utf-8', SCRIPT],
      ['/canales', 'text/html; charset=utf-8', SHELL],
    ] as const) {
      const { answer, bytes } = await asked(base + path, accepted)
      expect(answer.statusCode).toBe(200)
      expect(answer.headers['content-encoding']).toBe(encoding)
      expect(answer.headers['content-type']?.toLowerCase()).toBe(type)
      expect(answer.headers.vary).toContain('Accept-Encoding')
      expect(answer.headers['content-security-policy']).toContain("default-src 'none'")
      expect(undo(bytes).toString()).toBe(content)
    }
  })

  test('what is named by its content is kept for good; the shell is asked for again', async () => {
    const script = await asked(`${base}/assets/a-1234.js`, 'br')
    expect(script.answer.headers['cache-control']).toBe('public, max-age=31536000, immutable')
    // Nothing is ever asked about it again: what would be compared then does not travel with a hundred files.
    for (const head of ['etag', 'last-modified', 'accept-ranges', 'x-request-id'])
      expect(script.answer.headers).not.toHaveProperty(head)
    const shell = await asked(`${base}/`, 'br')
    expect(shell.answer.headers['cache-control']).toBe('no-cache')
    expect(shell.answer.headers).toHaveProperty('etag')
  })

  test('what runs by itself carries the policy of pages; what a page uses needs none of its headers', async () => {
    for (const encoding of ['br', 'gzip', undefined]) {
      const worker = (await asked(`${base}/assets/search-worker-1234.js`, encoding)).answer.headers
      expect(worker['content-security-policy']).toContain("script-src 'self'")
      const script = (await asked(`${base}/assets/a-1234.js`, encoding)).answer.headers
      expect(script['content-security-policy']).toBe("default-src 'none'")
      expect(script).not.toHaveProperty('permissions-policy')
      expect(script).not.toHaveProperty('access-control-allow-methods')
    }
    const shell = (await asked(`${base}/`, 'br')).answer.headers
    expect(shell['content-security-policy']).toContain("script-src 'self'")
    expect(shell['x-frame-options']).toBe('DENY')
    const picture = (await asked(`${base}/assets/plain-1234.png`, 'br')).answer.headers
    expect(picture['content-security-policy']).toContain("script-src 'self'")
  })

  test('a file that went away meanwhile is a clear 404', async () => {
    rmSync(join(root, 'assets/a-1234.js.br'))
    const { answer, bytes } = await asked(`${base}/assets/a-1234.js`, 'br')
    expect(answer.statusCode).toBe(404)
    expect(answer.headers['content-encoding']).toBeUndefined()
    expect(JSON.parse(bytes.toString())).toEqual({ errcode: 'M_UNRECOGNIZED' })
  })

  test('names that are none do no harm', async () => {
    for (const path of ['/%', '/..%2f..%2fetc/passwd', '/assets/%E0%A4%A', '/assets/../../etc/passwd'])
      expect((await asked(base + path, 'br')).answer.statusCode).toBeLessThan(500)
  })
})

describe('answers of the API', () => {
  let node: TestNode
  beforeAll(async () => {
    node = await startTestNode()
  })
  afterAll(() => node.close())

  test('are compressed where they are long', async () => {
    const { userId, token } = await node.register('ana')
    const path = `/_matrix/client/v3/user/${encodeURIComponent(userId)}/account_data/org.example.long`
    await node.call('PUT', path, { token, body: { words: 'constancia '.repeat(300) } })
    const { answer, bytes } = await asked(node.url + path, 'gzip', token)
    const plain = await asked(node.url + path, undefined, token)
    expect(plain.answer.headers['content-encoding']).toBeUndefined()
    expect(answer.headers['content-encoding']).toBe('gzip')
    expect(bytes.length).toBeLessThan(plain.bytes.length)
    expect(gunzipSync(bytes).toString()).toBe(plain.bytes.toString())
  })
})
