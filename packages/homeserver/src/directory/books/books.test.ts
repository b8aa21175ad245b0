import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { DirectoryEntry } from '@enlace/directory/entry'
import { type Edit, type EntryBook, editsBetween } from '@enlace/directory/upkeep'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { FederationError } from '../../federation/errors.ts'
import { startTestNode, type TestNode } from '../../testing/node.ts'
import type { User } from '../../testing/people.ts'

const KEY = 'gt-renap'
const OTHER = 'gt-pgn-izabal'
const base = '/_enlace/client/v1/directory'
const DAY = 86_400_000

let node: TestNode
let folder: string
let now: number
/** What people were alerted of, and no more. */
let raised: { userId: string; level?: string | undefined }[]
let staff: User
let coordinator: User
let stranger: User

beforeEach(async () => {
  now = Date.parse('2026-11-27T10:00:00-06:00')
  raised = []
  folder = await mkdtemp(join(tmpdir(), 'enlace-books-'))
  node = await start()
  const person = async (name: string, institution: string, role: 'staff' | 'coordinator') => {
    const user = await node.register(name)
    await node.ctx.accounts.setPosition(user.userId, { institution, role })
    return user
  }
  staff = await person('personal', KEY, 'staff')
  coordinator = await person('coordina', KEY, 'coordinator')
  stranger = await person('otra', OTHER, 'staff')
})
afterEach(async () => {
  await node.close()
  await rm(folder, { recursive: true, force: true })
})

const start = () =>
  startTestNode(
    { institutions: [KEY, OTHER] },
    {
      dataDir: folder,
      overrides: {
        clock: () => ({ now: () => now, monotonic: () => performance.now() }),
        alerts: async (_ctx, standard) => {
          const alerts = await standard()
          return {
            ...alerts,
            raise: async (alert) => {
              raised.push({ userId: alert.userId, level: alert.level })
              await alerts.raise(alert)
            },
          }
        },
      },
    },
  )

const ask = (user: User, method: string, path: string, body?: unknown) =>
  node.call(method, `${base}${path}`, { token: user.token, ...(body === undefined ? {} : { body }) })

/** After so long nobody is signed in any more. */
async function later(user: User, ms: number): Promise<User> {
  now += ms
  const { body } = await node.login(user.userId.slice(1, user.userId.indexOf(':')))
  return { ...user, token: String(body['access_token']) }
}

async function entryOf(user: User, key = KEY) {
  return (await ask(user, 'GET', `/entries/${key}`)).body as unknown as {
    entry: DirectoryEntry
    source: string
    own: boolean
    may: { propose: boolean; decide: boolean }
    groups: { group: string; freshness: string }[]
    book?: EntryBook & { unsigned: unknown[]; groups: { group: string; freshness: string }[] }
  }
}

function described(entry: DirectoryEntry, text: string): Edit[] {
  const after = structuredClone(entry)
  after.records.organizations![0]!['description'] = text
  return editsBetween(entry, after)
}

async function propose(user: User, text: string, key = KEY) {
  const { entry } = await entryOf(user, key)
  const id = crypto.randomUUID()
  const answer = await ask(user, 'POST', `/entries/${key}/proposals`, { id, edits: described(entry, text) })
  return { id, answer }
}

it('a draft waits for the coordinator, is accepted, and then everybody sees it and who wrote it', async () => {
  const { id, answer } = await propose(staff, 'Inscripciones y certificaciones')
  expect(answer).toMatchObject({ status: 200, body: { kind: 'draft', state: 'open' } })
  const early = await ask(staff, 'POST', `/entries/${KEY}/proposals/${id}/accept`, { at: now })
  expect(early).toMatchObject({ status: 403, body: { 'org.enlace.rule': 'directory.not_a_coordinator' } })
  const done = await ask(coordinator, 'POST', `/entries/${KEY}/proposals/${id}/accept`, {
    at: now,
    confirm: ['identity'],
  })
  expect(done).toMatchObject({ status: 200, body: { state: 'done', revision: 2, unsigned: [] } })
  const seen = await entryOf(stranger)
  expect(seen).toMatchObject({ source: 'here', own: false, may: { propose: true, decide: false } })
  expect(seen.entry.records.organizations![0]!['description']).toBe('Inscripciones y certificaciones')
  expect(seen.groups).toContainEqual(expect.objectContaining({ group: 'identity', freshness: 'verified' }))
  expect(seen.book).toBeUndefined()
  const { changes } = (await ask(stranger, 'GET', `/entries/${KEY}/history`)).body as {
    changes: { by: string; edit: Edit }[]
  }
  expect(changes.at(-1)).toMatchObject({
    by: staff.userId,
    edit: { field: 'description', to: 'Inscripciones y certificaciones' },
  })
  const found = await ask(stranger, 'GET', '/search?q=renap')
  expect(JSON.stringify(found.body)).toContain('Inscripciones y certificaciones')
})

it('a suggestion of others is declined with a reason, which its author reads; a second answer is refused', async () => {
  const { id } = await propose(stranger, 'Cerrado')
  const without = await ask(coordinator, 'POST', `/entries/${KEY}/proposals/${id}/decline`, { reason: ' ' })
  expect(without).toMatchObject({ status: 400, body: { 'org.enlace.rule': 'directory.no_reason' } })
  const foreign = await ask(stranger, 'POST', `/entries/${KEY}/proposals/${id}/decline`, { reason: 'x' })
  expect(foreign.status).toBe(403)
  const reason = 'Seguimos abiertos.'
  const declined = await ask(coordinator, 'POST', `/entries/${KEY}/proposals/${id}/decline`, { reason })
  expect(declined.status).toBe(200)
  const again = await ask(coordinator, 'POST', `/entries/${KEY}/proposals/${id}/decline`, { reason })
  expect(again.status).toBe(200)
  const late = await ask(coordinator, 'POST', `/entries/${KEY}/proposals/${id}/accept`, { at: now })
  expect(late).toMatchObject({ status: 409, body: { errcode: 'ORG.ENLACE.CONFLICT' } })
  const { body } = await ask(stranger, 'GET', '/suggestions')
  expect(body).toMatchObject({
    suggestions: [{ id, institution: KEY, state: 'declined', decided: { reason } }],
  })
  expect((await ask(staff, 'GET', `/entries/${OTHER}/proposals`)).body).toEqual({ proposals: [] })
})

it('deciders who act at once converge: each proposal is decided once, and none is lost', async () => {
  const first = await propose(staff, 'Uno')
  const second = await propose(stranger, 'Dos')
  const third = await propose(stranger, 'Tres')
  const decide = (id: string, how: string, body: object) =>
    ask(coordinator, 'POST', `/entries/${KEY}/proposals/${id}/${how}`, body)
  const answers = await Promise.all([
    decide(first.id, 'accept', { at: now }),
    decide(second.id, 'accept', { at: now }),
    decide(third.id, 'decline', { reason: 'No es así.' }),
    ask(staff, 'POST', `/entries/${KEY}/confirm`, { groups: ['services'], at: now }),
  ])
  // The two set the same field: whoever comes second finds another state than it was made for.
  expect(answers.map(({ status }) => status).sort()).toEqual([200, 200, 200, 409])
  const { book } = await entryOf(coordinator)
  expect(book!.proposals.map(({ state }) => state).sort()).toEqual(['accepted', 'declined', 'open'])
  expect(book!.revision).toBe(2)
})

it('two nodes on one database: a write that found another state is done again on that one', async () => {
  const model = node.ctx.db.connection.models['directory_books']!
  await propose(staff, 'Uno')
  const update = model.updateOne.bind(model)
  let between = 0
  model.updateOne = ((...args: Parameters<typeof update>) => {
    if (between++ === 0)
      return update({ _id: KEY }, { $inc: { version: 1 } }).then(() => update(...args)) as never
    return update(...args)
  }) as typeof model.updateOne
  const { answer } = await propose(staff, 'Dos')
  expect(answer.status).toBe(200)
  expect(between).toBeGreaterThan(1)
  expect((await entryOf(staff)).book!.proposals).toHaveLength(2)
})

it('what is no change, no office of the network, or not from this hour, is refused with a sentence', async () => {
  const guest = await node.register('nadie')
  const { entry } = await entryOf(guest)
  const edits = described(entry, 'x')
  const id = crypto.randomUUID()
  const refused = await ask(guest, 'POST', `/entries/${KEY}/proposals`, { id, edits })
  expect(refused.body).toMatchObject({
    'org.enlace.rule': 'directory.of_no_institution',
    'org.enlace.message': { es: expect.any(String), en: expect.any(String) },
  })
  expect((await ask(guest, 'GET', `/entries/${KEY}/history`)).status).toBe(403)
  for (const [path, body] of [
    [`/entries/${KEY}/proposals`, { id, edits: [] }],
    [`/entries/${KEY}/proposals`, { id: 'x', edits }],
    [`/entries/${KEY}/proposals`, { id, edits: [{ ...edits[0], table: 'metadata' }] }],
    [`/entries/${KEY}/confirm`, { groups: ['nada'], at: now }],
    [`/entries/${KEY}/confirm`, { groups: ['services'], at: now - 2 * 3_600_000 }],
  ] as const)
    expect([path, (await ask(staff, 'POST', path, body)).status]).toEqual([path, 400])
  expect((await ask(staff, 'POST', '/entries/hn-nada/proposals', { id, edits })).status).toBe(404)
  expect(
    (await ask(staff, 'POST', `/entries/${OTHER}/confirm`, { groups: ['services'], at: now })).status,
  ).toBe(403)
})

it('is there again after a restart', async () => {
  const { id } = await propose(staff, 'Uno')
  await ask(coordinator, 'POST', `/entries/${KEY}/proposals/${id}/accept`, { at: now })
  const waiting = await propose(stranger, 'Dos')
  await node.close()
  node = await start()
  await node.ctx.directoryBooks.start()
  const { entry, book } = await entryOf(staff)
  expect(entry.records.organizations![0]!['description']).toBe('Uno')
  expect(book!.proposals.map((one) => [one.id, one.state])).toEqual([
    [id, 'accepted'],
    [waiting.id, 'open'],
  ])
})

it('coordinators are reminded by day, once a week for each group, until it is confirmed', async () => {
  const { reminders } = node.ctx.directoryBooks
  now = Date.parse('2026-11-27T22:00:00-06:00')
  await reminders.run()
  expect(raised).toEqual([])
  now = Date.parse('2026-11-28T08:00:00-06:00')
  await reminders.run()
  await reminders.run()
  expect(raised).toEqual([{ userId: coordinator.userId, level: 'due' }])
  now += 6 * DAY
  await reminders.run()
  expect(raised).toHaveLength(1)
  now += DAY
  await reminders.run()
  expect(raised).toHaveLength(2)
  const groups = (await entryOf(staff)).book!.groups.map(({ group }) => group)
  const confirmed = await ask(staff, 'POST', `/entries/${KEY}/confirm`, { groups, at: now })
  expect(confirmed.status).toBe(200)
  const list = await node.call('GET', '/_enlace/client/v1/alerts', { token: coordinator.token })
  expect(JSON.stringify(list.body)).not.toContain('"state":"open"')
  now += 181 * DAY
  await reminders.run()
  expect(raised.at(-1)).toEqual({ userId: coordinator.userId, level: 'overdue' })
})

it('what is overdue is counted for coordinators, and for operators', async () => {
  expect((await ask(staff, 'GET', '/overdue')).status).toBe(403)
  const groups = (await entryOf(staff)).book!.groups.map(({ group }) => group)
  await ask(staff, 'POST', `/entries/${KEY}/confirm`, { groups, at: now })
  const { body } = await ask(await later(coordinator, 181 * DAY), 'GET', '/overdue')
  expect(body).toMatchObject({
    institution: KEY,
    count: { overdue: groups.length },
    institutions: [{ key: KEY, groups: groups.map(() => ({ freshness: 'overdue' })) }],
  })
  const { text } = await node.ctx.metrics.render()
  expect(text).toContain(`enlace_directory_groups{freshness="overdue"} ${groups.length}`)
})

it('what is for others’ institutions is kept until their server has it, and its outcome comes back', async () => {
  const key = 'hn-rnp-sps'
  const server = 'hn2.example'
  const known = node.ctx.directory.institution.bind(node.ctx.directory)
  node.ctx.directory.institution = (one) => {
    const found = known(one)
    return found && one === key ? { ...found, server_name: server } : found
  }
  const { id, answer } = await propose(stranger, 'Otra', key)
  expect(answer).toMatchObject({ status: 200, body: { state: 'waiting', institution: key } })
  const asked: { method: string; path: string }[] = []
  node.partner.request = async (destination, args) => {
    expect(destination).toBe(server)
    asked.push({ method: args.method, path: args.path })
    return { state: 'open' }
  }
  now += DAY
  await node.ctx.directoryBooks.suggestions.resume()
  expect(asked).toEqual([
    { method: 'PUT', path: `/_enlace/federation/v1/directory/${key}/suggestions/${id}` },
  ])
  node.partner.request = async () => ({ state: 'declined', at: now, reason: 'No es así.' })
  now += DAY
  await node.ctx.directoryBooks.suggestions.resume()
  const { body } = await ask(stranger, 'GET', '/suggestions')
  expect(body).toMatchObject({ suggestions: [{ state: 'declined', decided: { reason: 'No es así.' } }] })

  node.partner.request = async () => {
    throw new FederationError(server, 'no such endpoint', {
      status: 404,
      body: { errcode: 'M_UNRECOGNIZED' },
    })
  }
  const second = await propose(stranger, 'Más', key)
  expect(second.answer).toMatchObject({
    body: { state: 'refused', refused: { es: expect.stringContaining('no recibe sugerencias') } },
  })
})

it('an institution without a server takes none, and says so before anything is written', async () => {
  const { answer } = await propose(stranger, 'x', 'hn-rnp-sps')
  expect(answer).toMatchObject({ status: 403, body: { 'org.enlace.rule': 'directory.no_server' } })
})
