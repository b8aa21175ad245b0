import 'fake-indexeddb/auto'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { deleteOwnDatabase, type OwnDatabase, openOwnDatabase } from '../../lib/own-database.ts'
import { removeKept } from '../retention/kept-things.ts'
import type { Over } from '../retention/types.ts'
import { keepVoice } from './kept-voice.ts'

const USER = '@a:hn'
const TYPE = 'audio/webm;codecs=opus'
let database: OwnDatabase

beforeEach(async () => {
  database = await openOwnDatabase(USER)
})
afterEach(async () => {
  database.close()
  await deleteOwnDatabase(USER)
})

async function speak(roomId: string, ...words: string[]) {
  const keeper = keepVoice(database, roomId)
  for (const word of words) await keeper.add(new Blob([word]), TYPE, [0.1, 0.5, 0.2])
  return keeper
}

describe('a recording that was not sent', () => {
  test('is whole when the page comes back, in its order, and a channel has its own', async () => {
    await speak('!r', 'buenos ', 'días ', 'Ana')
    await speak('!s', 'otra')
    const kept = await keepVoice(database, '!r').whole()
    expect(await kept?.blob.text()).toBe('buenos días Ana')
    expect(kept).toMatchObject({ mimetype: 'audio/webm', durationMs: 900 })
    expect(kept?.waveform).toHaveLength(100)
    expect(await (await keepVoice(database, '!s').whole())?.blob.text()).toBe('otra')
  })

  test('is gone when it was sent or thrown away, also after the page came back, and the next has nothing of it', async () => {
    await speak('!r', 'uno ', 'dos ', 'tres')
    const again = keepVoice(database, '!r')
    await again.discard()
    expect(await again.whole()).toBeUndefined()
    await again.add(new Blob(['cuatro']), TYPE, [])
    expect(await (await keepVoice(database, '!r').whole())?.blob.text()).toBe('cuatro')
  })

  test('goes when the time of its channel is over; what was typed there stays or goes by itself', async () => {
    await speak('!r', 'uno ', 'dos')
    await database.put('drafts', '!r', { roomId: '!r', at: Date.now() + 60_000, text: 'hola' })
    const until = Date.now() + 1_000
    const over = {
      rooms: new Set(['!r']),
      cases: new Set(),
      event: () => false,
      written: (roomId: string, _id: unknown, ts: number) => roomId === '!r' && ts < until,
    } as unknown as Over
    await removeKept(database, over)
    expect(await keepVoice(database, '!r').whole()).toBeUndefined()
    expect(await database.get('drafts', '!r')).toMatchObject({ text: 'hola' })
  })
})
