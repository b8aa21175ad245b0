/** A word of the list that no line records is a promise to coordinators that nobody keeps. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { ACTS } from './acts.ts'

const root = join(import.meta.dirname, '..')
/** What a file needs to have an act written: it records one, or says of which type its own are. */
const RECORDS = /\baudit\.record\(|\bActRecord\b/
const NOT_SOURCES = /\.test\.ts$|^testing\/|^audit\/acts\.ts$/

function literals(): Set<string> {
  const found = new Set<string>()
  for (const file of readdirSync(root, { recursive: true, encoding: 'utf8' })) {
    if (!file.endsWith('.ts') || NOT_SOURCES.test(file)) continue
    const text = readFileSync(join(root, file), 'utf8')
    if (!RECORDS.test(text)) continue
    // Comments tell of acts, and record none.
    const code = text.replaceAll(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '')
    for (const [, literal] of code.matchAll(/'([a-z]+\.[a-z_]+)'/g)) found.add(literal!)
  }
  return found
}

test('every act of the list is recorded by some line of the server', () => {
  const recorded = literals()
  expect(Object.keys(ACTS).filter((act) => !recorded.has(act))).toEqual([])
})
