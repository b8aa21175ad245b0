import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { parseConfig } from '../config.ts'
import { createHomeserver } from '../index.ts'

async function start(more: Record<string, unknown>) {
  const dir = await mkdtemp(join(tmpdir(), 'enlace-headers-'))
  onTestFinished(() => rm(dir, { recursive: true, force: true }))
  await writeFile(join(dir, 'token'), 'cifras-para-quien-opera\n')
  const node = await createHomeserver(
    parseConfig(
      {
        server_name: 'hn.example',
        data_dir: dir,
        listeners: [
          { port: 0, serves: ['client'] },
          { port: 0, serves: ['metrics'] },
        ],
        log_level: 'silent',
        ...more,
      },
      dir,
    ),
  )
  onTestFinished(() => node.close())
  return node.listeners.map(({ url }) => url)
}

test('no answer of the API is kept or framed, and TLS is asked for where there is TLS', async () => {
  const [client] = await start({})
  const get = (path: string, headers: Record<string, string> = {}) => fetch(client + path, { headers })
  for (const path of ['/_matrix/client/versions', '/_matrix/client/v3/sync', '/_enlace/nothing']) {
    const { headers } = await get(path)
    expect(headers.get('cache-control')).toBe('no-store')
    expect(headers.get('x-content-type-options')).toBe('nosniff')
    expect(headers.get('x-frame-options')).toBe('DENY')
    expect(headers.get('content-security-policy')).toContain("frame-ancestors 'none'")
    expect(headers.get('referrer-policy')).toBe('no-referrer')
    expect(headers.get('permissions-policy')).toContain('camera=()')
    expect(headers.get('strict-transport-security')).toBeNull()
  }
  const behindTls = await get('/_matrix/client/versions', { 'x-forwarded-proto': 'https' })
  expect(behindTls.headers.get('strict-transport-security')).toBe('max-age=31536000')
}, 60_000)

test('hostile: figures are on their own listener, or for who has the token; health is for all', async () => {
  const [client, figures] = await start({})
  const status = async (url: string | undefined, path: string, headers: Record<string, string> = {}) =>
    (await fetch(url + path, { headers })).status
  expect(await status(client, '/metrics')).toBe(404)
  expect(await status(client, '/metrics', { authorization: 'Bearer undefined' })).toBe(404)
  expect(await status(figures, '/metrics')).toBe(200)
  expect(await status(figures, '/_matrix/client/versions')).toBe(404)
  for (const url of [client, figures]) expect(await status(url, '/healthz')).toBe(200)

  const [guarded] = await start({ metrics_token_file: 'token' })
  expect(await status(guarded, '/metrics')).toBe(403)
  for (const wrong of ['', 'Bearer', 'Bearer x', 'cifras-para-quien-opera'])
    expect(await status(guarded, '/metrics', { authorization: wrong })).toBe(403)
  expect(await status(guarded, '/metrics', { authorization: 'Bearer cifras-para-quien-opera' })).toBe(200)
}, 60_000)
