/** What a verifying machine leaves in the store, and what others who can write there may leave, as the node takes it up. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { generateIdentity, identityToRecipient } from 'age-encryption'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { backupArea } from '../operator/areas/backup.ts'
import { startTestNode, type TestNode } from '../testing/node.ts'
import { readBackupState } from './backup-state.ts'
import { openFolderStore } from './folder-store.ts'
import { receiptName } from './repository.ts'
import { receiptMac } from './sealing.ts'
import type { BackupStore } from './types.ts'
import { verifyBackup } from './verify-backup.ts'

let folder: string
let node: TestNode
let store: BackupStore
let key: string
let made: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'enlace-verification-'))
  key = await generateIdentity()
  const to = join(folder, 'backups')
  node = await startTestNode({ backup: { to, recipients: [await identityToRecipient(key)] } })
  store = await openFolderStore(to)
  made = (await node.ctx.backup.make()).id
}, 60_000)
afterAll(async () => {
  await node?.close()
  await rm(folder, { recursive: true, force: true })
})

/** As an operator asks it. */
async function asked() {
  const status = backupArea.commands.find(({ name }) => name === 'status')!
  if (status.where !== 'node') throw new Error('asked of the node')
  return status.run(node.ctx, {})
}
const leave = (name: string, text: string) => store.put(name, Buffer.from(text))
async function receipt(ok: boolean, ts: number, what = '', id = made) {
  const proof = (await readBackupState(node.ctx.config.data_dir, 0)).proofs[made]!
  return { id, ts, ok, what, mac: receiptMac(proof, id, ts, ok, what) }
}
const audited = async () =>
  (await node.ctx.db.connection.collection<{ line: string }>('audit_entries').find({}).toArray())
    .map(({ line }) => JSON.parse(line) as { act: string; outcome?: string })
    .filter(({ act }) => act === 'backup.verified')

test('is told by the status as soon as somebody asks, and noted once', async () => {
  expect(await asked()).not.toHaveProperty('lastVerified')
  expect(await verifyBackup({ store, keys: key, now: () => Date.now() })).toMatchObject({ ok: true })
  for (const answer of await Promise.all([asked(), asked()]))
    expect(answer).toMatchObject({ lastVerified: { id: made }, problems: 0 })
  expect(await audited()).toHaveLength(1)
}, 60_000)

test('hostile: no receipt, one of another backup, one without the secret, an old one; none counts or hinders', async () => {
  const before = node.ctx.backup.status()
  const later = Date.now() + 1_000
  const bad = await receipt(false, later, 'nothing can be read')
  for (const text of [
    'no JSON {',
    '[]',
    JSON.stringify({ ...bad, mac: 'AAAA' }),
    JSON.stringify({ ...bad, ok: true }),
    JSON.stringify(await receipt(false, later, '', 'other')),
    JSON.stringify(await receipt(false, before.lastVerified!.ts - 1)),
  ]) {
    await leave('verified/0.json', text)
    await leave(receiptName(made), text)
    await asked()
    expect(node.ctx.backup.status()).toEqual(before)
  }
  await leave(receiptName(made), JSON.stringify(bad))
  expect(await asked()).toMatchObject({
    lastVerified: before.lastVerified,
    problem: { kind: 'verification-failed', since: later, detail: 'nothing can be read' },
    problems: 1,
  })
  await leave(receiptName(made), JSON.stringify(await receipt(true, later + 1)))
  expect(await asked()).toMatchObject({ lastVerified: { id: made, ts: later + 1 }, problems: 0 })
  expect((await audited()).map(({ outcome }) => outcome ?? 'done')).toEqual(['done', 'refused', 'done'])
})

test('a store that is away: the status says what is known', async () => {
  const before = node.ctx.backup.status()
  await rm(join(folder, 'backups'), { recursive: true })
  expect(await asked()).toMatchObject({ lastVerified: before.lastVerified })
})
