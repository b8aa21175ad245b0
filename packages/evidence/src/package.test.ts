import { unzipSync } from 'fflate'
import { expect, test } from 'vitest'
import { isSafeName } from './format.ts'
import { createPackage, ExportStopped, folderOf } from './index.ts'

const about = {
  type: 'org.enlace.export',
  version: 1,
  export_id: 'x',
  kind: 'person',
  made_ts: 1,
  made_by: '@a:hn.example',
  server_name: 'hn.example',
  purpose: 'person',
  cases: [],
  withheld: [],
} as const

test('the manifest names each file, is signed over its hash, and the same content makes the same package', async () => {
  const made = async () => {
    const writer = createPackage()
    await writer.add('b.json', '{}')
    await writer.add('a/1.bin', Uint8Array.of(1, 2, 3), true)
    return writer.finish({ ...about, cases: [], withheld: [] }, async (hash) => ({ signed: hash }))
  }
  const [first, second] = [await made(), await made()]
  expect(Buffer.concat(first.parts).equals(Buffer.concat(second.parts))).toBe(true)
  const files = unzipSync(Buffer.concat(first.parts))
  const json = (name: string) => JSON.parse(new TextDecoder().decode(files[name])) as Record<string, unknown>
  expect(json('manifest.json')['files']).toMatchObject([
    { name: 'a/1.bin', size: 3 },
    { name: 'b.json', size: 2 },
  ])
  expect(json('signatures.json')).toEqual({ signed: first.manifestSha256 })
})

test('it stops when it is told to, before a file and before it is handed out', async () => {
  const stop = new AbortController()
  const writer = createPackage(stop.signal)
  await writer.add('a.json', '{}')
  const finishing = writer.finish({ ...about, cases: [], withheld: [] }, async () => {
    stop.abort()
    return {}
  })
  await expect(finishing).rejects.toBeInstanceOf(ExportStopped)
  await expect(writer.add('b.json', '{}')).rejects.toBeInstanceOf(ExportStopped)
})

test('no file takes a name that another has, or that leads out', async () => {
  const writer = createPackage()
  await writer.add('a.json', '{}')
  for (const name of ['a.json', '../a', '/a', 'a\\b', 'a//b', '.a', ''])
    await expect(writer.add(name, '')).rejects.toThrow()
})

test('whatever a reference holds, its folder has a safe name', () => {
  for (const reference of ['DOC-2026-010001', '../../x', 'ñ/ü', ''])
    expect(isSafeName(`${folderOf(reference, 0)}/events.json`)).toBe(true)
})
