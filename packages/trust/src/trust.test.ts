import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { canonicalMetadata } from './canonical-json.ts'
import { createFederationList, type ListedServer, verifyFederationList } from './federation-list.ts'
import { FederationListKeeper } from './keeper.ts'
import { exportTrustKey, generateTrustKey, importTrustKey, signMetadata, type TrustKey } from './keys.ts'
import { createRoot, parseRoot, type Root } from './root.ts'

const day = 86_400_000
const now = Date.UTC(2026, 0, 1)
const key = generateTrustKey()

const servers: ListedServer[] = [
  { server_name: 'hn.localhost:8110', institutions: ['hn-rnp-sps', 'hn-sreci'], status: 'active' },
  { server_name: 'gt.localhost:8210', institutions: ['gt-renap'], status: 'suspended' },
]

function rootOf(keys: TrustKey[] = [key], threshold = 1): Root {
  const bytes = JSON.stringify(
    createRoot({ keys, threshold, version: 1, expires: new Date(now + 365 * day) }),
  )
  const parsed = parseRoot(bytes, { now })
  if (!parsed.ok) throw new Error(parsed.detail)
  return parsed.root
}

function listBytes(version = 1, { keys = [key], expires = now + day, of = servers } = {}): Uint8Array {
  return Buffer.from(
    JSON.stringify(createFederationList({ version, expires: new Date(expires), servers: of }, keys)),
  )
}

describe('canonicalMetadata', () => {
  it('sorts keys, escapes only quotes and backslashes, drops undefined', () => {
    expect(canonicalMetadata({ b: ['x"\\\n', true, null], a: 1, c: undefined })).toBe(
      '{"a":1,"b":["x\\"\\\\\n",true,null]}',
    )
  })

  it.each([1.5, 1e21, 2 ** 53, Number.NaN, Number.POSITIVE_INFINITY])('refuses %d', (a) => {
    expect(() => canonicalMetadata({ a: [{ a }] })).toThrow(TypeError)
  })

  it('does not depend on the order of keys', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.oneof(fc.string(), fc.integer(), fc.boolean())), (object) => {
        const reversed = Object.fromEntries(Object.entries(object).reverse())
        expect(canonicalMetadata(reversed)).toBe(canonicalMetadata(object))
      }),
    )
  })
})

describe('keys', () => {
  it('come back from PEM with the same identity', () => {
    expect(importTrustKey(exportTrustKey(key))).toMatchObject({ keyid: key.keyid, record: key.record })
  })
})

describe('parseRoot', () => {
  const bytes = () =>
    JSON.stringify(createRoot({ keys: [key], threshold: 1, version: 1, expires: new Date(now + day) }))

  it('reads root metadata signed by its own keys', () => {
    expect(parseRoot(bytes(), { now })).toMatchObject({ ok: true, root: { version: 1 } })
  })

  it('refuses expired, altered and malformed metadata', () => {
    expect(parseRoot(bytes(), { now: now + 2 * day })).toMatchObject({ reason: 'expired' })
    expect(parseRoot(bytes().replace('"version":1', '"version":2'), { now })).toMatchObject({
      reason: 'bad-signature',
    })
    expect(parseRoot('{', { now })).toMatchObject({ reason: 'malformed' })
    const other = generateTrustKey()
    const swapped = bytes().replaceAll(key.record.keyval.public, other.record.keyval.public)
    expect(parseRoot(swapped, { now })).toMatchObject({
      reason: 'malformed',
      detail: expect.stringContaining('key ID'),
    })
  })
})

describe('verifyFederationList', () => {
  it('accepts a signed list and answers look-ups', () => {
    const verdict = verifyFederationList(rootOf(), listBytes(), { now })
    if (!verdict.ok) throw new Error(verdict.detail)
    const { list } = verdict
    expect(list.statusOf('hn.localhost:8110')).toBe('active')
    expect(list.statusOf('gt.localhost:8210')).toBe('suspended')
    expect(list.statusOf('evil.example')).toBe('unlisted')
    expect(list.institutionsOf('hn.localhost:8110')).toEqual(['hn-rnp-sps', 'hn-sreci'])
    expect(list.institutionsOf('evil.example')).toEqual([])
    expect(list.serverOfInstitution('gt-renap')).toBe('gt.localhost:8210')
    expect(list.hosts('hn.localhost:8110', 'gt-renap')).toBe(false)
    expect(list.hosts('evil.example', 'constructor')).toBe(false)
  })

  it('refuses a list another key signed', () => {
    expect(
      verifyFederationList(rootOf(), listBytes(1, { keys: [generateTrustKey()] }), { now }),
    ).toMatchObject({
      reason: 'bad-signature',
    })
  })

  it('refuses any change to what was signed', () => {
    const text = Buffer.from(listBytes()).toString()
    for (const altered of [
      text.replace('suspended', 'active'),
      text.replace('hn.localhost', 'xx.localhost'),
      text.replace('"version":1', '"version":9'),
      text.replace('"servers"', '"more":1,"servers"'),
    ])
      expect(verifyFederationList(rootOf(), altered, { now })).toMatchObject({ reason: 'bad-signature' })
  })

  it('never accepts damaged bytes as another list', () => {
    const original = listBytes()
    const root = rootOf()
    const good = verifyFederationList(root, original, { now })
    if (!good.ok) throw new Error(good.detail)
    fc.assert(
      fc.property(fc.nat(original.length - 1), fc.nat(255), (at, byte) => {
        const damaged = Uint8Array.from(original)
        damaged[at] = byte
        const verdict = verifyFederationList(root, damaged, { now })
        if (verdict.ok) expect(verdict.list.servers).toEqual(good.list.servers)
      }),
    )
  })

  it('refuses expiry and rollback, at the limits', () => {
    const root = rootOf()
    expect(verifyFederationList(root, listBytes(2), { now: now + day - 1 })).toMatchObject({ ok: true })
    expect(verifyFederationList(root, listBytes(2), { now: now + day })).toMatchObject({
      reason: 'expired',
    })
    expect(verifyFederationList(root, listBytes(2), { now, lastVersion: 2 })).toMatchObject({ ok: true })
    expect(verifyFederationList(root, listBytes(2), { now, lastVersion: 3 })).toMatchObject({
      reason: 'rollback',
    })
    expect(verifyFederationList(root, listBytes(2), { now: now + 400 * day })).toMatchObject({
      reason: 'root-expired',
    })
  })

  it.each(['', '{}', '[]', 'null', '{"signed":{},"signatures":[{}]}', 'x'.repeat(1024 * 1024 + 1)])(
    'refuses what is no list',
    (text) => {
      expect(verifyFederationList(rootOf(), text, { now })).toMatchObject({ ok: false })
    },
  )

  it('survives absurd nesting', () => {
    const deep = `{"signed":${'['.repeat(200_000)}${']'.repeat(200_000)},"signatures":[]}`
    expect(verifyFederationList(rootOf(), deep, { now })).toMatchObject({ ok: false })
  })

  it('refuses a list that would hold for longer than a day', () => {
    const hour = day / 24
    const root = rootOf()
    expect(verifyFederationList(root, listBytes(1, { expires: now + day + hour }), { now })).toMatchObject({
      ok: true,
    })
    const long = listBytes(1, { expires: now + day + hour + 1_000 })
    expect(verifyFederationList(root, long, { now })).toMatchObject({ reason: 'lives-too-long' })
    const keeper = new FederationListKeeper(root)
    expect(keeper.offer(long, now)).toMatchObject({ reason: 'lives-too-long' })
    expect(keeper.restore(long, now)).toMatchObject({ reason: 'lives-too-long' })
    expect(keeper.current(now)).toEqual({ usable: false, reason: 'none' })
  })

  it('says what kind of institution stands where, under the same signature', () => {
    const institutions = { 'hn-sreci': { kind: 'foreign_ministry', country: 'HN' } }
    const bytes = JSON.stringify(
      createFederationList({ version: 1, expires: new Date(now + day), servers, institutions }, [key]),
    )
    const verdict = verifyFederationList(rootOf(), bytes, { now })
    expect(verdict.ok && verdict.list.institution('hn-sreci')).toEqual(institutions['hn-sreci'])
    expect(verdict.ok && verdict.list.institution('hn-rnp-sps')).toBeUndefined()
    expect(verdict.ok && verdict.list.institution('constructor')).toBeUndefined()
    for (const changed of [
      bytes.replace('foreign_ministry', 'child_protection'),
      bytes.replace('"HN"', '"GT"'),
    ])
      expect(verifyFederationList(rootOf(), changed, { now })).toMatchObject({ reason: 'bad-signature' })
  })

  it('counts each key once towards the threshold', () => {
    const second = generateTrustKey()
    const root = rootOf([key, second], 2)
    expect(verifyFederationList(root, listBytes(1, { keys: [key, second] }), { now })).toMatchObject({
      ok: true,
    })
    expect(verifyFederationList(root, listBytes(1, { keys: [key, key] }), { now })).toMatchObject({
      reason: 'bad-signature',
    })
  })

  it.each(['HN.localhost:8110', 'hn.localhost.:8110', 'Hn.LocalHost.:8110'])(
    'has no name twice in two spellings: %s',
    (server_name) => {
      const alike: ListedServer = { server_name, institutions: [], status: 'active' }
      expect(() => listBytes(1, { of: [...servers, alike] })).toThrow('one name written in two ways')
    },
  )

  it('goes by the letter', () => {
    const verdict = verifyFederationList(rootOf(), listBytes(), { now })
    if (!verdict.ok) throw new Error(verdict.detail)
    expect(verdict.list.statusOf('hn.localhost:8110')).toBe('active')
    for (const name of ['HN.localhost:8110', 'hn.localhost.:8110', 'hn.localhost', 'x.hn.localhost:8110'])
      expect(verdict.list.statusOf(name)).toBe('unlisted')
  })

  it('refuses a signed list that breaks its own rules', () => {
    const twice = [servers[0], { ...servers[1], institutions: ['hn-sreci'] }]
    const bytes = JSON.stringify(
      signMetadata(
        {
          _type: 'enlace-federation-list',
          spec_version: '1.0.31',
          version: 1,
          expires: '2026-01-02T00:00:00Z',
          servers: twice,
        },
        [key],
      ),
    )
    expect(verifyFederationList(rootOf(), bytes, { now })).toMatchObject({
      reason: 'malformed',
      detail: expect.stringContaining('hn-sreci'),
    })
  })
})

describe('FederationListKeeper', () => {
  it('keeps the last verified copy, through refusals, until it expires', () => {
    const keeper = new FederationListKeeper(rootOf())
    expect(keeper.current(now)).toEqual({ usable: false, reason: 'none' })
    expect(keeper.offer(listBytes(2), now)).toMatchObject({ ok: true, changed: true })
    expect(keeper.offer(listBytes(2), now)).toMatchObject({ ok: true, changed: false })
    expect(keeper.offer(listBytes(1), now)).toMatchObject({ reason: 'rollback' })
    expect(keeper.offer(listBytes(3, { keys: [generateTrustKey()] }), now)).toMatchObject({
      reason: 'bad-signature',
    })
    expect(keeper.current(now)).toMatchObject({ usable: true, list: { version: 2 } })
    expect(keeper.current(now + 2 * day)).toEqual({ usable: false, reason: 'expired' })
    expect(keeper.offer(listBytes(3, { expires: now + 3 * day }), now + 2 * day)).toMatchObject({
      changed: true,
    })
    expect(keeper.current(now + 2 * day)).toMatchObject({ usable: true, list: { version: 3 } })
  })

  it('calls two lists with one version a fork, but not one list signed by more keys', () => {
    const second = generateTrustKey()
    const keeper = new FederationListKeeper(rootOf([key, second]))
    keeper.offer(listBytes(2), now)
    expect(keeper.offer(listBytes(2, { of: [] }), now)).toMatchObject({ reason: 'fork' })
    expect(keeper.offer(listBytes(2, { keys: [second, key] }), now)).toMatchObject({
      ok: true,
      changed: false,
    })
  })

  it('uses a restored copy that is fresh, and lets a stale one guard against rollback', () => {
    const fresh = new FederationListKeeper(rootOf())
    fresh.restore(listBytes(5), now)
    expect(fresh.current(now)).toMatchObject({ usable: true, list: { version: 5 } })
    const stale = new FederationListKeeper(rootOf())
    expect(stale.restore(listBytes(5), now + 2 * day)).toMatchObject({ ok: true })
    expect(stale.current(now + 2 * day)).toEqual({ usable: false, reason: 'expired' })
    expect(stale.offer(listBytes(4, { expires: now + 3 * day }), now + 2 * day)).toMatchObject({
      reason: 'rollback',
    })
    expect(stale.restore(Buffer.from('{}'), now)).toMatchObject({ reason: 'malformed' })
  })

  it('never goes back, whatever it is offered in whatever order', () => {
    const root = rootOf()
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 6 }), { maxLength: 12 }), (versions) => {
        const keeper = new FederationListKeeper(root)
        let highest = 0
        for (const version of versions) {
          keeper.offer(listBytes(version), now)
          highest = Math.max(highest, version)
          expect(keeper.version).toBe(highest)
        }
      }),
    )
  })
})
