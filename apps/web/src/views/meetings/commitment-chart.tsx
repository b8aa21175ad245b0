import { commitmentCounts, commitmentStatusKeys, type MeetingState } from '@enlace/coordination/meetings'
import { useShell, useWords } from '../ui/hooks.ts'

/** What of a meeting was done: one bar, and the same in words and numbers beside it. */
export function CommitmentChart({ state }: { state: MeetingState }) {
  const { router } = useShell()
  const words = useWords()
  const own = words.meetings
  const all = state.commitments.length
  if (all === 0) return null
  const counts = commitmentCounts(state.commitments, Date.now())
  const shown = [...commitmentStatusKeys].reverse().filter((one) => counts[one] > 0)
  return (
    <figure className="card commitment-chart" data-testid="commitment-chart">
      <figcaption>
        <b>{own.last}</b> <span>{own.lastDone(counts.fulfilled, all)}</span>
      </figcaption>
      <div className="commitment-bar" aria-hidden="true">
        {shown.map((one) => (
          <span key={one} data-status={one} style={{ flexGrow: counts[one] }} />
        ))}
      </div>
      <ul>
        {shown.map((one) => (
          <li key={one}>
            <i className="commitment-swatch" data-status={one} aria-hidden="true" />
            {own.statuses[one]}: <b data-count={one}>{counts[one]}</b>
          </li>
        ))}
      </ul>
      <button
        type="button"
        className="button"
        data-testid="meeting-before"
        onClick={() => router.go({ page: 'meetings', meetingId: state.id })}
      >
        {own.toLast}
      </button>
    </figure>
  )
}
