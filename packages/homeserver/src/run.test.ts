import { once } from 'node:events'
import { expect, test } from 'vitest'
import { startChildNode } from './testing/child-node.ts'

test.each([
  ['throw', 'uncaughtException', 'thrown where nobody catches'],
  ['reject', 'unhandledRejection', 'rejected where nobody looks'],
  ['reject with a text', 'unhandledRejection', 'something that is no error was thrown'],
])(
  'an error that nobody handles ends the node in good order, and is told without what it carries: %s',
  async (fault, kind, message) => {
    const node = await startChildNode()
    const exited = once(node.child, 'close')
    node.child.send(fault)
    expect((await exited)[0]).toBe(1)
    const fatal = node.lines().filter((line) => line['level'] === 60)
    expect(fatal).toHaveLength(1)
    expect(fatal[0]).toMatchObject({ kind, err: { message } })
    expect(node.output()).not.toContain('palabra-del-documento')
    // Ended, not torn down: the database was closed by the node.
    expect(node.output()).not.toContain('ended unexpectedly')
  },
  180_000,
)
