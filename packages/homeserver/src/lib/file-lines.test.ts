import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { linesOfFile } from './file-lines.ts'

async function linesOf(content: string): Promise<string[]> {
  const folder = await mkdtemp(join(tmpdir(), 'enlace-lines-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  const file = join(folder, 'file')
  await writeFile(file, content)
  const lines: string[] = []
  for await (const some of linesOfFile(file)) lines.push(...some)
  return lines
}

test('each line once, whatever ends it, and the last one without an end', async () => {
  expect(await linesOf('')).toEqual([])
  expect(await linesOf('uno\r\n\ndos\ntres')).toEqual(['uno', '', 'dos', 'tres'])
  expect(await linesOf('uno\n')).toEqual(['uno'])
})

test('letters of more than one byte and lines longer than a chunk come whole', async () => {
  const long = 'ñ€'.repeat(700_000)
  const wanted = ['a', long, ...Array.from({ length: 50_000 }, (_, n) => `línea ${n} de la niñez`)]
  expect(await linesOf(wanted.join('\n'))).toEqual(wanted)
})
