import { RotateCcw } from 'lucide-react'
import { useEffect, useState } from 'react'
import { serverNameOf } from '../../lib/user-id.ts'
import { deliveryOf } from '../../viewmodel/delivery/delivery.ts'
import { markText, missingText } from '../../viewmodel/delivery/delivery-text.ts'
import type { DeliveryGroup, DeliveryLedger, DeliveryServer } from '../../viewmodel/delivery/types.ts'
import { dateTime } from '../../words/format.ts'
import type { Words } from '../../words/types.ts'
import { useLanguage, usePeople, useShell, useStore, useWords } from '../ui/hooks.ts'
import { Dialog, Flag, Problem, Spinner } from '../ui/parts.tsx'

/** For each institution, how far an event has come and when. It follows what happens while it is open. */
export function DeliveryDialog(props: {
  roomId: string
  eventId: string
  readers: readonly string[]
  onClose(): void
}) {
  const { roomId, eventId } = props
  const { session } = useShell()
  const words = useWords()
  const language = useLanguage()
  const people = usePeople()
  const delivery = deliveryOf(session)
  const view = useStore(delivery.of(roomId, eventId))
  const [ledger, setLedger] = useState<DeliveryLedger | undefined>(undefined)
  const [failed, setFailed] = useState(false)
  const [attempt, setAttempt] = useState(0)
  useEffect(() => delivery.watch(roomId, eventId), [delivery, roomId, eventId])
  // Asked again when the summary says that something has changed.
  useEffect(() => {
    let gone = false
    delivery.ledger(roomId, eventId).then(
      (found) => {
        if (gone) return
        setLedger(found)
        setFailed(false)
      },
      () => !gone && setFailed(true),
    )
    return () => {
      gone = true
    }
  }, [delivery, roomId, eventId, view, attempt])
  return (
    <Dialog title={words.delivery.title} onClose={props.onClose} testId="delivery-dialog">
      {view &&
        (view.summary.state === 'undelivered' ? (
          <p className="delivery-missing">{missingText(view, language, words)}</p>
        ) : (
          <p>
            <strong>{markText(view, words)}</strong>
          </p>
        ))}
      {failed && (
        <Problem
          action={
            <button type="button" className="button" onClick={() => setAttempt(attempt + 1)}>
              <RotateCcw aria-hidden="true" />
              {words.retry}
            </button>
          }
        >
          {words.delivery.unavailable}
        </Problem>
      )}
      {!ledger && !failed && <Spinner label={words.loading} />}
      {ledger && (
        <>
          <p className="muted">{words.delivery.sentAt(dateTime(ledger.sent_ts, language, words))}</p>
          {ledger.servers.length === 0 && <p>{words.delivery.nobody}</p>}
          <ul className="delivery-list">
            {inOrder(ledger.servers).flatMap((server) =>
              server.institutions.length > 0
                ? server.institutions.map((group) => (
                    <Group
                      key={`${server.server_name} ${group.name}`}
                      server={server}
                      group={group}
                      here={server.server_name === serverNameOf(session.userId)}
                    />
                  ))
                : [<Group key={server.server_name} server={server} here={false} />],
            )}
          </ul>
        </>
      )}
      {props.readers.length > 0 && (
        <>
          <p>{words.state.readBy}:</p>
          <ul className="plain-list">
            {props.readers.map((id) => {
              const reader = people.person(id, roomId)
              return (
                <li key={id}>
                  <Flag country={reader.country} /> <b>{reader.name}</b>
                  {reader.institutionName && <span className="muted"> · {reader.institutionName}</span>}
                </li>
              )
            })}
          </ul>
        </>
      )}
    </Dialog>
  )
}

const ORDER: DeliveryServer['state'][] = ['unreachable', 'not_on_list', 'waiting', 'accepted', 'unknown']

/** What is wrong first; what is at home last. */
const inOrder = (servers: readonly DeliveryServer[]) => {
  const place = (server: DeliveryServer) =>
    ORDER.indexOf(server.state) + (server.institutions.some(({ own }) => own) ? ORDER.length : 0)
  return [...servers].sort((a, b) => place(a) - place(b))
}

function Group(props: { server: DeliveryServer; group?: DeliveryGroup; here: boolean }) {
  const { server, group, here } = props
  const words = useWords()
  const language = useLanguage()
  const { delivery } = words
  const at = (ts: number) => dateTime(ts, language, words)
  const name = group?.name ?? (server.names.length === 1 ? server.names[0] : undefined)
  const by = (text: string, ts: number | undefined) =>
    ts === undefined ? text : `${text} (${delivery.atLatest(at(ts))})`
  return (
    <li data-testid="delivery-group" data-server-state={server.state}>
      <div className="delivery-name">
        {group?.country && <Flag country={group.country} />}
        <b>{name ?? delivery.unnamed(server.server_name)}</b>
        {group?.own && <span className="muted"> · {delivery.yours}</span>}
      </div>
      <ul className="delivery-steps">
        <li className={server.state === 'accepted' ? 'reached' : ''} data-step="server">
          {here ? delivery.server.here : serverText(server, delivery, at)}
        </li>
        {group && (
          <>
            <li className={group.on_device > 0 ? 'reached' : ''} data-step="device">
              {by(delivery.devices(group.on_device, group.persons), group.on_device_by_ts)}
            </li>
            <li className={group.read > 0 ? 'reached' : ''} data-step="read">
              {by(delivery.reads(group.read, group.persons), group.read_by_ts)}
            </li>
          </>
        )}
      </ul>
    </li>
  )
}

function serverText(server: DeliveryServer, words: Words['delivery'], at: (ts: number) => string): string {
  switch (server.state) {
    case 'accepted':
      return server.accepted_ts === undefined
        ? words.server.acceptedSometime
        : words.server.accepted(at(server.accepted_ts))
    case 'unreachable':
      return words.server.unreachable(at(server.unreachable_since_ts ?? Date.now()))
    default:
      return words.server[server.state]
  }
}
