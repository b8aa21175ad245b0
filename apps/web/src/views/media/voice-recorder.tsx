import { Mic, SendHorizontal, Square, Trash2 } from 'lucide-react'
import { useEffect, useRef } from 'react'
import type { VoiceRecorder } from '../../viewmodel/media/types.ts'
import { MOST_MS } from '../../viewmodel/media/voice-recorder.ts'
import { failureText } from '../../words/format.ts'
import { useLanguage, useStore, useWords } from '../ui/hooks.ts'
import { IconButton, Problem } from '../ui/parts.tsx'
import { clock, VoicePlayer } from './voice-player.tsx'

/** Held this long, letting go sends; shorter was a tap, and the recording goes on. */
const HELD_MS = 600
/** Slid this far aside, letting go throws away. */
const AWAY_PX = 90
const MINUTES = MOST_MS / 60_000

export function RecordButton(props: { voice: VoiceRecorder; onSent(): void }) {
  const { voice } = props
  const words = useWords().media.voice
  const letGo = useRef<(() => void) | undefined>(undefined)
  useEffect(() => () => letGo.current?.(), [])

  function hold(from: { x: number; at: number }): void {
    const over = () => {
      window.removeEventListener('pointerup', up)
      window.removeEventListener('pointercancel', over)
      letGo.current = undefined
    }
    const up = (event: PointerEvent) => {
      over()
      if (voice.state.get().kind !== 'recording' || performance.now() - from.at < HELD_MS) return
      if (Math.abs(event.clientX - from.x) > AWAY_PX) void voice.discard()
      else void voice.send().then((sent) => sent && props.onSent())
    }
    window.addEventListener('pointerup', up)
    window.addEventListener('pointercancel', over)
    letGo.current = over
  }

  return (
    <button
      type="button"
      className="send"
      data-testid="voice-record"
      aria-label={words.record}
      title={words.record}
      onPointerDown={(event) => {
        if (event.button !== 0) return
        hold({ x: event.clientX, at: performance.now() })
        void voice.start()
      }}
      // By keyboard there is no pointer; after one, it has begun already.
      onClick={() => void voice.start()}
    >
      <Mic aria-hidden="true" />
    </button>
  )
}

/** In place of the composer's line while something is recorded, or waits to be sent. */
export function VoiceBar(props: { voice: VoiceRecorder; roomId: string; onSent(): void }) {
  const { voice } = props
  const all = useWords()
  const own = all.media.voice
  const language = useLanguage()
  const state = useStore(voice.state)
  const unkept = useStore(voice.unkept)
  const failure = useStore(voice.failure)
  if (state.kind === 'idle' || state.kind === 'refused') return null
  const send = () => void voice.send().then((sent) => sent && props.onSent())
  return (
    <div className="voice-bar" data-testid="voice-bar" data-state={state.kind}>
      {failure && <Problem>{failureText(failure, language, all)}</Problem>}
      <div className="composer-line">
        <IconButton label={own.cancel} testId="voice-discard" onClick={() => void voice.discard()}>
          <Trash2 />
        </IconButton>
        {state.kind === 'ready' ? (
          <VoicePlayer
            track={{
              key: 'unsent',
              source: state.note.blob,
              mimetype: state.note.mimetype,
              durationMs: state.note.durationMs,
              roomId: props.roomId,
              title: own.unsent,
            }}
            waveform={state.note.waveform}
            spoken
          />
        ) : (
          <span className="voice-live">
            <span className="voice-dot" aria-hidden="true" />
            <span role="timer" aria-label={own.recording} data-testid="voice-clock">
              {clock(state.kind === 'recording' ? Math.floor(state.ms / 1000) : 0)}
            </span>
            <LiveLevels levels={state.kind === 'recording' ? state.levels : []} />
          </span>
        )}
        {state.kind === 'recording' && (
          <IconButton label={own.stop} testId="voice-stop" onClick={() => void voice.stop()}>
            <Square />
          </IconButton>
        )}
        <button
          type="button"
          className="send"
          data-testid="voice-send"
          aria-label={own.send}
          disabled={state.kind === 'asking'}
          onClick={send}
        >
          <SendHorizontal aria-hidden="true" />
        </button>
      </div>
      <p className="voice-hint" role="status">
        {state.kind === 'asking'
          ? own.asking
          : unkept
            ? own.unkept
            : state.kind === 'recording'
              ? own.limit(MINUTES)
              : state.full
                ? own.full(MINUTES)
                : own.unsent}
      </p>
    </div>
  )
}

export function MicrophoneProblemNotice(props: { voice: VoiceRecorder }) {
  const all = useWords()
  const state = useStore(props.voice.state)
  if (state.kind !== 'refused') return null
  return (
    <div data-testid="voice-refused" data-problem={state.problem}>
      <Problem
        action={
          <span className="row-actions">
            {state.problem !== 'unsupported' && (
              <button type="button" className="button" onClick={() => void props.voice.start()}>
                {all.retry}
              </button>
            )}
            <button type="button" className="button" onClick={() => void props.voice.discard()}>
              {all.close}
            </button>
          </span>
        }
      >
        {all.media.voice.problem[state.problem]}
      </Problem>
    </div>
  )
}

const SHOWN = 32

function LiveLevels(props: { levels: readonly number[] }) {
  const shown = [...Array.from({ length: SHOWN }, () => 0), ...props.levels].slice(-SHOWN)
  return (
    <span className="voice-levels" aria-hidden="true" data-testid="voice-levels">
      {shown.map((level, at) => (
        <i key={at} style={{ height: `${Math.max(8, Math.min(100, level * 140))}%` }} />
      ))}
    </span>
  )
}
