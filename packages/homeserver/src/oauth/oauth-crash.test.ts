/** A node is killed between a code and its tokens: what was allowed is worth as much as before, once. */
import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { expect, onTestFinished, test, vi } from 'vitest'
import { startTestNode } from '../testing/node.ts'
import { askTokens } from '../testing/oauth.ts'

type Said = {
  taken: Record<string, string>
  waiting: Record<string, string>
  token: string
  refresh: string
  client: string
  at: number
}

test('killed: a code that waits opens once, one that was taken ends what it opened', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'enlace-oauth-'))
  onTestFinished(() => rm(dataDir, { recursive: true, force: true }))
  const script = join(import.meta.dirname, '../testing/crash/oauth-node.ts')
  const child = spawn(process.execPath, [script, dataDir], { stdio: ['ignore', 'pipe', 'inherit'] })
  let said: Said | undefined
  for await (const line of createInterface({ input: child.stdout! })) {
    said = JSON.parse(line) as Said
    child.kill('SIGKILL')
  }
  if (!said) throw new Error('the node said nothing')
  const { taken, waiting, client, at } = said
  const node = await startTestNode({}, { dataDir })
  onTestFinished(() => node.close())
  // A code lasts a minute, and a start may take that long on a busy machine.
  const then = vi.spyOn(Date, 'now').mockReturnValue(at)
  onTestFinished(() => then.mockRestore())
  const opens = async (token: unknown) =>
    (await node.call('GET', '/account/whoami', { token: String(token) })).status
  const opened = await askTokens(node, waiting)
  expect([opened.status, await opens(opened.body['access_token'])]).toEqual([200, 200])
  expect(await opens(said.token)).toBe(200)
  expect((await askTokens(node, taken)).body).toMatchObject({ error: 'invalid_grant' })
  await vi.waitFor(async () => expect(await opens(said.token)).toBe(401))
  const refreshed = await askTokens(node, {
    grant_type: 'refresh_token',
    refresh_token: said.refresh,
    client_id: client,
  })
  expect(refreshed.status).toBe(400)
  expect((await askTokens(node, waiting)).body).toMatchObject({ error: 'invalid_grant' })
}, 120_000)
