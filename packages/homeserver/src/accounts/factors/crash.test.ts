/** A node is killed in the middle of sign-ins: no code that was accepted counts again. */
import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { expect, onTestFinished, test } from 'vitest'
import { startTestNode } from '../../testing/node.ts'
import { secondStep, stepOf } from '../../testing/sign-in.ts'

test('killed: used codes of the app and of the paper stay used, the others count', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'enlace-factors-'))
  onTestFinished(() => rm(dataDir, { recursive: true, force: true }))
  const script = join(import.meta.dirname, '../../testing/crash/factors-node.ts')
  const child = spawn(process.execPath, [script, dataDir], { stdio: ['ignore', 'pipe', 'inherit'] })
  const paper: string[] = []
  const used: { code: string; at: number }[] = []
  let left: string[] = []
  for await (const line of createInterface({ input: child.stdout! })) {
    const said = JSON.parse(line) as { paper?: string; used?: string; at?: number; left?: string[] }
    if (said.paper !== undefined) paper.push(said.paper)
    if (said.used !== undefined) used.push({ code: said.used, at: said.at ?? 0 })
    if (said.left === undefined) continue
    left = said.left
    child.kill('SIGKILL')
  }
  expect([paper.length, used.length]).toEqual([5, 6])

  const last = used.at(-1)!
  const node = await startTestNode(
    {},
    { dataDir, overrides: { clock: () => ({ now: () => last.at, monotonic: () => performance.now() }) } },
  )
  onTestFinished(() => node.close())
  const enter = async (proof: Record<string, unknown>) =>
    secondStep(node, stepOf(await node.login('ana')).session, proof)
  // Its thirty seconds are not over, and it does not count.
  const replayed = await enter({ code: last.code })
  expect([replayed.status, stepOf(replayed).problem]).toEqual([403, 'used'])
  for (const recovery_code of paper) expect((await enter({ recovery_code })).status).toBe(403)
  expect((await enter({ recovery_code: left[0] })).status).toBe(200)
}, 120_000)
