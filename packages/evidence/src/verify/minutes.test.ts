import { createHash } from 'node:crypto'
import { minutesStatement } from '@enlace/coordination/meetings'
import { canonicalJson, type JsonObject } from '@enlace/room-model/json'
import { generateTrustKey, seedOf, type TrustKey } from '@enlace/trust'
import { signingKey, signText } from '@enlace/trust/browser'
import { beforeAll, expect, test } from 'vitest'
import { type MinutesFile, minutesFileText } from '../minutes.ts'
import { collectNetwork } from '../network-files.ts'
import { createWorld, NOW, type World } from '../testing.ts'
import { verifyMinutes } from './minutes.ts'

let world: World
let network: ReadonlyMap<string, Uint8Array>
const collected = async (of: World) =>
  (await collectNetwork(async (path) => of.repo.files.get(path), ['hn-sreci', 'gt-renap'], NOW))!.files
beforeAll(async () => {
  world = await createWorld()
  network = await collected(world)
})

const content = (more: JsonObject = {}): JsonObject => ({
  version: 1,
  meeting: '$meeting',
  room: '!room',
  starts_ts: NOW - 3_600_000,
  institutions: ['gt-renap', 'hn-sreci'],
  details: { title: 'Reunión de ejemplo', place: 'Lugar de ejemplo' },
  paragraphs: [{ id: '$p', item: null, text: 'Se revisó la lista (ejemplo).' }],
  decisions: [],
  commitments: [],
  ...more,
})
const minutes = canonicalJson(content())
const digest = (text: string) => createHash('sha256').update(text).digest('base64url')

async function signature(institution: string, key: TrustKey | undefined, of = minutes, meeting = '$meeting') {
  const sha256 = digest(of)
  if (!key) return { institution, sha256 }
  const statement = minutesStatement({ meeting, institution, sha256 })
  const text = await signText(statement, [await signingKey(Uint8Array.from(seedOf(key)))])
  const { signatures } = JSON.parse(text) as {
    signatures: [NonNullable<MinutesFile['signatures'][0]['key']>]
  }
  return { institution, sha256, key: signatures[0] }
}
const both = async () => [
  await signature('hn-sreci', world.institutionKeys['hn-sreci']),
  await signature('gt-renap', world.institutionKeys['gt-renap']),
]
async function verdict(
  of: Partial<Parameters<typeof minutesFileText>[0]> = {},
  root?: Uint8Array,
  now = NOW,
) {
  const text = minutesFileText({ minutes, signatures: await both(), network, savedTs: NOW, ...of })
  return verifyMinutes(new TextEncoder().encode(text), { root, now })
}
const words = ({ signatures }: Awaited<ReturnType<typeof verdict>>) =>
  Object.fromEntries(signatures.map((one) => [one.institution, one.word]))

test('minutes that both signed with their keys are proven, up to a root that was had another way', async () => {
  const root = world.repo.files.get('metadata/1.root.json')!
  const found = await verdict({}, root)
  expect(found).toMatchObject({
    ok: true,
    rootGiven: true,
    title: 'Reunión de ejemplo',
    counts: { paragraphs: 1, decisions: 0, commitments: 0 },
  })
  expect(found.listUntil).toBeGreaterThan(NOW)
  expect(words(found)).toEqual({ 'hn-sreci': 'proven', 'gt-renap': 'proven' })
  // Years later it is as good: what it rests on is what the network's list said then.
  expect((await verdict({}, root, NOW + 4 * 365 * 86_400_000)).ok).toBe(true)
})

test('without a key, or without a signature, it is said so and nothing is proven for that institution', async () => {
  const found = await verdict({ signatures: [(await both())[0]!] })
  expect(found.ok).toBe(true)
  expect(words(found)).toEqual({ 'hn-sreci': 'proven', 'gt-renap': 'absent' })
  const alone = await verdict({ signatures: [await signature('gt-renap', undefined)] })
  expect(alone.ok).toBe(false)
  expect(words(alone)).toEqual({ 'hn-sreci': 'absent', 'gt-renap': 'account' })
})

test('a word changed afterwards fells every signature', async () => {
  const changed = canonicalJson(content({ paragraphs: [{ id: '$p', item: null, text: 'Otra cosa.' }] }))
  const found = await verdict({ minutes: changed })
  expect(found.ok).toBe(false)
  expect(words(found)).toEqual({ 'hn-sreci': 'changed', 'gt-renap': 'changed' })
})

test('a signature of another key, another institution or another meeting is none', async () => {
  const own = world.institutionKeys['hn-sreci']
  for (const forged of [
    await signature('gt-renap', generateTrustKey()),
    await signature('gt-renap', own),
    await signature('gt-renap', world.institutionKeys['gt-renap'], minutes, '$another'),
  ]) {
    const found = await verdict({ signatures: [await signature('hn-sreci', own), forged] })
    expect(found.ok).toBe(false)
    expect(words(found)).toEqual({ 'hn-sreci': 'proven', 'gt-renap': 'not_its_key' })
  }
  const few = canonicalJson(content({ institutions: ['hn-sreci'] }))
  const outside = [
    await signature('hn-sreci', own, few),
    await signature('gt-renap', world.institutionKeys['gt-renap'], few),
  ]
  const found = await verdict({ minutes: few, signatures: outside })
  expect(found.ok).toBe(false)
  expect(words(found)).toEqual({ 'hn-sreci': 'proven', 'gt-renap': 'outsider' })
})

test('a network of one’s own is found out by the root, and shown by its code without it', async () => {
  const other = await createWorld()
  const forged = {
    network: await collected(other),
    signatures: [await signature('hn-sreci', other.institutionKeys['hn-sreci'])],
  }
  const alone = await verdict(forged)
  expect(alone).toMatchObject({ ok: true, rootGiven: false })
  expect(alone.rootCode).not.toBe((await verdict()).rootCode)
  const found = await verdict(forged, world.repo.files.get('metadata/1.root.json')!)
  expect(found.fault?.kind).toBe('bad_network')
})

test('hostile files: each is refused by what is wrong with it, and none throws', async () => {
  const fault = async (bytes: string | Uint8Array) =>
    (await verifyMinutes(typeof bytes === 'string' ? new TextEncoder().encode(bytes) : bytes, { now: NOW }))
      .fault?.kind
  expect(await fault('')).toBe('unreadable')
  expect(await fault('[]')).toBe('unreadable')
  expect(await fault(new Uint8Array([0xff, 0xfe]))).toBe('unreadable')
  expect((await verdict({ minutes: '{}' })).fault?.kind).toBe('unreadable')
  // The same field twice: what a person reads in the file is not what was signed.
  const twice = minutes.replace('"version":1', '"starts_ts":1,"version":1')
  expect((await verdict({ minutes: twice })).fault?.kind).toBe('not_canonical')
  expect((await verdict({ minutes: ` ${minutes}` })).fault?.kind).toBe('not_canonical')
  expect((await verdict({ savedTs: NOW + 86_400_000 })).fault?.kind).toBe('not_yet')
  expect((await verdict({ network: new Map() })).fault?.kind).toBe('no_network')
  const cut = new Map(network)
  cut.delete('metadata/timestamp.json')
  expect((await verdict({ network: cut })).fault?.kind).toBe('bad_network')
  const [one] = await both()
  expect((await verdict({ signatures: [one!, one!] })).fault?.kind).toBe('unreadable')
})
