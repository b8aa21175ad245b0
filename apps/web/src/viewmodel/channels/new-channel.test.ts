import { expect, test } from 'vitest'
import { foundableTopics } from './new-channel.ts'
import type { Channel } from './types.ts'

test('what the corridor has is not offered again; a room that only calls itself so does not count', () => {
  const channels = [
    { topic: 'minors', known: true },
    { topic: 'returns', known: false },
  ] as Channel[]
  const found = foundableTopics({ channels })
  expect(found.map(({ topic }) => topic)).not.toContain('minors')
  expect(found.find(({ topic }) => topic === 'returns')?.kinds).toContain('migration')
  expect(found.find(({ topic }) => topic === 'trafficking')).toEqual({ topic: 'trafficking' })
})
