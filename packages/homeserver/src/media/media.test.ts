import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import fc from 'fast-check'
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTestNode, type TestNode } from '../testing/node.ts'
import { cleanFileName, contentDisposition, fileNameFrom, safeContentType } from './headers.ts'
import { boundaryOf, multipartFrame, readMediaPart } from './multipart.ts'

type User = Awaited<ReturnType<TestNode['register']>>

let node: TestNode
let ana: User
let beto: User
beforeAll(async () => {
  node = await startTestNode()
  ana = await node.register('ana')
  beto = await node.register('beto')
})
afterAll(() => node.close())

const UPLOAD = '/_matrix/media/v3/upload'
const upload = async (raw: Uint8Array | string, type = 'text/plain', name?: string) => {
  const answer = await node.call('POST', name ? `${UPLOAD}?filename=${encodeURIComponent(name)}` : UPLOAD, {
    token: ana.token,
    raw,
    type,
  })
  expect(answer.status).toBe(200)
  return (answer.body['content_uri'] as string).slice('mxc://'.length)
}
const download = (mxc: string, more = '') =>
  node.call('GET', `/_matrix/client/v1/media/download/${mxc}${more}`, { token: beto.token })
const thumbnail = (mxc: string, query: string) =>
  node.call('GET', `/_matrix/client/v1/media/thumbnail/${mxc}?${query}`, { token: beto.token })
const filesLeft = async () => {
  const root = join(node.ctx.config.data_dir, 'media')
  return (await readdir(root, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile())
    .length
}

describe('uploads and downloads', () => {
  test('what goes in comes out, labelled so that it cannot run', async () => {
    const bytes = Buffer.from(Array.from({ length: 300_000 }, (_, index) => index % 251))
    const mxc = await upload(bytes, 'image/png', 'partida de nacimiento ñ.png')
    expect(mxc).toMatch(/^hn\.example\/[A-Za-z0-9_-]{20,}$/)
    const got = await download(mxc)
    expect(got.status).toBe(200)
    expect(got.bytes.equals(bytes)).toBe(true)
    expect(Object.fromEntries(got.headers)).toMatchObject({
      'content-type': 'image/png',
      'content-disposition': "inline; filename*=utf-8''partida%20de%20nacimiento%20%C3%B1.png",
      'content-security-policy': expect.stringContaining('sandbox'),
      'cross-origin-resource-policy': 'cross-origin',
      'x-content-type-options': 'nosniff',
      'content-length': String(bytes.length),
    })
    const html = await upload('<script>alert(1)</script>', 'text/html', 'x.html')
    expect((await download(html)).headers.get('content-disposition')).toBe('attachment; filename="x.html"')
    expect((await download(html, '/otro.html')).headers.get('content-disposition')).toContain('otro.html')
  })

  test('need a session; the old unauthenticated addresses are frozen', async () => {
    const mxc = await upload('hola')
    expect((await node.call('GET', `/_matrix/client/v1/media/download/${mxc}`)).status).toBe(401)
    expect((await node.call('POST', UPLOAD, { raw: 'x' })).status).toBe(401)
    const old = await node.call('GET', `/_matrix/media/v3/download/${mxc}`)
    expect([old.status, old.body['errcode']]).toEqual([404, 'M_NOT_FOUND'])
    expect(
      (await node.call('GET', `/_matrix/media/r0/download/${mxc}`, { token: beto.token })).bytes.toString(),
    ).toBe('hola')
  })

  test('odd ids and server names lead nowhere', async () => {
    for (const mxc of [
      'hn.example/..%2f..%2ftoken-key.pem',
      'hn.example/%2e%2e',
      '..%2f..%2fetc/passwd',
      'hn.example/nosuch',
      'hn%00.example/x',
    ]) {
      expect([mxc, (await download(mxc)).status]).toEqual([mxc, 404])
    }
  })

  test('the limit is stated and kept, and nothing of what was too large stays', async () => {
    const config = await node.call('GET', '/_matrix/client/v1/media/config', { token: ana.token })
    const limit = config.body['m.upload.size'] as number
    expect(limit).toBe(50 * 1024 * 1024)
    const before = await filesLeft()
    const stream = async function* () {
      for (let sent = 0; sent <= limit; sent += 1024 * 1024) yield Buffer.alloc(1024 * 1024)
    }
    await expect(node.ctx.media.upload(ana.userId, stream(), {})).rejects.toMatchObject({
      errcode: 'M_TOO_LARGE',
    })
    expect(await filesLeft()).toBe(before)
    const broken = async function* () {
      yield Buffer.from('half')
      throw new Error('connection lost')
    }
    await expect(node.ctx.media.upload(ana.userId, broken(), {})).rejects.toThrow('connection lost')
    expect(await filesLeft()).toBe(before)
  })

  test('the same content is on disk once', async () => {
    const before = await filesLeft()
    const one = await upload('igual')
    const two = await upload('igual')
    expect(one).not.toBe(two)
    expect(await filesLeft()).toBe(before + 1)
  })

  test('previews are refused', async () => {
    const answer = await node.call('GET', '/_matrix/client/v1/media/preview_url?url=http://127.0.0.1/', {
      token: ana.token,
    })
    expect(answer.status).toBe(403)
  })
})

describe('uploads to an address given before', () => {
  const create = async () => {
    const { body } = await node.call('POST', '/_matrix/media/v1/create', { token: ana.token })
    expect(body['unused_expires_at']).toBeGreaterThan(Date.now())
    return (body['content_uri'] as string).slice('mxc://'.length)
  }
  const put = (mxc: string, user = ana) =>
    node.call('PUT', `${UPLOAD}/${mxc}`, { token: user.token, raw: 'tarde', type: 'text/plain' })

  test('are waited for, made once, by the one who asked', async () => {
    const mxc = await create()
    const none = await download(mxc, '?timeout_ms=0')
    expect([none.status, none.body['errcode']]).toEqual([504, 'M_NOT_YET_UPLOADED'])
    const early = download(mxc)
    expect((await put(mxc, beto)).status).toBe(403)
    expect((await put(mxc)).status).toBe(200)
    expect((await early).bytes.toString()).toBe('tarde')
    const again = await put(mxc)
    expect([again.status, again.body['errcode']]).toEqual([409, 'M_CANNOT_OVERWRITE_MEDIA'])
    expect((await put('hn.example/nosuch')).status).toBe(404)
    expect((await put('gt.example/x')).status).toBe(404)
  })

  test('are limited in number', async () => {
    const made = []
    for (let index = 0; index < 25; index++) {
      made.push((await node.call('POST', '/_matrix/media/v1/create', { token: beto.token })).status)
    }
    expect(made.filter((status) => status === 200)).toHaveLength(20)
    expect(made.at(-1)).toBe(429)
  })
})

describe('thumbnails', () => {
  const picture = (width: number, height: number, format: 'jpeg' | 'png' = 'jpeg') =>
    sharp({
      create: {
        width,
        height,
        channels: format === 'png' ? 4 : 3,
        background: { r: 200, g: 80, b: 40, alpha: 0.5 },
      },
    })
      .withExif({ IFD0: { Copyright: 'secreto' } })
      [format]()
      .toBuffer()

  test('are at least as large as asked, never enlarged, and carry no camera data', async () => {
    const mxc = await upload(await picture(1600, 1200), 'image/jpeg')
    const crop = await thumbnail(mxc, 'width=90&height=90&method=crop')
    expect(crop.headers.get('content-type')).toBe('image/jpeg')
    expect(await sharp(crop.bytes).metadata()).toMatchObject({ width: 96, height: 96 })
    expect((await sharp(crop.bytes).metadata()).exif).toBeUndefined()
    const scale = await sharp((await thumbnail(mxc, 'width=300&height=200')).bytes).metadata()
    expect([scale.width, scale.height]).toEqual([320, 240])
    const whole = await thumbnail(mxc, 'width=5000&height=5000')
    expect(await sharp(whole.bytes).metadata()).toMatchObject({ width: 1600, height: 1200 })
    const small = await upload(await picture(20, 10, 'png'), 'image/png')
    expect(
      await sharp((await thumbnail(small, 'width=96&height=96&method=crop')).bytes).metadata(),
    ).toMatchObject({
      width: 20,
      height: 10,
    })
    const clear = await upload(await picture(400, 400, 'png'), 'image/png')
    expect((await thumbnail(clear, 'width=32&height=32&method=crop')).headers.get('content-type')).toBe(
      'image/png',
    )
  })

  test('of other things are refused, whatever they are called', async () => {
    const ask = async (mxc: string, query = 'width=32&height=32') => {
      const { status, body } = await thumbnail(mxc, query)
      return [status, body['errcode']]
    }
    expect(await ask(await upload('texto'))).toEqual([400, 'M_UNKNOWN'])
    expect(await ask(await upload('texto', 'image/png'))).toEqual([400, 'M_UNKNOWN'])
    const svg = '<svg xmlns="http://www.w3.org/2000/svg" width="900" height="900"/>'
    expect(await ask(await upload(svg, 'image/png'))).toEqual([400, 'M_UNKNOWN'])
    expect(await ask(await upload(svg, 'image/svg+xml'))).toEqual([400, 'M_UNKNOWN'])
    expect((await ask(await upload('x'), 'width=-1&height=32'))[0]).toBe(400)
  })

  test('of pictures with too many pixels are refused', async () => {
    const bomb = await sharp({ create: { width: 9_000, height: 9_000, channels: 3, background: 'white' } })
      .png({ compressionLevel: 9 })
      .toBuffer()
    const answer = await thumbnail(await upload(bomb, 'image/png'), 'width=32&height=32')
    expect([answer.status, answer.body['errcode']]).toEqual([413, 'M_TOO_LARGE'])
  })
})

describe('content of partners', () => {
  const serve = (headers: Record<string, string>, content: Uint8Array, mangle = (all: Buffer) => all) => {
    let asked = 0
    node.partner.download = async (destination, { path }) => {
      asked++
      expect([destination, path.split('/').slice(0, 6).join('/')]).toEqual([
        'gt.example',
        '/_matrix/federation/v1/media/download',
      ])
      const frame = multipartFrame(headers)
      const all = mangle(Buffer.concat([frame.before, content, frame.after]))
      const body = async function* () {
        for (let at = 0; at < all.length; at += 1_000) yield all.subarray(at, at + 1_000)
      }
      return { headers: { 'content-type': frame.contentType }, body: body(), cancel() {} }
    }
    return () => asked
  }

  test('is fetched once, however many ask', async () => {
    const content = Buffer.from('contenido remoto '.repeat(1_000))
    const asked = serve(
      { 'Content-Type': 'text/plain', 'Content-Disposition': 'inline; filename="r.txt"' },
      content,
    )
    const answers = await Promise.all([1, 2, 3].map(() => download('gt.example/media1')))
    for (const { bytes, headers } of answers) {
      expect(bytes.equals(content)).toBe(true)
      expect(headers.get('content-disposition')).toBe('inline; filename="r.txt"')
    }
    await download('gt.example/media1')
    expect(asked()).toBe(1)
    const away = await download('gt.example/media1?allow_remote=false')
    expect(away.status).toBe(404)
  })

  test('that points elsewhere, is cut short, or cannot be had is refused', async () => {
    serve({ Location: 'http://127.0.0.1:22/' }, Buffer.alloc(0))
    expect((await download('gt.example/redirect')).status).toBe(502)
    serve({ 'Content-Type': 'text/plain' }, Buffer.from('x'.repeat(5_000)), (all) => all.subarray(0, 3_000))
    expect((await download('gt.example/short')).status).toBe(502)
    node.partner.download = async () => {
      throw new Error('unreachable')
    }
    expect((await download('gt.example/gone')).status).toBe(404)
    node.ctx.federation.checkServer = () => {
      throw Object.assign(new Error('not on the list'))
    }
    try {
      expect((await download('malo.example/x')).status).toBe(500)
    } finally {
      node.ctx.federation.checkServer = () => {}
    }
  })

  test('any content survives the way there and back, in chunks of any size', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ maxLength: 400 }),
        fc.integer({ min: 1, max: 50 }),
        fc.boolean(),
        async (content, size, nasty) => {
          const frame = multipartFrame({ 'Content-Type': 'text/plain' })
          const boundary = boundaryOf(frame.contentType)!
          const body = nasty
            ? Buffer.concat([content, Buffer.from(`\r\n--${boundary.slice(0, -1)}x`), content])
            : Buffer.from(content)
          const all = Buffer.concat([frame.before, body, frame.after])
          const chunks: Buffer[] = []
          for (let at = 0; at < all.length; at += size) chunks.push(all.subarray(at, at + size))
          const part = await readMediaPart(Readable.from(chunks), boundary)
          expect(part.headers.get('content-type')).toBe('text/plain')
          const got: Uint8Array[] = []
          for await (const chunk of part.body) got.push(Buffer.from(chunk))
          expect(Buffer.concat(got).equals(body)).toBe(true)
        },
      ),
    )
  })
})

test('housekeeping removes expired addresses only', async () => {
  const { mediaId } = await node.ctx.media.reserve(ana.userId)
  const kept = await upload('se queda')
  const Doc = node.ctx.db.connection.model('media')
  await Doc.updateOne({ _id: `hn.example/${mediaId}` }, { $set: { expires_ts: 1 } })
  await node.ctx.media.trim()
  expect(await Doc.exists({ _id: `hn.example/${mediaId}` })).toBeNull()
  expect((await download(kept)).status).toBe(200)
})

test('labels cannot be turned against the reader', () => {
  expect(safeContentType('text/html\r\nSet-Cookie: a=b')).toBe('application/octet-stream')
  expect(safeContentType(undefined)).toBe('application/octet-stream')
  expect(safeContentType('text/plain; charset=utf-8')).toBe('text/plain; charset=utf-8')
  expect(cleanFileName('../../etc/passwd')).toBe('passwd')
  expect(cleanFileName('a\r\nb\u202Egpj.exe')).toBe('abgpj.exe')
  expect(cleanFileName('///')).toBeUndefined()
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (name) => {
      const header = contentDisposition('text/plain', name)
      expect(header).toMatch(/^inline(; filename(="[\w .,()+-]+"|\*=utf-8''[!-~]+))?$/)
      expect(fileNameFrom(header)).toBe(cleanFileName(name))
    }),
  )
})
