/** Namespace of every ID this project derives. */
const namespace = Uint8Array.from([
  0x6f, 0x1c, 0x1f, 0x0e, 0x9d, 0x6b, 0x4c, 0x0f, 0x8f, 0x4f, 0x6f, 0x0b, 0x7f, 0x0a, 0x3d, 0x52,
])

/**
 * A UUID version 5 (RFC 9562 §5.5), always the same for the same name, e.g. `organization/gt-renap`: records keep
 * their identity when they are loaded again, on any machine.
 */
export function stableId(name: string): string {
  const text = new TextEncoder().encode(name)
  const message = new Uint8Array(namespace.length + text.length)
  message.set(namespace)
  message.set(text, namespace.length)
  const bytes = sha1(message).subarray(0, 16)
  bytes[6] = (bytes[6]! & 0x0f) | 0x50
  bytes[8] = (bytes[8]! & 0x3f) | 0x80
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-')
}

/**
 * SHA-1 (RFC 3174), because UUID version 5 is made of it and a browser's is asynchronous. Names records; secures nothing.
 */
export function sha1(message: Uint8Array): Uint8Array {
  const padded = new Uint8Array((((message.length + 8) >> 6) << 6) + 64)
  padded.set(message)
  padded[message.length] = 0x80
  const view = new DataView(padded.buffer)
  view.setUint32(padded.length - 8, Math.floor(message.length / 0x2000_0000))
  view.setUint32(padded.length - 4, message.length << 3)

  const state = Uint32Array.from([0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0])
  const words = new Uint32Array(80)
  for (let block = 0; block < padded.length; block += 64) {
    for (let t = 0; t < 16; t++) words[t] = view.getUint32(block + t * 4)
    for (let t = 16; t < 80; t++)
      words[t] = rotate(words[t - 3]! ^ words[t - 8]! ^ words[t - 14]! ^ words[t - 16]!, 1)
    let [a, b, c, d, e] = state as unknown as [number, number, number, number, number]
    for (let t = 0; t < 80; t++) {
      const [f, k] = roundOf(t, b, c, d)
      const next = (rotate(a, 5) + f + e + k + words[t]!) >>> 0
      e = d
      d = c
      c = rotate(b, 30)
      b = a
      a = next
    }
    for (const [index, value] of [a, b, c, d, e].entries()) state[index] = (state[index]! + value) >>> 0
  }
  const digest = new Uint8Array(20)
  const out = new DataView(digest.buffer)
  for (const [index, value] of state.entries()) out.setUint32(index * 4, value)
  return digest
}

function roundOf(t: number, b: number, c: number, d: number): [f: number, k: number] {
  if (t < 20) return [(b & c) | (~b & d), 0x5a827999]
  if (t < 40) return [b ^ c ^ d, 0x6ed9eba1]
  if (t < 60) return [(b & c) | (b & d) | (c & d), 0x8f1bbcdc]
  return [b ^ c ^ d, 0xca62c1d6]
}

function rotate(value: number, bits: number): number {
  return ((value << bits) | (value >>> (32 - bits))) >>> 0
}
