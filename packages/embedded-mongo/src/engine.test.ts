/** Batches: one commit for many commands, the failure of one apart from the others, and a disk that is full. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { BSON, type Document } from 'bson'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { decodeDoc } from './bson/decode.ts'
import { Engine } from './engine.ts'
import { replyPrefix } from './wire.ts'

let folder: string
let engine: Engine
const warnings: string[] = []

const open = () =>
  new Engine({ path: join(folder, 'e.sqlite'), address: 'x', warn: (message) => warnings.push(message) })

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'em-test-'))
  engine = open()
})
afterEach(() => {
  engine.close()
  rmSync(folder, { recursive: true })
})

/** Runs commands as if they had arrived in one turn. */
function batch(...commands: Document[]): Document[] {
  const replies: Document[] = []
  engine.runBatch(
    commands.map((command, i) => ({
      request: {
        id: i,
        body: decodeDoc(Buffer.from(BSON.serialize({ ...command, $db: 'test' }))),
        sequences: new Map(),
        reply: 'msg' as const,
      },
      connectionId: 1,
      answer: (reply) => {
        replies[i] = BSON.deserialize(reply!.subarray(replyPrefix('msg')))
      },
    })),
  )
  while (engine.busy) engine.runBatch([])
  return replies
}

const reopen = () => {
  engine.close()
  engine = open()
}

test('a refused command leaves the others of its batch in place, and undoes itself wholly', () => {
  const replies = batch(
    { insert: 'a', documents: [{ _id: 1 }] },
    {
      createIndexes: 'b',
      indexes: [
        { key: { x: 1 }, name: 'x_1' },
        { key: { x: 'text' }, name: 'bad' },
      ],
    },
    { insert: 'a', documents: [{ _id: 1 }, { _id: 2 }], ordered: false },
    { nonsense: 1 },
    { count: 'a' },
  )
  expect(replies.map((reply) => reply['ok'])).toEqual([1, 0, 1, 0, 1])
  expect(replies[2]).toMatchObject({ n: 1, writeErrors: [{ index: 0, code: 11000 }] })
  expect(replies[4]).toMatchObject({ n: 2 })
  expect(batch({ listIndexes: 'b' })[0]).toMatchObject({ code: 26 })
  reopen()
  expect(batch({ count: 'a' })[0]).toMatchObject({ n: 2 })
})

test('an index that cannot be built is gone, in memory and in the file', () => {
  batch({
    insert: 'a',
    documents: [
      { _id: 1, x: 1 },
      { _id: 2, x: 1 },
    ],
  })
  expect(
    batch({ createIndexes: 'a', indexes: [{ key: { x: 1 }, name: 'x_1', unique: true }] })[0],
  ).toMatchObject({ code: 11000 })
  const names = () =>
    batch({ listIndexes: 'a' })[0]!['cursor'].firstBatch.map((index: Document) => index['name'])
  expect(names()).toEqual(['_id_'])
  reopen()
  expect(names()).toEqual(['_id_'])
  expect(batch({ validate: 'a' })[0]).toMatchObject({ valid: true })
})

test('a full disk: nothing unacknowledged counts, everything acknowledged stays, and it goes on when there is room', () => {
  batch({ createIndexes: 'a', indexes: [{ key: { text: 1 }, name: 'text_1' }] })
  const { db } = engine.store.file
  const { page_count: pages } = db.prepare('PRAGMA page_count').get() as { page_count: number }
  db.exec(`PRAGMA max_page_count = ${pages + 40}`)
  const acknowledged: number[] = []
  let refused = 0
  for (let i = 0; i < 60; i += 3) {
    const replies = batch(
      ...[i, i + 1, i + 2].map((_id) => ({ insert: 'a', documents: [{ _id, text: `${_id}`.repeat(800) }] })),
      { insert: `new${i}`, documents: [{ _id: 1 }] },
    )
    for (const [k, reply] of replies.entries()) {
      if (reply['ok'] === 1 && k < 3) acknowledged.push(i + k)
      if (reply['ok'] === 0) {
        expect(reply['code']).toBe(14031)
        refused++
      }
    }
  }
  expect(refused).toBeGreaterThan(0)
  expect(acknowledged.length).toBeGreaterThan(3)
  const ids = () =>
    batch({ find: 'a', sort: { _id: 1 } })[0]!['cursor'].firstBatch.map((doc: Document) => doc['_id'])
  expect(ids()).toEqual(acknowledged)
  reopen()
  expect(ids()).toEqual(acknowledged)
  expect(batch({ validate: 'a' })[0]).toMatchObject({ valid: true })
  expect(batch({ insert: 'a', documents: [{ _id: 'more' }] })[0]).toMatchObject({ n: 1 })
})
