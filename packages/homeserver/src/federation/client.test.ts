import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { generateSigningKey } from '@enlace/room-model'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { z } from 'zod'
import { parseConfig } from '../config.ts'
import { forbidden } from '../errors.ts'
import { createLogger } from '../log.ts'
import { createMetrics } from '../observe/metrics.ts'
import { type TestAuthority, testAuthority } from '../testing/world.ts'
import { parseXMatrix } from './authenticate.ts'
import { createFederationClient } from './client.ts'
import type { FederationClient } from './types.ts'

let folder: string
let authority: TestAuthority
let good: Server
let stranger: Server
let client: FederationClient
let strict: FederationClient
let answer: { status?: number; body: string } = { body: '{}' }
let authorization: string | undefined

const portOf = (server: Server) => (server.address() as AddressInfo).port
const listening = (server: Server) => new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
const context = (allow_private_addresses: boolean) => ({
  serverName: 'hn.example',
  signingKey: generateSigningKey(),
  metrics: createMetrics(),
  log: createLogger('silent', 'hn.example'),
  config: parseConfig({
    server_name: 'hn.example',
    data_dir: folder,
    listeners: [{ port: 0, serves: ['federation'] }],
    federation: { trusted_ca: [join(folder, 'ca.pem')], allow_private_addresses, list: 'open' },
  }),
})

let refused: string | undefined
const check = (_server: string, entryPoint: string) => {
  if (entryPoint === refused) throw forbidden(`not for ${entryPoint}`)
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'enlace-client-'))
  authority = await testAuthority()
  await writeFile(join(folder, 'ca.pem'), authority.pem)
  good = createServer(await authority.issue(['gt.localhost', '127.0.0.1']), (req, res) => {
    authorization = req.headers.authorization
    req.resume()
    res.writeHead(answer.status ?? 200, { 'content-type': 'application/json' }).end(answer.body)
  })
  stranger = createServer(await (await testAuthority()).issue(['gt.localhost']), (_req, res) => res.end('{}'))
  await Promise.all([listening(good), listening(stranger)])
  strict = createFederationClient(context(false), () => {})
})
beforeEach(() => {
  client = createFederationClient(context(true), check)
})
afterAll(async () => {
  await Promise.all([client.close(), strict.close()])
  for (const server of [good, stranger]) {
    server.closeAllConnections()
    await new Promise((done) => server.close(done))
  }
  await rm(folder, { recursive: true, force: true })
})

const get = { entryPoint: 'version', method: 'GET', path: '/_matrix/x', timeoutMs: 5_000 } as const
const ask = (name: string, more: object = {}) => client.requestJson(name, { ...get, ...more }, z.unknown())

test('requests are signed for their destination, and answers read', async () => {
  answer = { body: '{"a":"ñ"}' }
  const destination = `gt.localhost:${portOf(good)}`
  expect(await ask(destination, { query: { b: ['1', '2 3'] } })).toEqual({ a: 'ñ' })
  expect(parseXMatrix(authorization)).toMatchObject({ origin: 'hn.example', destination })
  expect(await ask(`127.0.0.1:${portOf(good)}`)).toEqual({ a: 'ñ' })
})

test('a certificate for another name, or of an authority that is not trusted, ends it', async () => {
  answer = { body: '{}' }
  await expect(ask(`ni.localhost:${portOf(good)}`)).rejects.toMatchObject({ answer: undefined, status: 502 })
  await expect(ask(`gt.localhost:${portOf(stranger)}`)).rejects.toMatchObject({ answer: undefined })
})

test('private addresses are not connected to, by name or by number', async () => {
  for (const name of [`gt.localhost:${portOf(good)}`, `127.0.0.1:${portOf(good)}`, '[::1]:1', '10.0.0.1:1'])
    await expect(strict.requestJson(name, get, z.unknown())).rejects.toMatchObject({
      detail: 'ENLACE_PRIVATE_ADDRESS',
    })
})

test('an answer too large, or not JSON, is a failure', async () => {
  const name = `gt.localhost:${portOf(good)}`
  answer = { body: `"${'x'.repeat(5_000)}"` }
  await expect(ask(name, { maxBytes: 1_000 })).rejects.toThrow()
  answer = { body: '<html>' }
  await expect(ask(name)).rejects.toMatchObject({ status: 502, errcode: 'ORG.ENLACE.MALFORMED_ANSWER' })
  answer = { body: '{"events":7}' }
  const shaped = client.requestJson(name, get, z.object({ events: z.array(z.unknown()) }))
  await expect(shaped).rejects.toMatchObject({
    errcode: 'ORG.ENLACE.MALFORMED_ANSWER',
    extra: { 'org.enlace.message': { es: expect.stringContaining(name), en: expect.stringContaining(name) } },
  })
})

test('nothing goes to a server before the list is asked for what it is', async () => {
  const name = `gt.localhost:${portOf(good)}`
  answer = { body: '{}' }
  authorization = undefined
  refused = 'state'
  await expect(ask(name, { entryPoint: 'state' })).rejects.toThrow('not for state')
  await expect(client.openStream(name, { ...get, entryPoint: 'state' })).rejects.toThrow('not for state')
  expect(authorization).toBeUndefined()
  expect(await ask(name)).toEqual({})
})

test('a refusal is passed on, but not what would mislead a client', async () => {
  const name = `gt.localhost:${portOf(good)}`
  answer = { status: 403, body: '{"errcode":"M_FORBIDDEN","error":"no","org.enlace.rule":"x","secret":1}' }
  const refusal = await ask(name).catch((error: unknown) => error)
  expect(refusal).toMatchObject({
    status: 403,
    errcode: 'M_FORBIDDEN',
    message: 'no',
    extra: { 'org.enlace.rule': 'x' },
  })
  answer = { status: 401, body: '{"errcode":"M_UNKNOWN_TOKEN","error":"signed out"}' }
  await expect(ask(name)).rejects.toMatchObject({ status: 502, errcode: 'M_UNKNOWN' })
  answer = { status: 500, body: 'oh' }
  await expect(ask(name)).rejects.toMatchObject({ status: 502 })
})

test('what JSON of the network cannot say is not sent', async () => {
  const body = { messages: 1.5 }
  await expect(
    client.requestJson(
      `gt.localhost:${portOf(good)}`,
      { entryPoint: 'send', method: 'PUT', path: '/x', body },
      z.unknown(),
    ),
  ).rejects.toMatchObject({ status: 400, errcode: 'M_BAD_JSON' })
})
