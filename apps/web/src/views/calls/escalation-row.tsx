import type { Escalation } from '@enlace/coordination'
import { CheckCircle2, Siren } from 'lucide-react'
import type { Room } from 'matrix-js-sdk'
import { useState } from 'react'
import type { TimelineItem } from '../../viewmodel/timeline/types.ts'
import { dateTime } from '../../words/format.ts'
import { useLanguage, usePeople, useShell, useWords } from '../ui/hooks.ts'
import { lazyPage } from '../ui/lazy-page.tsx'

const CallDialog = lazyPage(
  async () => ({ default: (await import('./call-dialog.tsx')).CallDialog }),
  'dialog',
)

/** An urgent call in the timeline: who raised it, about what, who answered and when. */
export function EscalationRow(props: {
  item: Extract<TimelineItem, { kind: 'escalation' }>
  room: Room
  onJump(eventId: string): void
}) {
  const { router } = useShell()
  const words = useWords()
  const { escalation, excerpt } = props.item
  const done = escalation.state !== 'open'
  const [shown, setShown] = useState(false)
  return (
    <div
      className={`escalation ${done ? 'done' : 'open'}`}
      data-testid="escalation"
      data-state={escalation.state}
    >
      {done ? <CheckCircle2 aria-hidden="true" /> : <Siren aria-hidden="true" />}
      <div className="escalation-text">
        <strong>
          {words.urgent.banner}
          {escalation.reference && ` · ${escalation.reference}`}
        </strong>
        <EscalationLines escalation={escalation} roomId={props.room.roomId} />
        {excerpt && <q>{excerpt}</q>}
      </div>
      <button
        type="button"
        className="button quiet"
        onClick={() =>
          escalation.reference
            ? router.go({ page: 'case', caseId: escalation.aboutEventId })
            : props.onJump(escalation.aboutEventId)
        }
      >
        {escalation.reference ? words.cases.openCase : words.urgent.view}
      </button>
      <button
        type="button"
        className="button quiet"
        data-testid="call-details"
        onClick={() => setShown(true)}
      >
        {words.calls.details}
      </button>
      {shown && <CallDialog id={escalation.id} onClose={() => setShown(false)} />}
    </div>
  )
}

export function EscalationLines(props: { escalation: Escalation; roomId: string }) {
  const words = useWords()
  const language = useLanguage()
  const people = usePeople()
  const { escalation, roomId } = props
  const name = (id: string) => people.person(id, roomId).title
  return (
    <>
      <span>
        {escalation.cause === 'person'
          ? words.urgent.raised(name(escalation.raisedBy), dateTime(escalation.raisedAt, language, words))
          : `${words.calls.cause[escalation.cause]}, ${dateTime(escalation.raisedAt, language, words)}`}
      </span>
      <span className="escalation-answer">
        {escalation.acknowledgedBy
          ? words.urgent.acknowledged(
              name(escalation.acknowledgedBy),
              dateTime(escalation.acknowledgedAt ?? escalation.raisedAt, language, words),
            )
          : words.urgent.open}
      </span>
    </>
  )
}
