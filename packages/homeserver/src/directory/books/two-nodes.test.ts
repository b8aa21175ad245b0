/** Suggestions between two whole nodes over TLS: sent, declined with a reason, accepted; the partner away; the partner that lies. */
import type { DirectoryEntry } from '@enlace/directory/entry'
import { editsBetween } from '@enlace/directory/upkeep'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { z } from 'zod'
import { type FederatedNode, type FederatedWorld, federatedWorld } from '../../testing/world.ts'

const KEY = 'gt-renap'
const OURS = 'hn-rnp-sps'
const base = '/_enlace/client/v1/directory'

let world: FederatedWorld
let hn: FederatedNode
let gt: FederatedNode
let clerk: { userId: string; token: string }
let coordinator: { userId: string; token: string }
const places: Record<string, () => string> = {}

/** Where the registry would say that institutions are. */
const placed = {
  directory: async (
    _ctx: unknown,
    standard: () => Promise<FederatedNode['ctx']['directory']> | FederatedNode['ctx']['directory'],
  ) => {
    const directory = await standard()
    return {
      ...directory,
      institution: (key: string) => {
        const found = directory.institution(key)
        const server = places[key]
        return found && server ? { ...found, server_name: server() } : found
      },
    }
  },
}

beforeAll(async () => {
  world = await federatedWorld()
  hn = await world.node('hn', { institutions: [OURS] }, { overrides: placed })
  gt = await world.node('gt', { institutions: [KEY] }, { overrides: placed })
  places[KEY] = () => gt.serverName
  places[OURS] = () => hn.serverName
  clerk = await person(hn, 'oficial', OURS, 'staff')
  coordinator = await person(gt, 'coordina', KEY, 'coordinator')
})
afterAll(() => world.close())

async function person(node: FederatedNode, name: string, institution: string, role: 'staff' | 'coordinator') {
  const user = await node.register(name)
  await node.ctx.accounts.setPosition(user.userId, { institution, role })
  return user
}

async function suggest(text: string): Promise<{ id: string; answer: Record<string, unknown> }> {
  const { entry } = (await hn.call('GET', `${base}/entries/${KEY}`, { token: clerk.token })) as unknown as {
    entry: DirectoryEntry
  }
  const after = structuredClone(entry)
  after.records.organizations![0]!['description'] = text
  const id = crypto.randomUUID()
  const answer = await hn.call('POST', `${base}/entries/${KEY}/proposals`, {
    token: clerk.token,
    body: { id, edits: editsBetween(entry, after), note: 'Lo vi en la ventanilla.' },
    allowed: true,
  })
  return { id, answer }
}

const decide = (id: string, how: 'accept' | 'decline', body: object) =>
  gt.call('POST', `${base}/entries/${KEY}/proposals/${id}/${how}`, { token: coordinator.token, body })

async function outcome(id: string, state: string) {
  await expect
    .poll(
      async () => {
        const { suggestions } = (await hn.call('GET', `${base}/suggestions`, {
          token: clerk.token,
        })) as unknown as {
          suggestions: { id: string; state: string; decided?: { reason?: string } }[]
        }
        return suggestions.find((one) => one.id === id)
      },
      { timeout: 20_000 },
    )
    .toMatchObject({ state })
  const { suggestions } = (await hn.call('GET', `${base}/suggestions`, {
    token: clerk.token,
  })) as unknown as {
    suggestions: { id: string; decided?: { reason?: string } }[]
  }
  return suggestions.find((one) => one.id === id)!
}

it('reaches the institution, is declined there with a reason, and the reason comes back', async () => {
  const { id, answer } = await suggest('Cerrado')
  expect(answer).toMatchObject({ status: 200, state: 'open' })
  const there = await gt.call('GET', `${base}/entries/${KEY}/proposals`, { token: coordinator.token })
  expect(there).toMatchObject({
    proposals: [
      { id, kind: 'suggestion', by: clerk.userId, institution: OURS, note: 'Lo vi en la ventanilla.' },
    ],
  })
  await decide(id, 'decline', { reason: 'Seguimos abiertos.' })
  expect(await outcome(id, 'declined')).toMatchObject({ decided: { reason: 'Seguimos abiertos.' } })
})

it('is accepted, with its author in the history', async () => {
  const { id } = await suggest('Inscripciones')
  await decide(id, 'accept', { at: Date.now() })
  await outcome(id, 'accepted')
  const history = await gt.call('GET', `${base}/entries/${KEY}/history`, { token: coordinator.token })
  expect(history).toMatchObject({ changes: [{ by: clerk.userId, edit: { to: 'Inscripciones' } }] })
})

it('waits while the partner is away, and an outcome waits for those who asked', async () => {
  await gt.stop()
  const { id, answer } = await suggest('Otra')
  expect(answer).toMatchObject({ status: 200, state: 'waiting' })
  await gt.start()
  hn.ctx.federationClient.heardFrom(gt.serverName)
  const { Sent } = { Sent: hn.ctx.db.connection.models['directory_suggestions']! }
  await Sent.updateMany({ _id: id }, { $set: { next_ts: 0 } })
  await hn.ctx.directoryBooks.suggestions.resume()
  await outcome(id, 'open')
  await hn.stop()
  await decide(id, 'decline', { reason: 'No.' })
  await hn.start()
  gt.ctx.federationClient.heardFrom(hn.serverName)
  await gt.ctx.directoryBooks.books.resume()
  expect(await outcome(id, 'declined')).toMatchObject({ decided: { reason: 'No.' } })
}, 60_000)

it('is withdrawn by whoever sent it, there too', async () => {
  const { id } = await suggest('Más')
  const answer = await hn.call('POST', `${base}/entries/${KEY}/proposals/${id}/withdraw`, {
    token: clerk.token,
    body: {},
  })
  expect(answer).toMatchObject({ state: 'withdrawn' })
  const { book } = await gt.ctx.directoryBooks.books.read(KEY)
  expect(book.proposals.find((one) => one.id === id)).toMatchObject({ state: 'withdrawn' })
})

it('a server speaks for its own people alone, and decides for its own institutions alone', async () => {
  const { id } = await suggest('Ajena')
  const ask = (node: FederatedNode, to: FederatedNode, method: 'PUT' | 'POST', path: string, body: object) =>
    node.ctx.federation
      .request(
        to.serverName,
        { entryPoint: 'suggestion', method, path: `/_enlace/federation/v1/directory/${path}`, body },
        z.unknown(),
      )
      .then(
        () => 'done',
        (error: { status?: number }) => error.status,
      )
  const edits = (await gt.ctx.directoryBooks.books.read(KEY)).book.proposals.at(-1)!.edits
  const foreign = { user_id: coordinator.userId, edits }
  expect(await ask(hn, gt, 'PUT', `${KEY}/suggestions/${crypto.randomUUID()}`, foreign)).toBe(403)
  expect(await ask(hn, gt, 'POST', `${KEY}/suggestions/${id}/withdraw`, { user_id: '@otra:x' })).toBe(403)
  const nobody = await hn.register('nadie')
  expect(
    await ask(hn, gt, 'PUT', `${KEY}/suggestions/${crypto.randomUUID()}`, { user_id: nobody.userId, edits }),
  ).toBe(403)
  // Of a suggestion that is not theirs to decide.
  expect(
    await ask(gt, hn, 'PUT', `${KEY}/suggestions/${crypto.randomUUID()}/outcome`, { state: 'accepted' }),
  ).toBe(404)
})
