import { useEffect } from 'react'
import type { Decision } from '../../viewmodel/reports/types.ts'
import { dateTime } from '../../words/format.ts'
import { useLanguage, usePeople, useWords } from '../ui/hooks.ts'

/** A person by name; whoever runs the server is nobody's account. */
export function useWho(): (userId: string) => string {
  const words = useWords()
  const people = usePeople()
  const named = new Set<string>()
  // Coordinators of a report, a decision or an answer may be in no channel with this person.
  useEffect(() => {
    for (const userId of named) people.meet(userId)
  })
  return (userId) => {
    if (!userId.startsWith('@')) return words.activity.operator
    named.add(userId)
    return people.person(userId).name
  }
}

/** What was decided, why, what was said against it and what was answered. */
export function DecisionText({ decision, desk }: { decision: Decision; desk?: boolean }) {
  const words = useWords()
  const language = useLanguage()
  const who = useWho()
  const own = words.reports
  const when = (ts: number) => dateTime(ts, language, words)
  const { appeal, answer } = decision
  return (
    <div className="decision-text">
      <p>
        <b>{own.kindsOf[decision.kind]}</b>
        {desk && <> · {who(decision.user_id)}</>}
      </p>
      <p className="muted">{own.decidedBy(who(decision.by), when(decision.ts))}</p>
      <blockquote>{decision.reason}</blockquote>
      {desk && decision.kind === 'warning' && (
        <p className="muted">{decision.acknowledged_ts ? own.acknowledged : own.notAcknowledged}</p>
      )}
      {appeal && (
        <>
          <p>
            <b>{own.appealed}</b> <span className="muted">{when(appeal.ts)}</span>
          </p>
          <blockquote data-testid="appeal-words">{appeal.words}</blockquote>
        </>
      )}
      {answer && (
        <>
          <p data-testid="appeal-outcome" data-outcome={answer.outcome}>
            <b>{own.answers[answer.outcome]}</b>
          </p>
          <p className="muted">
            {own.answeredBy(who(answer.by), when(answer.ts))}
            {answer.same_person && <> · {own.answeredSame}</>}
          </p>
          <blockquote>{answer.reason}</blockquote>
        </>
      )}
      {decision.lifted_ts !== undefined && !answer && <p className="muted">{own.lifted}</p>}
    </div>
  )
}
