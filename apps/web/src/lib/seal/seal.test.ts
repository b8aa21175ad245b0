import { expect, test } from 'vitest'
import { baseOf, createSeal } from './seal.ts'

const bytes = (text: string) => new TextEncoder().encode(text)
const sealOf = async (byte: number) => createSeal(await baseOf(new Uint8Array(32).fill(byte)))

test('what is sealed opens in its place and with its key alone', async () => {
  const seal = await sealOf(1)
  const sealed = await seal.seal('drafts|a', bytes('secreto'))
  expect(new TextDecoder().decode(await seal.open('drafts|a', sealed))).toBe('secreto')
  await expect(seal.open('drafts|b', sealed)).rejects.toThrow()
  await expect((await sealOf(2)).open('drafts|a', sealed)).rejects.toThrow()
  expect(new TextDecoder().decode(new Uint8Array(sealed.bytes))).not.toContain('secreto')
})

test('each use has a key of its own, the same each time', async () => {
  const seal = await sealOf(1)
  const again = await createSeal(seal.base)
  expect(await seal.keyFor('crypto')).toEqual(await again.keyFor('crypto'))
  expect(await seal.keyFor('crypto')).not.toEqual(await seal.keyFor('other'))
})
