import '../../styles/duty/duty.css'
import { FilePlus2, MessageCircle } from 'lucide-react'
import { useEffect, useState } from 'react'
import type { DutyNow } from '../../viewmodel/duty/types.ts'
import { nowAt, writeTo } from '../../viewmodel/duty/write-to-duty.ts'
import { dateTime, failureText } from '../../words/format.ts'
import { useTopicChannels } from '../cases/new-case-button.tsx'
import { useLabel, useLanguage, useShell, useTask, useWords } from '../ui/hooks.ts'
import { Problem, Spinner } from '../ui/parts.tsx'

/**
 * Who is on duty at an institution now, and the two ways to them: an encrypted conversation, or a case for the institution.
 * In a directory entry it is a part: a case is opened there already, and where nobody publishes a duty it is silent.
 */
export function WriteToDuty(props: { institution: string; topic?: string; isPart?: boolean }) {
  const { institution, topic, isPart = false } = props
  const { session } = useShell()
  const words = useWords()
  const language = useLanguage()
  const { busy, failure, run } = useTask()
  const [now, setNow] = useState<DutyNow | undefined>(undefined)
  useEffect(() => {
    let wanted = true
    setNow(undefined)
    void run(async () => {
      const found = await nowAt(session, institution, topic)
      if (wanted) setNow(found)
    })
    return () => {
      wanted = false
    }
  }, [session, institution, topic])
  if (isPart && !(now && (now.away || now.positions.length > 0))) return null
  if (!now)
    return busy ? (
      <Spinner label={words.loading} />
    ) : failure ? (
      <Problem>{failureText(failure, language, words)}</Problem>
    ) : null
  const asOf = now.as_of_ts === undefined ? '' : words.duty.asOf(dateTime(now.as_of_ts, language, words))
  return (
    <div className="duty-others" data-testid="duty-others">
      {now.away && <Problem>{words.duty.away(asOf)}</Problem>}
      {now.positions.length === 0 && <p className="muted">{words.duty.none}</p>}
      <ul className="duty-cards">
        {now.positions.map((one) => (
          <Position key={one.key} institution={institution} position={one} />
        ))}
      </ul>
      {!isPart && <NewCase institution={institution} topic={topic} />}
    </div>
  )
}

function Position(props: { institution: string; position: DutyNow['positions'][number] }) {
  const { institution, position } = props
  const { session, router } = useShell()
  const words = useWords()
  const language = useLanguage()
  const label = useLabel()
  const { busy, failure, run } = useTask()
  const names = position.on_duty.map((one) => one.name ?? one.user_id).join(', ')
  const next = position.next
  return (
    <li className="duty-card">
      <b>{label(position.name)}</b>
      <span className={names ? '' : 'duty-gap-text'}>
        {names
          ? `${names}, ${words.duty.until(dateTime(position.until_ts, language, words))}`
          : words.duty.nobodyHere}
      </span>
      {next && (
        <span className="muted">
          {words.duty.next(
            next.people.map((one) => one.name ?? one.user_id).join(', '),
            dateTime(next.from_ts, language, words),
          )}
        </span>
      )}
      {failure && <Problem>{failureText(failure, language, words)}</Problem>}
      {names && (
        <button
          type="button"
          className="button primary"
          data-testid="duty-write"
          disabled={busy}
          onClick={() =>
            void run(async () => {
              const roomId = await writeTo(session, institution, position.key)
              router.go({ page: 'channel', roomId })
            })
          }
        >
          <MessageCircle aria-hidden="true" />
          {busy ? words.duty.writing : words.duty.write}
        </button>
      )}
    </li>
  )
}

function NewCase(props: { institution: string; topic: string | undefined }) {
  const { session, router } = useShell()
  const words = useWords()
  const channels = useTopicChannels()
  const channel = channels.find((one) => one.topic === props.topic) ?? channels[0]
  if (!channel) return <p className="muted">{words.duty.noChannel}</p>
  return (
    <button
      type="button"
      className="button"
      data-testid="duty-new-case"
      onClick={() =>
        void session.caseDrafts.create(channel.roomId).then((draft) => {
          session.caseDrafts.change(draft.id, { institutions: [props.institution] })
          router.go({ page: 'new-case', draftId: draft.id })
        })
      }
    >
      <FilePlus2 aria-hidden="true" />
      {words.duty.newCase}
    </button>
  )
}
