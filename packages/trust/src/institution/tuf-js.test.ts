/** TUF's own client on what institutions publish: it takes it by way of the delegation, and refuses each attack as ours does. */
import { randomBytes } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Updater } from 'tuf-js'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { generateTrustKey } from '../keys.ts'
import { coordinator, institutionKeys, TrustRepository } from '../testing.ts'
import { rosterText } from './roster.ts'

const [renap, pgn, second] = [generateTrustKey(), generateTrustKey(), generateTrustKey()]
const salt = randomBytes(16).toString('base64')
const roster = (institution: string, id: number) =>
  rosterText({
    institution,
    salt,
    members: [{ id: String(id).padStart(64, '0'), role: 'staff', since: 1 }],
  })
const evil = () => ({ 'roster.json': roster('gt-renap', 666) })

let repo: TrustRepository
let server: Server
let folder: string
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'enlace-tuf-'))
  repo = new TrustRepository([coordinator('HN', 'HN'), coordinator('GT', 'GT')], 2)
  repo.give('gt-renap', [renap])
  repo.give('gt-pgn', [pgn])
  repo.publish([])
  repo.speak('gt-renap', { 'roster.json': roster('gt-renap', 1) })
  repo.speak('gt-pgn', { 'roster.json': roster('gt-pgn', 5) })
  server = createServer((req, res) => {
    const bytes = repo.files.get((req.url ?? '').slice(1))
    if (bytes) res.end(bytes)
    else res.writeHead(404).end()
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  writeFileSync(join(folder, 'root.json'), repo.rootText)
})
afterEach(async () => {
  rmSync(folder, { recursive: true, force: true })
  server.closeAllConnections()
  await new Promise((done) => server.close(done))
})

/** @returns whom it has on the roster of an institution @throws when it takes none */
async function taken(path: string): Promise<number> {
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const updater = new Updater({
    metadataDir: folder,
    metadataBaseUrl: `${base}/metadata`,
    targetDir: folder,
    targetBaseUrl: `${base}/targets`,
    config: { fetchRetries: 0 },
  })
  await updater.refresh()
  const target = await updater.getTargetInfo(path)
  if (!target) throw new Error('no such target')
  const file = await updater.downloadTarget(target, join(folder, 'taken'))
  const { members } = JSON.parse(readFileSync(file, 'utf8')) as { members: { id: string }[] }
  return Number(members[0]?.id)
}

const change = (part: string, how: (bytes: Buffer) => Buffer) => {
  const path = [...repo.files.keys()].findLast((one) => one.includes(part))!
  repo.files.set(path, how(Buffer.from(repo.files.get(path)!)))
}
const flip = (bytes: Buffer): Buffer => {
  bytes[40]! ^= 1
  return bytes
}
const cut = (bytes: Buffer): Buffer => bytes.subarray(0, bytes.length - 9)

test.each<[string, () => void]>([
  ['k-1 signatures', () => repo.speak('gt-renap', evil(), { signers: [] })],
  ['a foreign key', () => repo.speak('gt-renap', evil(), { signers: [second] })],
  ['another institution’s key', () => repo.speak('gt-renap', evil(), { signers: [pgn] })],
  ['expired', () => repo.speak('gt-renap', evil(), { days: -1 })],
  ['an older version', () => repo.speak('gt-renap', evil(), { version: 1 }) && older()],
  [
    'a changed byte in the metadata',
    () => {
      repo.speak('gt-renap', evil())
      change('.gt-renap.json', flip)
    },
  ],
  [
    'a changed byte in the roster',
    () => {
      repo.speak('gt-renap', evil())
      change('.roster.json', flip)
    },
  ],
  [
    'truncated',
    () => {
      repo.speak('gt-renap', evil())
      change('.gt-renap.json', cut)
    },
  ],
  [
    'a truncated roster',
    () => {
      repo.speak('gt-renap', evil())
      change('.roster.json', cut)
    },
  ],
  ['kept back', () => void repo.files.delete(repo.speak('gt-renap', evil()))],
  [
    'mixed and matched: metadata of another institution',
    () => {
      const path = repo.speak('gt-renap', evil())
      repo.files.set(path, repo.files.get('metadata/1.gt-pgn.json')!)
    },
  ],
  [
    'a key that coordinators replaced',
    () => {
      repo.give('gt-renap', [second])
      repo.publish([])
      repo.speak('gt-renap', evil(), { signers: [renap] })
    },
  ],
  [
    'one of two keys that must sign',
    () => {
      repo.give('gt-renap', [renap, second], 2)
      repo.publish([])
      repo.speak('gt-renap', evil(), { signers: [renap] })
    },
  ],
  [
    'the limited key for duty positions',
    () => {
      repo.speak('gt-renap', { 'roster.json': roster('gt-renap', 1) }, { duty: institutionKeys([second]) })
      repo.speak('gt-renap', evil(), { signers: [second] })
    },
  ],
])('9.2: tuf-js: %s', async (_what, attack) => {
  repo.speak('gt-renap', { 'roster.json': roster('gt-renap', 2) })
  expect(await taken('gt-renap/roster.json')).toBe(2)
  attack()
  await expect(taken('gt-renap/roster.json')).rejects.toThrow()
})

/** What it named first is named again, below a newer snapshot. */
function older(): true {
  repo.version++
  repo.renew()
  return true
}

test('9.2: tuf-js: an institution signs for its own path alone, by way of its delegation', async () => {
  repo.speak('gt-pgn', { 'gt-renap/roster.json': roster('gt-renap', 666) } as never)
  expect(await taken('gt-renap/roster.json')).toBe(1)
  await expect(taken('gt-x/roster.json')).rejects.toThrow('no such target')
})
