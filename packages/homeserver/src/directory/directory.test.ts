import { createHash } from 'node:crypto'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { summarise } from '@enlace/directory/convert'
import { directoryCopy } from '@enlace/directory/copy'
import { exampleEntries, exampleInstitutions } from '@enlace/directory/examples'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { startTestNode, type TestNode } from '../testing/node.ts'
import { createDirectory } from './directory.ts'

const now = Date.parse('2026-11-27T09:00:00-06:00')
const token = 'una-clave-de-la-red-para-pruebas-0001'
const entries = exampleInstitutions.map((institution, at) => ({
  institution,
  lastModified: '2026-11-01T00:00:00.000Z',
  entry: exampleEntries[at]!,
}))

/** What a registry answers, without the registry: whole documents, and what a token is good for. */
async function playRegistry() {
  const asked: IncomingMessage[] = []
  let up = true
  const server = createServer((req, res) => {
    asked.push(req)
    if (!up) return void res.writeHead(503).end()
    const view = req.headers.authorization === `Bearer ${token}` ? 'network' : 'public'
    const body = req.url?.endsWith('/directory')
      ? directoryCopy(entries, view)
      : { institutions: exampleInstitutions.map((one) => summarise(one, now, undefined)) }
    res.setHeader('content-type', 'application/json').end(JSON.stringify(body))
  })
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    stop: () => {
      up = false
    },
    close: () => new Promise((closed) => server.close(closed)),
  }
}

let folder: string
let registry: Awaited<ReturnType<typeof playRegistry>>
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'enlace-directory-'))
  registry = await playRegistry()
})
afterEach(async () => {
  await registry.close()
  await rm(folder, { recursive: true, force: true })
})

async function withDirectory(
  networkToken: string | undefined,
  play: (node: TestNode) => Promise<void>,
): Promise<void> {
  const node = await startTestNode(
    { institutions: [exampleInstitutions[0]!.key] },
    {
      overrides: {
        // The list of who may federate is another matter, and stays open here.
        directory: (ctx) =>
          createDirectory({
            log: ctx.log,
            clock: { ...ctx.clock, now: () => now },
            config: {
              ...ctx.config,
              data_dir: folder,
              federation: {
                ...ctx.config.federation,
                list: {
                  url: `${registry.url}/federation-list`,
                  root: '',
                  ...(networkToken ? { network_token: networkToken } : {}),
                },
              },
            },
          }),
      },
    },
  )
  try {
    await play(node)
  } finally {
    await node.close()
  }
}

interface Found {
  results: Array<{
    where?: string
    organization: { name: string; phones?: unknown[] }
    opening?: { text: { es: string } }
  }>
  understood: { services: string[]; places: string[] }
}
const base = '/_enlace/client/v1/directory'

it('people find what they need in the node’s copy of the directory', async () => {
  await withDirectory(undefined, async (node) => {
    const { token: person } = await node.register('persona')
    const { body } = await node.call('GET', `${base}/search?q=${encodeURIComponent('alvergue corinto')}`, {
      token: person,
    })
    const { results, understood } = body as unknown as Found
    expect(understood).toMatchObject({ services: ['shelter'], places: ['corinto'] })
    expect(results[0]?.organization.name).toBe('Albergue de ejemplo, Corinto')
    expect(results[0]?.opening?.text.es).toMatch(/^Abierto/)
    const list = await node.call('GET', `${base}/hsds/services?search=comida&full=true`, { token: person })
    const { contents } = list.body as unknown as { contents: Array<{ id: string }> }
    expect(contents).toHaveLength(1)
    const one = await node.call('GET', `${base}/hsds/services/${contents[0]!.id}`, { token: person })
    expect(one.body).toEqual(contents[0])
  })
})

it('refuses what is no question, and who is not signed in', async () => {
  await withDirectory(undefined, async (node) => {
    const { token: person } = await node.register('persona')
    for (const [path, status] of [
      [`${base}/search`, 400],
      [`${base}/search?q=x&limit=1000`, 400],
      [`${base}/hsds/nada`, 400],
      [`${base}/hsds/services?page=0`, 400],
      [`${base}/hsds/services?format=ndjson`, 400],
      [`${base}/hsds/services/${crypto.randomUUID()}`, 404],
    ] as const)
      expect([path, (await node.call('GET', path, { token: person })).status]).toEqual([path, status])
    expect((await node.call('GET', `${base}/search?q=comida`)).status).toBe(401)
  })
})

it('what is for the network is for who speaks for an institution of it, on a node that was given it', async () => {
  const seen = async (given: string | undefined, institution: string | undefined) => {
    let text = ''
    await withDirectory(given, async (node) => {
      const { userId, token: person } = await node.register('persona')
      if (institution) await node.ctx.accounts.setPosition(userId, { institution, role: 'staff' })
      text = JSON.stringify((await node.call('GET', `${base}/search?q=albergue`, { token: person })).body)
    })
    await rm(join(folder, 'directory.json'), { force: true })
    return text.includes('+50400000102')
  }
  expect(await seen(undefined, exampleInstitutions[0]!.key)).toBe(false)
  expect(await seen(token, undefined)).toBe(false)
  expect(await seen(token, exampleInstitutions[0]!.key)).toBe(true)
})

it('serves with the registry gone, also after a restart', async () => {
  await withDirectory(undefined, async () => {})
  expect(JSON.parse(await readFile(join(folder, 'directory.json'), 'utf8'))).toMatchObject({ view: 'public' })
  registry.stop()
  await withDirectory(undefined, async (node) => {
    const { token: person } = await node.register('persona')
    const { body } = await node.call('GET', `${base}/search?q=comida`, { token: person })
    expect((body as unknown as Found).results).toHaveLength(1)
  })
  expect(registry.asked.length).toBeGreaterThan(2)
})

it('a device takes the whole copy it may see, then only what changed', async () => {
  await withDirectory(token, async (node) => {
    const { userId, token: person } = await node.register('persona')
    const ask = async (path: string, headers: Record<string, string> = {}) => {
      const response = await fetch(`${node.url}${base}/copy${path}`, {
        headers: { Authorization: `Bearer ${person}`, ...headers },
      })
      return { status: response.status, etag: response.headers.get('etag'), text: await response.text() }
    }
    const outside = await ask('')
    expect(outside.text).not.toContain('+50400000102')
    await node.ctx.accounts.setPosition(userId, { institution: exampleInstitutions[0]!.key, role: 'staff' })
    const inside = await ask('', { 'If-None-Match': outside.etag! })
    expect(inside.status).toBe(200)
    expect(inside.text).toContain('+50400000102')
    const copy = JSON.parse(inside.text) as { institutions: unknown[]; keys: string[]; digest: string }
    expect(copy.keys).toEqual(exampleInstitutions.map(({ key }) => key))
    const digest = createHash('sha256').update(JSON.stringify(copy.institutions)).digest('hex')
    expect(copy.digest).toBe(digest)
    expect(await ask('', { 'If-None-Match': inside.etag! })).toMatchObject({ status: 304, text: '' })
    expect(JSON.parse((await ask('?modified_after=2026-11-02T00:00:00.000Z')).text)).toEqual({
      view: 'network',
      digest,
      keys: copy.keys,
      institutions: [],
    })
    expect((await ask('?modified_after=ayer')).status).toBe(400)
  })
})
