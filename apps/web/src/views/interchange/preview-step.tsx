import { columnLabel } from '@enlace/directory/lists'
import { useState } from 'react'
import type {
  FieldChange,
  ImportModel,
  ImportState,
  Plan,
  RowPreview,
} from '../../viewmodel/interchange/types.ts'
import { failureText } from '../../words/format.ts'
import { useLanguage, useWords } from '../ui/hooks.ts'
import { Problem } from '../ui/parts.tsx'

type PlannedInstitution = Plan['institutions'][number]

export function PreviewStep({ model, state }: { model: ImportModel; state: ImportState }) {
  const words = useWords()
  const language = useLanguage()
  const { plan, busy, own, sent } = state
  if (!plan) return null
  const working = busy !== undefined
  const changing = plan.institutions.filter(({ edits, problem }) => edits.length > 0 && !problem)
  const open = changing.filter(({ institution }) => !sent[institution])
  return (
    <>
      <p data-testid="import-good">{words.interchange.goodRows(plan.good, plan.rows)}</p>
      {plan.leftOut > 0 && <p>{words.interchange.leftOutRows(plan.leftOut)}</p>}
      {changing.length === 0 && <p data-testid="import-nothing">{words.interchange.nothingToSend}</p>}
      {plan.institutions.map((each) => (
        <Institution
          key={each.institution}
          planned={each}
          own={each.institution === own?.key}
          model={model}
          working={working}
          failure={
            state.refused[each.institution] && failureText(state.refused[each.institution]!, language, words)
          }
        />
      ))}
      <div className="row-actions">
        <button
          type="button"
          className="button primary"
          data-testid="import-send"
          disabled={working || open.length === 0}
          onClick={() => void model.send()}
        >
          {working && busy === 'sending'
            ? words.interchange.sending
            : words.interchange.send(Math.max(1, open.length))}
        </button>
        <button
          type="button"
          className="button"
          data-testid="import-to-columns"
          onClick={() => model.show('columns')}
        >
          {words.interchange.backToColumns}
        </button>
        <button type="button" className="button quiet" data-testid="import-discard" onClick={model.discard}>
          {words.interchange.startOver}
        </button>
      </div>
    </>
  )
}

const shownFirst = 20

function Institution(props: {
  planned: PlannedInstitution
  own: boolean
  model: ImportModel
  working: boolean
  failure: string | undefined
}) {
  const words = useWords()
  const language = useLanguage()
  const [limit, setLimit] = useState(shownFirst)
  const { planned, own, model, working, failure } = props
  const of = (...states: RowPreview['state'][]) =>
    planned.previews.filter(({ state }) => states.includes(state))
  const moving = of('added', 'changed')
  const absent = of('missing', 'removed')
  return (
    <section
      className="card import-institution"
      data-testid="import-institution"
      data-key={planned.institution}
    >
      <h3>{planned.name}</h3>
      <p data-testid="import-counts">
        {words.interchange.counts(of('added').length, of('changed').length, of('unchanged').length)}
      </p>
      {planned.edits.length > 0 && (
        <p className="muted">{own ? words.interchange.asDraft : words.interchange.asSuggestion}</p>
      )}
      {planned.problem && <Problem>{planned.problem[language]}</Problem>}
      {failure && <Problem>{failure}</Problem>}
      <ul className="plain-list">
        {moving.slice(0, limit).map((row) => (
          <li key={row.target} className="preview-row" data-testid="import-row" data-state={row.state}>
            <details open={row.state === 'changed' || undefined}>
              <summary>
                <span className={`preview-state preview-${row.state}`}>
                  {words.interchange.states[row.state]}
                </span>
                <span>{[row.service, row.place].filter(Boolean).join(', ')}</span>
              </summary>
              <Changes changes={row.changes} />
            </details>
          </li>
        ))}
      </ul>
      {moving.length > limit && (
        <p>
          {words.interchange.shownOf(limit, moving.length)}{' '}
          <button type="button" className="button small" onClick={() => setLimit(limit + 100)}>
            {words.interchange.more}
          </button>
        </p>
      )}
      {absent.length > 0 && (
        <details className="preview-missing" data-testid="import-missing">
          <summary>{words.interchange.missing(absent.length)}</summary>
          <p className="muted">{words.interchange.missingHint}</p>
          {absent.map(({ target, service, place, state }) => {
            const name = [service, place].filter(Boolean).join(', ')
            return (
              <label key={target} className="pick-line">
                <input
                  type="checkbox"
                  data-testid="import-remove"
                  checked={state === 'removed'}
                  disabled={working}
                  onChange={(event) => void model.setRemoved(target, event.target.checked)}
                />
                {words.interchange.removeOf(name)}
              </label>
            )
          })}
        </details>
      )}
    </section>
  )
}

function Changes({ changes }: { changes: readonly FieldChange[] }) {
  const words = useWords()
  const language = useLanguage()
  return (
    <dl className="change-pairs">
      {changes.map(({ column, from, to }) => (
        <div key={column}>
          <dt>{columnLabel(column)[language]}</dt>
          <dd>
            {from[language] !== '' && <del>{from[language]}</del>}{' '}
            <ins>{to[language] || words.interchange.nothingBefore}</ins>
          </dd>
        </div>
      ))}
    </dl>
  )
}
