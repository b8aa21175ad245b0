import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { Tokens } from '../session/types.ts'
import { encryptedFileSchema, open, seal } from './encrypted-file.ts'
import { createMedia } from './media.ts'

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

describe('which message carries a file', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => vi.useRealTimers())
  const content = {
    body: 'foto.jpg',
    file: { url: 'mxc://hn/foto' },
    info: { thumbnail_file: { url: 'mxc://hn/chica' } },
  }
  function node(answers: (number | 'away')[]) {
    const asked: { url: string; body: unknown }[] = []
    const send = async (url: unknown, init?: RequestInit) => {
      asked.push({ url: String(url), body: JSON.parse(String(init?.body)) })
      const answer = answers.shift() ?? 200
      if (answer === 'away') throw new TypeError('fetch failed')
      return new Response('{}', { status: answer })
    }
    const tokens = { current: () => 't', ensureFresh: async () => {} } as unknown as Tokens
    return { asked, media: createMedia('http://hn', send as typeof fetch, tokens) }
  }

  test('is told to the node, of the file and its small picture, until it knows', async () => {
    const { asked, media } = node(['away', 503, 200, 429, 200])
    media.carriedBy('$e', content)
    await vi.advanceTimersByTimeAsync(60_000)
    expect(asked).toHaveLength(5)
    expect(new Set(asked.map(({ url }) => url))).toEqual(
      new Set(['foto', 'chica'].map((id) => `http://hn/_enlace/client/v1/media/${id}/event`)),
    )
    expect(asked.every(({ body }) => (body as { event_id: string }).event_id === '$e')).toBe(true)
  })

  test('is told once to a server that does not want to know, and no more when the page is closed', async () => {
    const other = node([404, 404])
    other.media.carriedBy('$e', content)
    await vi.advanceTimersByTimeAsync(3_600_000)
    expect(other.asked).toHaveLength(2)
    const away = node(Array.from({ length: 100 }, () => 'away' as const))
    away.media.carriedBy('$e', content)
    await vi.advanceTimersByTimeAsync(5_000)
    away.media.close()
    const before = away.asked.length
    await vi.advanceTimersByTimeAsync(3_600_000)
    expect(away.asked).toHaveLength(before)
  })

  test('a message without files carries none', async () => {
    const { asked, media } = node([])
    media.carriedBy('$e', { body: 'hola', file: 7, info: null, url: 'https://otra.example/x' })
    await vi.advanceTimersByTimeAsync(1_000)
    expect(asked).toEqual([])
  })
})

test('of a thousand pictures that were scrolled past, the newest sixty are in memory', async () => {
  const { ciphertext, file } = await seal(bytes('foto'))
  const alive = new Set<string>()
  let made = 0
  let most = 0
  const stubs = [
    vi.spyOn(URL, 'createObjectURL').mockImplementation(() => {
      const url = `blob:${made++}`
      alive.add(url)
      most = Math.max(most, alive.size)
      return url
    }),
    vi.spyOn(URL, 'revokeObjectURL').mockImplementation((url) => void alive.delete(url)),
  ]
  const tokens = { current: () => 't', ensureFresh: async () => undefined } as unknown as Tokens
  const media = createMedia('https://hn.example', async () => new Response(ciphertext), tokens)
  for (let at = 0; at < 1_000; at++) await media.url({ ...file, url: `mxc://hn/${at}` }, 'image/jpeg')
  expect(made).toBe(1_000)
  expect(most).toBeLessThanOrEqual(61)
  media.close()
  await vi.waitFor(() => expect(alive.size).toBe(0))
  for (const stub of stubs) stub.mockRestore()
})
