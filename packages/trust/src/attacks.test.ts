/** What a registry, or somebody in its place, may try: refused by our keeper and by TUF's own client alike. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Updater } from 'tuf-js'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { ListedServer } from './federation-list.ts'
import { FederationListKeeper } from './keeper.ts'
import { listName } from './roles.ts'
import { coordinator, TrustRepository } from './testing.ts'

const servers = (...names: string[]): ListedServer[] =>
  names.map((server_name) => ({ server_name, institutions: [], status: 'active' as const }))

const [hn1, hn2] = [coordinator('Honduras 1', 'HN'), coordinator('Honduras 2', 'HN')]
const [gt1, gt2] = [coordinator('Guatemala 1', 'GT'), coordinator('Guatemala 2', 'GT')]

let repo: TrustRepository
let server: Server
let folder: string
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'enlace-trust-'))
  server = createServer((req, res) => {
    const bytes = repo.files.get((req.url ?? '').slice(1))
    if (bytes) res.end(bytes)
    else res.writeHead(404).end()
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
})
afterEach(async () => {
  rmSync(folder, { recursive: true, force: true })
  server.closeAllConnections()
  await new Promise((done) => server.close(done))
})

/** Two clients of one registry, pinned to its first root: ours and `tuf-js` as it comes. */
function clients() {
  const keeper = new FederationListKeeper(repo.pinned)
  writeFileSync(join(folder, 'root.json'), repo.rootText)
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    keeper,
    ours: () => repo.offerTo(keeper),
    /** servers of the list it takes. @throws when it takes none */
    async stock(): Promise<string[]> {
      const updater = new Updater({
        metadataDir: folder,
        metadataBaseUrl: `${base}/metadata`,
        targetDir: folder,
        targetBaseUrl: `${base}/targets`,
        config: { fetchRetries: 0 },
      })
      await updater.refresh()
      const target = await updater.getTargetInfo(listName)
      if (!target) throw new Error('no such target')
      const file = await updater.downloadTarget(target, join(folder, 'taken.json'))
      const list = JSON.parse(readFileSync(file, 'utf8')) as { servers: { server_name: string }[] }
      return list.servers.map(({ server_name }) => server_name)
    },
  }
}

/** Both took `a.example`; what is served now is taken by neither; both go on with what they had, and with the next. */
async function refusedByBoth(
  reason: string,
  attack: () => void,
  { stock: stockToo = true } = {},
): Promise<void> {
  const { keeper, ours, stock } = clients()
  repo.publish(servers('a.example'))
  repo.publish(servers('a.example'))
  expect(ours()).toMatchObject({ ok: true })
  expect(await stock()).toEqual(['a.example'])
  const before = new Map(repo.files)
  attack()
  expect(ours()).toMatchObject({ ok: false, reason })
  if (stockToo) expect(await stock().catch(() => ['refused'])).not.toContain('evil.example')
  const current = keeper.current(Date.now())
  expect(current.usable && current.list.servers.map(({ server_name }) => server_name)).toEqual(['a.example'])
  // What was attempted spoils nothing.
  repo.files.clear()
  for (const [path, bytes] of before) repo.files.set(path, bytes)
  repo.version = 10
  repo.publish(servers('b.example'))
  expect(ours()).toMatchObject({ ok: true, changed: true })
  if (stockToo) expect(await stock()).toEqual(['b.example'])
}

describe('with four coordinators of two countries, two of whom must sign', () => {
  beforeEach(() => {
    repo = new TrustRepository([hn1, hn2, gt1, gt2], 2)
  })

  test.each([
    ['one of each country', [hn1, gt2]],
    ['the other two', [gt1, hn2]],
    ['all four', [hn1, hn2, gt1, gt2]],
  ])('9.1: what %s signed is taken by both', async (_name, signers) => {
    const { ours, stock } = clients()
    repo.publish(servers('a.example'), { signers })
    expect(ours()).toMatchObject({ ok: true })
    expect(await stock()).toEqual(['a.example'])
  })

  test('9.1: k-1 signatures', () =>
    refusedByBoth('bad-signature', () => repo.publish(servers('evil.example'), { signers: [gt1] })))

  test('9.1: one signature repeated, or of a stranger, counts for nothing', () =>
    refusedByBoth('bad-signature', () =>
      repo.publish(servers('evil.example'), { signers: [gt1, coordinator('nadie', 'HN')] }),
    ))

  // Plain TUF has no countries: its own client needs the higher threshold of the next group.
  test.each([
    ['HN', [hn1, hn2], 'GT'],
    ['GT', [gt1, gt2], 'HN'],
  ])('9.1: one country only (%s)', async (_country, signers, missing) => {
    await refusedByBoth('missing-country', () => repo.publish(servers('evil.example'), { signers }), {
      stock: false,
    })
    const { ours } = clients()
    repo.publish(servers('evil.example'), { signers })
    expect(ours()).toMatchObject({ detail: expect.stringContaining(missing) })
  })

  test('9.1: a root that one country made alone', () =>
    refusedByBoth(
      'missing-country',
      () => {
        const mallory = coordinator('Mallory', 'GT')
        repo.rotate([hn1, hn2, mallory], { signers: [hn1, hn2, mallory] })
        repo.coordinators = [hn1, hn2, gt1, gt2]
        repo.rootVersion = 1
        repo.publish(servers('evil.example'), { signers: [hn1, mallory] })
      },
      { stock: false },
    ))

  test.each([
    ['timestamp', { hours: -1 }],
    ['targets', { days: -1 }],
  ])('9.1: expired %s', (_what, options) =>
    refusedByBoth('expired', () => repo.publish(servers('evil.example'), options)),
  )

  test('9.1: older, but valid', async () => {
    let older: Map<string, Uint8Array>
    repo.publish(servers('evil.example'))
    older = new Map(repo.files)
    await refusedByBoth('rollback', () => {
      repo.files.clear()
      for (const [path, bytes] of older) repo.files.set(path, bytes)
    })
    // Also when only the list below a new timestamp goes back.
    repo = new TrustRepository([hn1, hn2, gt1, gt2], 2)
    repo.publish(servers('evil.example'))
    const bytes = repo.files.get('metadata/1.targets.json')!
    older = new Map()
    rmSync(folder, { recursive: true, force: true })
    folder = mkdtempSync(join(tmpdir(), 'enlace-trust-'))
    await refusedByBoth('rollback', () => repo.renew({ version: 1, bytes }, { version: 9 }))
  })

  test('9.1: forked: another list under the same version', () =>
    refusedByBoth('fork', () => repo.publish(servers('evil.example'), { version: repo.version })))

  // Coordinators who sign two lists of one version are beyond what TUF's own client looks for.
  test('9.1: forked below a new timestamp', () =>
    refusedByBoth(
      'fork',
      () => {
        const { version } = repo
        repo.publish(servers('evil.example'), { version })
        repo.renew(
          { version, bytes: repo.files.get(`metadata/${version}.targets.json`)! },
          { version: version + 1 },
        )
      },
      { stock: false },
    ))

  test.each(['metadata/timestamp.json', 'metadata/3.snapshot.json', 'metadata/3.targets.json', 'targets/'])(
    '9.1: truncated %s',
    (start) =>
      refusedByBoth(start.includes('timestamp') ? 'malformed' : 'mismatch', () => {
        repo.publish(servers('evil.example'))
        const [path, bytes] = [...repo.files].findLast(([name]) => name.startsWith(start))!
        repo.files.set(path, bytes.subarray(0, bytes.length - 20))
      }),
  )

  test.each([
    ['the list of another version', 'targets/'],
    ['targets of another version', 'metadata/3.targets.json'],
    ['a snapshot of another version', 'metadata/3.snapshot.json'],
  ])('9.1: mixed and matched: %s', (_what, start) =>
    refusedByBoth('mismatch', () => {
      repo.publish(servers('evil.example'))
      const path = [...repo.files.keys()].findLast((name) => name.startsWith(start))!
      const other =
        start === 'targets/'
          ? [...repo.files.keys()].find((name) => name.startsWith(start))!
          : path.replace('3.', '1.')
      repo.files.set(path, repo.files.get(other)!)
    }),
  )

  test('9.1: a file that is kept back', () =>
    refusedByBoth('missing', () => {
      repo.publish(servers('evil.example'))
      repo.files.delete('metadata/3.targets.json')
    }))

  test('9.1: the registry alone, with its own key', () =>
    refusedByBoth('bad-signature', () => repo.publish(servers('evil.example'), { signers: [repo.online] })))

  test('9.1: a lost coordinator’s key is replaced; whoever finds it signs nothing any more', async () => {
    const { keeper, ours, stock } = clients()
    repo.publish(servers('a.example'))
    ours()
    const gt3 = coordinator('Guatemala 3', 'GT')
    // gt2 is lost: the others and the new one sign the root that follows.
    repo.rotate([hn1, hn2, gt1, gt3], { signers: [hn1, gt1, gt3] })
    repo.publish(servers('b.example'), { signers: [hn1, gt3] })
    expect(ours()).toMatchObject({ ok: true, changed: true })
    expect(await stock()).toEqual(['b.example'])
    expect(keeper.root.version).toBe(2)
    repo.publish(servers('evil.example'), { signers: [hn1, gt2] })
    expect(ours()).toMatchObject({ reason: 'bad-signature' })
    await expect(stock()).rejects.toThrow()
    // A node that was away follows from the root it has pinned; what it keeps brings it back there.
    repo.publish(servers('c.example'), { signers: [gt3, hn2], version: 9 })
    const away = new FederationListKeeper(repo.pinned)
    expect(repo.offerTo(away)).toMatchObject({ ok: true })
    const again = new FederationListKeeper(repo.pinned)
    expect(again.restore(away.kept, Date.now())).toMatchObject({ ok: true })
    expect(again.root.version).toBe(2)
    expect(await stock()).toEqual(['c.example'])
  })

  test('9.1: a root that leaves one out is followed at once, and the list in force goes on until it expires', () => {
    const { keeper, ours } = clients()
    repo.publish(servers('a.example'), { signers: [hn1, gt1] })
    ours()
    const gt3 = coordinator('Guatemala 3', 'GT')
    repo.rotate([hn1, hn2, gt2, gt3], { signers: [hn1, gt2, gt3] })
    // The list in force carries the signature of gt1, who is gone.
    expect(ours()).toMatchObject({ ok: false, reason: 'bad-signature' })
    expect(keeper.root.version).toBe(2)
    expect(keeper.current(Date.now())).toMatchObject({ usable: true, list: { version: 1 } })
    const again = new FederationListKeeper(repo.pinned)
    expect(again.restore(keeper.kept, Date.now())).toMatchObject({ ok: true })
    expect(again.root.version).toBe(2)
    expect(again.current(Date.now())).toMatchObject({ usable: true })
    repo.publish(servers('b.example'), { signers: [hn1, gt3] })
    expect(repo.offerTo(again)).toMatchObject({ ok: true, changed: true })
  })

  test('9.1: roots are followed one by one, none is passed over', async () => {
    const { ours, stock } = clients()
    const places = [hn1, gt1]
    for (let step = 0; step < 5; step++) {
      const next = step % 2 ? coordinator(`HN ${step}`, 'HN') : coordinator(`GT ${step}`, 'GT')
      places[step % 2 ? 0 : 1] = next
      repo.rotate([...places])
    }
    repo.publish(servers('a.example'))
    expect(ours()).toMatchObject({ ok: true })
    expect(await stock()).toEqual(['a.example'])
    const gone = new FederationListKeeper(repo.pinned)
    repo.files.delete('metadata/3.root.json')
    expect(repo.offerTo(gone)).toMatchObject({ ok: false, reason: 'bad-signature' })
  })
})

describe('with a threshold that no country reaches alone', () => {
  test.each([
    ['HN', [hn1, hn2]],
    ['GT', [gt1, gt2]],
  ])('9.1: one country only (%s), for TUF’s own client too', async (_country, signers) => {
    repo = new TrustRepository([hn1, hn2, gt1, gt2], 3)
    await refusedByBoth('bad-signature', () => repo.publish(servers('evil.example'), { signers }))
  })
})
