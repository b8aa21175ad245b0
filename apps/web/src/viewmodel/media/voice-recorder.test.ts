import 'fake-indexeddb/auto'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { deleteOwnDatabase, type OwnDatabase, openOwnDatabase } from '../../lib/own-database.ts'
import { MicrophoneError, type record } from '../../model/media/recorder.ts'
import type { FileOptions, MicrophoneProblem } from '../../model/media/types.ts'
import type { Outbox } from '../../model/timeline/types.ts'
import { createVoiceRecorder } from './voice-recorder.ts'

const USER = '@a:hn'
let database: OwnDatabase
let taken: { file: File; options: FileOptions }[]
let full = false

beforeEach(async () => {
  database = await openOwnDatabase(USER)
  taken = []
  full = false
})
afterEach(async () => {
  database.close()
  await deleteOwnDatabase(USER)
})

const outbox = {
  sendFile: async (_room: string, file: File, options: FileOptions) => {
    if (full) throw new DOMException('full', 'QuotaExceededError')
    taken.push({ file, options })
    return 'ok'
  },
} as unknown as Outbox

/** A microphone that hears these words, each as long as a second. */
function microphone(...words: string[]) {
  let stopped = 0
  const hears: typeof record = async (on) => {
    let rest = [...words]
    return {
      mimetype: 'audio/webm;codecs=opus',
      async stop() {
        stopped += 1
        for (const word of rest) on.part(new Blob([word]), Array(10).fill(0.3))
        rest = []
      },
    }
  }
  return { hears, stopped: () => stopped }
}
const refusing = (problem: MicrophoneProblem) => async () => {
  throw new MicrophoneError(problem)
}
const recorder = (hears: typeof record) =>
  createVoiceRecorder({ database, outbox }, '!r', {
    fileName: (_at, ending) => `voz.${ending}`,
    answering: () => ({ replyTo: '$antes' }),
    microphone: hears,
  })

describe('a voice note', () => {
  test('is recorded and sent as what it is, and forgotten here', async () => {
    const { hears, stopped } = microphone('buenos ', 'días')
    const voice = recorder(hears)
    await voice.start()
    expect(voice.state.get().kind).toBe('recording')
    expect(await voice.send()).toBe(true)
    expect(stopped()).toBe(1)
    expect(taken[0]?.file).toMatchObject({ name: 'voz.webm', type: 'audio/webm' })
    expect(await taken[0]?.file.text()).toBe('buenos días')
    expect(taken[0]?.options).toMatchObject({ replyTo: '$antes', voice: { durationMs: 2_000 } })
    expect(voice.state.get()).toEqual({ kind: 'idle' })
    expect(await database.all('drafts')).toEqual([])
  })

  test('that was not sent is there when the page comes back, and can be sent then', async () => {
    const { hears, stopped } = microphone('llegó ', 'la madre')
    const voice = recorder(hears)
    await voice.start()
    voice.close()
    await expect.poll(async () => (await database.all('drafts')).length).toBe(2)
    expect(stopped()).toBe(1)
    const again = recorder(microphone().hears)
    await expect.poll(() => again.state.get().kind).toBe('ready')
    expect(await again.send()).toBe(true)
    expect(await taken[0]?.file.text()).toBe('llegó la madre')
    expect(await database.all('drafts')).toEqual([])
  })

  test('stays where there was no room to send it, and the reason is told', async () => {
    full = true
    const voice = recorder(microphone('uno').hears)
    await voice.start()
    expect(await voice.send()).toBe(false)
    expect(voice.failure.get()).toEqual({ kind: 'storage_full' })
    expect(voice.state.get().kind).toBe('ready')
    full = false
    expect(await voice.send()).toBe(true)
  })

  test('thrown away leaves nothing, and the microphone is let go', async () => {
    const { hears, stopped } = microphone('uno')
    const voice = recorder(hears)
    await voice.start()
    await voice.discard()
    expect([voice.state.get(), stopped(), await database.all('drafts'), taken]).toEqual([
      { kind: 'idle' },
      1,
      [],
      [],
    ])
  })

  test('of a finger that slipped is none', async () => {
    const voice = recorder(microphone().hears)
    await voice.start()
    expect(await voice.send()).toBe(false)
    expect(voice.state.get()).toEqual({ kind: 'idle' })
  })

  test.each(['refused', 'none', 'busy', 'unsupported'] as const)(
    'without a microphone (%s) says why',
    async (why) => {
      const voice = recorder(refusing(why))
      await voice.start()
      expect(voice.state.get()).toEqual({ kind: 'refused', problem: why })
    },
  )

  test('cancelled while the browser asks is not recorded afterwards', async () => {
    const { hears, stopped } = microphone('uno')
    let allow: () => void = () => undefined
    const asked = new Promise<void>((resolve) => {
      allow = resolve
    })
    const voice = recorder(async (on) => {
      await asked
      return hears(on)
    })
    const starting = voice.start()
    await expect.poll(() => voice.state.get().kind).toBe('asking')
    await voice.discard()
    allow()
    await starting
    expect([voice.state.get().kind, stopped()]).toEqual(['idle', 1])
  })
})
