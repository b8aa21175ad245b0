import { CheckCheck, X } from 'lucide-react'
import type { AcknowledgeResult, Board } from '../../viewmodel/cases/types.ts'
import { failureText } from '../../words/format.ts'
import { useLanguage, useStore, useWords } from '../ui/hooks.ts'
import { IconButton } from '../ui/parts.tsx'

/** How many cases are selected and what can be done with them; then the progress; then what was refused, and why. */
export function BulkBar(props: { board: Board }) {
  const { board } = props
  const words = useWords()
  const language = useLanguage()
  const selected = useStore(board.selected)
  const bulk = useStore(board.bulk)
  const why = ({ problem }: AcknowledgeResult) =>
    !problem
      ? ''
      : problem.kind === 'not_now'
        ? words.cases.page.refusedReason.illegal_step
        : failureText(problem, language, words)
  if (bulk) {
    const refused = bulk.results.filter((one) => one.problem)
    const done = bulk.results.length - refused.length
    return (
      <div className="bulk" role="status" data-testid="bulk-result">
        {bulk.running ? (
          <>
            <span>{words.cases.bulk.working(bulk.results.length, bulk.total)}</span>
            <progress max={bulk.total} value={bulk.results.length} aria-hidden="true" />
          </>
        ) : (
          <>
            <div className="bulk-text">
              {done > 0 && <p>{words.cases.bulk.done(done)}</p>}
              {refused.length > 0 && (
                <>
                  <p>{words.cases.bulk.refused(refused.length)}</p>
                  <ul className="bulk-refused">
                    {refused.map((one) => (
                      <li key={one.id} data-testid="bulk-refused">
                        <b>{one.reference}</b> {why(one)}
                      </li>
                    ))}
                  </ul>
                </>
              )}
            </div>
            <button type="button" className="button" data-testid="bulk-close" onClick={board.dismissBulk}>
              {words.cases.bulk.close}
            </button>
          </>
        )}
      </div>
    )
  }
  if (selected.size === 0) return null
  return (
    <div className="bulk" data-testid="bulk">
      <span>{words.cases.selected(selected.size)}</span>
      <button
        type="button"
        className="button primary"
        data-testid="bulk-acknowledge"
        onClick={() => void board.acknowledge([...selected])}
      >
        <CheckCheck aria-hidden="true" />
        {words.cases.bulk.acknowledge(selected.size)}
      </button>
      <IconButton label={words.cases.selectNone} onClick={board.selectNone}>
        <X />
      </IconButton>
    </div>
  )
}
