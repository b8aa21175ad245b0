import { type CaseState, caseStatuses } from '@enlace/coordination'
import { Ban, Check, CirclePlus, Clock3, Siren } from 'lucide-react'
import { useMemo, useState } from 'react'
import {
  type HistoryEntry,
  historyOf,
  type Names,
  refusalLine,
  stepLines,
  stepName,
} from '../../viewmodel/cases/case-history.ts'
import { dateTime, moment } from '../../words/format.ts'
import { CallDialog } from '../calls/call-dialog.tsx'
import { EscalationLines } from '../calls/escalation-row.tsx'
import { OurDelivery } from '../delivery/our-delivery.tsx'
import { useInstitutionName, useLanguage, usePeople, useShell, useStore, useWords } from '../ui/hooks.ts'
import { InstitutionName } from './case-parts.tsx'

const icons = { opened: CirclePlus, step: Check, refused: Ban, waiting: Clock3, escalation: Siren }

/** Everything that happened to a case, including refused steps and why they were refused. */
export function CaseHistory(props: { state: CaseState }) {
  const { state } = props
  const { session } = useShell()
  const words = useWords()
  const language = useLanguage()
  const escalations = useStore(session.escalations.all)
  const entries = useMemo(() => historyOf(state, escalations.values()), [state, escalations])
  return (
    <section className="case-card-box" data-testid="case-history">
      <h3>{words.cases.page.history}</h3>
      <ol className="case-history">
        {entries.map((entry) => {
          const Icon = icons[entry.kind]
          return (
            <li key={entry.key} className={`history-${entry.kind}`} data-testid={`history-${entry.kind}`}>
              <Icon aria-hidden="true" />
              <div>
                <Entry entry={entry} state={state} />
                <time dateTime={new Date(entry.at).toISOString()} title={moment(entry.at, language)}>
                  {dateTime(entry.at, language, words)}
                </time>
                {(entry.kind === 'opened' || entry.kind === 'step') && (
                  <OurDelivery roomId={state.roomId} eventId={entry.key} sender={entry.sender} />
                )}
              </div>
            </li>
          )
        })}
      </ol>
    </section>
  )
}

function Entry(props: { entry: HistoryEntry; state: CaseState }) {
  const { entry, state } = props
  const words = useWords()
  const language = useLanguage()
  const people = usePeople()
  const institution = useInstitutionName()
  const [shown, setShown] = useState(false)
  const person = (id: string) => people.person(id, state.roomId).title
  const names: Names = { institution, person }
  // The institution stands beside it, with its country.
  const name = (id: string) => people.person(id, state.roomId).name
  switch (entry.kind) {
    case 'opened':
      return (
        <>
          <b>{words.cases.page.opened}</b>
          <span className="history-who">
            <span>{name(entry.sender)}</span> <InstitutionName of={state.requesting} />
          </span>
        </>
      )
    case 'step':
      return (
        <>
          <b>{stepName(state.kind, entry.step.step, language)}</b>
          {entry.step.to !== entry.step.from && (
            <span className="history-to"> {caseStatuses[entry.step.to][language]}</span>
          )}
          {stepLines(entry.step, names, words, language).map((line) => (
            <p key={line}>{line}</p>
          ))}
          <span className="history-who">
            <span>{name(entry.sender)}</span> <InstitutionName of={entry.step.by.institution} />
          </span>
        </>
      )
    case 'refused':
      return (
        <>
          <b>{words.cases.page.refused}</b>
          <p>{refusalLine(entry.refused, state.kind, words, language)}</p>
          <span className="history-who">{person(entry.sender)}</span>
        </>
      )
    case 'waiting':
      return <b>{words.cases.page.waitingStep}</b>
    case 'escalation':
      return (
        <>
          <b>{words.urgent.banner}</b>
          <p className="history-call">
            <EscalationLines escalation={entry.escalation} roomId={state.roomId} />
          </p>
          <button
            type="button"
            className="button small"
            data-testid="call-details"
            onClick={() => setShown(true)}
          >
            {words.calls.details}
          </button>
          {shown && <CallDialog id={entry.escalation.id} onClose={() => setShown(false)} />}
        </>
      )
  }
}
