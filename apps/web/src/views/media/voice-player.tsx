import { LoaderCircle, Pause, Play, RotateCcw } from 'lucide-react'
import { playerOf } from '../../viewmodel/media/player.ts'
import type { Track } from '../../viewmodel/media/types.ts'
import { useShell, useStore, useWords } from '../ui/hooks.ts'
import { Waveform } from './waveform.tsx'

export const clock = (seconds: number): string => {
  const whole = Math.max(0, Math.round(seconds))
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, '0')}`
}

/** A sound: heard, stopped, from any point of it and at the pace one likes. */
export function VoicePlayer(props: { track: Track; waveform: readonly number[]; spoken: boolean }) {
  const { track } = props
  const { session } = useShell()
  const words = useWords().media.player
  const player = playerOf(session)
  const now = useStore(player.state)
  const mine = now.track?.key === track.key
  const phase = mine ? now.phase : 'paused'
  const length = (mine && now.duration) || track.durationMs / 1000
  const position = mine ? now.position : 0
  const part = length > 0 ? Math.min(1, position / length) : 0
  const label =
    phase === 'playing'
      ? words.pause
      : phase === 'failed'
        ? words.failed
        : phase === 'loading'
          ? words.loading
          : words.play
  return (
    <div className="voice-player" data-testid="voice-player" data-phase={mine ? now.phase : 'idle'}>
      <button
        type="button"
        className="voice-toggle"
        data-testid="voice-toggle"
        aria-label={`${label}: ${props.spoken ? words.voice : words.audio}, ${track.title}`}
        onClick={() => player.toggle(track)}
      >
        {phase === 'playing' ? (
          <Pause aria-hidden="true" />
        ) : phase === 'loading' ? (
          <LoaderCircle aria-hidden="true" className="turning" />
        ) : phase === 'failed' ? (
          <RotateCcw aria-hidden="true" />
        ) : (
          <Play aria-hidden="true" />
        )}
      </button>
      <span className="voice-wave">
        <Waveform waveform={props.waveform} part={part} />
        <input
          type="range"
          autoComplete="off"
          min={0}
          max={1000}
          step={10}
          value={Math.round(part * 1000)}
          aria-label={words.position}
          aria-valuetext={words.at(clock(position), clock(length))}
          data-testid="voice-seek"
          onChange={(event) => player.seek(track, Number(event.target.value) / 1000)}
        />
      </span>
      <span className="voice-time" data-testid="voice-time">
        {clock(mine && position > 0 ? position : length)}
      </span>
      {mine && now.phase !== 'idle' && (
        <button
          type="button"
          className="voice-rate"
          data-testid="voice-rate"
          aria-label={words.rate(`${now.rate}×`)}
          onClick={() => player.nextRate()}
        >
          {now.rate}×
        </button>
      )}
      {phase === 'failed' && (
        <span className="voice-failed" role="alert">
          {words.failed}
        </span>
      )}
    </div>
  )
}
