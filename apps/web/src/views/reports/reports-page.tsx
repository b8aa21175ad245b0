import { ArrowLeft, ChevronRight, Flag } from 'lucide-react'
import { type ReactNode, useState } from 'react'
import { createReports } from '../../viewmodel/reports/reports.ts'
import type {
  Decision,
  DeskDecision,
  DeskReport,
  FiledReport,
  ReportsModel,
  ReportsState,
} from '../../viewmodel/reports/types.ts'
import { dateTime, failureText } from '../../words/format.ts'
import { FormGroup, Select } from '../ui/choice.tsx'
import { useInstitutionName, useLanguage, useModel, useShell, useStore, useWords } from '../ui/hooks.ts'
import { Blank, IconButton, Problem, Spinner } from '../ui/parts.tsx'
import { DecisionText, useWho } from './parts.tsx'
import { ReportDetail, reporterText } from './report-detail.tsx'
import { WordsForm } from './words-form.tsx'

const FILTERS = ['all', 'new', 'taken', 'decided'] as const

/** One's own reports and what was decided about one; for coordinators, those that reached their institution. */
export default function ReportsPage({ detail, nav }: { detail: string | undefined; nav: ReactNode }) {
  const { session } = useShell()
  const model = useModel(() => createReports(session), [session])
  return model ? <Reports model={model} detail={detail} nav={nav} /> : null
}

function Reports(props: { model: ReportsModel; detail: string | undefined; nav: ReactNode }) {
  const { model, detail } = props
  const { router } = useShell()
  const words = useWords()
  const language = useLanguage()
  const state = useStore(model.state)
  const own = words.reports
  return (
    <section className="page" data-testid="reports-page">
      <header className="page-head">
        <IconButton
          label={detail === undefined ? words.back : own.back}
          className={detail === undefined ? 'only-narrow' : ''}
          onClick={router.back}
        >
          <ArrowLeft />
        </IconButton>
        <h1>{own.title}</h1>
      </header>
      {props.nav}
      <div className="page-scroll settings reports">
        {state.failure && (
          <Problem
            action={
              <button type="button" className="button" onClick={() => void model.refresh()}>
                {words.retry}
              </button>
            }
          >
            {own.failed} {failureText(state.failure, language, words)}
          </Problem>
        )}
        {!state.filed && !state.failure && <Spinner label={words.loading} />}
        {detail !== undefined && state.desk && <ReportDetail key={detail} model={model} id={detail} />}
        {detail === undefined && <Lists model={model} state={state} />}
      </div>
    </section>
  )
}

function Lists({ model, state }: { model: ReportsModel; state: ReportsState }) {
  const words = useWords()
  const own = words.reports
  const { desk, filed, decisions } = state
  return (
    <>
      {desk && <Desk reports={desk.reports} />}
      {desk && desk.decisions.length > 0 && (
        <section className="card" data-testid="desk-decisions">
          <h2>{own.decisions}</h2>
          <ul className="plain-list report-list">
            {desk.decisions.map((one) => (
              <li key={one.id} data-testid="desk-decision" data-user-id={one.user_id}>
                <DeskDecisionRow model={model} decision={one} />
              </li>
            ))}
          </ul>
        </section>
      )}
      {decisions && decisions.length > 0 && (
        <section className="card" data-testid="own-decisions">
          <h2>{own.aboutMe}</h2>
          <ul className="plain-list report-list">
            {decisions.map((one) => (
              <li key={one.id}>
                <OwnDecision model={model} decision={one} />
              </li>
            ))}
          </ul>
        </section>
      )}
      {filed && (
        <section className="card" data-testid="own-reports">
          <h2>{own.mine}</h2>
          {filed.length === 0 && <p className="muted">{own.mineEmpty}</p>}
          <ul className="plain-list report-list">
            {filed.map((one) => (
              <li key={one.id} data-testid="own-report">
                <Filed report={one} />
              </li>
            ))}
          </ul>
        </section>
      )}
    </>
  )
}

function Desk({ reports }: { reports: readonly DeskReport[] }) {
  const { router } = useShell()
  const words = useWords()
  const language = useLanguage()
  const who = useWho()
  const nameOf = useInstitutionName()
  const own = words.reports
  const [filter, setFilter] = useState<(typeof FILTERS)[number]>('all')
  const shown = reports.filter(({ state }) => filter === 'all' || state === filter)
  return (
    <section className="card" data-testid="desk">
      <h2>{own.desk}</h2>
      <p className="muted">{own.deskHint}</p>
      <Select
        label={own.filter}
        className="report-filter"
        testId="report-filter"
        value={filter}
        onChange={(value) => setFilter(value as typeof filter)}
        choices={FILTERS.map((one) => ({ value: one, label: own.filters[one] }))}
      />
      {shown.length === 0 && <Blank icon={<Flag />} title={own.deskEmpty} hint={own.deskEmptyHint} />}
      <ul className="plain-list report-list">
        {shown.map((one) => (
          <li key={one.id}>
            <button
              type="button"
              className="person-row"
              data-testid="report-row"
              data-state={one.state}
              onClick={() => router.go({ page: 'office', part: 'reports', detail: one.id })}
            >
              <span className="member-text">
                <b>{own.reasons[one.reason]}</b>
                {one.about && <span>{own.about(who(one.about))}</span>}
                <span className="muted">{reporterText(one, own, who, nameOf)}</span>
                <span className="muted">{own.filedOn(dateTime(one.filed_ts, language, words))}</span>
                <span className="person-marks">
                  <span className={`report-state ${one.state}`}>{own.states[one.state]}</span>
                  {one.state === 'taken' && one.taken_by && (
                    <span className="muted">{own.takenBy(who(one.taken_by))}</span>
                  )}
                  {one.outcome && <span className="muted">{own.outcomes[one.outcome]}</span>}
                </span>
              </span>
              <ChevronRight aria-hidden="true" />
            </button>
          </li>
        ))}
      </ul>
    </section>
  )
}

function DeskDecisionRow({ model, decision }: { model: ReportsModel; decision: DeskDecision }) {
  const words = useWords()
  const own = words.reports
  const [outcome, setOutcome] = useState<'upheld' | 'undone' | undefined>(undefined)
  const waits = decision.appeal !== undefined && decision.answer === undefined
  return (
    <>
      <DecisionText decision={decision} desk />
      {waits && decision.answerable === 'no' && <p className="muted">{own.another}</p>}
      {waits && decision.answerable !== 'no' && (
        <FormGroup className="report-answer" title={own.answer}>
          {decision.answerable === 'same_person' && <p className="muted">{own.samePerson}</p>}
          {outcome === undefined ? (
            <div className="row-actions">
              {(['upheld', 'undone'] as const).map((one) => (
                <button
                  key={one}
                  type="button"
                  className="button"
                  data-testid={`appeal-${one}`}
                  onClick={() => setOutcome(one)}
                >
                  {own.answers[one]}
                </button>
              ))}
            </div>
          ) : (
            <WordsForm
              label={`${own.answers[outcome]}: ${own.reason}`}
              hint={own.reasonHint}
              submit={own.confirm}
              testId="answer"
              max={1_000}
              onSubmit={(reason) => model.answer(decision.id, outcome, reason)}
              onCancel={() => setOutcome(undefined)}
            />
          )}
        </FormGroup>
      )}
    </>
  )
}

function OwnDecision({ model, decision }: { model: ReportsModel; decision: Decision }) {
  const words = useWords()
  const own = words.reports
  const [open, setOpen] = useState(false)
  const may = decision.appeal === undefined && decision.lifted_ts === undefined
  return (
    <>
      <DecisionText decision={decision} />
      {decision.appeal && !decision.answer && <p role="status">{own.appeal.waits}</p>}
      {may && !open && (
        <button type="button" className="button" data-testid="appeal-open" onClick={() => setOpen(true)}>
          {own.appeal.open}
        </button>
      )}
      {may && open && (
        <WordsForm
          label={own.appeal.words}
          hint={own.appeal.hint}
          submit={own.appeal.send}
          testId="appeal"
          max={1_000}
          onSubmit={(text) => model.appeal(decision.id, text)}
          onCancel={() => setOpen(false)}
        />
      )}
    </>
  )
}

function Filed({ report }: { report: FiledReport }) {
  const words = useWords()
  const language = useLanguage()
  const who = useWho()
  const nameOf = useInstitutionName()
  const own = words.reports
  return (
    <div className="decision-text">
      <p>
        <b>{own.reasons[report.reason]}</b>
        {report.about && <> · {own.about(who(report.about))}</>}
      </p>
      <p className="muted">{own.filedOn(dateTime(report.filed_ts, language, words))}</p>
      <ul className="plain-list">
        {report.desks.map((desk) => (
          <li key={`${desk.server} ${desk.institution ?? ''}`} data-testid="own-report-desk">
            {desk.institution === undefined ? desk.server : nameOf(desk.institution)}:{' '}
            {desk.outcome === undefined ? own.waits : own.outcomes[desk.outcome]}
            {desk.reason && <> {own.saysWhy(desk.reason)}</>}
          </li>
        ))}
      </ul>
    </div>
  )
}
