import { generateSigningKey, signJson, verifyBytes } from '@enlace/room-model'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { systemClock } from '../lib/clock.ts'
import { authenticateRequest, checkHeader, parseXMatrix } from './authenticate.ts'
import { createSortingAllowance } from './signed-request.ts'

test('the header of the specification, quoted and unquoted', () => {
  const wanted = { origin: 'a.example:8448', destination: 'b.example', key: 'ed25519:1', sig: 'abc/+' }
  expect(
    parseXMatrix('X-Matrix origin="a.example:8448",destination="b.example",key="ed25519:1",sig="abc/+"'),
  ).toEqual(wanted)
  expect(
    parseXMatrix(
      'x-matrix   ORIGIN=a.example:8448 , destination=b.example,\tkey=ed25519:1, sig="abc\\/+",x=y',
    ),
  ).toEqual(wanted)
  expect(parseXMatrix('X-Matrix origin=a.example,key="ed25519:1",sig="s"')?.destination).toBeUndefined()
})

test.each([
  undefined,
  '',
  'Bearer abc',
  'X-Matrix',
  'X-Matrix origin=a.example',
  'X-Matrix origin=a.example,key=k',
  'X-Matrix origin=a.example,origin=b.example,key=k,sig=s',
  'X-Matrix origin="a.example,key=k,sig=s',
  'X-Matrix origin=a/../b,key=k,sig=s',
  'X-Matrix origin="a b",key=k,sig=s',
  `X-Matrix origin=${'a'.repeat(5_000)},key=k,sig=s`,
])('not a header: %s', (header) => {
  expect(parseXMatrix(header)).toBeUndefined()
})

test('whatever is in the quotes comes out again', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme-ascii', maxLength: 50 }), (sig) => {
      const quoted = sig.replace(/["\\]/g, '\\$&')
      const parsed = parseXMatrix(`X-Matrix origin=a.example,key=k,sig="${quoted}"`)
      if (sig === '') expect(parsed).toBeUndefined()
      else expect(parsed?.sig).toBe(sig)
    }),
  )
})

type AnyForms = Iterable<Buffer> | AsyncIterable<Buffer>
const key = generateSigningKey('ed25519:1')
const ctx = {
  serverName: 'gt.example',
  keyRing: {
    async verifySignature(server: string, keyId: string, signature: string, forms: AnyForms) {
      if (server !== 'hn.example' || keyId !== 'ed25519:1') return false
      for await (const form of forms) if (verifyBytes(form, signature, key.publicKeyBase64)) return true
      return false
    },
  },
}
function request(change: Record<string, unknown> = {}, header: Record<string, string> = {}) {
  const signed = {
    method: 'PUT',
    uri: '/_matrix/federation/v1/send/1?a=%20b',
    origin: 'hn.example',
    destination: 'gt.example',
    content: { pdus: [] },
  }
  const sig = signJson(signed, 'hn.example', key).signatures['hn.example']!['ed25519:1']!
  const fields = { origin: 'hn.example', destination: 'gt.example', key: 'ed25519:1', sig, ...header }
  return {
    method: signed.method,
    uri: signed.uri,
    body: Buffer.from(JSON.stringify(signed.content)),
    authorization: `X-Matrix ${Object.entries(fields)
      .map(([name, value]) => `${name}="${value}"`)
      .join(',')}`,
    ...change,
  }
}

/** As a request is taken: the header before the body is read, then the signature. */
async function authenticate(
  on: Parameters<typeof authenticateRequest>[0],
  { authorization, ...rest }: ReturnType<typeof request>,
  checkOrigin: (origin: string) => void = () => {},
  allowance = createSortingAllowance(systemClock),
): Promise<string> {
  const header = checkHeader(authorization, { serverName: on.serverName, checkOrigin })
  return authenticateRequest(on, { ...rest, header }, allowance)
}

test('a signed request tells its origin', async () => {
  expect(await authenticate(ctx, request())).toBe('hn.example')
})

test.each([
  ['another body', request({ body: Buffer.from('{"pdus":[1]}') })],
  ['no body', request({ body: Buffer.alloc(0) })],
  ['another path', request({ uri: '/_matrix/federation/v1/send/2' })],
  ['another method', request({ method: 'GET' })],
  ['for another server', request({}, { destination: 'ni.example' })],
  ['from another server', request({}, { origin: 'ni.example' })],
  ['from this server itself', request({}, { origin: 'gt.example' })],
  ['with another key', request({}, { key: 'ed25519:2' })],
  ['not signed', request({ authorization: undefined })],
  ['deep content', request({ body: Buffer.from(`${'['.repeat(5_000)}${']'.repeat(5_000)}`) })],
])('refused: %s', async (_what, forged) => {
  await expect(authenticate(ctx, forged)).rejects.toMatchObject({ status: 401 })
})

test('a name that is not on the list makes no key be fetched', async () => {
  let asked = false
  const watched = {
    ...ctx,
    keyRing: { ...ctx.keyRing, verifySignature: async () => (asked = true) },
  }
  const check = () => {
    throw new Error('not on the list')
  }
  await expect(authenticate(watched, request(), check)).rejects.toThrow('not on the list')
  expect(asked).toBe(false)
})

describe('hostile: large bodies that nobody has signed', () => {
  // Small values, unsorted: what takes longest to put in order.
  const large = Buffer.from(`{"pdus":[${Array(40_000).fill('{"b":1,"a":[0,1]}').join(',')}]}`)
  const forged = () => request({ body: large })
  let now = 0
  const clock = { monotonic: () => now }

  test('others are served while one is looked at', async () => {
    let turns = 0
    let looking = true
    const others = (async () => {
      while (looking) {
        await new Promise(setImmediate)
        turns++
      }
    })()
    await expect(authenticate(ctx, forged())).rejects.toMatchObject({ status: 401 })
    looking = false
    await others
    expect(turns).toBeGreaterThan(20)
  })

  test('together they get a little time; what is rightly signed as it was sent needs none of it', async () => {
    const allowance = createSortingAllowance(clock)
    const attempt = () => authenticate(ctx, forged(), undefined, allowance)
    allowance.spend(990)
    await expect(attempt()).rejects.toMatchObject({ status: 401 })
    await expect(attempt()).rejects.toMatchObject({ status: 429 })
    expect(await authenticate(ctx, request(), undefined, allowance)).toBe('hn.example')
    now += 600_000
    await expect(attempt()).rejects.toMatchObject({ status: 401 })
  })

  test('a partner that signs another spelling than it sends costs itself nothing', async () => {
    const allowance = createSortingAllowance(clock)
    const spelled = request({ body: Buffer.from('{ "pdus" : [ ] }') })
    const spent: number[] = []
    const counting = { check: allowance.check, spend: (ms: number) => void spent.push(ms) }
    expect(await authenticate(ctx, spelled, undefined, counting)).toBe('hn.example')
    expect(spent.reduce((sum, ms) => sum + ms, 0)).toBeCloseTo(0, 6)
  })
})
