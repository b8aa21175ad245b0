import type { MaterialState } from '@enlace/coordination/materials'
import { useState } from 'react'
import type { Failure } from '../../lib/failure.ts'
import type { MaterialsModel } from '../../viewmodel/materials/materials.ts'
import { dateTime, failureText } from '../../words/format.ts'
import { useInstitutionName, useLanguage, useWords } from '../ui/hooks.ts'
import { Problem } from '../ui/parts.tsx'

/** What the form takes of a comment, in letters. */
export const MAX_COMMENT = 4_000

export function MaterialComments({ model, state }: { model: MaterialsModel; state: MaterialState }) {
  const all = useWords()
  const words = all.materials
  const language = useLanguage()
  const nameOf = useInstitutionName()
  const [text, setText] = useState('')
  const [busy, setBusy] = useState(false)
  const [failure, setFailure] = useState<Failure | undefined>(undefined)
  const numberOf = (id: string | undefined) => state.versions.find((one) => one.id === id)?.content?.number

  async function send(): Promise<void> {
    setBusy(true)
    const failed = await model.comment(state, text.trim())
    setFailure(failed)
    setBusy(false)
    if (!failed) setText('')
  }
  return (
    <section className="card material-comments">
      <h2>{words.comments}</h2>
      {state.comments.length === 0 ? (
        <p className="muted">{words.noComments}</p>
      ) : (
        <ul className="material-rows" data-testid="material-comments">
          {state.comments.map((one) => (
            <li key={one.eventId}>
              <span>
                <b>{nameOf(one.by.institution)}</b>{' '}
                <small className="muted">
                  {dateTime(one.at, language, all)}
                  {numberOf(one.version) !== undefined && ` · ${words.commentOn(numberOf(one.version)!)}`}
                </small>
                <span className="material-said">{one.text ?? words.unreadable}</span>
              </span>
            </li>
          ))}
        </ul>
      )}
      {model.may(state, { step: 'comment' }) && (
        <form
          onSubmit={(event) => {
            event.preventDefault()
            void send()
          }}
        >
          <label className="field">
            <span>{words.comment}</span>
            <textarea
              data-testid="material-comment"
              rows={2}
              maxLength={MAX_COMMENT}
              value={text}
              onChange={(event) => setText(event.target.value)}
            />
          </label>
          {failure && <Problem>{failureText(failure, language, all)}</Problem>}
          <button
            type="submit"
            className="button small"
            data-testid="material-comment-send"
            disabled={busy || text.trim() === ''}
          >
            {words.commentSend}
          </button>
        </form>
      )}
    </section>
  )
}
