import type { Escalation } from '@enlace/coordination'
import { Siren } from 'lucide-react'
import { useState } from 'react'
import { topicOf } from '../../viewmodel/channels/channel-list.ts'
import { dateTime, failureText } from '../../words/format.ts'
import { useLanguage, usePeople, useShell, useStore, useTask, useWords } from '../ui/hooks.ts'
import { lazyPage } from '../ui/lazy-page.tsx'
import { useChannelName } from '../ui/topics.tsx'

const CallDialog = lazyPage(
  async () => ({ default: (await import('./call-dialog.tsx')).CallDialog }),
  'dialog',
)

/** Stays until somebody answers: the oldest open call, and how many more there are. */
export function AlertBanner() {
  const { alerts } = useShell()
  const open = useStore(alerts.open)
  const [shown, setShown] = useState<string | undefined>(undefined)
  const first = open[0]
  return (
    <>
      {first?.roomId && (
        <Banner first={first} roomId={first.roomId} more={open.length - 1} onShow={setShown} />
      )}
      {/* Stays when the banner goes: whoever has answered may want to hand over or resolve. */}
      {shown && <CallDialog id={shown} onClose={() => setShown(undefined)} />}
    </>
  )
}

function Banner(props: { first: Escalation; roomId: string; more: number; onShow(id: string): void }) {
  const { session, router } = useShell()
  const { first, roomId, more } = props
  const words = useWords()
  const language = useLanguage()
  const people = usePeople()
  const name = useChannelName()
  const { busy, failure, run } = useTask()
  const room = session.client.getRoom(roomId)
  const channel = room ? name({ ...topicOf(session, room), name: room.name }) : ''
  const who = people.person(first.raisedBy, roomId)

  const acknowledge = () =>
    run(() =>
      first.handedTo === session.userId
        ? session.escalations.act(first, 'accept_hand_over')
        : session.escalations.acknowledge(first),
    )

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
          {more > 0 && ` · ${words.urgent.more(more)}`}
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
                : { page: 'channel', roomId, eventId: first.aboutEventId },
            )
          }
        >
          {first.reference ? words.cases.openCase : words.urgent.view}
        </button>
        <button
          type="button"
          className="button on-alert"
          data-testid="alert-details"
          onClick={() => props.onShow(first.id)}
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
    </section>
  )
}
