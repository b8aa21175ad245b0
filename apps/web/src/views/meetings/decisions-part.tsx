import { decisionOutcome } from '@enlace/coordination/meetings'
import { useState } from 'react'
import { tallyOf } from '../../viewmodel/meetings/meeting-words.ts'
import { Select } from '../ui/choice.tsx'
import { useWords } from '../ui/hooks.ts'
import { Part, type PartProps, useMeeting, WriteLine } from './part.tsx'

export function DecisionsPart(props: PartProps) {
  const { state } = props
  const words = useWords()
  const own = words.meetings
  const may = useMeeting(props)
  const [how, setHow] = useState<'consensus' | 'vote'>('consensus')
  const [quorum, setQuorum] = useState(Math.floor(state.institutions.length / 2) + 1)
  return (
    <Part
      title={own.decisions}
      empty={state.decisions.length === 0 && own.decisionsEmpty}
      testId="meeting-decisions"
    >
      <ul className="meeting-list">
        {state.decisions.map((one) => {
          const outcome = decisionOutcome(one)
          return (
            <li key={one.id} data-testid="decision" data-outcome={outcome}>
              <span>
                {one.text}
                <small className="muted">
                  {' '}
                  {own.hows[one.how]} · {tallyOf(one, words)}
                </small>
              </span>
              <span
                className="meeting-mark"
                data-answer={{ adopted: 'confirmed', rejected: 'declined', no_quorum: undefined }[outcome]}
              >
                {own.outcomes[outcome]}
              </span>
              {may.leads && !state.closed && (
                <span className="row-actions">
                  {(['yes', 'no', 'abstain'] as const).map((choice) => (
                    <button
                      key={choice}
                      type="button"
                      className="button"
                      data-testid={`vote-${choice}`}
                      aria-pressed={one.votes.get(may.own ?? '') === choice}
                      onClick={() => void may.write({ what: 'vote', decision: one.id, choice })}
                    >
                      {own.choices[choice]}
                    </button>
                  ))}
                </span>
              )}
            </li>
          )
        })}
      </ul>
      {may.leads && !state.closed && (
        <WriteLine
          label={own.decision}
          button={own.add}
          testId="decision-new"
          max={2_000}
          several
          onWrite={(text) => may.write({ what: 'decision', text, how, quorum })}
        >
          <div className="meeting-fields">
            <Select
              label={own.how}
              testId="decision-how"
              value={how}
              onChange={(value) => setHow(value as typeof how)}
              choices={(['consensus', 'vote'] as const).map((one) => ({ value: one, label: own.hows[one] }))}
            />
            <Select
              label={own.quorum}
              testId="decision-quorum"
              value={String(quorum)}
              onChange={(value) => setQuorum(Number(value))}
              choices={state.institutions.map((_, at) => ({ value: String(at + 1), label: String(at + 1) }))}
            />
          </div>
        </WriteLine>
      )}
      {may.problem}
    </Part>
  )
}
