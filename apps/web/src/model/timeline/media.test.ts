import { describe, expect, test } from 'vitest'
import { encryptedFileSchema, open, seal } from './encrypted-file.ts'

const bytes = (text: string) => new TextEncoder().encode(text).buffer as ArrayBuffer

describe('sealed attachments', () => {
  test('open to what they were, and hold none of it in clear', async () => {
    const plain = bytes('partida de nacimiento, tomo 88')
    const { ciphertext, file } = await seal(plain)
    expect(new TextDecoder().decode(ciphertext)).not.toContain('partida')
    expect(new Uint8Array(await open(ciphertext, { ...file, url: 'mxc://hn/abc' }))).toEqual(
      new Uint8Array(plain),
    )
  })

  test('have the form the specification gives, with a counter that starts at zero', async () => {
    const { file } = await seal(bytes('x'))
    expect(encryptedFileSchema.safeParse({ ...file, url: 'mxc://hn/abc' }).success).toBe(true)
    expect(file.iv).not.toContain('=')
    expect([...atob(file.iv)].slice(8)).toEqual(Array.from({ length: 8 }, () => '\0'))
  })

  test('never share a key', async () => {
    const [a, b] = await Promise.all([seal(bytes('x')), seal(bytes('x'))])
    expect(a.file.key.k).not.toBe(b.file.key.k)
  })

  test('are refused when a byte was changed', async () => {
    const { ciphertext, file } = await seal(bytes('acta'))
    const changed = new Uint8Array(ciphertext)
    changed[0]! ^= 1
    await expect(open(changed.buffer, { ...file, url: 'mxc://hn/abc' })).rejects.toThrow('damaged')
  })

  test('with another algorithm or a foreign address are no attachments', async () => {
    const { file } = await seal(bytes('x'))
    for (const bad of [
      { ...file, url: 'https://example.org/x' },
      { ...file, url: 'mxc://hn/abc', v: 'v1' },
      { ...file, url: 'mxc://hn/abc', key: { ...file.key, alg: 'none' } },
    ]) {
      expect(encryptedFileSchema.safeParse(bad).success).toBe(false)
    }
  })
})
