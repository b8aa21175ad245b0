import type { MatrixClient } from 'matrix-js-sdk'
import { expect, test } from 'vitest'
import { judge } from '../trust/outgoing-gate.ts'
import { createMarked } from './marked.ts'

/** A room whose state and account data are what was written last, or whatever a server says. */
function world(given: { pinned?: unknown; starred?: unknown } = {}) {
  let { pinned, starred } = given
  const paths: Array<[string, unknown]> = []
  const client = {
    on: () => undefined,
    off: () => undefined,
    sendStateEvent: async (roomId: string, type: string, content: unknown) => {
      paths.push([`/_matrix/client/v3/rooms/${encodeURIComponent(roomId)}/state/${type}/`, content])
      pinned = content
    },
    setRoomAccountData: async (_room: string, _type: string, content: unknown) => {
      starred = content
    },
  } as unknown as MatrixClient
  const room = {
    roomId: '!r:hn',
    currentState: { getStateEvents: () => (pinned === undefined ? null : { getContent: () => pinned }) },
    getAccountData: () => (starred === undefined ? undefined : { getContent: () => starred }),
  } as never
  return { marked: createMarked(client, '@yo:hn'), room, paths, starred: () => starred }
}

test('pinned messages are a list of event ids, each once, that the gate lets out', async () => {
  const { marked, room, paths } = world()
  await marked.pin(room, '$a', true)
  await marked.pin(room, '$b', true)
  await marked.pin(room, '$a', true)
  expect(marked.pinned(room)).toEqual(['$b', '$a'])
  await marked.pin(room, '$b', false)
  expect(marked.pinned(room)).toEqual(['$a'])
  for (const [path, content] of paths) expect(judge('PUT', path, content)).toBe('pass')
})

test('starred messages say to the server which they are and when, and nothing else; the newest first', async () => {
  const { marked, room, starred } = world({ starred: { events: { $old: 5 } } })
  await marked.star(room, '$new', true)
  expect(marked.starred(room)).toEqual(['$new', '$old'])
  await marked.star(room, '$old', false)
  expect(starred()).toEqual({ events: { $new: expect.any(Number) } })
  for (let at = 0; at < 220; at++) await marked.star(room, `$${at}`, true)
  expect(marked.starred(room).length).toBeLessThanOrEqual(200)
  expect(marked.starred(room)).toContain('$219')
})

test('what a server says there instead of lists is nothing', () => {
  for (const senseless of [
    {},
    { pinned: 'x' },
    { pinned: [1] },
    { events: [] },
    { events: { $a: 'x' } },
    7,
    null,
  ]) {
    const { marked, room } = world({ pinned: senseless, starred: senseless })
    expect([marked.pinned(room), marked.starred(room)]).toEqual([[], []])
  }
})
