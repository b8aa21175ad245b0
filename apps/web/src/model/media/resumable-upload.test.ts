import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { RequestError } from '../../lib/failure.ts'
import { type Ask, resumeUpload } from './resumable-upload.ts'

const MB = 1024 * 1024

/** A node, and a line to it that is cut after so many bytes of each request (0: before the node hears of it). */
function node(cuts: number[] = []) {
  const uploads = new Map<string, { size: number; bytes: Uint8Array[] }>()
  const has = (id: string) => uploads.get(id)!.bytes.reduce((sum, part) => sum + part.length, 0)
  const told = (id: string) => ({
    upload_id: id,
    content_uri: `mxc://hn/${id}`,
    offset: has(id),
    done: has(id) === uploads.get(id)!.size,
  })
  const ask: Ask = async (method, path, { json, bytes }, onSent) => {
    if (method === 'POST') {
      const id = `u${uploads.size + 1}`
      uploads.set(id, { size: (json as { size: number }).size, bytes: [] })
      return told(id)
    }
    const id = /uploads\/([^?]+)/.exec(path)![1]!
    if (!uploads.has(id)) throw new RequestError(404, { errcode: 'M_NOT_FOUND' })
    if (method === 'GET' || told(id).done) return told(id)
    const offset = Number(/offset=(\d+)/.exec(path)![1])
    if (offset !== has(id)) throw new RequestError(409, { 'org.enlace.offset': has(id) })
    const part = new Uint8Array(await bytes!.arrayBuffer())
    const cut = cuts.shift()
    uploads.get(id)!.bytes.push(part.subarray(0, cut ?? part.length))
    onSent(cut ?? part.length)
    if (cut !== undefined) throw new TypeError('cut')
    return told(id)
  }
  const whole = (id: string) => new Blob(uploads.get(id)!.bytes as Uint8Array<ArrayBuffer>[]).arrayBuffer()
  return { ask, uploads, whole }
}

const options = (more: object = {}) => ({ roomId: '!r', onProgress: () => undefined, ...more })
const bytes = (size: number) =>
  new Blob([Uint8Array.from({ length: size }, (_, at) => (at * 7 + (at >> 8)) % 256)])

/** As the outbox does: again and again, knowing what was begun. */
async function untilThere(
  ask: Ask,
  blob: Blob,
): Promise<{ url: string | undefined; tries: number; progress: number[] }> {
  let begun: string | undefined
  const progress: number[] = []
  for (let tries = 1; ; tries += 1) {
    try {
      const url = await resumeUpload(
        ask,
        blob,
        options({
          begun,
          onBegun: async (id: string) => {
            begun = id
          },
          onProgress: (part: number) => void progress.push(part),
        }),
      )
      return { url, tries, progress }
    } catch (error) {
      if (!(error instanceof TypeError)) throw error
    }
  }
}

describe('an upload on a bad network', () => {
  test('cut ten times arrives whole, once, and never begins anew', async () => {
    const { ask, uploads, whole } = node([100_000, 0, 1, 300_000, 5, 70_000, 0, 1_000, 200_000, 99])
    const blob = bytes(3 * MB + 17)
    const { url, tries, progress } = await untilThere(ask, blob)
    expect([url, tries, uploads.size]).toEqual(['mxc://hn/u1', 11, 1])
    expect(Buffer.from(await whole('u1')).equals(Buffer.from(await blob.arrayBuffer()))).toBe(true)
    expect(progress.every((part, at) => at === 0 || part >= progress[at - 1]!)).toBe(true)
  })

  test('wherever it is cut', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(70_000), { maxLength: 6 }), async (cuts) => {
        const { ask, whole } = node([...cuts])
        const blob = bytes(500_000)
        const { url } = await untilThere(ask, blob)
        expect(url).toBe('mxc://hn/u1')
        expect(Buffer.from(await whole('u1')).equals(Buffer.from(await blob.arrayBuffer()))).toBe(true)
      }),
      { numRuns: 25 },
    )
  })

  test('whose last answer was lost is not sent again', async () => {
    const { ask, uploads } = node()
    const blob = bytes(100_000)
    await resumeUpload(ask, blob, options())
    const asked: string[] = []
    const counting: Ask = (method, ...rest) => {
      asked.push(method)
      return ask(method, ...rest)
    }
    expect(await resumeUpload(counting, blob, options({ begun: 'u1' }))).toBe('mxc://hn/u1')
    expect([asked, uploads.size]).toEqual([['GET'], 1])
  })

  test('that the node has forgotten begins anew', async () => {
    const { ask } = node()
    expect(await resumeUpload(ask, bytes(100_000), options({ begun: 'u9' }))).toBe('mxc://hn/u1')
  })

  test('at another server, or of something small, is left to the plain way', async () => {
    const other: Ask = async () => {
      throw new RequestError(404, { errcode: 'M_UNRECOGNIZED' })
    }
    expect(await resumeUpload(other, bytes(100_000), options())).toBeUndefined()
    expect(await resumeUpload(other, bytes(100), options())).toBeUndefined()
  })

  test('hostile: a node that never agrees on the place does not keep the device busy for ever', async () => {
    let asked = 0
    const { ask } = node()
    const odd: Ask = async (method, ...rest) => {
      if (method !== 'PUT') return ask(method, ...rest)
      asked += 1
      throw new RequestError(409, { 'org.enlace.offset': asked })
    }
    await expect(resumeUpload(odd, bytes(100_000), options())).rejects.toThrow('409')
    expect(asked).toBeLessThan(6)
  })
})
