import { Pause, Play, X } from 'lucide-react'
import { playerOf } from '../../viewmodel/media/player.ts'
import { useShell, useStore, useWords } from '../ui/hooks.ts'
import { IconButton } from '../ui/parts.tsx'
import { clock } from './voice-player.tsx'

/** What is heard although its message is out of sight: above the composer of every channel. */
export function NowPlaying() {
  const { session } = useShell()
  const words = useWords().media.player
  const player = playerOf(session)
  const { track, phase, position, duration, rate } = useStore(player.state)
  if (!track || track.source instanceof Blob || phase === 'idle' || phase === 'failed') return null
  return (
    <div className="now-playing" data-testid="now-playing" data-phase={phase}>
      <IconButton label={phase === 'playing' ? words.pause : words.play} onClick={() => player.toggle(track)}>
        {phase === 'playing' ? <Pause /> : <Play />}
      </IconButton>
      <span className="now-playing-who">
        <b>{words.now(track.title)}</b>
        <small>{words.at(clock(position), clock(duration))}</small>
      </span>
      <button
        type="button"
        className="voice-rate"
        aria-label={words.rate(`${rate}×`)}
        onClick={() => player.nextRate()}
      >
        {rate}×
      </button>
      <IconButton label={words.stop} testId="now-playing-stop" onClick={() => player.stop()}>
        <X />
      </IconButton>
    </div>
  )
}
