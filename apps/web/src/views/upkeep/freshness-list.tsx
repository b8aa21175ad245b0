import { CheckCircle2 } from 'lucide-react'
import type { KeepModel, KeepState } from '../../viewmodel/upkeep/types.ts'
import { failureText } from '../../words/format.ts'
import { useLanguage, useWords } from '../ui/hooks.ts'
import { Problem } from '../ui/parts.tsx'
import { FreshnessMark, usePerson } from './parts.tsx'

/** Each group with how much it can be relied on; its own people say with one tap that it is still correct. */
export function FreshnessList(props: { model: KeepModel; state: KeepState }) {
  const { model, state } = props
  const { answer } = state
  const words = useWords()
  const language = useLanguage()
  const person = usePerson()
  if (!answer) return null
  const { book } = answer
  const groups = book?.groups ?? answer.groups
  const mayConfirm = book !== undefined && book.keeping !== 'no_key'
  return (
    <section className="kept" data-testid="upkeep-kept">
      {mayConfirm && (
        <>
          <h2>{words.upkeep.kept}</h2>
          <p className="muted">{words.upkeep.keptHint}</p>
        </>
      )}
      <ul className="kept-groups">
        {groups.map(({ group, freshness, assured_date }) => {
          const unsigned = book?.unsigned.find((one) => one.group === group)
          return (
            <li key={group} data-testid={`kept-${group}`} data-freshness={freshness}>
              <span className="kept-name">
                <strong>{words.upkeep.groups[group]}</strong>
                <FreshnessMark freshness={freshness} date={assured_date} />
                {group === 'contact' && freshness === 'overdue' && book && (
                  <small data-testid="duty-out">{words.upkeep.dutyOut}</small>
                )}
                {unsigned && book?.keeping === 'signed' && (
                  <small data-testid={`unsigned-${group}`}>
                    {words.upkeep.unsigned(person(unsigned.by ?? ''))}
                  </small>
                )}
              </span>
              {mayConfirm && (
                <button
                  type="button"
                  className="button small"
                  data-testid={`confirm-${group}`}
                  disabled={state.busy !== undefined}
                  aria-label={`${words.upkeep.stillCorrect}: ${words.upkeep.groups[group]}`}
                  onClick={() => void model.confirm([group])}
                >
                  <CheckCircle2 aria-hidden="true" />
                  {words.upkeep.stillCorrect}
                </button>
              )}
            </li>
          )
        })}
      </ul>
      {book && book.keeping === 'signed' && book.unsigned.length > 0 && answer.may.decide && (
        <div className="row-actions">
          {state.maySign ? (
            <button
              type="button"
              className="button primary"
              data-testid="sign-pending"
              disabled={state.busy !== undefined}
              onClick={() => void model.sign()}
            >
              {words.upkeep.signPending}
            </button>
          ) : (
            <p className="muted">{words.upkeep.noKeyHere}</p>
          )}
        </div>
      )}
      {book?.publishing && <p className="note">{words.upkeep.publishing}</p>}
      {state.failure && <Problem>{failureText(state.failure, language, words)}</Problem>}
      <p className="visually-hidden" role="status" data-testid="kept-done">
        {state.done === 'confirmed' ? words.upkeep.confirmed : ''}
      </p>
    </section>
  )
}
