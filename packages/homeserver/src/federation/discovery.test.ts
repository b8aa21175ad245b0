import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import { Agent } from 'undici'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { testAuthority } from '../testing/world.ts'
import { guardedConnector, guardedLookup, isPrivate } from './addresses.ts'
import { createDiscovery, type SrvRecord } from './discovery.ts'

describe('addresses', () => {
  test.each([
    '127.0.0.1',
    '10.1.2.3',
    '172.16.0.1',
    '192.168.1.1',
    '169.254.169.254',
    '100.64.0.1',
    '0.0.0.0',
    '224.0.0.1',
    '255.255.255.255',
    '::1',
    '::',
    'fe80::1',
    'fc00::1',
    '::ffff:127.0.0.1',
    '::ffff:a00:1',
    '64:ff9b::7f00:1',
    '2002:7f00:1::',
    'not an address',
  ])('%s is not for strangers', (address) => expect(isPrivate(address)).toBe(true))
  test.each(['8.8.8.8', '190.5.0.1', '2606:4700::1111'])('%s is public', (address) =>
    expect(isPrivate(address)).toBe(false),
  )

  const look = (allow: boolean, name: string) =>
    new Promise<unknown>((done, fail) =>
      guardedLookup(allow)(name, { all: true }, (error, list) => (error ? fail(error) : done(list))),
    )
  test('names under .localhost are this machine, for who may go there', async () => {
    expect(await look(true, 'hn.localhost')).toContainEqual({ address: '127.0.0.1', family: 4 })
    await expect(look(false, 'hn.localhost')).rejects.toMatchObject({ code: 'ENLACE_PRIVATE_ADDRESS' })
    await expect(look(false, 'localhost')).rejects.toMatchObject({ code: 'ENLACE_PRIVATE_ADDRESS' })
  })

  test('a literal private address is refused without any lookup', async () => {
    const connect = guardedConnector({ allowPrivate: false, authorities: [], timeoutMs: 1_000 })
    for (const hostname of ['127.0.0.1', '[::1]', '169.254.169.254']) {
      const options = { hostname, host: hostname, protocol: 'https:', port: '443' }
      const error = await new Promise((done) =>
        connect(options as never, ((failure: unknown) => done(failure)) as never),
      )
      expect(error).toMatchObject({ code: 'ENLACE_PRIVATE_ADDRESS' })
    }
  })
})

describe('server names', () => {
  let server: Server
  let port: number
  let agent: Agent
  const answers = new Map<string, { status?: number; headers?: Record<string, string>; body?: string }>()
  const asked: string[] = []

  beforeAll(async () => {
    const authority = await testAuthority()
    server = createServer(await authority.issue(['a.localhost', 'b.localhost', 'c.localhost', 'd.localhost']))
    server.on('request', (req, res) => {
      const host = (req.headers.host ?? '').split(':')[0]!
      asked.push(host)
      const answer = answers.get(`${host}${req.url}`) ?? answers.get(host) ?? { status: 404 }
      res.writeHead(answer.status ?? 200, answer.headers).end(answer.body ?? '')
    })
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
    port = (server.address() as AddressInfo).port
    agent = new Agent({
      connect: guardedConnector({ allowPrivate: true, authorities: [authority.pem], timeoutMs: 2_000 }),
    })
  })
  afterAll(async () => {
    await agent.destroy()
    await new Promise((done) => server.close(done))
  })

  function discovery(records: Record<string, SrvRecord[]> = {}) {
    return createDiscovery({
      dispatcher: agent,
      wellKnownPort: port,
      resolveSrv: async (name) => {
        const found = records[name]
        if (!found) throw Object.assign(new Error('none'), { code: 'ENOTFOUND' })
        return found
      },
    })
  }
  const resolve = (name: string, records?: Record<string, SrvRecord[]>) => discovery(records).resolve(name)

  test.each([
    ['1.2.3.4', { host: '1.2.3.4', port: 8448, hostHeader: '1.2.3.4', certificateName: '1.2.3.4' }],
    ['1.2.3.4:80', { host: '1.2.3.4', port: 80, hostHeader: '1.2.3.4:80', certificateName: '1.2.3.4' }],
    ['[::1]:99', { host: '::1', port: 99, hostHeader: '[::1]:99', certificateName: '::1' }],
    [
      'x.example:443',
      { host: 'x.example', port: 443, hostHeader: 'x.example:443', certificateName: 'x.example' },
    ],
  ])('step 1 and 2: %s', async (name, target) => expect(await resolve(name)).toEqual(target))

  test.each(['', 'a b', 'a:b', 'a/..', 'a:0', 'a:99999', 'http://a', 'a@b'])('no server name: %s', (name) =>
    expect(resolve(name)).rejects.toThrow(TypeError),
  )

  test('step 3: delegation to a name with a port, and to an address', async () => {
    answers.set('a.localhost', { body: '{"m.server":"hs.example:1234"}' })
    const target = {
      host: 'hs.example',
      port: 1234,
      hostHeader: 'hs.example:1234',
      certificateName: 'hs.example',
    }
    expect(await resolve('a.localhost')).toEqual(target)
    answers.set('a.localhost', { body: '{"m.server":"5.6.7.8"}' })
    const address = { host: '5.6.7.8', port: 8448, hostHeader: '5.6.7.8', certificateName: '5.6.7.8' }
    expect(await resolve('a.localhost')).toEqual(address)
  })

  test('step 3.3: delegation to a name without a port goes by its SRV record, under its own name', async () => {
    answers.set('b.localhost', { body: '{"m.server":"hs.example"}' })
    const srv = { '_matrix-fed._tcp.hs.example': [{ name: 'box.example', port: 77, priority: 1, weight: 1 }] }
    expect(await resolve('b.localhost', srv)).toEqual({
      host: 'box.example',
      port: 77,
      hostHeader: 'hs.example',
      certificateName: 'hs.example',
    })
    const old = { '_matrix._tcp.hs.example': [{ name: 'old.example', port: 78, priority: 1, weight: 1 }] }
    expect((await resolve('b.localhost', old)).host).toBe('old.example')
    expect(await resolve('b.localhost')).toMatchObject({ host: 'hs.example', port: 8448 })
  })

  test.each([
    ['not JSON', { body: '<html>' }],
    ['no m.server', { body: '{}' }],
    ['a bad name', { body: '{"m.server":"../etc"}' }],
    ['an error', { status: 500, body: '{"m.server":"hs.example"}' }],
    ['far too large', { body: `{"m.server":"hs.example","x":"${'x'.repeat(60_000)}"}` }],
    ['a redirect in circles', { status: 302, headers: { location: '/.well-known/matrix/server' } }],
    ['a redirect out of HTTPS', { status: 302, headers: { location: 'http://c.localhost/' } }],
  ])('step 6 after %s', async (_what, answer) => {
    answers.set('c.localhost', answer)
    expect(await resolve('c.localhost')).toEqual({
      host: 'c.localhost',
      port: 8448,
      hostHeader: 'c.localhost',
      certificateName: 'c.localhost',
    })
  })

  test('redirects are followed, and answers kept', async () => {
    answers.set('d.localhost/.well-known/matrix/server', { status: 301, headers: { location: '/there' } })
    answers.set('d.localhost/there', { body: '{"m.server":"hs.example:1"}' })
    const one = discovery()
    asked.length = 0
    expect((await one.resolve('d.localhost')).host).toBe('hs.example')
    one.forget('d.localhost')
    expect((await one.resolve('d.localhost')).host).toBe('hs.example')
    expect(asked).toHaveLength(2)
  })
})
