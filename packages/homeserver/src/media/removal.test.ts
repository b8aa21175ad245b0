/** A file goes with the message that carried it: here, and at the partners that fetched it. */
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { FakePartner } from '../testing/fake-partner.ts'
import { eventually, type FederatedNode, type FederatedWorld, federatedWorld } from '../testing/world.ts'
import { MEDIA_REMOVED_EDU } from './media.ts'

let world: FederatedWorld
let hn: FederatedNode
let gt: FederatedNode
type Person = Awaited<ReturnType<FederatedNode['register']>>
let ana: Person
let beto: Person

beforeAll(async () => {
  world = await federatedWorld()
  hn = await world.node('hn')
  gt = await world.node('gt')
  ana = await hn.register('ana')
  beto = await gt.register('beto')
})
afterAll(() => world?.close())

async function upload(content: string): Promise<string> {
  const answer = await fetch(`${hn.clientUrl}/_matrix/media/v3/upload`, {
    method: 'POST',
    headers: { authorization: `Bearer ${ana.token}`, 'content-type': 'application/octet-stream' },
    body: content,
  })
  return String(((await answer.json()) as { content_uri: string }).content_uri).slice('mxc://'.length)
}
async function download(node: FederatedNode, person: Person, mxc: string, query = '') {
  const url = `${node.clientUrl}/_matrix/client/v1/media/download/${mxc}${query}`
  const answer = await fetch(url, { headers: { authorization: `Bearer ${person.token}` } })
  return { status: answer.status, text: await answer.text() }
}
const remove = (node: FederatedNode, person: Person, mediaId: string) =>
  node.call('DELETE', `/_enlace/client/v1/media/${mediaId}`, { token: person.token, allowed: true })
const idOf = (mxc: string) => mxc.slice(mxc.indexOf('/') + 1)
const filesOf = async (node: FederatedNode) =>
  (await readdir(join(node.dataDir, 'media'), { recursive: true, withFileTypes: true })).filter((one) =>
    one.isFile(),
  ).length

test('what its uploader removes is gone on both sides, from the disk too', async () => {
  const mxc = await upload('cifrado')
  expect(Buffer.from(idOf(mxc), 'base64url').length).toBeGreaterThanOrEqual(16)
  expect((await download(gt, beto, mxc)).text).toBe('cifrado')
  expect([await filesOf(hn), await filesOf(gt)]).toEqual([1, 1])
  expect((await remove(hn, ana, idOf(mxc))).status).toBe(200)
  expect((await download(hn, ana, mxc)).status).toBe(404)
  await eventually('the copy is gone', async () => (await filesOf(gt)) === 0)
  expect((await download(gt, beto, mxc)).status).toBe(404)
  expect(await filesOf(hn)).toBe(0)
})

test('only whoever uploaded it can, and what is not theirs looks like what is not there', async () => {
  const mxc = await upload('de ana')
  const carla = await hn.register('carla')
  const answers = await Promise.all([idOf(mxc), 'a'.repeat(24), '..%2F..'].map((id) => remove(hn, carla, id)))
  for (const answer of answers) {
    const { 'org.enlace.request_id': _id, ...told } = answer
    expect(told).toEqual({ status: 404, errcode: 'M_NOT_FOUND', error: 'There is no such file of yours.' })
  }
  expect((await download(hn, carla, mxc)).text).toBe('de ana')
})

test('the same content uploaded again stays for the others', async () => {
  const [one, two] = [await upload('igual'), await upload('igual')]
  expect((await remove(hn, ana, idOf(one))).status).toBe(200)
  expect((await download(hn, ana, two)).text).toBe('igual')
})

test('a partner removes only its own', async () => {
  const partner = await FakePartner.start(world, 'otro')
  const mxc = await upload('queda')
  expect((await download(gt, beto, mxc)).text).toBe('queda')
  const media_ids = [idOf(mxc)]
  for (const node of [hn, gt]) {
    const edus = [media_ids, 'todo', ['../x'], Array(101).fill('x')].map((ids) => ({
      edu_type: MEDIA_REMOVED_EDU,
      content: { media_ids: ids },
    }))
    expect((await partner.send(node, 'quitar', [], edus)).status).toBe(200)
  }
  expect((await download(hn, ana, mxc)).text).toBe('queda')
  expect((await download(gt, beto, mxc)).text).toBe('queda')
  await partner.close()
})
