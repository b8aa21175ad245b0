import '../../styles/cases/new-case.css'
import { type CaseState, type CaseStep, finalStatuses, majority, stepsOf } from '@enlace/coordination'
import {
  ArrowLeft,
  CircleCheck,
  FileDown,
  FolderX,
  MessagesSquare,
  Printer,
  Siren,
  Undo2,
} from 'lucide-react'
import { useEffect, useMemo, useRef, useState } from 'react'
import { ENLACE } from '../../lib/request.ts'
import { saveFile } from '../../lib/save-file.ts'
import { createCase, undoOf } from '../../viewmodel/cases/case.ts'
import { printedFile } from '../../viewmodel/cases/case-file.ts'
import { arrangeSteps, asksMore } from '../../viewmodel/cases/case-steps.ts'
import type { CaseModel, CaseView } from '../../viewmodel/cases/types.ts'
import { failureText } from '../../words/format.ts'
import { UrgentDialog } from '../calls/urgent-dialog.tsx'
import { CaseExports } from '../exports/case-exports.tsx'
import { ExportCase } from '../exports/export-case.tsx'
import { CaseErased, CaseRetentionCard } from '../retention/case-retention.tsx'
import {
  useInstitutionName,
  useLabel,
  useLanguage,
  useModel,
  usePeople,
  useShell,
  useStore,
  useWords,
} from '../ui/hooks.ts'
import { Blank, Dialog, IconButton, Problem, Spinner } from '../ui/parts.tsx'
import { CaseDetailsCard, CaseDocuments, CaseLinks, CaseParties } from './case-cards.tsx'
import { CaseHistory } from './case-history.tsx'
import { DueText, FlagMarks, KindWord, PriorityMark, StatusWord } from './case-parts.tsx'
import { CasePerson } from './case-person.tsx'
import { CaseThread } from './case-thread.tsx'
import { PrintedCase } from './printed-case.tsx'
import { StepSheet } from './step-sheet.tsx'

export default function CasePage(props: { caseId: string }) {
  const { session } = useShell()
  const model = useModel(() => createCase(session, props.caseId), [session, props.caseId])
  // For the activity log: only this device knows that the file is shown. Without a connection nothing is said.
  useEffect(() => {
    session.request('POST', `${ENLACE}/activity/case-read`, { case_id: props.caseId }).catch(() => undefined)
  }, [session, props.caseId])
  return model ? <Page model={model} /> : null
}

function Page(props: { model: CaseModel }) {
  const { model } = props
  const { router } = useShell()
  const words = useWords()
  const view = useStore(model.view)
  const { state } = view
  if (view.failure?.kind === 'refused' && view.failure.rule === 'case.erased')
    return <CaseErased caseId={model.caseId} />
  if (!state)
    return view.missing ? (
      <Blank icon={<FolderX />} title={words.cases.page.notFound} hint={words.cases.page.notFoundHint}>
        <button
          type="button"
          className="button primary"
          onClick={() => router.go({ page: 'board' }, { replace: true })}
        >
          {words.cases.page.toBoard}
        </button>
      </Blank>
    ) : view.failure && !view.loading ? (
      <Failed view={view} onRetry={model.refresh} />
    ) : (
      <div className="page-center">
        <Spinner label={words.loading} />
      </div>
    )
  return <CaseOpen model={model} view={view} state={state} />
}

function Failed(props: { view: CaseView; onRetry(): Promise<void> }) {
  const words = useWords()
  const language = useLanguage()
  const { failure } = props.view
  if (!failure) return null
  const title = isGone(failure) ? words.cases.page.gone : words.cases.page.notFound
  return (
    <Blank icon={<FolderX />} title={title} hint={failureText(failure, language, words)}>
      <button type="button" className="button primary" onClick={() => void props.onRetry()}>
        {words.retry}
      </button>
    </Blank>
  )
}

/** The node knows the case, and that it was deleted or never came whole. */
const isGone = (failure: CaseView['failure']): boolean =>
  failure?.kind === 'refused' && (failure.rule === 'case.deleted' || failure.rule === 'case.unreadable')

function CaseOpen(props: { model: CaseModel; view: CaseView; state: CaseState }) {
  const { model, view, state } = props
  const { router, session } = useShell()
  const words = useWords()
  const language = useLanguage()
  const [urgent, setUrgent] = useState(false)
  const row = view.row!
  const room = session.client.getRoom(state.roomId)
  return (
    <>
      <section className="page case-page" data-testid="case-page" data-status={state.status}>
        <header className="page-head">
          <IconButton label={words.back} testId="back" onClick={router.back}>
            <ArrowLeft />
          </IconButton>
          <div className="channel-title">
            <h2 className="case-reference" data-testid="case-reference">
              {state.reference}
            </h2>
            <span className="muted">
              <KindWord kind={state.kind} />
              <CasePerson caseId={state.id} />
            </span>
          </div>
          <FileActions view={view} state={state} />
        </header>
        <div className="page-scroll case-scroll">
          {view.stale && (
            <p className="board-note" role="status">
              {isGone(view.failure) ? words.cases.page.goneKept : words.cases.page.stale}
              {view.failure && view.failure.kind !== 'offline' && (
                <> {failureText(view.failure, language, words)}</>
              )}
            </p>
          )}
          <div className="case-summary">
            <StatusWord status={state.status} />
            <PriorityMark priority={state.priority} />
            <FlagMarks
              flags={row.flags}
              age={view.details && majority(view.details.kind, view.details.values, view.now)}
            />
            <DueText row={row} now={view.now} full />
          </div>
          <NextSteps model={model} view={view} state={state} />
          <div className="case-columns">
            <div>
              <CaseParties state={state} />
              <CaseDetailsCard view={view} state={state} model={model} />
              <CaseDocuments view={view} state={state} />
              <CaseLinks view={view} state={state} model={model} />
              <CaseRetentionCard caseId={state.id} />
            </div>
            <div>
              <CaseHistory state={state} />
              <CaseExports exports={view.exports} roomId={state.roomId} />
              <CaseThread model={model} view={view} roomId={state.roomId} caseId={state.id} />
            </div>
          </div>
          <div className="row-actions">
            {room && (
              <button
                type="button"
                className="button danger-outline"
                data-testid="case-escalate"
                onClick={() => setUrgent(true)}
              >
                <Siren aria-hidden="true" />
                {words.cases.page.escalate}
              </button>
            )}
            {room && (
              <button
                type="button"
                className="button"
                data-testid="case-channel"
                onClick={() => router.go({ page: 'channel', roomId: state.roomId, eventId: state.id })}
              >
                <MessagesSquare aria-hidden="true" />
                {words.cases.page.channel}
              </button>
            )}
            <ExportCase state={state} {...(view.details ? { details: view.details } : {})} />
          </div>
        </div>
      </section>
      {urgent && room && (
        <UrgentDialog
          room={room}
          eventId={state.id}
          reference={state.reference}
          suggested={state.owner}
          onClose={() => setUrgent(false)}
        />
      )}
    </>
  )
}

/** What this institution can do now, with the next step first, and a way back from a step taken by mistake. */
function NextSteps(props: { model: CaseModel; view: CaseView; state: CaseState }) {
  const { model, view, state } = props
  const words = useWords()
  const label = useLabel()
  const language = useLanguage()
  const name = useInstitutionName()
  const [sheet, setSheet] = useState<CaseStep | undefined>(undefined)
  const [more, setMore] = useState(false)
  const [working, setWorking] = useState<CaseStep | undefined>(undefined)
  const [problem, setProblem] = useState<string | undefined>(undefined)
  const [done, setDone] = useState<CaseStep | undefined>(undefined)
  const attempt = useRef(crypto.randomUUID())
  const { forward, beside, more: rare } = arrangeSteps(state.kind, view.steps)
  const rules = stepsOf(state.kind)
  const stepLabel = (step: CaseStep) => label(rules.get(step)!.label)
  const undo = done && undoOf[done]

  async function begin(step: CaseStep) {
    setMore(false)
    setProblem(undefined)
    if (asksMore(step, rules.get(step))) {
      setSheet(step)
      return
    }
    setWorking(step)
    const failure = await model.take({ draft: { step } }, attempt.current, () => undefined)
    setWorking(undefined)
    if (failure) setProblem(failureText(failure, language, words))
    else {
      attempt.current = crypto.randomUUID()
      setDone(step)
    }
  }

  const button = (step: CaseStep, kind: string) => (
    <button
      key={step}
      type="button"
      className={`button ${kind}`}
      data-testid={`step-${step}`}
      disabled={working !== undefined}
      onClick={() => void begin(step)}
    >
      {working === step ? words.cases.sheet.working : stepLabel(step)}
    </button>
  )
  const whose = state.offered?.to ?? state.owner
  return (
    <section className="case-card-box case-next" data-testid="case-next" aria-label={words.cases.page.next}>
      {forward.length + beside.length === 0 ? (
        <p className="muted">
          {words.cases.page.nothingToDo}
          {!finalStatuses.has(state.status) && <> {words.cases.page.waitingFor(name(whose))}</>}
        </p>
      ) : (
        <h3>{words.cases.page.next}</h3>
      )}
      <div className="row-actions">
        {forward.map((step) => button(step, 'primary'))}
        {beside.map((step) => button(step, ''))}
        {rare.length > 0 && (
          <button
            type="button"
            className="button quiet"
            data-testid="case-more"
            onClick={() => setMore(true)}
          >
            {words.cases.page.more}
          </button>
        )}
      </div>
      {problem && <Problem>{problem}</Problem>}
      {done && !problem && (
        <p className="note case-done" role="status" data-testid="case-done">
          <CircleCheck aria-hidden="true" />
          <span>{words.cases.page.justDone(stepLabel(done))}</span>
          {undo && view.steps.includes(undo) && (
            <button
              type="button"
              className="button small"
              data-testid="case-undo"
              onClick={() => {
                setDone(undefined)
                void begin(undo)
              }}
            >
              <Undo2 aria-hidden="true" />
              {words.cases.page.undone}
            </button>
          )}
        </p>
      )}
      {more && (
        <Dialog title={words.cases.page.more} onClose={() => setMore(false)}>
          <div className="menu">
            {rare.map((step) => (
              <button key={step} type="button" data-testid={`step-${step}`} onClick={() => void begin(step)}>
                {stepLabel(step)}
              </button>
            ))}
          </div>
        </Dialog>
      )}
      {sheet && (
        <StepSheet
          model={model}
          state={state}
          {...(view.details ? { details: view.details } : {})}
          step={sheet}
          onDone={(step) => {
            setSheet(undefined)
            setDone(step)
          }}
          onClose={() => setSheet(undefined)}
        />
      )}
    </section>
  )
}

/** The file for a court: printed, or as a PDF made on this device. */
function FileActions(props: { view: CaseView; state: CaseState }) {
  const { view, state } = props
  const { session } = useShell()
  const words = useWords()
  const language = useLanguage()
  const people = usePeople()
  const institution = useInstitutionName()
  const escalations = useStore(session.escalations.all)
  const [busy, setBusy] = useState(false)
  const [failed, setFailed] = useState(false)
  const [printing, setPrinting] = useState<number | undefined>(undefined)
  const make = () =>
    printedFile({
      state,
      details: view.details,
      documents: view.documents,
      notes: view.notes,
      escalations: escalations.values(),
      names: { institution, person: (id) => people.person(id, state.roomId).title },
      words,
      language,
      by: people.person(session.userId, state.roomId).title,
      now: Date.now(),
    })
  const file = useMemo(() => (printing === undefined ? undefined : make()), [printing])
  useEffect(() => {
    if (file) window.print()
  }, [file])

  async function pdf() {
    setBusy(true)
    setFailed(false)
    try {
      const { caseFilePdf } = await import('../../viewmodel/cases/case-file-pdf.ts')
      saveFile(await caseFilePdf(make(), words.cases.file.page), `${state.reference}.pdf`)
    } catch {
      setFailed(true)
    } finally {
      setBusy(false)
    }
  }

  return (
    <>
      <IconButton
        label={words.cases.file.print}
        testId="case-print"
        onClick={() => setPrinting((printing ?? 0) + 1)}
      >
        <Printer />
      </IconButton>
      <IconButton
        label={busy ? words.cases.file.making : words.cases.file.pdf}
        testId="case-pdf"
        disabled={busy}
        className={busy ? 'turning' : ''}
        onClick={() => void pdf()}
      >
        <FileDown />
      </IconButton>
      {failed && (
        <Dialog title={words.cases.file.pdf} onClose={() => setFailed(false)}>
          <p>{words.cases.file.failed}</p>
          <div className="row-actions">
            <button type="button" className="button primary" onClick={() => void pdf()}>
              {words.retry}
            </button>
          </div>
        </Dialog>
      )}
      {file && <PrintedCase file={file} />}
    </>
  )
}
