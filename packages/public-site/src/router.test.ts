import { request } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { CatalogueEntry } from '@enlace/directory/catalogue'
import express from 'express'
import { afterEach, expect, it, vi } from 'vitest'
import { keepSite, serveSite } from './index.ts'
import { policy } from './router.ts'
import { directory, leaflet, materials, risks } from './testing.ts'

const closing: Array<() => void> = []
afterEach(() => {
  for (const close of closing.splice(0)) close()
})

/** A server with pages of some institutions, which `change` puts others in the place of. */
async function start(first: readonly CatalogueEntry[] = directory.slice(0, 3)) {
  let entries = first
  const log = { error: vi.fn() }
  let time = Date.UTC(2026, 10, 10)
  const kept = keepSite({
    version: () => entries,
    entries: () => entries,
    materials: () => materials.filter((one) => one.valid_until > time),
    risks: () => risks.filter((one) => one.endsAt > time),
    now: () => time,
    log,
  })
  const app = express()
  app.set('strict routing', true)
  app.use((_req, res, next) => {
    res.setHeader('Access-Control-Allow-Origin', '*')
    next()
  })
  app.use('/publico', serveSite(kept))
  app.use((_req, res) => void res.status(418).end('elsewhere'))
  const server = app.listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  closing.push(() => {
    kept.close()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  /** As it is written, so that no client tidies the path. */
  const ask = (path: string, headers: Record<string, string> = {}, method = 'GET') =>
    new Promise<{ status: number; headers: Record<string, string>; body: Buffer }>((resolve, reject) => {
      const sent = request({ port, path, method, headers }, (answer) => {
        const chunks: Buffer[] = []
        answer.on('data', (chunk: Buffer) => chunks.push(chunk))
        answer.on('end', () =>
          resolve({
            status: answer.statusCode!,
            headers: answer.headers as Record<string, string>,
            body: Buffer.concat(chunks),
          }),
        )
      })
      sent.on('error', reject)
      sent.end()
    })
  return {
    ask,
    log,
    change: (next: readonly CatalogueEntry[]) => {
      entries = next
    },
    later: (ms: number) => {
      time += ms
    },
  }
}

it('a page comes under a strict policy, without a cookie, for no other origin', async () => {
  const { ask } = await start()
  for (const path of ['/publico/es/', '/publico/en/sobre/', '/publico/es/sw.js', '/publico/es/nada/']) {
    const { headers } = await ask(path)
    expect(headers['content-security-policy']).toBe(policy)
    expect(headers).toMatchObject({
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'cross-origin-resource-policy': 'same-origin',
    })
    expect(headers).not.toHaveProperty('set-cookie')
    expect(headers).not.toHaveProperty('access-control-allow-origin')
  }
  expect(policy).not.toMatch(/unsafe|\*|https?:|data:/)
})

it('Spanish first, English for whoever asks for that alone; the last slash may be left out', async () => {
  const { ask } = await start()
  expect(await ask('/publico')).toMatchObject({ status: 302, headers: { location: '/publico/es/' } })
  const english = await ask('/publico/', { 'accept-language': 'en-GB,en;q=0.9' })
  expect(english.headers).toMatchObject({ location: '/publico/en/', vary: 'Accept-Language' })
  expect(await ask('/publico/es/sobre')).toMatchObject({
    status: 301,
    headers: { location: '/publico/es/sobre/' },
  })
  expect((await ask('/otra/')).status).toBe(418)
})

it('is sent as it was compressed, and not again to whoever has it', async () => {
  const { ask } = await start()
  const plain = await ask('/publico/es/')
  expect(plain.headers).not.toHaveProperty('content-encoding')
  expect(plain.body.toString()).toContain('<html lang="es">')
  const tag = plain.headers['etag']!
  for (const coding of ['br', 'gzip']) {
    const packed = await ask('/publico/es/', { 'accept-encoding': coding })
    expect(packed.headers).toMatchObject({ 'content-encoding': coding, etag: tag, vary: 'Accept-Encoding' })
    expect(packed.body.length).toBe(Number(packed.headers['content-length']))
    const head = await ask('/publico/es/', { 'accept-encoding': coding }, 'HEAD')
    expect(head.body).toHaveLength(0)
    expect(head.headers['content-length']).toBe(packed.headers['content-length'])
  }
  for (const known of [tag, `"x", ${tag}`, tag.slice(2), '*']) {
    const answer = await ask('/publico/es/', { 'if-none-match': known })
    expect([answer.status, answer.body.length]).toEqual([304, 0])
  }
  expect((await ask('/publico/es/', { 'if-none-match': '"other"' })).status).toBe(200)
  expect((await ask('/publico/es/?buscar=algo')).headers['etag']).toBe(tag)
  const style = /\/publico\/a\/estilo[^"]+/.exec(plain.body.toString())![0]
  expect((await ask(style)).headers['cache-control']).toContain('immutable')
  expect((await ask('/publico/es/', {}, 'POST')).status).toBe(405)
})

it('what is not there is not there, however it is asked for', async () => {
  const { ask } = await start()
  const { body } = await ask('/publico/es/institucion/nunca/')
  for (const path of [
    '/publico/../package.json',
    '/publico/%2e%2e/package.json',
    '/publico/es/..%2f..%2fpackage.json',
    '/publico/es/%00',
    '/publico/es/%ff',
    '/publico//es/',
    '/publico/404',
    '/publico/__proto__',
    `/publico/es/institucion/${directory[5]!.institution.key}/`,
  ]) {
    const answer = await ask(path)
    expect(answer.status, path).toBe(404)
    expect(answer.body.equals(body), path).toBe(true)
    expect(answer.headers).not.toHaveProperty('etag')
  }
})

it('follows the directory: what is taken back is gone, and then it is as if it had never been', async () => {
  const { ask, change } = await start()
  const path = `/publico/es/institucion/${directory[1]!.institution.key}/`
  const never = await ask('/publico/es/institucion/nunca/')
  expect((await ask(path)).status).toBe(200)
  change([directory[0]!, directory[2]!])
  await expect.poll(async () => (await ask(path)).status).toBe(404)
  expect((await ask(path)).body.equals(never.body)).toBe(true)
  expect((await ask('/publico/es/')).body.toString()).not.toContain(directory[1]!.institution.name)
})

it('pages that cannot be made leave those there were, and the log says so; it is tried again', async () => {
  const { ask, change, log, later } = await start()
  const before = await ask('/publico/es/')
  const broken = { ...directory[1]!, institution: undefined } as unknown as CatalogueEntry
  change([broken])
  await ask('/publico/es/')
  await expect.poll(() => log.error.mock.calls.length).toBe(1)
  expect((await ask('/publico/es/')).body.equals(before.body)).toBe(true)
  change([directory[0]!])
  later(61_000)
  await expect.poll(async () => (await ask('/publico/es/')).body.equals(before.body)).toBe(false)
  expect(log.error).toHaveBeenCalledTimes(1)
})

it('without any pages it says that it has none', async () => {
  const { ask, log } = await start([undefined as unknown as CatalogueEntry])
  expect((await ask('/publico/es/')).status).toBe(503)
  expect(log.error).toHaveBeenCalled()
})

it('a material is gone when its time is over, whatever the directory does', async () => {
  const { ask, later } = await start()
  const { institution, valid_until } = leaflet()
  const path = `/publico/es/material/${institution}/ejemplo-sus-derechos/es/`
  expect((await ask(path)).status).toBe(200)
  later(valid_until - Date.UTC(2026, 10, 10) - 1_000)
  await ask(path)
  await vi.waitFor(async () => expect((await ask('/publico/es/material/')).status).toBe(200))
  later(2_000)
  await ask(path)
  await vi.waitFor(async () => expect((await ask(path)).status).toBe(404))
  expect((await ask('/publico/es/material/')).body.toString()).not.toContain('sus derechos')
})
