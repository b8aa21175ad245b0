import {
  isExpired,
  type NetworkRisk,
  type RiskReport,
  type RiskStepDraft,
  reliabilities,
  riskKinds,
  riskSources,
} from '@enlace/coordination/risks'
import { useState } from 'react'
import type { Failure } from '../../lib/failure.ts'
import type { RisksModel, RisksView } from '../../viewmodel/risks/risks.ts'
import { failureText, localDateText } from '../../words/format.ts'
import type { Language } from '../../words/types.ts'
import { Select } from '../ui/choice.tsx'
import { useInstitutionName, useLabel, useLanguage, useWords } from '../ui/hooks.ts'
import { Problem } from '../ui/parts.tsx'
import { usePlaceText } from './risk-place-text.ts'
import { RiskPublication } from './risk-publication.tsx'

/** With its year: a report may be of another one. */
const dayText = (day: string, language: Language) => `${localDateText(day, language)} ${day.slice(0, 4)}`

export function RiskRow(props: {
  model: RisksModel
  view: RisksView
  risk: NetworkRisk
  rows: readonly NetworkRisk[]
}) {
  const { model, view, risk } = props
  const words = useWords().risks
  const language = useLanguage()
  const label = useLabel()
  const placeText = usePlaceText()
  const nameOf = useInstitutionName()
  const over = isExpired(risk, Date.now())
  const end = dayText(risk.until, language)
  const members = view.groups.get(risk.id)?.members ?? []
  return (
    <article className="card risk-row" data-testid="risk-row" data-risk={risk.id} data-over={over}>
      <b>{label(riskKinds[risk.kind].label)}</b>
      <p>{placeText(risk.place)}</p>
      <p>
        {words.happened(dayText(risk.when, language))}, {over ? words.over(end) : words.until(end)}
      </p>
      <p className="muted">
        {[
          label(reliabilities[risk.reliability]),
          label(riskSources[risk.source]),
          ...(risk.reports > 1 ? [words.reports(risk.reports)] : []),
        ].join(' · ')}
      </p>
      <p className="muted">{words.publication[risk.publication]}</p>
      <details>
        <summary>{words.review}</summary>
        <p>{words.reported(risk.institutions.map(nameOf).join(', '))}</p>
        {risk.note && (
          <p>
            {words.note}: {risk.note}
          </p>
        )}
        <ul className="risk-reviews">
          {members.map((report) => (
            <li key={report.id}>
              <Review model={model} report={report} risk={risk} rows={props.rows} />
              <RiskPublication
                model={model}
                view={view}
                report={report}
                group={view.groups.get(risk.id)!}
                title={`${label(riskKinds[risk.kind].label)}, ${placeText(risk.place)}`}
              />
            </li>
          ))}
        </ul>
      </details>
    </article>
  )
}

/** Who approved and who objects, and what one may do about it. */
function Review(props: {
  model: RisksModel
  report: RiskReport
  risk: NetworkRisk
  rows: readonly NetworkRisk[]
}) {
  const { model, report, risk } = props
  const all = useWords()
  const words = all.risks
  const language = useLanguage()
  const nameOf = useInstitutionName()
  const placeText = usePlaceText()
  const [busy, setBusy] = useState(false)
  const [problem, setProblem] = useState<Failure | undefined>(undefined)
  const [into, setInto] = useState('')
  const version = report.versions.at(-1)?.eventId
  const others = props.rows.filter(
    (one) => one.id !== risk.id && one.kind === risk.kind && one.roomId === risk.roomId,
  )

  async function take(draft: RiskStepDraft): Promise<void> {
    setBusy(true)
    setProblem(await model.step(report, draft))
    setBusy(false)
  }
  const button = (draft: RiskStepDraft, text: string) =>
    model.may(report, draft) && (
      <button
        type="button"
        className="button small"
        data-testid={`risk-${draft.step}`}
        disabled={busy}
        onClick={() => void take(draft)}
      >
        {text}
      </button>
    )
  return (
    <>
      {[...report.reviews].map(([institution, { verdict }]) => (
        <p key={institution}>
          {nameOf(institution)} {words.verdicts[verdict]}
        </p>
      ))}
      <div className="row-actions">
        {version !== undefined && (
          <>
            {button({ step: 'approve', version }, words.approve)}
            {button({ step: 'object', version }, words.object)}
          </>
        )}
        {button({ step: 'withdraw' }, words.withdraw)}
        {button({ step: 'separate' }, words.separate)}
      </div>
      {others.length > 0 && model.may(report, { step: 'merge', into: others[0]!.id }) && (
        <div className="row-actions">
          <Select
            label={words.sameAs}
            value={into}
            onChange={setInto}
            choices={others.map((one) => ({
              value: one.id,
              label: `${placeText(one.place)}, ${dayText(one.when, language)}`,
            }))}
          />
          {into !== '' && button({ step: 'merge', into }, words.merge)}
        </div>
      )}
      {problem && <Problem>{failureText(problem, language, all)}</Problem>}
    </>
  )
}
