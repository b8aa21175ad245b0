/** An exported log, verified from the file alone, as an auditor does it. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { openAuditModels } from '../../audit/models.ts'
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

  // The four that an auditor asks for, in the file and on the disk.
  const lines = text.split('\n')
  const at = (seq: number) =>
    lines.findIndex((line) => line.includes('"act"') && line.includes(`"seq":${seq},`))
  const faultOf = async (changed: readonly string[]) => {
    await writeFile(file, changed.join('\n'))
    return (await verifyAuditFile(file, { keys })).fault
  }
  expect(await faultOf(lines.toSpliced(at(12), 1))).toMatchObject({ kind: 'removed', seq: 12 })
  const [first, second] = [lines[at(12)]!, lines[at(13)]!]
  expect(await faultOf(lines.toSpliced(at(12), 2, second, first))).toMatchObject({
    kind: 'reordered',
    seq: 12,
  })
  const made = lines[at(20)]!.replace('@p19:', '@nadie:')
  expect(await faultOf(lines.toSpliced(at(20) + 1, 0, made))).toMatchObject({ kind: 'forged', seq: 20 })

  const { Entry } = await openAuditModels(node.ctx.db)
  const onDisk = async () =>
    (await runOrder(node.ctx, { area: 'audit', command: 'check', input: {} }))['fault']
  const docs = await Entry.find({ _id: { $in: [12, 13] } })
    .sort({ _id: 1 })
    .lean()
  const [one, other] = [docs[0]!, docs[1]!]
  await Entry.updateOne({ _id: 12 }, { line: 'nada' })
  expect(await onDisk()).toEqual({ kind: 'altered', seq: 12 })
  await Entry.updateOne({ _id: 12 }, { line: other.line })
  await Entry.updateOne({ _id: 13 }, { line: one.line })
  expect(await onDisk()).toEqual({ kind: 'reordered', seq: 12 })
  await Entry.updateOne({ _id: 13 }, { line: other.line })
  await Entry.deleteOne({ _id: 12 })
  expect(await onDisk()).toEqual({ kind: 'removed', seq: 12 })
  await Entry.create(one)
  expect(await onDisk()).toBeUndefined()
})
