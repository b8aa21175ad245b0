import { afterEach, expect, test, vi } from 'vitest'
import { directoryOf, startTestNode, type TestNode } from '../testing/node.ts'

let node: TestNode | undefined
afterEach(() => node?.close())

test('where federation is open, a partner speaks for no institution of this node, nor of another server', async () => {
  node = await startTestNode(
    { institutions: ['hn-dinaf'] },
    {
      overrides: {
        directory: () => directoryOf({ 'hn-dinaf': { kind: 'child_protection', country: 'HN' } }),
      },
    },
  )
  const { federation, directory, serverName } = node.ctx
  expect(federation.hosts(serverName, 'hn-dinaf')).toBe(true)
  expect(federation.hosts('gt.example', 'hn-dinaf')).toBe(false)
  expect(federation.hosts('gt.example', 'gt-pgn')).toBe(true)
  const { institution } = directory
  vi.spyOn(directory, 'institution').mockImplementation((key) => {
    const summary = institution('hn-dinaf')
    return key === 'gt-pgn' && summary ? { ...summary, key, server_name: 'pgn.example' } : institution(key)
  })
  expect(federation.hosts('gt.example', 'gt-pgn')).toBe(false)
  expect(federation.hosts('pgn.example', 'gt-pgn')).toBe(true)
})
