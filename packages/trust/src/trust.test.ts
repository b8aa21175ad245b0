import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { canonicalMetadata } from './canonical-json.ts'
import type { ListedServer } from './federation-list.ts'
import { FederationListKeeper } from './keeper.ts'
import { exportTrustKey, generateTrustKey, importTrustKey, signMetadata } from './keys.ts'
import { createRoot, parseRoot } from './root.ts'
import { openKey, sealKey } from './sealed-key.ts'
import { coordinator, TrustRepository } from './testing.ts'
import { compareVersions } from './versions.ts'

const day = 86_400_000
const hour = 3_600_000
const now = Date.UTC(2026, 0, 1)

const servers: ListedServer[] = [
  { server_name: 'hn.localhost:8110', institutions: ['hn-rnp-sps', 'hn-sreci'], status: 'active' },
  { server_name: 'gt.localhost:8210', institutions: ['gt-renap'], status: 'suspended' },
]

function repository(): TrustRepository {
  return new TrustRepository([coordinator('una')])
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
    const key = generateTrustKey()
    expect(importTrustKey(exportTrustKey(key))).toMatchObject({ keyid: key.keyid, record: key.record })
  })

  it('are opened by their passphrase alone, however it is typed, and tell whose they are', () => {
    const key = generateTrustKey()
    const sealed = JSON.parse(
      JSON.stringify(sealKey(key, { name: 'Coordinación', country: 'HN' }, 'caf\u00e9 y pan', 10)),
    )
    expect(JSON.stringify(sealed)).not.toContain('PRIVATE KEY')
    const opened = openKey(sealed, 'cafe\u0301 y pan')
    expect(opened).toMatchObject({
      ok: true,
      owner: { name: 'Coordinación', country: 'HN', keyid: key.keyid },
    })
    expect(opened.ok && exportTrustKey(opened.key)).toBe(exportTrustKey(key))
    expect(openKey(sealed, 'otra')).toEqual({ ok: false, reason: 'wrong-passphrase' })
    // Nobody renames a key, or weakens how it is sealed.
    expect(openKey({ ...sealed, public: { ...sealed.public, country: 'GT' } }, 'caf\u00e9 y pan').ok).toBe(
      false,
    )
    expect(openKey({ ...sealed, scrypt: { ...sealed.scrypt, log2_n: 30 } }, 'x')).toMatchObject({
      reason: 'malformed',
    })
    for (const nothing of [null, 1, {}, [], 'x']) expect(openKey(nothing, 'x').ok).toBe(false)
  })
})

describe('parseRoot', () => {
  const key = coordinator('una')
  const text = () =>
    JSON.stringify(
      signMetadata(
        createRoot({
          version: 1,
          expires: new Date(now + day),
          coordinators: [key],
          threshold: 1,
          online: [key],
        }),
        [key.key],
      ),
    )

  it('reads root metadata signed by its own keys', () => {
    expect(parseRoot(text())).toMatchObject({ ok: true, root: { version: 1, expiresAt: now + day } })
  })

  it('refuses altered and malformed metadata', () => {
    expect(parseRoot(text().replace('"version":1', '"version":2'))).toMatchObject({ reason: 'bad-signature' })
    expect(parseRoot('{')).toMatchObject({ reason: 'malformed' })
    const swapped = text().replaceAll(key.record.keyval.public, generateTrustKey().record.keyval.public)
    expect(parseRoot(swapped)).toMatchObject({
      reason: 'malformed',
      detail: expect.stringContaining('key ID'),
    })
  })

  it('refuses a root in which a country cannot sign, or a key stands for two', () => {
    const root = createRoot({
      version: 1,
      expires: new Date(now + day),
      coordinators: [{ ...key, country: 'HN' }],
      threshold: 1,
      online: [key],
    })
    const other = generateTrustKey().keyid
    for (const countries of [
      { HN: [key.keyid], GT: [other] },
      { HN: [key.keyid], GT: [key.keyid] },
    ])
      expect(
        parseRoot(JSON.stringify(signMetadata({ ...root, 'x-enlace': { countries, names: {} } }, [key.key]))),
      ).toMatchObject({ reason: 'malformed', detail: expect.stringContaining('GT') })
  })
})

describe('the list', () => {
  it('answers look-ups', () => {
    const repo = repository()
    repo.publish(servers, { now })
    const keeper = new FederationListKeeper(repo.pinned)
    const verdict = repo.offerTo(keeper, now)
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

  it('says what kind of institution stands where, under the same signatures', () => {
    const institutions = { 'hn-sreci': { kind: 'foreign_ministry', country: 'HN' } }
    const repo = repository()
    repo.publish(servers, { institutions, now })
    const keeper = new FederationListKeeper(repo.pinned)
    const verdict = repo.offerTo(keeper, now)
    expect(verdict.ok && verdict.list.institution('hn-sreci')).toEqual(institutions['hn-sreci'])
    expect(verdict.ok && verdict.list.institution('hn-rnp-sps')).toBeUndefined()
    expect(verdict.ok && verdict.list.institution('constructor')).toBeUndefined()
    for (const [from, to] of [
      ['foreign_ministry', 'child_protection'],
      ['"HN"', '"GT"'],
    ] as const) {
      const changed = repository()
      changed.publish(servers, { institutions, now })
      const [path, bytes] = [...changed.files].find(([name]) => name.startsWith('targets/'))!
      changed.files.set(path, Buffer.from(Buffer.from(bytes).toString().replace(from, to)))
      expect(changed.offerTo(new FederationListKeeper(changed.pinned), now)).toMatchObject({
        reason: 'mismatch',
      })
    }
  })

  it.each(['HN.localhost:8110', 'hn.localhost.:8110', 'Hn.LocalHost.:8110'])(
    'has no name twice in two spellings: %s',
    (server_name) => {
      const alike: ListedServer = { server_name, institutions: [], status: 'active' }
      expect(() => repository().publish([...servers, alike], { now })).toThrow('one name written in two ways')
    },
  )

  it('goes by the letter', () => {
    const repo = repository()
    repo.publish(servers, { now })
    const verdict = repo.offerTo(new FederationListKeeper(repo.pinned), now)
    if (!verdict.ok) throw new Error(verdict.detail)
    expect(verdict.list.statusOf('hn.localhost:8110')).toBe('active')
    for (const name of ['HN.localhost:8110', 'hn.localhost.:8110', 'hn.localhost', 'x.hn.localhost:8110'])
      expect(verdict.list.statusOf(name)).toBe('unlisted')
  })

  it('is refused when it breaks its own rules, though signed', () => {
    const repo = repository()
    const twice = [servers[0]!, { ...servers[1]!, institutions: ['hn-sreci'] }]
    expect(() => repo.publish(twice, { now })).toThrow('hn-sreci')
    const list = JSON.stringify({ _type: 'enlace-federation-list', servers: twice })
    repo.publish([], { now, list })
    expect(repo.offerTo(new FederationListKeeper(repo.pinned), now)).toMatchObject({
      reason: 'malformed',
      detail: expect.stringContaining('hn-sreci'),
    })
  })
})

describe('FederationListKeeper', () => {
  it('never takes damaged bytes, of whichever file', () => {
    const repo = repository()
    repo.publish(servers, { now })
    const paths = [...repo.files.keys()].filter((path) => path !== 'metadata/1.root.json')
    fc.assert(
      fc.property(fc.constantFrom(...paths), fc.nat(), fc.nat(255), (path, place, byte) => {
        const original = repo.files.get(path)!
        const damaged = Uint8Array.from(original)
        damaged[place % original.length] = byte
        repo.files.set(path, damaged)
        const keeper = new FederationListKeeper(repo.pinned)
        const verdict = repo.offerTo(keeper, now)
        repo.files.set(path, original)
        if (verdict.ok) expect(verdict.list.servers).toEqual(servers)
      }),
      { numRuns: 300 },
    )
  })

  it.each([
    '',
    '{}',
    '[]',
    'null',
    '{"signed":{},"signatures":[{}]}',
    'x'.repeat(1024 * 1024 + 1),
    '['.repeat(9_000),
  ])('takes nothing for metadata that is none', (text) => {
    const repo = repository()
    repo.publish(servers, { now })
    for (const path of [...repo.files.keys()].filter((one) => one !== 'metadata/1.root.json')) {
      const original = repo.files.get(path)!
      repo.files.set(path, Buffer.from(text))
      expect(repo.offerTo(new FederationListKeeper(repo.pinned), now)).toMatchObject({ ok: false })
      repo.files.set(path, original)
    }
  })

  it('survives absurd nesting', () => {
    const repo = repository()
    repo.publish(servers, { now })
    const deep = `{"signed":{"_type":"timestamp","spec_version":"1.0.31","version":9,"expires":"2026-01-01T00:00:00Z","meta":{"snapshot.json":${'['.repeat(7_000)}${']'.repeat(7_000)}}},"signatures":[]}`
    repo.files.set('metadata/timestamp.json', Buffer.from(deep))
    expect(repo.offerTo(new FederationListKeeper(repo.pinned), now)).toMatchObject({ ok: false })
  })

  it('keeps the last verified copy, through refusals, until it expires', () => {
    const repo = repository()
    const keeper = new FederationListKeeper(repo.pinned)
    expect(keeper.current(now)).toEqual({ usable: false, reason: 'none' })
    repo.publish(servers, { version: 2, now })
    expect(repo.offerTo(keeper, now)).toMatchObject({ ok: true, changed: true })
    expect(repo.offerTo(keeper, now)).toMatchObject({ ok: true, changed: false })
    repo.publish(servers, { version: 3, signers: [coordinator('otra')], now })
    expect(repo.offerTo(keeper, now)).toMatchObject({ reason: 'bad-signature' })
    expect(keeper.current(now)).toMatchObject({ usable: true, list: { version: 2 } })
    expect(keeper.current(now + 2 * day)).toEqual({ usable: false, reason: 'expired' })
    repo.publish(servers, { version: 4, now: now + 2 * day })
    expect(repo.offerTo(keeper, now + 2 * day)).toMatchObject({ changed: true })
    expect(keeper.current(now + 2 * day)).toMatchObject({ usable: true, list: { version: 4 } })
    expect(keeper.current(now + 1000 * day)).toEqual({ usable: false, reason: 'root-expired' })
  })

  it('goes on when only the timestamp is signed anew', () => {
    const repo = repository()
    const keeper = new FederationListKeeper(repo.pinned)
    repo.publish(servers, { now })
    repo.offerTo(keeper, now)
    const later = now + 20 * hour
    repo.renew({ version: 1, bytes: repo.files.get('metadata/1.targets.json')! }, { version: 2, now: later })
    expect(repo.offerTo(keeper, later)).toMatchObject({ ok: true, changed: false, list: { version: 1 } })
    expect(keeper.current(now + 30 * hour)).toMatchObject({ usable: true })
  })

  it('refuses a timestamp that would hold for longer than a day', () => {
    const repo = repository()
    repo.publish(servers, { now, hours: 25 })
    expect(repo.offerTo(new FederationListKeeper(repo.pinned), now)).toMatchObject({ ok: true })
    repo.publish(servers, { now, hours: 26 })
    const keeper = new FederationListKeeper(repo.pinned)
    expect(repo.offerTo(keeper, now)).toMatchObject({ reason: 'lives-too-long' })
    expect(keeper.current(now)).toEqual({ usable: false, reason: 'none' })
  })

  it('calls two lists with one version a fork, but not one list signed by more', () => {
    const [a, b] = [coordinator('a'), coordinator('b')]
    const repo = new TrustRepository([a, b], 1)
    const keeper = new FederationListKeeper(repo.pinned)
    repo.publish(servers, { version: 2, signers: [a], now })
    repo.offerTo(keeper, now)
    repo.publish([], { version: 2, now })
    expect(repo.offerTo(keeper, now)).toMatchObject({ reason: 'fork' })
    repo.publish(servers, { version: 2, now })
    repo.renew({ version: 2, bytes: repo.files.get('metadata/2.targets.json')! }, { version: 3, now })
    expect(repo.offerTo(keeper, now)).toMatchObject({ ok: true, changed: false })
  })

  it('uses a kept copy that is fresh, and lets a stale one guard against rollback', () => {
    const repo = repository()
    const first = new FederationListKeeper(repo.pinned)
    repo.publish(servers, { version: 5, now })
    repo.offerTo(first, now)
    const fresh = new FederationListKeeper(repo.pinned)
    expect(fresh.restore(first.kept, now)).toMatchObject({ ok: true })
    expect(fresh.current(now)).toMatchObject({ usable: true, list: { version: 5 } })
    expect(fresh.kept).toBe(first.kept)
    const stale = new FederationListKeeper(repo.pinned)
    expect(stale.restore(first.kept, now + 2 * day)).toMatchObject({ ok: true })
    expect(stale.current(now + 2 * day)).toEqual({ usable: false, reason: 'expired' })
    repo.publish(servers, { version: 4, now: now + 2 * day })
    expect(repo.offerTo(stale, now + 2 * day)).toMatchObject({ reason: 'rollback' })
    for (const nothing of ['{}', 'x', '', 'null'])
      expect(stale.restore(nothing, now)).toMatchObject({ reason: 'malformed' })
    // A kept copy is believed no more than what comes from the network.
    const forged = first.kept.replaceAll('gt.localhost', 'xx.localhost')
    expect(new FederationListKeeper(repo.pinned).restore(forged, now)).toMatchObject({ ok: false })
  })

  it('never goes back, whatever it is offered in whatever order', () => {
    const repo = repository()
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 6 }), { maxLength: 12 }), (versions) => {
        const keeper = new FederationListKeeper(repo.pinned)
        let highest = 0
        for (const version of versions) {
          repo.publish(servers, { version, now })
          repo.offerTo(keeper, now)
          highest = Math.max(highest, version)
          expect(keeper.version).toBe(highest)
        }
      }),
      { numRuns: 40 },
    )
  })

  it('lets a registry that lost everything begin its counting again, once coordinators replaced its key', () => {
    const repo = repository()
    const keeper = new FederationListKeeper(repo.pinned)
    repo.publish(servers, { version: 1, now })
    repo.renew({ version: 1, bytes: repo.files.get('metadata/1.targets.json')! }, { version: 40, now })
    repo.offerTo(keeper, now)
    const replacement = coordinator('Directorio nuevo')
    const targets = { version: 1, bytes: repo.files.get('metadata/1.targets.json')! }
    repo.renew(targets, { version: 1, now, key: replacement.key })
    expect(repo.offerTo(keeper, now)).toMatchObject({ reason: 'bad-signature' })
    repo.rotate(repo.coordinators, { online: [replacement], now })
    expect(repo.offerTo(keeper, now)).toMatchObject({ ok: true, changed: false })
  })
})

describe('compareVersions', () => {
  const told = (repo: TrustRepository) => {
    const keeper = new FederationListKeeper(repo.pinned)
    repo.offerTo(keeper, now)
    return keeper
  }

  it('finds who was told something else, also of an earlier version, and who is behind', () => {
    const repo = repository()
    repo.publish(servers, { now })
    const [a, b] = [told(repo), told(repo)]
    expect(compareVersions(a.versions, b.versions)).toEqual({ behind: false })
    repo.publish([], { now })
    repo.offerTo(b, now)
    expect(compareVersions(a.versions, b.versions)).toEqual({ behind: true })
    expect(compareVersions(b.versions, a.versions)).toEqual({ behind: false })
    // The same keys say of version 2 something else to others.
    repo.publish(servers, { version: 2, now })
    const c = told(repo)
    expect(compareVersions(b.versions, c.versions)).toEqual({
      fork: { role: 'targets', version: 2 },
      behind: false,
    })
    repo.publish(servers, { version: 3, now })
    repo.offerTo(c, now)
    expect(compareVersions(b.versions, c.versions).fork).toEqual({ role: 'targets', version: 2 })
  })
})
