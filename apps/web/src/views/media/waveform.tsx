import { barsOf } from '../../lib/waveform.ts'

const BARS = 40

/** How loud a recording is, drawn; what was heard of it stands out. */
export function Waveform(props: { waveform: readonly number[]; part: number }) {
  const bars = barsOf(props.waveform, BARS)
  return (
    <svg className="waveform" viewBox={`0 0 ${BARS * 4} 32`} preserveAspectRatio="none" aria-hidden="true">
      {bars.map((level, at) => {
        const height = Math.max(2, level * 30)
        return (
          <rect
            key={at}
            className={(at + 0.5) / BARS <= props.part ? 'heard' : undefined}
            x={at * 4 + 0.5}
            y={16 - height / 2}
            width={2.6}
            height={height}
            rx={1.3}
          />
        )
      })}
    </svg>
  )
}
