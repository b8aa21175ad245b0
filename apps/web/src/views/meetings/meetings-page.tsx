import '../../styles/meetings/meetings.css'
import { commitmentCounts, type MeetingState } from '@enlace/coordination/meetings'
import { ArrowLeft, Handshake, Plus } from 'lucide-react'
import { useEffect, useState } from 'react'
import { whenText } from '../../viewmodel/meetings/meeting-words.ts'
import {
  createMeetingsModel,
  type MeetingsModel,
  type MeetingsView,
} from '../../viewmodel/meetings/meetings.ts'
import { failureText } from '../../words/format.ts'
import { useLanguage, useModel, useShell, useStore, useWords } from '../ui/hooks.ts'
import { lazyPage } from '../ui/lazy-page.tsx'
import { Blank, IconButton, Problem, Spinner } from '../ui/parts.tsx'
import { CommitmentChart } from './commitment-chart.tsx'
import { MeetingPage } from './meeting-page.tsx'
import { NewMeetingDialog } from './new-meeting-dialog.tsx'

const CalendarPart = lazyPage(() => import('./calendar-part.tsx'), 'quiet')

/** All meetings of one's channels with the next on top, or one of them. */
export default function MeetingsPage(props: { meetingId: string | undefined }) {
  const { session } = useShell()
  const model = useModel(() => createMeetingsModel(session), [session])
  return model ? <Frame model={model} meetingId={props.meetingId} /> : null
}

function Frame({ model, meetingId }: { model: MeetingsModel; meetingId: string | undefined }) {
  const { router } = useShell()
  const words = useWords()
  const view = useStore(model.view)
  const state = meetingId === undefined ? undefined : model.one(meetingId)
  const sentAs = state?.id
  useEffect(() => {
    // It has its own ID now: the address goes on after a reload.
    if (sentAs !== undefined && sentAs !== meetingId)
      router.go({ page: 'meetings', meetingId: sentAs }, { replace: true })
  }, [sentAs, meetingId, router])
  return (
    <section className="page meetings-page" data-testid={state ? 'meeting-page' : 'meetings-page'}>
      <header className="page-head">
        <IconButton
          label={meetingId === undefined ? words.back : words.meetings.back}
          testId="back"
          className={meetingId === undefined ? 'only-narrow' : ''}
          onClick={() => (meetingId === undefined ? router.back() : router.go({ page: 'meetings' }))}
        >
          <ArrowLeft />
        </IconButton>
        <h2>{meetingId === undefined ? words.meetings.title : words.meetings.one}</h2>
      </header>
      <div className="page-scroll meetings-scroll">
        <Sending model={model} view={view} />
        {meetingId === undefined ? (
          <List model={model} view={view} />
        ) : state ? (
          <MeetingPage key={model.keyOf(state)} model={model} state={state} view={view} />
        ) : view.asked ? (
          <Blank icon={<Handshake />} title={words.meetings.gone} />
        ) : (
          <Spinner label={words.loading} />
        )}
      </div>
    </section>
  )
}

/** What waits on this device, and what could not be had or sent. */
function Sending({ model, view }: { model: MeetingsModel; view: MeetingsView }) {
  const words = useWords()
  const language = useLanguage()
  return (
    <>
      {view.failure && view.failure.kind !== 'offline' && (
        <Problem
          action={
            <button type="button" className="button" onClick={() => void model.refresh()}>
              {words.retry}
            </button>
          }
        >
          {failureText(view.failure, language, words)}
        </Problem>
      )}
      {view.stuck && (
        <Problem
          action={
            <div className="row-actions">
              <button type="button" className="button" onClick={model.retry}>
                {words.retry}
              </button>
              <button type="button" className="button" onClick={() => void model.discard()}>
                {words.meetings.discard}
              </button>
            </div>
          }
        >
          {words.meetings.stuck} {failureText(view.stuck, language, words)}
        </Problem>
      )}
      {view.waiting > 0 && !view.stuck && (
        <p className="note" role="status" data-testid="meetings-waiting">
          {words.meetings.waiting(view.waiting)}
        </p>
      )}
    </>
  )
}

function List({ model, view }: { model: MeetingsModel; view: MeetingsView }) {
  const { router } = useShell()
  const words = useWords()
  const [asking, setAsking] = useState(false)
  const leads = view.actor !== undefined && view.actor.role !== 'staff'
  const next = [...view.meetings].reverse().find((one) => !one.closed)
  const earlier = view.meetings.filter((one) => one !== next)
  const convene = leads ? (
    <button
      type="button"
      className="button primary"
      data-testid="meeting-new"
      onClick={() => setAsking(true)}
    >
      <Plus aria-hidden="true" />
      {words.meetings.convene}
    </button>
  ) : (
    <p className="muted">{words.meetings.onlyLeads}</p>
  )
  return (
    <>
      {view.meetings.length === 0 &&
        (view.asked ? (
          <Blank icon={<Handshake />} title={words.meetings.empty} hint={words.meetings.emptyHint}>
            {convene}
          </Blank>
        ) : (
          <Spinner label={words.loading} />
        ))}
      {view.meetings.length > 0 && (
        <>
          <p className="muted">{words.meetings.hint}</p>
          <div className="row-actions">{convene}</div>
        </>
      )}
      {next && (
        <section aria-labelledby="meetings-next">
          <h3 id="meetings-next">{words.meetings.next}</h3>
          <Card state={next} />
          <BeforeNext model={model} state={next} />
        </section>
      )}
      {earlier.length > 0 && (
        <section aria-labelledby="meetings-earlier">
          <h3 id="meetings-earlier">{words.meetings.earlier}</h3>
          <ul className="meeting-cards">
            {earlier.map((one) => (
              <li key={one.id}>
                <Card state={one} />
              </li>
            ))}
          </ul>
        </section>
      )}
      <CalendarPart />
      {asking && (
        <NewMeetingDialog
          model={model}
          onClose={(id) => {
            setAsking(false)
            if (id) router.go({ page: 'meetings', meetingId: id })
          }}
        />
      )}
    </>
  )
}

function BeforeNext({ model, state }: { model: MeetingsModel; state: MeetingState }) {
  const before = model.before(state)
  return before ? <CommitmentChart state={before} /> : null
}

function Card({ state }: { state: MeetingState }) {
  const { router } = useShell()
  const words = useWords()
  const language = useLanguage()
  const own = words.meetings
  const counts = commitmentCounts(state.commitments, Date.now())
  return (
    <button
      type="button"
      className="card meeting-card"
      data-testid="meeting-card"
      data-meeting={state.id}
      onClick={() => router.go({ page: 'meetings', meetingId: state.id })}
    >
      <b>{state.details?.title ?? own.untitled}</b>
      <span>{whenText(state.startsAt, words, language)}</span>
      {state.details && <span className="muted">{state.details.place}</span>}
      <span className="muted">
        {state.closed ? own.closed : own.open}
        {state.commitments.length > 0 && ` · ${own.lastDone(counts.fulfilled, state.commitments.length)}`}
      </span>
    </button>
  )
}
