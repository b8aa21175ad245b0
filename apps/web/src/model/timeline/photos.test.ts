import { expect, test } from 'vitest'
import { isReduced, moves, preparePhoto } from './photos.ts'

const bytes = (...parts: (string | number[])[]) =>
  parts.map((part) => (typeof part === 'string' ? new TextEncoder().encode(part) : new Uint8Array(part)))
const file = (type: string, ...parts: (string | number[])[]) => new Blob(bytes(...parts), { type })
const webp = (flags: number) =>
  file('image/webp', 'RIFF', [0, 0, 0, 0], 'WEBPVP8X', [10, 0, 0, 0, flags, 0, 0, 0])
const png = (...chunks: string[]) => file('image/png', [0x89], 'PNG', [13, 10, 26, 10], ...chunks)

test('a picture that moves is known by its head, whatever a browser makes of it', async () => {
  expect(await moves(file('image/gif', 'GIF89a'))).toBe(true)
  expect(await moves(webp(0b10))).toBe(true)
  expect(await moves(webp(0b10010))).toBe(true)
  expect(await moves(webp(0b10000))).toBe(false)
  expect(await moves(file('image/webp', 'RIFF', [0, 0, 0, 0], 'WEBPVP8 '))).toBe(false)
  expect(await moves(png('IHDR', 'acTL', 'IDAT'))).toBe(true)
  expect(await moves(png('IHDR', 'IDAT', 'acTL'))).toBe(false)
  for (const type of ['image/jpeg', 'image/avif', 'image/heic'])
    expect(await moves(file(type, 'acTL'))).toBe(false)
  expect(await moves(file('image/webp'))).toBe(false)
})

test('what no browser reads, and what may carry a script, is no picture', async () => {
  for (const type of ['image/svg+xml', 'image/heic', 'application/pdf', ''])
    expect(await preparePhoto(file(type, 'x')), type).toBeUndefined()
  expect(await isReduced(file('image/svg+xml', '<svg/>'))).toBe(false)
})
