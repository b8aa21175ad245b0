import { Siren } from 'lucide-react'
import { useState } from 'react'
import { type Failure, failureOf } from '../model/failure.ts'
import { topicOf } from '../viewmodel/channels.ts'
import { dateTime, failureText } from '../words/format.ts'
import { CallDialog } from './calls/call-dialog.tsx'
import { useLanguage, usePeople, useShell, useStore, useWords } from './hooks.ts'
import { useChannelName } from './topics.tsx'

/** Stays until somebody answers: the oldest open call, and how many more there are. */
export function AlertBanner() {
  const { alerts, session, router } = useShell()
  const words = useWords()
  const language = useLanguage()
  const people = usePeople()
  const name = useChannelName()
  const open = useStore(alerts.open)
  const [busy, setBusy] = useState(false)
  const [failure, setFailure] = useState<Failure | undefined>(undefined)
  const [shown, setShown] = useState<string | undefined>(undefined)
  const first = open[0]
  if (!first?.roomId) return null
  const room = session.client.getRoom(first.roomId)
  const channel = room ? name({ ...topicOf(room), name: room.name }) : ''
  const who = people.person(first.raisedBy, first.roomId)

  async function acknowledge() {
    setBusy(true)
    setFailure(undefined)
    try {
      if (first!.handedTo === session.userId) await session.escalations.act(first!, 'accept_hand_over')
      else await session.escalations.acknowledge(first!)
    } catch (error) {
      setFailure(failureOf(error))
    } finally {
      setBusy(false)
    }
  }

  return (
    <section className="alert-banner" role="alert" data-testid="alert-banner">
      <Siren className="alert-icon" aria-hidden="true" />
      <div className="alert-text">
        <strong>{words.urgent.banner}</strong>
        <span>
          {first.cause === 'person'
            ? words.urgent.bannerFrom(who.name, channel)
            : words.calls.cause[first.cause]}
          {first.reference && ` · ${first.reference}`} · {dateTime(first.raisedAt, language, words)}
          {open.length > 1 && ` · ${words.urgent.more(open.length - 1)}`}
        </span>
        {failure && <span>{failureText(failure, language, words)}</span>}
      </div>
      <div className="alert-actions">
        <button
          type="button"
          className="button on-alert"
          data-testid="alert-view"
          onClick={() =>
            router.go(
              first.reference
                ? { page: 'case', caseId: first.aboutEventId }
                : { page: 'channel', roomId: first.roomId!, eventId: first.aboutEventId },
            )
          }
        >
          {first.reference ? words.cases.openCase : words.urgent.view}
        </button>
        <button
          type="button"
          className="button on-alert"
          data-testid="alert-details"
          onClick={() => setShown(first.id)}
        >
          {words.calls.details}
        </button>
        <button
          type="button"
          className="button on-alert strong"
          data-testid="alert-acknowledge"
          disabled={busy}
          onClick={() => void acknowledge()}
        >
          {busy ? words.urgent.acknowledging : words.urgent.acknowledge}
        </button>
      </div>
      {shown && <CallDialog id={shown} onClose={() => setShown(undefined)} />}
    </section>
  )
}
