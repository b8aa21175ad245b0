import { type CaseState, caseRow, flagsOf, stepsOf } from '@enlace/coordination'
import { FolderOpen } from 'lucide-react'
import { dateTime } from '../../words/format.ts'
import { OurDelivery } from '../delivery/our-delivery.tsx'
import { useInstitutionName, useLabel, useLanguage, useShell, useWords } from '../ui/hooks.ts'
import { DueText, FlagMarks, KindWord, Parties, PriorityMark, StatusWord } from './case-parts.tsx'
import { CasePerson } from './case-person.tsx'

/** A case in its channel: what it is and how it stands now. Its steps change the card, they are not rows of their own. */
export function CaseCard(props: { state: CaseState }) {
  const { router, session } = useShell()
  const words = useWords()
  const label = useLabel()
  const language = useLanguage()
  const name = useInstitutionName()
  const { state } = props
  const now = Date.now()
  const row = caseRow(state)
  const escalated = [...session.escalations.all.get().values()].some(
    (one) => one.aboutEventId === state.id && one.state === 'open',
  )
  const last = state.history.at(-1)
  const lastLabel = last && stepsOf(state.kind).get(last.step)?.label
  return (
    <article className="case-card" data-testid="case-card" data-case-id={state.id} data-status={state.status}>
      <header>
        <strong className="case-reference">{state.reference}</strong>
        <StatusWord status={state.status} />
      </header>
      <p className="case-kind">
        <KindWord kind={state.kind} />
      </p>
      <CasePerson caseId={state.id} />
      <Parties row={row} />
      <div className="case-line">
        <PriorityMark priority={state.priority} />
        <DueText row={row} now={now} />
      </div>
      <FlagMarks flags={flagsOf(row, now, escalated)} />
      {last && lastLabel && (
        <p className="muted case-last">
          {words.cases.card.last(label(lastLabel), name(last.by.institution))},{' '}
          {dateTime(last.at, language, words)}
        </p>
      )}
      <OurDelivery
        roomId={state.roomId}
        eventId={last?.eventId ?? state.id}
        sender={last?.sender ?? state.openedBy}
      />
      <button
        type="button"
        className="button"
        data-testid="case-open"
        onClick={() => router.go({ page: 'case', caseId: state.id })}
      >
        <FolderOpen aria-hidden="true" />
        {words.cases.open}
        <span className="visually-hidden"> {state.reference}</span>
      </button>
    </article>
  )
}
