/** An exported log, verified from the file alone, as an auditor does it. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { startTestNode } from '../../testing/node.ts'
import { runOrder } from '../run-command.ts'
import { verifyAuditFile } from './audit.ts'

test('a file of the whole log verifies; with one word changed or its end cut off, it is named', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'enlace-audit-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  const node = await startTestNode()
  onTestFinished(() => node.close())
  for (let index = 0; index < 40; index++)
    await node.ctx.audit.record({ act: 'session.start', by: `@p${index}:hn.example` })
  const file = join(folder, 'log.jsonl')
  await runOrder(node.ctx, { area: 'audit', command: 'export', input: { file } })
  const { keyId, publicKeyBase64 } = node.ctx.signingKey
  const keys = { 'hn.example': { [keyId]: publicKeyBase64 } }
  expect(await verifyAuditFile(file, { keys })).toMatchObject({ ok: true, to: 40, keysFromFile: [] })
  expect((await verifyAuditFile(file)).keysFromFile).toEqual(['hn.example'])

  const text = await readFile(file, 'utf8')
  await writeFile(file, text.replace('@p17:', '@p99:'))
  expect(await verifyAuditFile(file, { keys })).toMatchObject({ fault: { kind: 'altered', seq: 18 } })
  await writeFile(file, text.split('\n').slice(0, 30).join('\n'))
  expect(await verifyAuditFile(file, { keys })).toMatchObject({ fault: { kind: 'cut', seq: 30 } })
  const listed = await runOrder(node.ctx, { area: 'audit', command: 'list', input: { limit: '1' } })
  expect(listed['entries']).toMatchObject([{ act: 'operator.command', by: 'operator' }])
})
