/** The page of promises (docs/security.md) names for each the test that plays the attack: it must be there, under that name. */
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

const root = new URL('../../../../', import.meta.url)
const page = readFileSync(new URL('docs/security.md', root), 'utf8')
const rows = [...page.matchAll(/^\| [^|]+ \| `([^`|]+\.test\.ts)` \| ([^|]+) \|$/gm)].map(
  ([, file, title]) => [file!, title!.trim()] as const,
)

test('there are some', () => {
  expect(rows.length).toBeGreaterThan(20)
  expect(page.indexOf('# What Enlace promises')).toBeGreaterThan(0)
})

test.each(rows)('%s: %s', (file, title) => {
  const titles = [
    ...readFileSync(new URL(file, root), 'utf8').matchAll(
      /(?:test|describe)(?:\.each\([\s\S]*?\))?\(\s*(['`"])([\s\S]*?)\1,/g,
    ),
  ]
  expect(titles.map((match) => match[2]!).filter((one) => one.includes(title))).not.toEqual([])
})
