/**
 * `restore verify`: the newest backup is fetched, opened and put back into a scratch node, and what a node stands on is
 * looked through. The outcome is left in the store, under a secret that only who opened the backup can know.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Config, parseConfig } from '../config.ts'
import { openNode } from '../node.ts'
import { BackupDamaged } from './errors.ts'
import { type Looked, lookThrough } from './look-through.ts'
import { choose, RESTORED_MARK, restore } from './put-back.ts'
import { readManifest, receiptName } from './repository.ts'
import { openWith, receiptMac } from './sealing.ts'
import type { BackupReceipt, BackupStore } from './types.ts'

export type Verified = { backup: string; madeTs: number; ok: boolean; what: string; looked?: Looked }

export async function verifyBackup(args: {
  store: BackupStore
  keys: string
  backup?: string
  madeBy?: string
  /** Where the scratch node is made; it goes again in every case. */
  scratch?: string
  now(): number
}): Promise<Verified> {
  const head = await choose(args.store, args)
  const folder = await mkdtemp(join(args.scratch ?? tmpdir(), 'enlace-verify-'))
  let proof: string | undefined
  let outcome: Pick<Verified, 'ok' | 'what' | 'looked'>
  try {
    const manifest = await readManifest(args.store, head, openWith(args.keys))
    proof = manifest.proof
    const dataDir = join(folder, 'node')
    await restore({
      ...args,
      backup: head.id,
      dataDir,
      serverName: manifest.server_name,
      replace: false,
      endSessions: false,
    })
    // A scratch node is no restored one: it tells nobody.
    await rm(join(dataDir, RESTORED_MARK), { force: true })
    const looked = await inScratchNode(manifest.server_name, dataDir)
    outcome = { ok: looked.problems.length === 0, what: looked.problems.slice(0, 5).join(' '), looked }
  } catch (error) {
    // With the wrong key nothing can be said about the backup.
    if (proof === undefined && !(error instanceof BackupDamaged)) throw error
    outcome = { ok: false, what: (error as Error).message }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
  if (proof !== undefined) {
    const ts = args.now()
    const { ok, what } = outcome
    const receipt: BackupReceipt = {
      id: head.id,
      ts,
      ok,
      what,
      mac: receiptMac(proof, head.id, ts, ok, what),
    }
    await args.store.put(receiptName(head.id), Buffer.from(JSON.stringify(receipt)))
  }
  return { backup: head.id, madeTs: head.made_ts, ...outcome }
}

/** A node without listeners, partners or registry: it opens everything it has, and is looked through. */
async function inScratchNode(serverName: string, dataDir: string): Promise<Looked> {
  const config: Config = parseConfig({
    server_name: serverName,
    data_dir: dataDir,
    listeners: [{ port: 0, serves: ['metrics'] }],
    federation: { list: 'open' },
    log_level: 'silent',
  })
  const node = await openNode(config)
  try {
    return await lookThrough(node.ctx)
  } finally {
    await node.close()
  }
}
