import { type Failure, failureOf } from '../../lib/failure.ts'
import { createStore } from '../../lib/store.ts'
import { waveformOf } from '../../lib/waveform.ts'
import { keepVoice } from '../../model/media/kept-voice.ts'
import { LEVEL_MS, MicrophoneError, record } from '../../model/media/recorder.ts'
import type { FileOptions, LiveRecording, VoiceNote } from '../../model/media/types.ts'
import type { Session } from '../../model/session/types.ts'
import type { VoiceRecorder, VoiceState } from './types.ts'

/** A voice note is a message, not a meeting: ten minutes, under 2 MB. */
export const MOST_MS = 10 * 60_000
/** Shorter is a finger that slipped. */
const LEAST_MS = 500

export function createVoiceRecorder(
  session: Pick<Session, 'database' | 'outbox'>,
  roomId: string,
  options: {
    fileName(at: Date, ending: string): string
    /** what the recording answers, and in which thread */
    answering?(): Pick<FileOptions, 'replyTo' | 'thread'>
    microphone?: typeof record
  },
): VoiceRecorder {
  const { database, outbox } = session
  const microphone = options.microphone ?? record
  const state = createStore<VoiceState>({ kind: 'idle' })
  const unkept = createStore(false)
  const failure = createStore<Failure | undefined>(undefined)
  const keeper = keepVoice(database, roomId)
  let live: LiveRecording | undefined
  let parts: Blob[] = []
  let levels: number[] = []
  let closed = false
  /** What is shown of an older recording waits until this is known. */
  const restored = keeper
    .whole()
    .then((note) => {
      if (note && state.get().kind === 'idle') state.set({ kind: 'ready', note })
    })
    .catch(() => undefined)

  function recorded(mimetype: string): VoiceNote {
    const type = mimetype.split(';')[0]!
    return {
      blob: new Blob(parts, { type }),
      mimetype: type,
      durationMs: Math.max(LEVEL_MS, levels.length * LEVEL_MS),
      waveform: waveformOf(levels),
    }
  }

  async function end(full = false): Promise<void> {
    const ended = live
    if (!ended) return
    live = undefined
    await ended.stop()
    finish(ended, full)
  }

  function finish(ended: LiveRecording, full: boolean): void {
    const note = recorded(ended.mimetype)
    if (note.blob.size === 0 || note.durationMs < LEAST_MS) return void discard()
    state.set({ kind: 'ready', note, ...(full ? { full } : {}) })
  }

  async function discard(): Promise<void> {
    const ended = live
    live = undefined
    state.set({ kind: 'idle' })
    failure.set(undefined)
    await ended?.stop()
    parts = []
    levels = []
    await keeper.discard().catch(() => undefined)
  }

  return {
    state,
    unkept,
    failure,
    async start() {
      await restored
      if (state.get().kind !== 'idle' && state.get().kind !== 'refused') return
      state.set({ kind: 'asking' })
      parts = []
      levels = []
      unkept.set(false)
      failure.set(undefined)
      const started = Date.now()
      let mimetype = ''
      const shown: number[] = []
      try {
        const begun = await microphone({
          level(level) {
            if (state.get().kind !== 'recording') return
            shown.push(level)
            const ms = Date.now() - started
            state.set({ kind: 'recording', ms, levels: shown.slice(-60) })
            if (ms >= MOST_MS) void end(true)
          },
          part(blob, its) {
            parts.push(blob)
            levels.push(...its)
            keeper.add(blob, mimetype, its).catch(() => unkept.set(true))
          },
          ended() {
            const ended = live
            live = undefined
            if (ended) finish(ended, false)
          },
        })
        mimetype = begun.mimetype
        // It was cancelled while the browser asked.
        if (closed || state.get().kind !== 'asking') {
          await begun.stop()
          return await discard()
        }
        live = begun
        state.set({ kind: 'recording', ms: 0, levels: [] })
      } catch (error) {
        if (!(error instanceof MicrophoneError)) throw error
        state.set({ kind: 'refused', problem: error.problem })
      }
    },
    stop: () => end(),
    async send() {
      await end()
      const now = state.get()
      if (now.kind !== 'ready') return false
      const { blob, mimetype, durationMs, waveform } = now.note
      const ending = mimetype === 'audio/mp4' ? 'm4a' : mimetype.slice('audio/'.length)
      const file = new File([blob], options.fileName(new Date(), ending), { type: mimetype })
      failure.set(undefined)
      try {
        // The outbox has it before the device forgets it here: it is always on disk somewhere.
        const answering = options.answering?.()
        if (
          (await outbox.sendFile(roomId, file, { ...answering, voice: { durationMs, waveform } })) !== 'ok'
        ) {
          failure.set({ kind: 'too_large' })
          return false
        }
      } catch (error) {
        failure.set(failureOf(error))
        return false
      }
      await discard()
      return true
    },
    discard,
    close() {
      closed = true
      // What was recorded is kept; the microphone is let go.
      void end()
    },
  }
}
