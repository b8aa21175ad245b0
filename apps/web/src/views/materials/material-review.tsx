import { approvingCountries } from '@enlace/coordination/publishing'
import { useState } from 'react'
import type { Failure } from '../../lib/failure.ts'
import type { MaterialRow, MaterialsModel, MaterialsView } from '../../viewmodel/materials/materials.ts'
import { failureText } from '../../words/format.ts'
import { useInstitutionName, useInstitutions, useLanguage, useShell, useWords } from '../ui/hooks.ts'
import { Dialog, Flag, Problem } from '../ui/parts.tsx'
import { MAX_COMMENT } from './material-comments.tsx'

/** Who of each country approved the version that stands, and what this person may say of it. */
export function MaterialReview(props: { model: MaterialsModel; view: MaterialsView; row: MaterialRow }) {
  const { model, view, row } = props
  const { state } = row
  const { router } = useShell()
  const all = useWords()
  const words = all.materials
  const language = useLanguage()
  const nameOf = useInstitutionName()
  const institutions = useInstitutions()
  const [busy, setBusy] = useState(false)
  const [failure, setFailure] = useState<Failure | undefined>(undefined)
  const [returning, setReturning] = useState(false)
  const version = state.versions.at(-1)
  if (!version) return null
  const stances = [...version.stances]
  const own = view.actor && version.stances.get(view.actor.institution)
  const mayApprove =
    version.content !== undefined && model.may(state, { step: 'approve', version: version.id })
  // What is published is withdrawn, not returned.
  const open = !state.publications.some((one) => one.version === version.id)
  const mayReturn = open && model.may(state, { step: 'return', version: version.id })
  const approved = own?.stance === 'approve'
  const unsignedOwn = approved && !own.signatures
  const run = async (work: Promise<Failure | undefined>) => {
    setBusy(true)
    setFailure(await work)
    setBusy(false)
  }
  return (
    <section className="card material-review" data-testid="material-review">
      <h2>{words.review}</h2>
      <p className="muted">{words.reviewHint}</p>
      <ul className="material-rows">
        {approvingCountries.map((country) => {
          const here = stances.filter(([key]) => institutions.get(key)?.country === country)
          return (
            <li key={country} data-testid={`material-country-${country}`}>
              <span>
                <Flag country={country} /> <b>{all.countries[country]}</b>
                {here.length === 0 && <span className="muted"> · {words.missing}</span>}
                {here.map(([key, { stance, signatures }]) => (
                  <span key={key} className="material-said" data-stance={stance}>
                    {stance === 'return'
                      ? words.returnedBy(nameOf(key))
                      : signatures
                        ? words.approvedBy(nameOf(key))
                        : words.approvedUnsigned(nameOf(key))}
                  </span>
                ))}
              </span>
            </li>
          )
        })}
      </ul>
      {mayApprove && !view.holdsKey && (!approved || unsignedOwn) && (
        <div className="note">
          <p>{words.noKey}</p>
          <button type="button" className="button small" onClick={() => router.go({ page: 'institution' })}>
            {words.openKey}
          </button>
        </div>
      )}
      {failure && <Problem>{failureText(failure, language, all)}</Problem>}
      <div className="row-actions">
        {mayApprove && (!approved || (unsignedOwn && view.holdsKey)) && (
          <button
            type="button"
            className="button primary"
            data-testid="material-approve"
            disabled={busy}
            onClick={() => void run(model.approve(state))}
          >
            {approved ? words.signApproval : view.holdsKey ? words.approve : words.approveUnsigned}
          </button>
        )}
        {mayReturn && own?.stance !== 'return' && (
          <button
            type="button"
            className="button"
            data-testid="material-return"
            disabled={busy}
            onClick={() => setReturning(true)}
          >
            {words.giveBack}
          </button>
        )}
      </div>
      {returning && (
        <ReturnDialog
          onClose={() => setReturning(false)}
          send={async (text) => {
            await run(model.giveBack(state, text))
            setReturning(false)
          }}
        />
      )}
    </section>
  )
}

function ReturnDialog(props: { onClose(): void; send(text: string): Promise<void> }) {
  const words = useWords().materials
  const [text, setText] = useState('')
  const [busy, setBusy] = useState(false)
  return (
    <Dialog title={words.giveBack} onClose={props.onClose} testId="material-return-dialog">
      <form
        onSubmit={(event) => {
          event.preventDefault()
          setBusy(true)
          void props.send(text.trim())
        }}
      >
        <label className="field">
          <span>{words.giveBackHint}</span>
          <textarea
            data-testid="material-return-text"
            rows={4}
            maxLength={MAX_COMMENT}
            value={text}
            onChange={(event) => setText(event.target.value)}
          />
        </label>
        <div className="row-actions end">
          <button
            type="submit"
            className="button primary"
            data-testid="material-return-send"
            disabled={busy || text.trim() === ''}
          >
            {words.giveBackSend}
          </button>
        </div>
      </form>
    </Dialog>
  )
}
