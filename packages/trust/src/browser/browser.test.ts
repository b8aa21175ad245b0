import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Updater } from 'tuf-js'
import { describe, expect, test } from 'vitest'
import { readInstitutionDelegations } from '../institution/delegation.ts'
import type { InstitutionPublication } from '../institution/documents.ts'
import { verifyInstitutionPublication } from '../institution/publication.ts'
import * as nodeRoster from '../institution/roster.ts'
import { generateTrustKey, type TrustKey } from '../keys.ts'
import { readMetadata } from '../metadata.ts'
import { fileInfo } from '../roles.ts'
import { openKey, sealKey } from '../sealed-key.ts'
import { coordinator, TrustRepository } from '../testing.ts'
import { toHex, utf8 } from './bytes.ts'
import { portableEd25519, webCryptoEd25519 } from './ed25519.ts'
import { readRosterText, rosterText, signInstitution } from './institution-signing.ts'
import { openKeyFile, readKeyFile, sealKeyFile } from './key-file.ts'
import { newSalt, openNames, rosterId, sealNames } from './names.ts'
import {
  type FetchFile,
  fetchInstitutionFile,
  firstRoot,
  type NetworkMemory,
  verifyInstitution,
  verifyNetwork,
} from './network.ts'
import { readableCode } from './readable-code.ts'
import { newSigningKey, type SigningKey, signingKey } from './signing-keys.ts'

const NOW = Date.UTC(2026, 10, 28)
const day = 86_400_000
const key = 'gt-renap'
const servers = [
  {
    server_name: 'gt.example',
    contact: 'mailto:red@gt.example',
    status: 'active' as const,
    institutions: [key],
  },
]
const inBrowser = (one: TrustKey) => signingKey(Uint8Array.from(nodeRoster.seedOf(one)))

/** Two of each country, and an institution with a key. */
async function network() {
  const people = ['HN', 'HN', 'GT', 'GT'].map((country, at) => coordinator(`${country} ${at}`, country))
  const repo = new TrustRepository(people, 2)
  const own = generateTrustKey()
  repo.give(key, [own])
  repo.publish(servers, { now: NOW })
  return { repo, own, browserKey: await inBrowser(own) }
}

const fetchFrom =
  (repo: TrustRepository, change?: (path: string, bytes: Uint8Array) => Uint8Array | undefined): FetchFile =>
  async (path, maxBytes) => {
    const bytes = repo.files.get(path)
    if (!bytes || bytes.length > maxBytes) return undefined
    return change ? change(path, bytes) : Uint8Array.from(bytes)
  }

async function pin(repo: TrustRepository): Promise<NetworkMemory> {
  const first = await firstRoot(Uint8Array.from(repo.files.get('metadata/1.root.json')!), NOW)
  if (!first.ok) throw new Error(first.detail)
  return first.memory
}

/** All the way down; `fault` when something on the way is not as it must be. */
async function look(memory: NetworkMemory, fetchFile: FetchFile, now = NOW) {
  const top = await verifyNetwork(memory, fetchFile, now)
  if (!top.ok) return { fault: top.fault, file: top.file, memory: top.memory }
  const own = await verifyInstitution(top.network, top.memory, key, fetchFile, now)
  if (!own.ok) return { fault: own.fault, file: own.file, memory: own.memory }
  if (typeof own.state === 'string') return { state: own.state, memory: own.memory, network: top.network }
  const roster = await fetchInstitutionFile(own.state, 'roster.json', fetchFile)
  if (!roster.ok) return { fault: roster.fault, file: roster.file, memory: own.memory }
  return { verified: own.state, roster: roster.text, memory: own.memory, network: top.network }
}

async function rosterOf(keyOf: SigningKey, people: readonly string[], salt = newSalt()): Promise<string> {
  const members = await Promise.all(
    people.map(async (userId) => ({
      id: await rosterId(salt, userId),
      userId,
      role: 'staff' as const,
      since: NOW,
    })),
  )
  return rosterText({ institution: key, salt, members, key: keyOf })
}

/** As a registry takes it. */
function publish(repo: TrustRepository, { metadata, targets }: InstitutionPublication, now: number): void {
  const { version } = (JSON.parse(metadata) as { signed: { version: number } }).signed
  const bytes = Buffer.from(metadata)
  repo.files.set(`metadata/${version}.${key}.json`, bytes)
  repo.spoken[key] = { version, bytes }
  for (const [path, text] of Object.entries(targets)) {
    const { sha256 } = fileInfo(Buffer.from(text)).hashes
    repo.files.set(`targets/${key}/${sha256}.${path.split('/')[1]}`, Buffer.from(text))
  }
  repo.version++
  repo.renew(undefined, { now })
}

describe('the same bytes on both sides', () => {
  test('a key ID, a public key and a signature', async () => {
    const node = generateTrustKey()
    const here = await inBrowser(node)
    expect(here.keyid).toBe(node.keyid)
    expect(here.record).toEqual(node.record)
  })

  test('WebCrypto and the portable Ed25519 say the same, also no', async () => {
    const portable = await portableEd25519()
    const { seed } = await newSigningKey()
    const message = utf8('lo que se firma')
    const [a, b] = [await webCryptoEd25519.sign(seed, message), await portable.sign(seed, message)]
    expect(toHex(a)).toBe(toHex(b))
    const publicKey = Uint8Array.from(await portable.publicKey(seed))
    expect(toHex(await webCryptoEd25519.publicKey(seed))).toBe(toHex(publicKey))
    for (const one of [webCryptoEd25519, portable]) {
      expect(await one.verify(publicKey, message, Uint8Array.from(a))).toBe(true)
      expect(await one.verify(publicKey, utf8('otra cosa'), Uint8Array.from(a))).toBe(false)
      expect(await one.verify(new Uint8Array(32).fill(255), message, Uint8Array.from(a))).toBe(false)
      expect(await one.verify(publicKey, message, new Uint8Array(64))).toBe(false)
    }
  })

  test.each(['@ana:gt.example', '@josé.niño:registro.example:8448', ''])('the id of %j', async (userId) => {
    const salt = newSalt()
    expect(await rosterId(salt, userId)).toBe(await nodeRoster.rosterId(salt, userId))
  })

  test('names sealed on one side are opened on the other, and by no other key or institution', async () => {
    const node = generateTrustKey()
    const here = await inBrowser(node)
    const names = { ['a'.repeat(64)]: '@ana:gt.example', ['0'.repeat(64)]: '@bé:gt.example' }
    expect(nodeRoster.openNames(node, key, await sealNames(here, key, names))).toEqual(names)
    const sealed = nodeRoster.sealNames(node, key, names)
    expect(await openNames(here, key, sealed)).toEqual(names)
    expect(await openNames(here, 'gt-pgn', sealed)).toBeUndefined()
    expect(await openNames(await newSigningKey(), key, sealed)).toBeUndefined()
  })

  test('a roster is the same text but for the seal', async () => {
    const node = generateTrustKey()
    const people = ['@b:gt.example', '@a:gt.example']
    const text = await rosterOf(await inBrowser(node), people)
    const { salt, sealed } = readRosterText(text, key)!
    const theirs = await nodeRoster.createRoster({
      institution: key,
      salt,
      key: node,
      members: people.map((userId) => ({ userId, role: 'staff', since: NOW })),
    })
    const without = (whole: string) => whole.replace(/"sealed":"[^"]*"/, '')
    expect(without(text)).toBe(without(theirs))
    expect(nodeRoster.openNames(node, key, sealed!)).toBeDefined()
    expect(readRosterText(text, 'gt-pgn')).toBeUndefined()
  })

  test('key files: written here and read there, written there and read here', async () => {
    const node = generateTrustKey()
    const owner = { name: 'Registro civil', country: 'GT' }
    const theirs = readKeyFile(JSON.stringify(sealKey(node, owner, 'frase de paso ñ', 10)))!
    expect(theirs.public).toMatchObject(owner)
    const steps: number[] = []
    const opened = await openKeyFile(theirs, 'frase de paso n\u0303', (done) => steps.push(done))
    expect(opened).toMatchObject({ ok: true, key: { keyid: node.keyid } })
    expect(steps.at(-1)).toBe(1)
    expect(await openKeyFile(theirs, 'otra')).toEqual({ ok: false, reason: 'wrong-passphrase' })
    const mine = await sealKeyFile(await inBrowser(node), owner, 'otra frase', { log2N: 10 })
    expect(openKey(mine, 'otra frase')).toMatchObject({ ok: true, key: { keyid: node.keyid } })
    const renamed = { ...mine, public: { ...mine.public, name: 'Otra oficina' } }
    expect(await openKeyFile(renamed, 'otra frase')).toEqual({ ok: false, reason: 'wrong-passphrase' })
    expect(readKeyFile('{}')).toBeUndefined()
    expect(readKeyFile('no es JSON')).toBeUndefined()
  })

  test('what the browser signs the node takes, and takes up where the browser left', async () => {
    const { repo, own, browserKey } = await network()
    const duty = await newSigningKey()
    const first = await signInstitution({
      institution: key,
      base: undefined,
      change: {
        files: { 'roster.json': await rosterOf(browserKey, ['@a:gt.example']) },
        duty: { keys: [duty.record], threshold: 1 },
      },
      keys: [browserKey],
      now: NOW,
    })
    const read = readMetadata('targets', Uint8Array.from(repo.files.get('metadata/1.targets.json')!))
    if (!read.ok) throw new Error(read.detail)
    const delegation = readInstitutionDelegations(read.read.metadata).delegations.get(key)
    const verdict = verifyInstitutionPublication(first, { now: NOW, delegation })
    expect(verdict).toMatchObject({ ok: true, published: { metadata: { read: { version: 1 } } } })
    expect(verdict.ok && verdict.published.metadata.duty?.keyids).toEqual([duty.keyid])

    publish(repo, first, NOW)
    const seen = await look(await pin(repo), fetchFrom(repo))
    expect(seen).toMatchObject({
      roster: first.targets[`${key}/roster.json`],
      verified: { duty: { keyids: [duty.keyid] } },
    })

    const entry = JSON.stringify({
      _type: 'enlace-directory-entry',
      institution: key,
      view: 'public',
      revision: 1,
      entry: {},
    })
    const second = await signInstitution({
      institution: key,
      base: seen.verified,
      change: { files: { 'entry.json': entry }, duty: null },
      keys: [await inBrowser(own)],
      now: NOW + day,
    })
    const follows = verifyInstitutionPublication(second, {
      now: NOW + day,
      delegation,
      before: verdict.ok ? verdict.published : undefined,
    })
    expect(follows).toMatchObject({
      ok: true,
      published: { metadata: { read: { version: 2 }, duty: undefined } },
    })
    expect(follows.ok && [...follows.published.files.keys()].sort()).toEqual(['entry.json', 'roster.json'])
  })
})

describe('what its own node serves', () => {
  async function spoken() {
    const made = await network()
    const roster = await rosterOf(made.browserKey, ['@a:gt.example'])
    made.repo.speak(key, { 'roster.json': roster }, { now: NOW })
    made.repo.renew(undefined, { now: NOW })
    return { ...made, roster, memory: await pin(made.repo) }
  }

  test('is read from the first root to the roster', async () => {
    const { repo, roster, memory } = await spoken()
    const seen = await look(memory, fetchFrom(repo))
    expect(seen.roster).toBe(roster)
    expect(seen.memory.seen.institutions[key]).toMatchObject({ version: 1 })
  })

  test('an institution without a key, and one that has said nothing', async () => {
    const { repo } = await network()
    expect(await look(await pin(repo), fetchFrom(repo))).toMatchObject({ state: 'silent' })
    repo.delegations = {}
    repo.publish(servers, { now: NOW })
    expect(await look(await pin(repo), fetchFrom(repo))).toMatchObject({ state: 'no-key' })
  })

  test('a changed byte is noticed in every file on the way', async () => {
    const { repo, memory } = await spoken()
    const paths = [...repo.files.keys()].filter(
      (path) => !/\/1\.(root|snapshot)\.json$|federation-list/.test(path),
    )
    expect(paths.length).toBeGreaterThan(4)
    for (const changed of paths) {
      const seen = await look(
        memory,
        fetchFrom(repo, (path, bytes) => {
          const copy = Uint8Array.from(bytes)
          // In the middle: in what is signed, or in a signature.
          const at = Math.floor(copy.length / 2)
          if (path === changed) copy[at] = copy[at] === 48 ? 49 : 48
          return copy
        }),
      )
      expect({ changed, fault: seen.fault }).toEqual({
        changed,
        fault: expect.stringMatching(/^(mismatch|malformed|bad-signature)$/),
      })
    }
  })

  test('an older state is noticed, also when it was signed well; so is a second file of one version', async () => {
    const { repo, memory, browserKey } = await spoken()
    const old = new Map(repo.files)
    const twin = repo.twin()
    repo.speak(key, { 'roster.json': await rosterOf(browserKey, []) }, { now: NOW })
    repo.renew(undefined, { now: NOW })
    const { memory: later } = await look(memory, fetchFrom(repo))
    const before = async (path: string) => old.get(path)
    expect(await look(later, before)).toMatchObject({ fault: 'rollback', file: 'timestamp.json' })

    // The registry's key helps: another snapshot, which names the older roster.
    twin.version = repo.version
    twin.renew(undefined, { version: repo.version + 1, now: NOW })
    expect(await look(later, fetchFrom(twin))).toMatchObject({ fault: 'rollback', file: `1.${key}.json` })
    twin.spoken = {}
    twin.renew(undefined, { version: repo.version + 2, now: NOW })
    expect(await look(later, fetchFrom(twin))).toMatchObject({ fault: 'rollback', file: `${key}.json` })
    twin.spoken = {}
    twin.renew(undefined, { version: repo.version, now: NOW })
    expect(await look(later, fetchFrom(twin))).toMatchObject({ fault: 'fork' })
  })

  test('another key, another country, another network', async () => {
    const { repo, memory, roster } = await spoken()
    const stranger = generateTrustKey()
    repo.speak(key, { 'roster.json': roster }, { now: NOW, signers: [stranger] })
    repo.renew(undefined, { now: NOW })
    expect(await look(memory, fetchFrom(repo))).toMatchObject({ fault: 'bad-signature' })

    const { repo: second } = await spoken()
    const kept = await pin(second)
    second.publish(servers, {
      now: NOW,
      signers: second.coordinators.filter(({ country }) => country === 'HN'),
    })
    expect(await look(kept, fetchFrom(second))).toMatchObject({ fault: 'missing-country' })
    second.publish(servers, { now: NOW, signers: second.coordinators.slice(0, 1) })
    expect(await look(kept, fetchFrom(second))).toMatchObject({ fault: 'bad-signature' })
    const { repo: other } = await spoken()
    expect(await look(memory, fetchFrom(other))).toMatchObject({
      fault: 'bad-signature',
      file: 'timestamp.json',
    })
  })

  test('a file that is held back, and what has ended', async () => {
    const { repo, memory } = await spoken()
    const without = fetchFrom(repo, (path, bytes) => (path.endsWith('.roster.json') ? undefined : bytes))
    expect(await look(memory, without)).toMatchObject({ fault: 'missing' })
    expect(await look(memory, fetchFrom(repo), NOW + 2 * day)).toMatchObject({
      fault: 'expired',
      file: 'timestamp.json',
    })
    repo.renew(undefined, { now: NOW + 95 * day, hours: 20 })
    expect(await look(memory, fetchFrom(repo), NOW + 95 * day)).toMatchObject({ fault: 'expired' })
  })

  test('new coordinators are followed, and remembered; a root they did not sign is not', async () => {
    const { repo, memory } = await spoken()
    const next = ['HN', 'GT'].map((country) => coordinator(`nueva ${country}`, country))
    repo.rotate(next, { now: NOW })
    repo.publish(servers, { now: NOW })
    const seen = await look(memory, fetchFrom(repo))
    expect(seen.fault).toBeUndefined()
    expect(JSON.parse(seen.memory.root)).toMatchObject({ signed: { version: 2 } })
    expect(seen.memory.first).toEqual(memory.first)
    repo.rotate(next, { signers: next.slice(0, 1), now: NOW })
    expect(await look(seen.memory, fetchFrom(repo))).toMatchObject({
      fault: 'bad-signature',
      file: '3.root.json',
    })
  })
})

test('what the browser signs is taken by the client of tuf-js, and a changed byte is not', async () => {
  const now = Date.now()
  const { repo, browserKey } = await network()
  repo.publish(servers, { now })
  const roster = await rosterOf(browserKey, ['@a:gt.example'])
  const change = { files: { 'roster.json': roster } }
  publish(
    repo,
    await signInstitution({ institution: key, base: undefined, change, keys: [browserKey], now }),
    now,
  )
  const folder = mkdtempSync(join(tmpdir(), 'enlace-browser-'))
  const server = createServer((req, res) => {
    const bytes = repo.files.get((req.url ?? '').slice(1))
    if (bytes) res.end(bytes)
    else res.writeHead(404).end()
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const take = async () => {
    writeFileSync(join(folder, 'root.json'), repo.rootText)
    const updater = new Updater({
      metadataDir: folder,
      metadataBaseUrl: `${base}/metadata`,
      targetDir: folder,
      targetBaseUrl: `${base}/targets`,
      config: { fetchRetries: 0 },
    })
    const target = await updater.getTargetInfo(`${key}/roster.json`)
    if (!target) throw new Error('no such target')
    return readFileSync(await updater.downloadTarget(target, join(folder, 'taken.json')), 'utf8')
  }
  try {
    expect(await take()).toBe(roster)
    const path = [...repo.files.keys()].find((one) => one.endsWith('.roster.json'))!
    repo.files.set(path, Buffer.from(roster.replace('staff', 'stafg')))
    await expect(take()).rejects.toThrow()
  } finally {
    await new Promise((done) => server.close(done))
    rmSync(folder, { recursive: true, force: true })
  }
})

test('codes for the telephone are thirty digits, and other for another hash', () => {
  const code = readableCode('0123456789abcdef'.repeat(4))
  expect(code).toMatch(/^(\d{5} ){5}\d{5}$/)
  expect(readableCode('1123456789abcdef'.repeat(4))).not.toBe(code)
})

test('nothing below it asks for what only Node has', () => {
  const seen = new Set<string>()
  const outside = new Set<string>()
  const visit = (file: string) => {
    if (seen.has(file)) return
    seen.add(file)
    for (const [, from] of readFileSync(file, 'utf8').matchAll(/from '([^']+)'/g))
      if (from!.startsWith('.')) visit(join(dirname(file), from!))
      else outside.add(from!)
  }
  visit(fileURLToPath(new URL('index.ts', import.meta.url)))
  expect([...outside].sort()).toEqual(['@noble/hashes/scrypt.js', '@tufjs/canonical-json', 'zod'])
})
