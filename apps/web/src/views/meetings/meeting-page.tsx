import { localDateTime, momentOf } from '@enlace/coordination'
import type { Signature } from '@enlace/coordination/meetings'
import { CalendarPlus, FileCheck, FileText } from 'lucide-react'
import { useEffect, useState } from 'react'
import { saveFile } from '../../lib/save-file.ts'
import type { MinutesWord } from '../../viewmodel/institution/types.ts'
import { whenText } from '../../viewmodel/meetings/meeting-words.ts'
import type { MeetingsView } from '../../viewmodel/meetings/meetings.ts'
import { Select } from '../ui/choice.tsx'
import { useInstitutionName, useInstitutions, useLanguage, useShell, useWords } from '../ui/hooks.ts'
import { lazyPage } from '../ui/lazy-page.tsx'
import { TextField } from '../ui/text-field.tsx'
import { AgendaPart, AttendancePart } from './agenda-parts.tsx'
import { CommitmentChart } from './commitment-chart.tsx'
import { CommitmentsPart } from './commitments-part.tsx'
import { DecisionsPart } from './decisions-part.tsx'
import { DocumentsPart } from './documents-part.tsx'
import { MinutesPart } from './minutes-part.tsx'
import { NewMeetingDialog } from './new-meeting-dialog.tsx'
import { Part, type PartProps, useMeeting } from './part.tsx'

const MeasuresPart = lazyPage(() => import('./measures-part.tsx'), 'quiet')

/** One meeting, from what became of the last to the signatures. */
export function MeetingPage(props: PartProps & { view: MeetingsView }) {
  const { model, state, view } = props
  const words = useWords()
  const own = words.meetings
  const before = model.before(state)
  return (
    <>
      <Head {...props} />
      {state.unread.length > 0 && view.asked && <p className="note">{own.unread(state.unread.length)}</p>}
      {state.refused.length > 0 && <p className="note">{own.refused(state.refused.length)}</p>}
      {before && <CommitmentChart state={before} />}
      {!state.closed && <MeasuresPart state={state} before={before} />}
      <Institutions model={model} state={state} />
      <AgendaPart model={model} state={state} />
      <AttendancePart model={model} state={state} />
      <MinutesPart model={model} state={state} />
      <DocumentsPart model={model} state={state} />
      <DecisionsPart model={model} state={state} />
      <CommitmentsPart model={model} state={state} />
      <Close model={model} state={state} />
      <Signatures model={model} state={state} />
    </>
  )
}

function Head({ model, state }: PartProps) {
  const words = useWords()
  const language = useLanguage()
  const nameOf = useInstitutionName()
  const own = words.meetings
  const title = state.details?.title ?? own.untitled

  async function calendar() {
    const { meetingCalendar } = await import('../../viewmodel/meetings/meeting-calendar.ts')
    const agenda = state.agenda.filter((one) => one.status !== 'withdrawn').map((one) => `- ${one.title}`)
    const description = [
      whenText(state.startsAt, words, language),
      ...state.institutions.map(
        (key) => `${nameOf(key)}: ${own.answers[state.answers.get(key) ?? 'invited']}`,
      ),
      ...agenda,
    ].join('\n')
    const said = { title, place: state.details?.place ?? '', description }
    const text = meetingCalendar(state, said, Date.now())
    saveFile(new Blob([text], { type: 'text/calendar;charset=utf-8' }), 'reunion.ics')
  }
  async function minutes() {
    const [{ minutesFile }, { caseFilePdf }] = await Promise.all([
      import('../../viewmodel/meetings/meeting-file.ts'),
      import('../../viewmodel/cases/case-file-pdf.ts'),
    ])
    const signatures = await Promise.all(
      model.signatures(state).map(async (one) => {
        const word = await model.keyWord(state, one)
        return { ...one, ...(word ? { word } : {}) }
      }),
    )
    const file = minutesFile({ state, signatures, nameOf, words, language, now: Date.now() })
    saveFile(await caseFilePdf(file, own.page), 'acta.pdf')
  }

  return (
    <section className="card meeting-head">
      <h3 data-testid="meeting-name">{title}</h3>
      <p>{whenText(state.startsAt, words, language)}</p>
      {state.details && <p className="muted">{state.details.place}</p>}
      <div className="row-actions">
        <button type="button" className="button" data-testid="meeting-ics" onClick={() => void calendar()}>
          <CalendarPlus aria-hidden="true" />
          {own.ics}
        </button>
        <button type="button" className="button" data-testid="meeting-pdf" onClick={() => void minutes()}>
          <FileText aria-hidden="true" />
          {own.pdf}
        </button>
      </div>
    </section>
  )
}

function Institutions(props: PartProps) {
  const { state } = props
  const words = useWords()
  const nameOf = useInstitutionName()
  const known = useInstitutions()
  const own = words.meetings
  const may = useMeeting(props)
  const others = [...known.values()].filter((one) => !state.institutions.includes(one.key))
  return (
    <Part title={own.institutions} testId="meeting-institutions">
      <ul className="meeting-list">
        {state.institutions.map((key) => (
          <li key={key} data-institution={key}>
            <span>
              {nameOf(key)}
              {state.conveners.includes(key) && <small className="muted"> ({own.convenes})</small>}
            </span>
            <span className="meeting-mark" data-answer={state.answers.get(key)}>
              {own.answers[state.answers.get(key) ?? 'invited']}
            </span>
          </li>
        ))}
      </ul>
      {may.takesPart && !state.closed && (
        <div className="row-actions">
          {(['confirmed', 'declined'] as const).map((answer) => (
            <button
              key={answer}
              type="button"
              className="button"
              data-testid={`meeting-${answer}`}
              disabled={state.answers.get(may.own ?? '') === answer}
              onClick={() => void may.write({ what: 'answer', answer })}
            >
              {answer === 'confirmed' ? own.confirm : own.decline}
            </button>
          ))}
        </div>
      )}
      {may.convenes && !state.closed && others.length > 0 && (
        <Select
          label={own.invite}
          testId="meeting-invite"
          value=""
          placeholder={words.duty.choose}
          onChange={(to) => void may.step({ step: 'invite', to })}
          choices={others.map((one) => ({ value: one.key, label: one.name }))}
        />
      )}
      {may.problem}
    </Part>
  )
}

const DAY_MS = 86_400_000

function Close(props: PartProps) {
  const { model, state } = props
  const { router } = useShell()
  const words = useWords()
  const language = useLanguage()
  const own = words.meetings
  const may = useMeeting(props)
  const [when, setWhen] = useState(localDateTime(state.startsAt + 91 * DAY_MS))
  const [place, setPlace] = useState('')
  const [opening, setOpening] = useState(false)
  const { closed } = state
  if (closed) {
    const next = model.view.get().meetings.find((one) => one.follows?.event_id === state.id)
    return (
      <Part title={own.next} testId="meeting-next">
        <p>{own.nextAt(whenText(closed.nextAt, words, language), closed.nextPlace ?? '')}</p>
        {next ? (
          <button
            type="button"
            className="button"
            onClick={() => router.go({ page: 'meetings', meetingId: next.id })}
          >
            {next.details?.title ?? own.one}
          </button>
        ) : (
          may.convenes && (
            <button
              type="button"
              className="button primary"
              data-testid="meeting-open-next"
              onClick={() => setOpening(true)}
            >
              {own.conveneNext}
            </button>
          )
        )}
        {opening && (
          <NewMeetingDialog
            model={model}
            after={state}
            onClose={(id) => {
              setOpening(false)
              if (id) router.go({ page: 'meetings', meetingId: id })
            }}
          />
        )}
      </Part>
    )
  }
  if (!may.convenes) return null
  const nextAt = momentOf(when)
  const whole = nextAt !== undefined && nextAt > state.startsAt && place.trim() !== ''
  return (
    <Part title={own.close} testId="meeting-close-part">
      <p className="muted">{own.closeHint}</p>
      <div className="meeting-fields">
        <TextField
          label={own.nextWhen}
          testId="meeting-next-when"
          type="datetime-local"
          value={when}
          onChange={setWhen}
        />
        <TextField
          label={own.nextPlace}
          testId="meeting-next-place"
          max={300}
          value={place}
          onChange={setPlace}
        />
      </div>
      <button
        type="button"
        className="button"
        data-testid="meeting-close"
        disabled={!whole}
        onClick={() =>
          void may.step({ step: 'close', next_ts: nextAt! }, { what: 'next', place: place.trim() })
        }
      >
        {own.close}
      </button>
      {may.problem}
    </Part>
  )
}

function Signatures(props: PartProps) {
  const { model, state } = props
  const words = useWords()
  const language = useLanguage()
  const nameOf = useInstitutionName()
  const own = words.meetings
  const may = useMeeting(props)
  const signatures = model.signatures(state)
  const signed = signatures.some((one) => one.institution === may.own && one.holds)
  return (
    <Part
      title={own.signatures}
      empty={signatures.length === 0 && own.signaturesEmpty}
      testId="meeting-signatures"
    >
      <p className="muted">{own.signaturesHint}</p>
      <ul className="meeting-list">
        {signatures.map((one) => (
          <li key={one.institution} data-institution={one.institution} data-holds={one.holds}>
            <span>
              {nameOf(one.institution)}
              <small className="muted"> {whenText(one.at, words, language)}</small>
              <KeyWord model={model} state={state} signature={one} />
            </span>
            <span className="meeting-mark" data-answer={one.holds ? 'confirmed' : 'declined'}>
              {one.holds ? own.holds : own.fallen}
            </span>
          </li>
        ))}
      </ul>
      {signatures.length > 0 && state.unread.length === 0 && (
        <>
          <p className="muted">{own.saveHint}</p>
          <button type="button" className="button" data-testid="meeting-save" onClick={() => void may.save()}>
            <FileCheck aria-hidden="true" />
            {own.saveSigned}
          </button>
        </>
      )}
      {may.leads && !signed && (
        <button
          type="button"
          className="button"
          data-testid="meeting-sign"
          disabled={!model.maySign(state)}
          onClick={() => void may.sign()}
        >
          {own.sign}
        </button>
      )}
      {may.problem}
    </Part>
  )
}

/** Whether it was made with the institution's own key, checked from the network's root down. */
function KeyWord({ model, state, signature }: PartProps & { signature: Signature }) {
  const own = useWords().meetings
  const [word, setWord] = useState<MinutesWord | 'none' | undefined>(undefined)
  const { eventId } = signature
  useEffect(() => {
    let current = true
    void model.keyWord(state, signature).then((found) => current && setWord(found ?? 'none'))
    return () => {
      current = false
    }
  }, [model, eventId])
  return (
    word && (
      <small className="meeting-progress" data-testid="signature-key" data-word={word}>
        {own.keyWords[word]}
        {signature.key && ` · ${own.keyId(signature.key.keyid.slice(0, 16))}`}
      </small>
    )
  )
}
