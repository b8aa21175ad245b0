/** Killed under a flood: what was said to be kept is there, once, in one chain without a gap or a fork. */
import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { expect, onTestFinished, test } from 'vitest'
import { startTestNode } from '../testing/node.ts'
import { openAuditModels } from './models.ts'
import type { Entry } from './types.ts'

test('killed under a flood, twice: nothing that was kept is lost, and the chain has neither gap nor fork', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'enlace-audit-'))
  onTestFinished(() => rm(dataDir, { recursive: true, force: true }))
  const script = join(import.meta.dirname, '../testing/crash/audit-node.ts')
  let kept = 0
  for (let round = 0; round < 2; round++) {
    const child = spawn(process.execPath, [script, dataDir], { stdio: ['ignore', 'pipe', 'inherit'] })
    let said = 0
    for await (const line of createInterface({ input: child.stdout! })) {
      if (/^\d+$/.test(line)) said += 1
      if (said === 700) child.kill('SIGKILL')
    }
    expect(said).toBeGreaterThanOrEqual(700)
    kept += said
  }
  const node = await startTestNode({}, { dataDir })
  onTestFinished(() => node.close())
  expect((await node.ctx.audit.check()).fault).toBeUndefined()
  const { Entry } = await openAuditModels(node.ctx.db)
  const starts = (await Entry.find({}).lean()).filter(
    ({ line }) => (JSON.parse(line) as Entry).act === 'session.start',
  )
  expect(starts.length).toBeGreaterThanOrEqual(kept)
  await node.ctx.audit.record({ act: 'node.start', by: 'node' })
  expect((await node.ctx.audit.check()).fault).toBeUndefined()
}, 120_000)
