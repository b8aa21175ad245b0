/** A registry takes and gives out what institutions sign under the keys they were given, and nothing else. */
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { exampleEntries } from '@enlace/directory/examples'
import { markOf } from '@enlace/directory/marks'
import { publicView } from '@enlace/directory/visibility'
import {
  createDutyTargets,
  createInstitutionTargets,
  FederationListKeeper,
  generateTrustKey,
  type InstitutionFile,
  type InstitutionKeys,
  InstitutionsKeeper,
  parseRoot,
  signMetadata,
  type TrustKey,
  targetPath,
} from '@enlace/trust'
import { institutionKeys } from '@enlace/trust/testing'
import { pino } from 'pino'
import { Updater } from 'tuf-js'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createRegistry, type Registry } from './index.ts'
import { memoryStorage, takeFrom } from './testing.ts'

const token = 'una clave de la red, para la prueba'.replaceAll(' ', '-')
const [renap, pgn, limited] = [generateTrustKey(), generateTrustKey(), generateTrustKey()]
const hex = (key: TrustKey) => key.record.keyval.public
const nonce = () => randomBytes(16).toString('base64')

let folder: string
let storage: ReturnType<typeof memoryStorage> | undefined
const running: Registry[] = []
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'enlace-registry-'))
  storage = memoryStorage()
})
afterEach(async () => {
  await Promise.all(running.splice(0).map((registry) => registry.close()))
  rmSync(folder, { recursive: true, force: true })
})

async function start(
  keys: Record<string, string[]> = { 'gt-renap': [hex(renap)], 'gt-pgn-izabal': [hex(pgn)] },
) {
  const registry = await createRegistry(
    {
      port: 0,
      data_dir: folder,
      servers: [{ server_name: 'gt.example', institutions: ['gt-renap', 'gt-pgn-izabal'] }],
      institution_keys: keys,
      network_tokens: [token],
    },
    { log: pino({ level: 'silent' }), ...(storage ? { storage } : {}) },
  )
  running.push(registry)
  return registry
}

const roster = (institution: string, ...ids: number[]) =>
  JSON.stringify({
    _type: 'enlace-roster',
    institution,
    salt: `${'A'.repeat(22)}==`,
    members: ids.map((id) => ({ id: String(id).padStart(64, '0'), role: 'staff', since: 1 })),
  })
const duty = (institution: string, revision: number) =>
  JSON.stringify({ _type: 'enlace-duty', institution, nonce: nonce(), revision, duty: {} })

interface Said {
  institution?: string
  key?: TrustKey
  version?: number
  days?: number
  duty?: InstitutionKeys
  send?: InstitutionFile[]
}

function publication(files: Partial<Record<InstitutionFile, string>>, options: Said = {}) {
  const { institution = 'gt-renap', key = renap, version = 1, days = 90 } = options
  const expires = new Date(Date.now() + days * 86_400_000)
  const signed = createInstitutionTargets({ institution, version, expires, files, duty: options.duty })
  return {
    _type: 'enlace-institution-publication',
    role: institution,
    metadata: JSON.stringify(signMetadata(signed, [key])),
    targets: Object.fromEntries(
      Object.entries(files)
        .filter(([file]) => options.send?.includes(file as InstitutionFile) ?? true)
        .map(([file, text]) => [targetPath(institution, file as InstitutionFile), text]),
    ),
  }
}

const post = async (registry: Registry, body: unknown, key = 'gt-renap') => {
  const answer = await fetch(`${registry.url}/trust/institutions/${key}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  return (await answer.json()) as { version?: number; code?: string; message?: { es: string } }
}

/** A node: its list, and what institutions say. */
function node(registry: Registry, network = true) {
  const root = parseRoot(registry.root)
  if (!root.ok) throw new Error(root.detail)
  const list = new FederationListKeeper(root.root)
  const keeper = new InstitutionsKeeper({ network })
  return {
    keeper,
    async take(from = registry) {
      const verdict = await takeFrom(from.url, list)
      keeper.follow(list.ground!)
      const problems: string[] = []
      for (const key of keeper.outdated(Date.now())) {
        const steps = keeper.update(key, Date.now())
        let step = steps.next()
        while (!step.done) {
          const headers = step.value.networkOnly ? { authorization: `Bearer ${token}` } : {}
          const answer = await fetch(`${from.url}/trust/${step.value.path}`, { headers })
          step = steps.next(answer.ok ? new Uint8Array(await answer.arrayBuffer()) : undefined)
        }
        if (step.value.problem) problems.push(step.value.problem.reason)
      }
      return { verdict, problems }
    },
    members(key = 'gt-renap') {
      const current = keeper.roster(key, Date.now())
      return current.usable ? current.roster.members.map(({ id }) => Number(id)) : current.reason
    },
  }
}

test('9.2: what an institution signs reaches nodes; files that did not change are not sent again', async () => {
  const registry = await start()
  const one = node(registry)
  await one.take()
  expect(one.members()).toBe('none')
  expect(
    await post(
      registry,
      publication({ 'roster.json': roster('gt-renap', 1), 'duty.json': duty('gt-renap', 1) }),
    ),
  ).toEqual({ version: 1 })
  expect(await one.take()).toMatchObject({ verdict: { ok: true, changed: false }, problems: [] })
  expect(one.members()).toEqual([1])
  expect(one.keeper.duty('gt-renap', Date.now())?.revision).toBe(1)
  const dutyText = storage!.said.get('gt-renap@1')!.bytes
  const same = (JSON.parse(dutyText) as { targets: Record<string, string> }).targets['gt-renap/duty.json']!
  const next = publication(
    { 'roster.json': roster('gt-renap', 1, 2), 'duty.json': same },
    { version: 2, send: ['roster.json'] },
  )
  expect(await post(registry, next)).toEqual({ version: 2 })
  // Sent again it is the same; the other institution is its own.
  expect(await post(registry, next)).toEqual({ version: 2 })
  const pgns = { institution: 'gt-pgn-izabal', key: pgn }
  expect(
    await post(registry, publication({ 'roster.json': roster('gt-pgn-izabal', 7) }, pgns), 'gt-pgn-izabal'),
  ).toEqual({
    version: 1,
  })
  await one.take()
  expect([one.members(), one.members('gt-pgn-izabal')]).toEqual([[1, 2], [7]])
})

test('9.2: a foreign key, k-1, expired, older, forked, damaged: refused in words, and nothing changes', async () => {
  const registry = await start()
  const good = publication({ 'roster.json': roster('gt-renap', 1) }, { version: 5 })
  await post(registry, good)
  const evil = { 'roster.json': roster('gt-renap', 666) }
  const cut = (text: string) => text.slice(0, -20)
  for (const [body, code, key = 'gt-renap'] of [
    [publication(evil, { version: 6, key: pgn }), 'publication_bad_signature'],
    [publication(evil, { version: 6, key: generateTrustKey() }), 'publication_bad_signature'],
    [
      {
        ...publication(evil, { version: 6 }),
        metadata: JSON.stringify({
          ...JSON.parse(publication(evil, { version: 6 }).metadata),
          signatures: [],
        }),
      },
      'publication_bad_signature',
    ],
    [publication(evil, { version: 6, days: -1 }), 'publication_expired'],
    [publication(evil, { version: 6, days: 9000 }), 'publication_lives_too_long'],
    [publication(evil, { version: 4 }), 'publication_rollback'],
    [publication(evil, { version: 5 }), 'publication_fork'],
    [publication(evil, { version: 2_000_000_000 }), 'publication_malformed'],
    [publication(evil, { version: 6, send: [] }), 'publication_missing'],
    [{ ...publication(evil, { version: 6 }), targets: good.targets }, 'publication_mismatch'],
    [
      { ...publication(evil, { version: 6 }), metadata: cut(publication(evil).metadata) },
      'publication_malformed',
    ],
    [
      { ...publication(evil, { version: 6 }), targets: { 'gt-renap/roster.json': cut(evil['roster.json']) } },
      'publication_mismatch',
    ],
    [publication({ 'roster.json': roster('gt-pgn-izabal', 1) }, { version: 6 }), 'publication_malformed'],
    [
      publication(
        {
          'entry.json': JSON.stringify({
            _type: 'enlace-directory-entry',
            institution: 'gt-renap',
            view: 'public',
            revision: 1,
            entry: { key: 'gt-renap', records: { services: [{ id: 'x' }] } },
          }),
        },
        { version: 6 },
      ),
      'publication_malformed',
    ],
    [good, 'publication_malformed', 'gt-pgn-izabal'],
    [publication(evil, { institution: 'hn-rnp-sps' }), 'publication_no_key', 'hn-rnp-sps'],
    [{}, 'publication_malformed'],
  ] as const) {
    const answer = await post(registry, body, key)
    expect(answer.code).toBe(code)
    expect(answer.message?.es).toContain('no publica')
  }
  const one = node(registry)
  await one.take()
  expect(one.members()).toEqual([1])
})

test('9.2: files for the network only are for who shows a token, and nobody else learns whether they are there', async () => {
  const registry = await start()
  await post(
    registry,
    publication({ 'roster.json': roster('gt-renap', 1), 'duty.json': duty('gt-renap', 1) }),
  )
  const metadata = (await (await fetch(`${registry.url}/trust/metadata/1.gt-renap.json`)).json()) as {
    signed: { targets: Record<string, { hashes: { sha256: string } }> }
  }
  const hash = metadata.signed.targets['gt-renap/duty.json']!.hashes.sha256
  const get = (path: string, authorization?: string) =>
    fetch(`${registry.url}/trust/${path}`, authorization ? { headers: { authorization } } : {})
  const there = `targets/gt-renap/${hash}.duty.json`
  for (const path of [
    there,
    there.replace('targets/gt-renap/', 'targets%2Fgt-renap/'),
    `targets/gt-renap/${'0'.repeat(64)}.duty.json`,
    `targets/gt-renap/${'0'.repeat(64)}.entry.network.json`,
    `targets/xx-nobody/${'0'.repeat(64)}.duty.json`,
  ]) {
    const refused = await get(path)
    expect(refused.status).toBe(403)
    expect(await refused.json()).toMatchObject({
      code: 'network_only',
      message: { es: expect.stringContaining('network_token') },
    })
    expect((await get(path, 'Bearer otra clave')).status).toBe(401)
  }
  expect((await get(there, `Bearer ${token}`)).status).toBe(200)
  expect((await get(`targets/gt-renap/${'0'.repeat(64)}.duty.json`, `Bearer ${token}`)).status).toBe(404)
  const outside = node(registry, false)
  expect(await outside.take()).toMatchObject({ problems: [] })
  expect(outside.members()).toEqual([1])
})

test('9.2: a limited key publishes the duty positions, while the institution’s key in force stands behind it', async () => {
  const registry = await start()
  const dutyOf = (version: number, key: TrustKey) => {
    const text = duty('gt-renap', version)
    const expires = new Date(Date.now() + 86_400_000)
    const signed = createDutyTargets({ institution: 'gt-renap', version, expires, duty: text })
    return {
      _type: 'enlace-institution-publication',
      role: 'gt-renap.duty',
      metadata: JSON.stringify(signMetadata(signed, [key])),
      targets: { 'gt-renap/duty.json': text },
    }
  }
  expect((await post(registry, dutyOf(1, limited))).code).toBe('publication_no_key')
  await post(
    registry,
    publication({ 'roster.json': roster('gt-renap', 1) }, { duty: institutionKeys([limited]) }),
  )
  expect((await post(registry, dutyOf(1, pgn))).code).toBe('publication_bad_signature')
  expect(await post(registry, dutyOf(1, limited))).toEqual({ version: 1 })
  const one = node(registry)
  await one.take()
  expect(one.keeper.duty('gt-renap', Date.now())?.revision).toBe(1)
  // The institution's key is replaced: what the old one gave out ends with it.
  const next = generateTrustKey()
  await registry.updateServers(
    [{ server_name: 'gt.example', institutions: ['gt-renap'], status: 'active' }],
    {
      'gt-renap': [hex(next)],
    },
  )
  expect((await post(registry, dutyOf(2, limited))).code).toBe('publication_no_key')
  await one.take()
  expect([one.members(), one.keeper.duty('gt-renap', Date.now())]).toEqual(['refused', undefined])
  expect((await post(registry, publication({}, { version: 2 }))).code).toBe('publication_bad_signature')
  await post(registry, publication({ 'roster.json': roster('gt-renap', 3) }, { version: 2, key: next }))
  await one.take()
  expect(one.members()).toEqual([3])
})

test('9.2: it outlives a restart, and a lost database, without going back', async () => {
  storage = undefined
  const registry = await start()
  await post(registry, publication({ 'roster.json': roster('gt-renap', 1) }))
  await post(registry, publication({ 'roster.json': roster('gt-renap', 2) }, { version: 2 }))
  const one = node(registry)
  await one.take()
  await registry.close()
  const again = await start()
  expect(await one.take(again)).toMatchObject({ verdict: { ok: true }, problems: [] })
  expect(one.members()).toEqual([2])
  await again.close()
  rmSync(join(folder, 'db'), { recursive: true, force: true })
  const third = await start()
  expect(await one.take(third)).toMatchObject({ verdict: { ok: true }, problems: [] })
  expect((await post(third, publication({}, { version: 1 }))).code).toBe('publication_rollback')
  const fresh = node(third)
  await fresh.take()
  expect(fresh.members()).toEqual([2])
})

test('9.2: an entry that is signed stands before what the files say: directory, HSDS, institutions', async () => {
  const registry = await start()
  const example = exampleEntries[0]!
  const idOf = async (key: string) => {
    const answer = await fetch(`${registry.url}/_enlace/registry/v1/institutions/${key}`)
    return ((await answer.json()) as { organization_id: string }).organization_id
  }
  // The example's records, as if they were of this institution.
  const entry = JSON.parse(
    JSON.stringify(example)
      .replaceAll(example.key, 'gt-renap')
      .replaceAll(example.records.organizations![0]!.id, await idOf('gt-renap')),
  ) as typeof example
  const file = (view: 'public' | 'network') =>
    JSON.stringify({
      _type: 'enlace-directory-entry',
      institution: 'gt-renap',
      view,
      revision: 1,
      ...(view === 'network' ? { nonce: nonce() } : {}),
      entry: view === 'public' ? publicView(entry) : entry,
    })
  const files = { 'entry.json': file('public'), 'entry.network.json': file('network') }
  expect(await post(registry, publication(files))).toEqual({ version: 1 })
  const directory = async (authorization?: string) => {
    const answer = await fetch(
      `${registry.url}/_enlace/registry/v1/directory`,
      authorization ? { headers: { authorization } } : {},
    )
    const { institutions } = (await answer.json()) as {
      institutions: { institution: { key: string }; entry?: unknown }[]
    }
    return institutions.find(({ institution }) => institution.key === 'gt-renap')?.entry
  }
  expect(await directory()).toEqual(publicView(entry))
  expect(await directory(`Bearer ${token}`)).toEqual(entry)
  const services = (await (await fetch(`${registry.url}/services?per_page=100`)).json()) as {
    contents: { id: string }[]
  }
  expect(services.contents.map(({ id }) => id)).toContain(entry.records.services![0]!.id)
  // The public pages say it, until the institution takes it back; of what it keeps for the network they say nothing.
  const page = async () => (await fetch(`${registry.url}/publico/es/institucion/gt-renap/`)).text()
  const [shelter] = entry.records.services!
  expect(await page()).toContain(String(shelter!['description']))
  expect(await page()).not.toContain('0000 0102')
  entry.records.attributes!.push({ ...markOf('services', shelter!.id, 'network_only', '*') })
  const hidden = { 'entry.json': file('public'), 'entry.network.json': file('network') }
  expect(await post(registry, publication(hidden, { version: 2 }))).toEqual({ version: 2 })
  await expect.poll(page).not.toContain(String(shelter!['description']))
  // Its key taken away, its word ends.
  await registry.updateServers([{ server_name: 'gt.example', institutions: [], status: 'active' }], {})
  expect(await directory()).toBeUndefined()
  await expect.poll(page).not.toContain('0000 0101')
})

test('9.2: tuf-js takes what institutions publish, by way of the delegation, and nothing that was changed', async () => {
  const registry = await start()
  await post(registry, publication({ 'roster.json': roster('gt-renap', 1) }))
  writeFileSync(join(folder, 'root.json'), registry.root)
  const updater = new Updater({
    metadataDir: folder,
    metadataBaseUrl: `${registry.url}/trust/metadata`,
    targetDir: folder,
    targetBaseUrl: `${registry.url}/trust/targets`,
  })
  await updater.refresh()
  const target = await updater.getTargetInfo('gt-renap/roster.json')
  expect(target?.length).toBe(roster('gt-renap', 1).length)
  await updater.downloadTarget(target!, join(folder, 'roster.json'))
  expect(await updater.getTargetInfo('gt-pgn-izabal/../gt-renap/roster.json')).toBeUndefined()
  expect(await updater.getTargetInfo('gt-renap/other.json')).toBeUndefined()
})
