import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { DEMO_PASSWORD } from '@enlace/dev-network/demo'
import { login, type Session } from '@enlace/dev-network/matrix'
import { startProcess } from '@enlace/dev-network/process'
import { openExampleKey } from '@enlace/dev-network/rosters'
import { checkEntry } from '@enlace/directory/check-entry'
import type { DirectoryEntry } from '@enlace/directory/entry'
import {
  type BookEvent,
  documentsOf,
  type EntryBook,
  editsBetween,
  entryTargets,
  reduceBook,
} from '@enlace/directory/upkeep'
import { createInstitutionTargets, type InstitutionPublication, signMetadata } from '@enlace/trust'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { eventually, startTestNetwork, type TestNetwork } from './support/network.ts'

/** An entry on two nodes and a registry: suggested from one, decided and signed at the other, seen on both. */
const KEY = 'gt-sbs'
const DIRECTORY = '/_enlace/client/v1/directory'

let network: TestNetwork
let clerk: Session
let coordinator: Session

beforeAll(async () => {
  network = await startTestNetwork({
    withoutChannels: true,
    examples: true,
    nodeConfig: { rate_limits: 'off' },
  })
  clerk = await login(network.hn.baseUrl, 'registro.hn', DEMO_PASSWORD)
  coordinator = await login(network.gt.baseUrl, 'coordinacion.gt', DEMO_PASSWORD)
})
afterAll(() => network?.dispose())

type Answer = Record<string, unknown> & { status: number }
type Book = EntryBook & { now: number; keeping: string; publishing: boolean }
type EntryAnswer = Answer & { entry: DirectoryEntry; source: string; book: Book; revision: number | null }

async function ask(who: Session, method: string, path: string, body?: unknown): Promise<Answer> {
  const response = await fetch(`${who.baseUrl}${DIRECTORY}${path}`, {
    method,
    headers: { authorization: `Bearer ${who.accessToken}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  return { ...((await response.json()) as object), status: response.status }
}
const entryAt = async (who: Session) => (await ask(who, 'GET', `/entries/${KEY}`)) as EntryAnswer
const described = ({ entry }: Pick<EntryAnswer, 'entry'>) => entry.records.organizations?.[0]?.['description']

/** What anybody reads of it, at the registry and at both nodes. */
const publicPages = () =>
  Promise.all(
    [network.registryUrl, network.hn.baseUrl, network.gt.baseUrl].map(async (url) =>
      (await fetch(`${url}/publico/es/institucion/${KEY}/`)).text(),
    ),
  )
/** Published or taken back, it is so on every server's public pages within two minutes. */
const withinMs = 120_000

async function suggest(text: string): Promise<string> {
  const { entry } = await entryAt(clerk)
  const after = structuredClone(entry)
  after.records.organizations![0]!['description'] = text
  const id = crypto.randomUUID()
  const body = { id, edits: editsBetween(entry, after) }
  expect(await ask(clerk, 'POST', `/entries/${KEY}/proposals`, body)).toMatchObject({
    status: 200,
    state: 'open',
  })
  return id
}

const mine = async (id: string) => {
  const { suggestions } = (await ask(clerk, 'GET', '/suggestions')) as unknown as {
    suggestions: { id: string; state: string; decided?: { reason?: string } }[]
  }
  return suggestions.find((one) => one.id === id)
}

type Signed = {
  version: number
  meta: Record<string, { version: number }>
  targets: Record<string, { length: number; hashes: { sha256: string } }>
}
const published = async (file: string): Promise<Signed> => {
  const response = await fetch(`${network.registryUrl}/trust/metadata/${file}`)
  return ((await response.json()) as { signed: Signed }).signed
}

/** As the coordinator's browser does: the next version, with the roster as it stands. */
async function signed(book: Pick<EntryBook, 'entry' | 'revision'>): Promise<InstitutionPublication> {
  const key = await openExampleKey(network.dataDir, KEY)
  const timestamp = await published('timestamp.json')
  const snapshot = await published(`${timestamp.meta['snapshot.json']!.version}.snapshot.json`)
  const { version, targets } = await published(`${snapshot.meta[`${KEY}.json`]!.version}.${KEY}.json`)
  const roster = targets[`${KEY}/roster.json`]!
  const { public: open, network: whole } = documentsOf(book, Buffer.alloc(18, version).toString('base64'))
  const files = { 'entry.json': JSON.stringify(open), 'entry.network.json': JSON.stringify(whole) }
  const metadata = createInstitutionTargets({
    institution: KEY,
    version: version + 1,
    expires: new Date(Date.now() + 86_400_000),
    files,
    keep: new Map([['roster.json', { length: roster.length, sha256: roster.hashes.sha256 }]]),
  })
  const paths = entryTargets(KEY)
  return {
    _type: 'enlace-institution-publication',
    role: KEY,
    metadata: JSON.stringify(signMetadata(metadata, [key])),
    targets: { [paths.public]: files['entry.json'], [paths.network]: files['entry.network.json'] },
  }
}

async function accepted(id: string) {
  const { book } = await entryAt(coordinator)
  const at = book.now
  const event: BookEvent = {
    type: 'accept',
    id,
    at,
    by: { userId: coordinator.userId, institution: KEY, role: 'coordinator' },
  }
  const result = reduceBook({ ...book, history: [] }, event, { isValid: (entry) => checkEntry(entry).ok })
  if (!result.ok) throw new Error(result.refusal)
  return { at, next: result.book }
}
const accept = (id: string, body: object) =>
  ask(coordinator, 'POST', `/entries/${KEY}/proposals/${id}/accept`, body)

test('9.6: a suggestion from the other node is declined with a reason, which comes back', async () => {
  await eventually('the roster is here', async () => (await entryAt(coordinator)).book?.keeping === 'signed')
  await eventually('and there', async () => {
    const { may } = (await entryAt(clerk)) as unknown as { may: { propose: boolean } }
    return may.propose
  })
  const id = await suggest('Cerrado')
  const declined = await ask(coordinator, 'POST', `/entries/${KEY}/proposals/${id}/decline`, {
    reason: 'Seguimos abiertos.',
  })
  expect(declined.status).toBe(200)
  const outcome = await eventually('the outcome is told', async () => {
    const found = await mine(id)
    return found?.state === 'declined' && found
  })
  expect(outcome.decided?.reason).toBe('Seguimos abiertos.')
})

test('9.6: an accepted one counts only as signed, and is then on both nodes', async () => {
  const id = await suggest('Atención a la niñez')
  const { at, next } = await accepted(id)
  expect(await accept(id, { at })).toMatchObject({
    status: 400,
    'org.enlace.rule': 'directory.needs_signature',
  })
  const other = await signed({ ...next, revision: next.revision + 1 })
  expect(await accept(id, { at, publication: other })).toMatchObject({ status: 409 })
  const publication = await signed(next)
  const forged = { ...publication, metadata: publication.metadata.replace('2', '3') }
  expect((await accept(id, { at, publication: forged })).status).toBeGreaterThanOrEqual(400)
  expect((await entryAt(coordinator)).book.proposals.find((one) => one.id === id)?.state).toBe('open')
  expect(await accept(id, { at, publication })).toMatchObject({ status: 200, state: 'done' })
  await eventually(
    'it is on the other node',
    async () => described(await entryAt(clerk)) === 'Atención a la niñez',
  )
  expect(await entryAt(clerk)).toMatchObject({ source: 'signed', revision: next.revision })
  await eventually('its author knows', async () => (await mine(id))?.state === 'accepted')
  await eventually(
    'anybody reads it, the same bytes everywhere',
    async () => {
      const pages = await publicPages()
      return pages.every((page) => page.includes('Atención a la niñez')) && new Set(pages).size === 1
    },
    withinMs,
  )
})

test('9.6: staff confirm, which others see when the coordinator signs it', async () => {
  const { book } = await entryAt(coordinator)
  const confirmed = (await ask(coordinator, 'POST', `/entries/${KEY}/confirm`, {
    groups: ['identity'],
    at: book.now,
  })) as unknown as Book & { unsigned: { group: string }[]; status: number }
  expect(confirmed).toMatchObject({ status: 200, unsigned: [{ group: 'identity', by: coordinator.userId }] })
  const publication = await signed(confirmed)
  expect(await ask(coordinator, 'POST', `/entries/${KEY}/publish`, { publication })).toMatchObject({
    status: 200,
    state: 'done',
    unsigned: [],
  })
  await eventually('the other node has it', async () => {
    const { groups } = (await entryAt(clerk)) as unknown as { groups: { group: string; freshness: string }[] }
    return groups.some(({ group, freshness }) => group === 'identity' && freshness === 'verified')
  })
})

test('9.6: killed while the registry is away, it is published when both are back; 9.10: until then the copy serves', async () => {
  const id = await suggest('Después')
  const { at, next } = await accepted(id)
  const publication = await signed(next)
  await network.registry.stop()
  expect(await accept(id, { at, publication })).toMatchObject({
    status: 200,
    state: 'waiting',
    publishing: true,
  })
  await network.gt.process.kill()
  await network.gt.restart()
  coordinator = await login(network.gt.baseUrl, 'coordinacion.gt', DEMO_PASSWORD)
  expect((await entryAt(coordinator)).book.publishing).toBe(true)
  expect(described(await entryAt(coordinator))).toBe('Atención a la niñez')
  expect(described(await entryAt(clerk))).toBe('Atención a la niñez')
  const registry = await startProcess({
    name: 'registry',
    script: fileURLToPath(new URL('../apps/registry/src/main.ts', import.meta.url)),
    args: ['--config', join(network.dataDir, 'registry.yaml')],
    logFile: join(network.dataDir, 'registry-again.log'),
    readyUrl: `${network.registryUrl}/readyz`,
  })
  onTestFinished(() => registry.stop())
  await eventually('it is everywhere', async () => described(await entryAt(clerk)) === 'Después', 120_000)
  await eventually('and decided', async () => {
    const { book } = await entryAt(coordinator)
    return book.proposals.find((one) => one.id === id)?.state === 'accepted' && !book.publishing
  })
  await eventually(
    'what it replaced is on no public page any more',
    async () =>
      (await publicPages()).every(
        (page) => page.includes('Después') && !page.includes('Atención a la niñez'),
      ),
    withinMs,
  )
})
