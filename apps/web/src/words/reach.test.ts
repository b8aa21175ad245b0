import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { first } from './es/first.ts'
import { later } from './es/later.ts'
import { rest } from './es/rest.ts'

const src = fileURLToPath(new URL('..', import.meta.url))
const STATIC = /^(?:import|export) [^'"]*?from '(\.[^']+)'|^import '(\.[^']+)'/gm
const LAZY = /\bimport\('(\.[^']+)'\)/g
/** What fetches all words with the part itself. */
const WITH_ALL =
  /\b(?:lazyPage|piece)\(\s*(?:async )?\(\) =>[^']*?import\('(\.[^']+)'\)|import\('(\.[^']+)'\)[^\n]*loadAllWords/g

/** Modules that may be drawn with the words of `first` and `rest` alone, from these on. */
async function reached(roots: readonly string[]): Promise<Map<string, string>> {
  const found = new Map<string, string>()
  const next = [...roots]
  for (let file = next.pop(); file; file = next.pop()) {
    if (found.has(file) || !/\.tsx?$/.test(file) || !existsSync(file)) continue
    const text = await readFile(file, 'utf8')
    found.set(file, text)
    const withAll = new Set([...text.matchAll(WITH_ALL)].map(([, one, other]) => one ?? other))
    const lazy = [...text.matchAll(LAZY)].map(([, path]) => path!).filter((path) => !withAll.has(path))
    const still = [...text.matchAll(STATIC)].map(([, one, other]) => (one ?? other)!)
    if (
      text.includes('loadAllWords(') &&
      !file.endsWith('language.ts') &&
      !/views\/(?:session|ui)\//.test(file)
    )
      continue
    for (const path of [...still, ...lazy]) next.push(join(dirname(file), path))
  }
  return found
}

test('each word is fetched once', () => {
  const keys = [first, rest, later].flatMap((words) => Object.keys(words))
  expect(keys.filter((key, at) => keys.indexOf(key) !== at)).toEqual([])
})

test('a conversation and the list say nothing that is fetched with other pages', async () => {
  const words = join(src, 'words')
  const files = await reached([join(src, 'main.tsx'), join(src, 'views/session/workplace.tsx')])
  expect(files.size).toBeGreaterThan(200)
  expect(files.has(join(src, 'views/timeline/composer.tsx'))).toBe(true)
  expect(files.has(join(src, 'views/directory/directory-page.tsx'))).toBe(false)
  const said = new RegExp(
    `\\b(?:[wW]ords|[wW]ords\\(\\)|wordsIn\\([^)]*\\)|useWords\\(\\))\\.(?:${Object.keys(later).join('|')})\\b|` +
      `\\{[^}]*\\b(?:${Object.keys(later).join('|')})\\b[^}]*\\} = (?:useWords\\(\\)|words\\b)`,
    'g',
  )
  const tooFar = [...files]
    .filter(([file]) => !file.startsWith(words))
    .flatMap(([file, text]) => [...text.matchAll(said)].map(([what]) => `${relative(src, file)}: ${what}`))
  expect(tooFar).toEqual([])
})
