import type { RiskGroup, RiskReport } from '@enlace/coordination/risks'
import { useState } from 'react'
import type { ActOutcome } from '../../viewmodel/institution/approved-desk.ts'
import { refusalOf } from '../../viewmodel/institution/approved-desk.ts'
import type { RisksModel, RisksView } from '../../viewmodel/risks/risks.ts'
import { failureText } from '../../words/format.ts'
import { useInstitutionName, useLanguage, useShell, useWords } from '../ui/hooks.ts'
import { Dialog, Problem, Spinner } from '../ui/parts.tsx'

type Act = 'sign' | 'publish' | 'retract'

/** What both countries approved becomes public: signed by institutions of both, published by one of them, taken back by any. */
export function RiskPublication(props: {
  model: RisksModel
  view: RisksView
  report: RiskReport
  group: RiskGroup
  /** what it is, for whoever looks at what was signed */
  title: string
}) {
  const { model, view, report, group, title } = props
  const { router } = useShell()
  const all = useWords()
  const words = all.risks
  const nameOf = useInstitutionName()
  const [asking, setAsking] = useState<Act | undefined>(undefined)
  const [busy, setBusy] = useState(false)
  const [outcome, setOutcome] = useState<ActOutcome | undefined>(undefined)
  const state = model.publisher.of(report, group)
  if (!state) return null
  const { by, cosign, maySign, mayRetract, missing, ready, stale } = state
  const may = { sign: maySign, publish: ready !== undefined, retract: mayRetract }
  const acts = (['sign', 'publish', 'retract'] as const).filter((act) => may[act])
  if (acts.length === 0 && by.length === 0 && !outcome) return null

  async function act(): Promise<void> {
    setBusy(true)
    const { publisher } = model
    const done =
      asking === 'sign'
        ? await publisher.sign(report, group)
        : asking === 'publish'
          ? await publisher.publish(report, group, words.publishSummary(title))
          : await publisher.retract(report, words.retractSummary(title))
    setBusy(false)
    setAsking(undefined)
    setOutcome(done)
  }
  const countries = missing.map((code) => (code === 'HN' || code === 'GT' ? all.countries[code] : code))
  return (
    <div className="risk-publication" data-testid="risk-publication" data-public={by.length > 0}>
      {by.length > 0 && <p className="note">{words.isPublic(by.map(nameOf).join(', '))}</p>}
      {stale && <Problem>{words.stale}</Problem>}
      {maySign && <p className="muted">{cosign ? words.cosignHint : words.signHint}</p>}
      {!maySign && countries.length > 0 && by.length === 0 && (
        <p className="muted">{words.signatureMissing(countries.join(', '))}</p>
      )}
      {acts.length > 0 && !view.holdsKey && (
        <div className="note">
          <p>{words.noKey}</p>
          <button type="button" className="button small" onClick={() => router.go({ page: 'institution' })}>
            {all.materials.openKey}
          </button>
        </div>
      )}
      {outcome && <Outcome said={outcome} />}
      <div className="row-actions">
        {acts.map((one) => (
          <button
            key={one}
            type="button"
            className={one === 'publish' ? 'button small primary' : 'button small'}
            data-testid={`risk-${one}`}
            disabled={!view.holdsKey}
            onClick={() => setAsking(one)}
          >
            {words.acts[one]}
          </button>
        ))}
      </div>
      {asking && (
        <Dialog
          title={words.actTitles[asking]}
          testId="risk-publish-dialog"
          {...(busy ? {} : { onClose: () => setAsking(undefined) })}
        >
          <p>
            <b>{title}</b>
          </p>
          <p>{words.actHints[asking]}</p>
          {busy && <Spinner label={all.materials.sending} />}
          <div className="row-actions end">
            <button
              type="button"
              className={asking === 'retract' ? 'button danger' : 'button primary'}
              data-testid="risk-confirm"
              disabled={busy}
              onClick={() => void act()}
            >
              {words.acts[asking]}
            </button>
          </div>
        </Dialog>
      )}
    </div>
  )
}

/** How the last act went. */
function Outcome({ said }: { said: ActOutcome }) {
  const all = useWords()
  const language = useLanguage()
  const { outcome, codes, publicSoon } = all.materials
  if (said.kind === 'taken' || said.kind === 'waiting')
    return (
      <p className="note" role="status" data-testid="risk-outcome" data-outcome={said.kind}>
        {said.kind === 'taken' ? `${all.risks.done} ${publicSoon}` : outcome.waiting}
      </p>
    )
  if (said.kind === 'failed') return <Problem>{failureText(said.failure, language, all)}</Problem>
  if (said.kind !== 'refused') return <Problem>{outcome[said.kind]}</Problem>
  const code = refusalOf(said.code)
  const why = code === 'too_fine' ? all.risks.tooFine : codes[code]
  return (
    <Problem>
      <p>{outcome.refused}</p>
      <p>{why ?? (said.failure ? failureText(said.failure, language, all) : '')}</p>
    </Problem>
  )
}
