import { randomBytes } from 'node:crypto'
import { readdir } from 'node:fs/promises'
import { request } from 'node:http'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { startTestNode, type TestNode } from '../testing/node.ts'

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

const PATH = '/_enlace/client/v1/media/uploads'
const begin = async (size: number, more: object = {}, who = ana) => {
  const answer = await node.call('POST', PATH, { token: who.token, body: { size, ...more } })
  return { status: answer.status, id: answer.body['upload_id'] as string, body: answer.body }
}
const state = (id: string, who = ana) => node.call('GET', `${PATH}/${id}`, { token: who.token })
const put = (id: string, offset: number, raw: Uint8Array, who = ana) =>
  node.call('PUT', `${PATH}/${id}?offset=${offset}`, { token: who.token, raw })
const download = (id: string, who = beto) =>
  node.call('GET', `/_matrix/client/v1/media/download/hn.example/${id}?timeout_ms=0`, { token: who.token })
const said = ({ errcode, error }: Record<string, unknown>) => [errcode, error]
const partsLeft = () => readdir(join(node.ctx.config.data_dir, 'media-parts'))

/** Sends a part and cuts the line in the middle, as a network does. */
const cut = (id: string, offset: number, whole: Uint8Array, sent: number) =>
  new Promise<void>((resolve) => {
    const going = request(`${node.url}${PATH}/${id}?offset=${offset}`, {
      method: 'PUT',
      headers: { authorization: `Bearer ${ana.token}`, 'content-length': whole.length },
    })
    going.on('error', () => resolve())
    going.write(whole.subarray(0, sent), () => setImmediate(() => going.destroy()))
    going.on('close', () => resolve())
  })

describe('an upload that goes on where it was cut', () => {
  test('ten times, and the file is whole, once', async () => {
    const bytes = randomBytes(700_000)
    const { id } = await begin(bytes.length)
    for (let round = 0; round < 10; round += 1) {
      const { body } = await state(id)
      const offset = body['offset'] as number
      await cut(id, offset, bytes.subarray(offset), 40_000)
    }
    const offset = (await state(id)).body['offset'] as number
    expect(offset).toBeLessThan(bytes.length)
    expect((await download(id)).status).toBe(404)
    const last = await put(id, offset, bytes.subarray(offset))
    expect(last.body).toMatchObject({
      done: true,
      offset: bytes.length,
      content_uri: `mxc://hn.example/${id}`,
    })
    expect((await download(id)).bytes.equals(bytes)).toBe(true)
    // The answer was lost: the same again changes nothing.
    expect((await put(id, offset, bytes.subarray(offset))).body).toMatchObject({ done: true })
    expect((await download(id)).bytes.equals(bytes)).toBe(true)
    expect(await partsLeft()).toEqual([])
  })

  test('keeps what came before a cut, and says how far it is when the offset is wrong', async () => {
    const bytes = randomBytes(300_000)
    const { id } = await begin(bytes.length)
    await put(id, 0, bytes.subarray(0, 100_000))
    for (const offset of [0, 99_999, 100_001, 300_000]) {
      const wrong = await put(id, offset, bytes.subarray(0, 10))
      expect([wrong.status, wrong.body['errcode'], wrong.body['org.enlace.offset']]).toEqual([
        409,
        'ORG.ENLACE.WRONG_OFFSET',
        100_000,
      ])
    }
    const more = await put(id, 100_000, randomBytes(200_001))
    expect([more.status, more.body['errcode']]).toEqual([413, 'M_TOO_LARGE'])
    expect((await state(id)).body['offset']).toBe(100_000)
    expect((await put(id, 100_000, bytes.subarray(100_000))).body['done']).toBe(true)
    expect((await download(id)).bytes.equals(bytes)).toBe(true)
  })

  test('is not held up by a line that is dead', async () => {
    const bytes = randomBytes(50_000)
    const { id } = await begin(bytes.length)
    const silent = new Readable({ read() {} })
    silent.push(bytes.subarray(0, 20_000))
    const waiting = node.ctx.media.resumable.append(ana.userId, id, 0, silent).catch(() => 'cut')
    const partPath = async () => (await partsLeft()).includes(id)
    await expect.poll(partPath).toBe(true)
    expect((await state(id)).status).toBe(200)
    expect(await waiting).toBe('cut')
    const offset = (await state(id)).body['offset'] as number
    expect((await put(id, offset, bytes.subarray(offset))).body['done']).toBe(true)
    expect((await download(id)).bytes.equals(bytes)).toBe(true)
  })

  test('hostile: is nobody else’s, and nobody learns that it is there', async () => {
    const { id } = await begin(10)
    const none = 'A'.repeat(24)
    for (const [theirs, missing] of [
      [await state(id, beto), await state(none, beto)],
      [await put(id, 0, randomBytes(10), beto), await put(none, 0, randomBytes(10), beto)],
      [
        await node.call('DELETE', `${PATH}/${id}`, { token: beto.token }),
        await node.call('DELETE', `${PATH}/${none}`, { token: beto.token }),
      ],
      [await download(id), await download(none)],
    ] as const)
      expect([theirs.status, said(theirs.body)]).toEqual([404, said(missing.body)])
    // Nor by the older way to an address.
    const old = await node.call('PUT', `/_matrix/media/v3/upload/hn.example/${id}`, {
      token: beto.token,
      raw: 'x',
    })
    expect(old.status).toBe(404)
    expect((await state(id)).body).toMatchObject({ offset: 0, done: false })
    for (const odd of ['..%2f..%2fx', '%00', 'a%2fb'])
      expect((await state(odd)).status).toBeGreaterThanOrEqual(400)
    expect((await node.call('GET', `${PATH}/${id}`)).status).toBe(401)
  })

  test('for a room only by its members, to the end', async () => {
    const { body } = await node.call('POST', '/_matrix/client/v3/createRoom', { token: ana.token, body: {} })
    const room_id = body['room_id'] as string
    expect((await begin(10, { room_id }, beto)).status).toBe(403)
    const { id } = await begin(10, { room_id })
    await node.call('POST', `/_matrix/client/v3/rooms/${encodeURIComponent(room_id)}/leave`, {
      token: ana.token,
      body: {},
    })
    expect((await put(id, 0, randomBytes(10))).status).toBe(403)
    expect((await download(id, ana)).status).toBe(404)
  })

  test('is limited in size and number, and goes when it is not gone on with', async () => {
    expect((await begin(50 * 1024 * 1024 + 1)).status).toBe(413)
    expect((await begin(0)).status).toBe(400)
    const eva = await node.register('eva')
    const begun = []
    for (let index = 0; index < 21; index += 1) begun.push(await begin(20, {}, eva))
    expect(begun.map(({ status }) => status).filter((status) => status === 200)).toHaveLength(20)
    expect(begun.at(-1)?.status).toBe(429)
    const [first, second] = begun
    await put(first!.id, 0, randomBytes(5), eva)
    await put(second!.id, 0, randomBytes(5), eva)
    await node.call('DELETE', `${PATH}/${first!.id}`, { token: eva.token })
    expect((await state(first!.id, eva)).status).toBe(404)
    expect(await partsLeft()).not.toContain(first!.id)
    vi.useFakeTimers({ now: Date.now() + 25 * 3_600_000, toFake: ['Date'] })
    try {
      await expect(node.ctx.media.resumable.state(eva.userId, second!.id)).rejects.toMatchObject({
        status: 404,
      })
      await node.ctx.media.trim()
    } finally {
      vi.useRealTimers()
    }
    expect(await partsLeft()).not.toContain(second!.id)
  })
})
