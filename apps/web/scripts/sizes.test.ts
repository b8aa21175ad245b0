import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { LIMITS, measure, overLimit } from './sizes.ts'

test('what a page needs is what it imports, in one language, as it travels', async () => {
  const dist = await mkdtemp(join(tmpdir(), 'enlace-sizes-'))
  try {
    await mkdir(join(dist, 'assets'))
    const put = (name: string, text: string, travels = text.length) =>
      Promise.all([
        writeFile(join(dist, name), text),
        travels === text.length ? undefined : writeFile(join(dist, `${name}.br`), 'x'.repeat(travels)),
      ])
    await put('index.html', '<script src="/assets/index-a.js">', 30)
    await put('assets/index-a.js', 'first')
    await put('assets/styles-bbbb-bbb.css', 'behind', 3)
    await put('assets/page-bbbb-bbb.css', 'of one page', 5)
    await put('assets/shared-bbbb-bbb.css', 'x', 1)
    await put('assets/workplace-a.js', 'import{a}from"./shared-a-aaaaaa.js";import("./page-aaaaaaaa.js")', 20)
    await put('assets/shared-a-aaaaaa.js', 'import`./deeper-a.js`', 7)
    await put('assets/deeper-a.js', '12')
    await put('assets/page-aaaaaaaa.js', 'x'.repeat(90))
    await put('assets/session-a.js', '')
    await put('assets/rust-crypto-a.js', '1')
    await put('assets/rest-es.js', '1234')
    await put('assets/rest-en.js', '1234')
    await put('assets/encryption-a-0.bin', 'x'.repeat(50))
    expect(await measure(dist)).toEqual({
      signIn: 35,
      channel: 35 + 3 + 1 + 20 + 7 + 2 + 1 + 4,
      encryption: 50,
      rest: 3 + 5 + 1 + 20 + 7 + 2 + 90 + 1 + 4 + 4,
    })
    await rm(join(dist, 'assets/workplace-a.js'))
    await expect(measure(dist)).rejects.toThrow('no part "workplace"')
  } finally {
    await rm(dist, { recursive: true })
  }
})

test('what is over its limit is said, and what is below is not', () => {
  expect(overLimit({ signIn: LIMITS.signIn - 1, channel: LIMITS.channel - 1 })).toBeUndefined()
  expect(overLimit({ signIn: LIMITS.signIn, channel: 1 })).toBe(
    'Too heavy for a phone: the sign-in page needs 120.0 kB of 120.0 kB.',
  )
  expect(overLimit({ signIn: 130_000, channel: 460_000 })).toContain(
    'and a channel needs 460.0 kB of 450.0 kB',
  )
})
