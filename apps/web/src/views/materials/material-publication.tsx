import { type WithdrawalReason, withdrawalReasons } from '@enlace/coordination/materials'
import { publicPath } from '@enlace/public-site/preview'
import { useState } from 'react'
import { refusalOf } from '../../viewmodel/institution/approved-desk.ts'
import type {
  MaterialRow,
  MaterialsModel,
  MaterialsView,
  StepOutcome,
} from '../../viewmodel/materials/materials.ts'
import { failureText } from '../../words/format.ts'
import type { Words } from '../../words/types.ts'
import { RadioCards } from '../ui/choice.tsx'
import { useLanguage, useShell, useWords } from '../ui/hooks.ts'
import { Dialog, Problem, Spinner } from '../ui/parts.tsx'

/** Publishing what both countries approved, and taking it back: each signed with the institution's key, the registry first. */
export function MaterialPublication(props: { model: MaterialsModel; view: MaterialsView; row: MaterialRow }) {
  const { model, view, row } = props
  const { state } = row
  const { router } = useShell()
  const all = useWords()
  const words = all.materials
  const [asking, setAsking] = useState<'publish' | 'withdraw' | undefined>(undefined)
  const [reason, setReason] = useState<WithdrawalReason>('changed')
  const [busy, setBusy] = useState(false)
  const [outcome, setOutcome] = useState<StepOutcome | undefined>(undefined)
  const version = state.versions.at(-1)
  const publication = state.publications.at(-1)
  const published = state.versions.find(({ id }) => id === publication?.version)?.content
  const live = published && publication && !publication.withdrawn
  const until = version?.content?.valid_until
  const mayPublish =
    version !== undefined &&
    until !== undefined &&
    model.may(state, { step: 'publish', version: version.id, valid_until_ts: until })
  const mayWithdraw =
    publication !== undefined &&
    model.may(state, { step: 'withdraw', publication: publication.id, reason: 'changed' })
  const unsigned = mayPublish ? model.unsigned(state) : []
  const title = (asking === 'publish' ? version?.content : published)?.title ?? ''

  async function act(): Promise<void> {
    setBusy(true)
    const done =
      asking === 'publish'
        ? await model.publish(state, words.publishSummary(title))
        : await model.withdraw(state, reason, words.withdrawSummary(title))
    setBusy(false)
    setAsking(undefined)
    setOutcome(done)
  }
  if (!mayPublish && !mayWithdraw && !live && !outcome) return null
  return (
    <section className="card material-publication" data-testid="material-publication">
      {live && (
        <p>
          <a href={publicPath(published)} target="_blank" rel="noreferrer" data-testid="material-live">
            {words.livePage}
          </a>{' '}
          <span className="muted">{words.publicSoon}</span>
        </p>
      )}
      {unsigned.length > 0 && (
        <p className="note" data-testid="material-unsigned">
          {words.unsigned(countryNames(unsigned, all))}
        </p>
      )}
      {(mayPublish || mayWithdraw) && !view.holdsKey && (
        <div className="note" data-testid="material-no-key">
          <p>{words.noKeyPublish}</p>
          <button type="button" className="button small" onClick={() => router.go({ page: 'institution' })}>
            {words.openKey}
          </button>
        </div>
      )}
      {outcome && <Outcome said={outcome} />}
      <div className="row-actions">
        {mayPublish && (
          <button
            type="button"
            className="button primary"
            data-testid="material-publish"
            disabled={!view.holdsKey || unsigned.length > 0}
            onClick={() => setAsking('publish')}
          >
            {words.publish}
          </button>
        )}
        {mayWithdraw && (
          <button
            type="button"
            className="button"
            data-testid="material-withdraw"
            disabled={!view.holdsKey}
            onClick={() => setAsking('withdraw')}
          >
            {words.withdraw}
          </button>
        )}
      </div>
      {asking && (
        <Dialog
          title={asking === 'publish' ? words.publishTitle : words.withdrawTitle}
          testId="material-publish-dialog"
          {...(busy ? {} : { onClose: () => setAsking(undefined) })}
        >
          <p>
            <b>{title}</b>
          </p>
          <p>{asking === 'publish' ? words.publishHint : words.withdrawHint}</p>
          {asking === 'withdraw' && (
            <RadioCards
              label={words.reason}
              testId="material-reason"
              value={reason}
              onChange={(value) => setReason(value as WithdrawalReason)}
              choices={withdrawalReasons.map((value) => ({ value, label: words.reasons[value] }))}
            />
          )}
          {busy && <Spinner label={words.sending} />}
          <div className="row-actions end">
            <button
              type="button"
              className={asking === 'publish' ? 'button primary' : 'button danger'}
              data-testid="material-confirm"
              disabled={busy}
              onClick={() => void act()}
            >
              {asking === 'publish' ? words.publish : words.withdraw}
            </button>
          </div>
        </Dialog>
      )}
    </section>
  )
}

const countryNames = (codes: readonly string[], { countries }: Words) =>
  codes.map((code) => (code === 'HN' || code === 'GT' ? countries[code] : code)).join(', ')

/** How the last act went. */
function Outcome({ said }: { said: StepOutcome }) {
  const all = useWords()
  const words = all.materials
  const language = useLanguage()
  if (said.kind === 'taken' || said.kind === 'waiting')
    return (
      <p className="note" role="status" data-testid="material-outcome" data-outcome={said.kind}>
        {words.outcome[said.kind]} {said.kind === 'taken' && words.publicSoon}
      </p>
    )
  if (said.kind === 'failed') return <Problem>{failureText(said.failure, language, all)}</Problem>
  if (said.kind === 'unsigned') return <Problem>{words.unsigned(countryNames(said.countries, all))}</Problem>
  if (said.kind !== 'refused') return <Problem>{words.outcome[said.kind]}</Problem>
  const code = refusalOf(said.code)
  return (
    <Problem>
      <p>{words.outcome.refused}</p>
      <p>{words.codes[code] ?? (said.failure ? failureText(said.failure, language, all) : '')}</p>
    </Problem>
  )
}
