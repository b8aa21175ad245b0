import { describe, expect, test } from 'vitest'
import { doListAct, muteUntil } from './list-acts.ts'
import type { Channel } from './types.ts'

describe('until when a channel is silent', () => {
  const at = (text: string) => new Date(text)
  test.each([
    ['hour', '2026-03-05T21:30:00', '2026-03-05T22:30:00'],
    ['morning', '2026-03-05T21:30:00', '2026-03-06T08:00:00'],
    // At two at night the morning is the one that comes.
    ['morning', '2026-03-05T02:10:00', '2026-03-05T08:00:00'],
    ['morning', '2026-12-31T08:00:00', '2027-01-01T08:00:00'],
    ['week', '2026-02-25T09:00:00', '2026-03-04T09:00:00'],
  ] as const)('%s from %s', (choice, now, then) => {
    expect(new Date(muteUntil(choice, at(now)))).toEqual(at(then))
  })
})

describe('what is done in the list can be undone', () => {
  const channel = { roomId: '!a:hn', muted: { until: 5 }, level: 'all' } as Channel
  async function done(act: Parameters<typeof doListAct>[3]) {
    const calls: unknown[] = []
    const note =
      (name: string) =>
      async (...args: unknown[]) =>
        void calls.push([name, ...args])
    const prefs = {
      mute: note('mute'),
      archive: note('archive'),
      markUnread: note('markUnread'),
      setLevel: note('level'),
    }
    const client = { getRoom: () => null }
    const undo = await doListAct({ client } as never, { prefs } as never, channel, act)
    await undo()
    return calls
  }
  test('also to what was there before', async () => {
    expect(await done({ act: 'level', level: 'mentions' })).toEqual([
      ['level', '!a:hn', 'mentions'],
      ['level', '!a:hn', 'all'],
      ['mute', '!a:hn', { until: 5 }],
    ])
    expect(await done({ act: 'archive' })).toEqual([
      ['archive', '!a:hn', true],
      ['archive', '!a:hn', false],
    ])
    expect(await done({ act: 'markRead' })).toEqual([
      ['markUnread', '!a:hn', false],
      ['markUnread', '!a:hn', true],
    ])
  })
})
