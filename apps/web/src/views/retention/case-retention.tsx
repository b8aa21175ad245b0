import { caseKinds, holdReasons } from '@enlace/coordination'
import { ArrowLeft } from 'lucide-react'
import {
  type CaseRetention,
  type CaseRetentionModel,
  createCaseRetention,
} from '../../viewmodel/retention/case-retention.ts'
import { failureText, moment } from '../../words/format.ts'
import {
  useInstitutionName,
  useLabel,
  useLanguage,
  useModel,
  useShell,
  useStore,
  useWords,
} from '../ui/hooks.ts'
import { IconButton, Spinner } from '../ui/parts.tsx'
import { ErasureLines } from './erasures-card.tsx'

const useCaseRetention = (caseId: string): CaseRetentionModel | undefined => {
  const { session } = useShell()
  return useModel(() => createCaseRetention(session, caseId), [session, caseId])
}

/** On the page of a case: until when it stays and why, and what stops its deletion. Everybody in the channel sees it. */
export function CaseRetentionCard({ caseId }: { caseId: string }) {
  const model = useCaseRetention(caseId)
  return model ? <Card model={model} /> : null
}

function Card({ model }: { model: CaseRetentionModel }) {
  const words = useWords()
  const label = useLabel()
  const { record } = useStore(model.state)
  if (!record?.state) return null
  return (
    <section className="case-card-box" data-testid="case-retention" data-state={record.state}>
      <h3>{words.retention.ofCase}</h3>
      <Rule record={record} />
      <Holds record={record} />
      {!record.deletes && record.message && <p className="note">{label(record.message)}</p>}
    </section>
  )
}

function Rule({ record }: { record: CaseRetention }) {
  const words = useWords()
  const language = useLanguage()
  const nameOf = useInstitutionName()
  const own = words.retention
  const { state, due_ts, period } = record
  if (!period) return null
  const from = period.institution === undefined ? '' : nameOf(period.institution)
  return (
    <>
      <p>
        {state === 'open'
          ? own.afterEnd(period.days)
          : state === 'held'
            ? own.stopped
            : state === 'due'
              ? record.deletes
                ? own.dueNow
                : own.wouldGo
              : (record.deletes ? own.on : own.endsOn)(moment(due_ts ?? 0, language))}
      </p>
      <p className="muted">
        {own.days(period.days)} {own.fromEnd}.{' '}
        {period.from === 'network'
          ? own.ruleOfNetwork
          : period.from === 'law'
            ? own.law(from, period.days, period.basis ?? '')
            : own.shorter(from, period.days)}
      </p>
    </>
  )
}

function Holds({ record }: { record: CaseRetention }) {
  const words = useWords()
  const language = useLanguage()
  const label = useLabel()
  const nameOf = useInstitutionName()
  const own = words.retention
  const names = (all: CaseRetention['holds'][number]['placed']) =>
    all.map(({ institution }) => nameOf(institution)).join(', ')
  return record.holds
    .filter(({ state }) => state !== 'lifted')
    .map((hold) => (
      <div key={hold.about} className="note" data-testid="case-hold" data-state={hold.state}>
        <p>
          <b>{hold.about === record.room_id ? own.heldChannel : own.heldCase}</b>{' '}
          {label(holdReasons[hold.reason])}.{' '}
          {own.placedSince(names(hold.placed), moment(hold.placed[0]?.at ?? 0, language))}
        </p>
        <p>
          {hold.state === 'asked'
            ? own.asked(moment(hold.alone_until ?? hold.review_ts, language))
            : own.held(moment(hold.review_ts, language))}
        </p>
        {hold.lifted.length > 0 && <p>{own.lifting(names(hold.lifted))}</p>}
      </div>
    ))
}

/** In place of a case whose time was over: that it was there, who has confirmed its deletion, and what stays. */
export function CaseErased({ caseId }: { caseId: string }) {
  const model = useCaseRetention(caseId)
  return model ? <Erased model={model} /> : null
}

function Erased({ model }: { model: CaseRetentionModel }) {
  const { router } = useShell()
  const words = useWords()
  const language = useLanguage()
  const label = useLabel()
  const own = words.retention
  const { record, failure } = useStore(model.state)
  const erasure = record?.erasure
  return (
    <section className="page" data-testid="case-erased">
      <header className="page-head">
        <IconButton label={words.back} testId="back" onClick={router.back}>
          <ArrowLeft />
        </IconButton>
        <h1>{erasure?.about?.reference ?? own.done}</h1>
      </header>
      <div className="page-scroll settings">
        <section className="card">
          <h2>{own.erased}</h2>
          {erasure?.about && (
            <p>
              <b>{erasure.about.reference}</b> {label(caseKinds[erasure.about.kind].label)}.{' '}
              {own.ended(moment(erasure.about.ended_ts, language))}
            </p>
          )}
          {failure && <p className="note">{failureText(failure, language, words)}</p>}
          {!record && !failure && <Spinner label={words.loading} />}
          {erasure && <ErasureLines erasure={erasure} />}
          <div className="row-actions">
            <button
              type="button"
              className="button primary"
              onClick={() => router.go({ page: 'board' }, { replace: true })}
            >
              {words.cases.page.toBoard}
            </button>
          </div>
        </section>
        {record && (
          <section className="card">
            <h2>{own.stays}</h2>
            <ul className="plain-list">
              {record.stays.map((one) => (
                <li key={one.en}>{label(one)}</li>
              ))}
            </ul>
          </section>
        )}
      </div>
    </section>
  )
}
