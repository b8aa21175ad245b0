/** What gets into the log, what never does, and that the chain holds whatever happens to the one who writes it. */
import { AUDIT_GENESIS } from '@enlace/trust/audit'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestNode, type TestNode } from '../testing/node.ts'
import { entryOf, nodeHashing } from './entry.ts'
import { openAuditModels } from './models.ts'
import { createRefusals, QUARTER_MS } from './refusals.ts'
import type { ActRecord, Entry, EntryDoc } from './types.ts'
import { openChainWriter } from './writer.ts'

let node: TestNode
beforeAll(async () => {
  node = await startTestNode()
})
afterAll(() => node.close())

const none = Promise.resolve([])

async function everything(): Promise<EntryDoc[]> {
  const Entry = await model()
  return Entry.find({}).sort({ _id: 1 }).lean()
}
const model = async () => (await openAuditModels(node.ctx.db)).Entry

function checkChain(docs: readonly EntryDoc[]): void {
  let hash = AUDIT_GENESIS
  for (const [index, doc] of docs.entries()) {
    hash = nodeHashing.ofPair(hash, nodeHashing.ofText(doc.line))
    expect([doc._id, doc.hash]).toEqual([index + 1, hash])
  }
}

test('many at once become one chain, in the order in which they came', async () => {
  const before = (await everything()).length
  await Promise.all(
    Array.from({ length: 1_200 }, (_, index) =>
      node.ctx.audit.record({ act: 'session.start', by: '@ana:hn.example', facts: { index } }),
    ),
  )
  const docs = await everything()
  checkChain(docs)
  expect(docs.length - before).toBe(1_200)
  expect(docs.slice(before).map(({ line }) => (JSON.parse(line) as Entry).facts?.['index'])).toEqual(
    Array.from({ length: 1_200 }, (_, index) => index),
  )
})

test('a node that starts again goes on where the chain ends', async () => {
  await node.reopen('audit')
  await node.ctx.audit.record({ act: 'node.start', by: 'node' })
  checkChain(await everything())
})

test('a write of which only a part arrives: nobody is told what is not there, and the chain goes on', async () => {
  const Entry = await model()
  await node.reopen('audit', async () => {
    let failing = true
    const broken = new Proxy(Entry, {
      get(target, name) {
        if (name !== 'insertMany' || !failing) return Reflect.get(target, name) as unknown
        return async (docs: EntryDoc[]) => {
          failing = false
          await target.insertMany(docs.slice(0, 2))
          throw new Error('the database went away')
        }
      },
    })
    const writer = await openChainWriter(broken, node.ctx.clock)
    const outcomes = await Promise.allSettled(
      [1, 2, 3, 4].map((index) => writer.append({ act: 'node.start', by: 'node', facts: { index } }, none)),
    )
    await writer.append({ act: 'node.start', by: 'node', facts: { index: 5 } }, none)
    await writer.close()
    // The first goes alone: nothing was under way.
    const kept = (await everything()).flatMap(
      ({ line }) => (JSON.parse(line) as Entry).facts?.['index'] ?? [],
    )
    const said = outcomes.flatMap(({ status }, index) => (status === 'fulfilled' ? [index + 1] : []))
    expect(kept.slice(-said.length - 1)).toEqual([...said, 5])
    checkChain(await everything())
  })
})

test('nothing but ids gets in, whatever the one who records hands over', () => {
  const planted = 'María López'
  const entry = entryOf(
    {
      act: 'account.suspend',
      by: `operator ${planted}`,
      on: planted,
      room: `!a b ${planted}`,
      case: planted,
      facts: {
        reason: `porque ${planted} lo pidió`,
        [planted]: 1,
        long: 'a'.repeat(500),
        network: '10.1.2.0/24',
        share: 0.5,
        nothing: undefined,
      },
    } as ActRecord,
    [planted],
    { seq: 1, ts: 1 },
  )
  expect(JSON.stringify(entry)).not.toMatch(/Mar|López|aaaa/)
  expect(entry.facts).toEqual({ reason: '?', long: '?', network: '10.1.2.0/24', share: 1 })
})

test('an attack on sign-in fills no disk, and hides nobody else’s failures', async () => {
  let now = 0
  const written: ActRecord[] = []
  const refusals = createRefusals({ now: () => now, monotonic: () => now }, async (record) => {
    written.push(record)
  })
  for (let index = 0; index < 20_000; index++)
    await refusals.refused({
      user: `@victim${index % 400}:hn`,
      network: `10.0.${index % 200}.0/24`,
      why: 'x',
    })
  for (let index = 0; index < 5_000; index++) await refusals.refused({ network: '10.9.9.0/24', why: 'x' })
  now += QUARTER_MS
  await refusals.tick()
  expect(written.length).toBeLessThanOrEqual(101)
  const counted = written.reduce(
    (sum, { act, facts }) => sum + (act === 'session.refused' ? 1 : Number(facts?.['count'])),
    0,
  )
  expect(counted).toBe(25_000)

  written.length = 0
  for (let index = 0; index < 5_000; index++) await refusals.refused({ network: '10.9.9.0/24', why: 'x' })
  await refusals.refused({ user: '@ana:hn', network: '10.1.1.0/24', why: 'x' })
  expect(written.at(-1)?.by).toBe('@ana:hn')
})
