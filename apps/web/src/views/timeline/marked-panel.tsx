import { Pin, Star, X } from 'lucide-react'
import type { Room } from 'matrix-js-sdk'
import { type ReactNode, useEffect, useState } from 'react'
import { excerptOf } from '../../viewmodel/timeline/excerpt.ts'
import { dateTime } from '../../words/format.ts'
import { useLanguage, usePeople, useShell, useStore, useWords } from '../ui/hooks.ts'
import { usePanelFocus } from '../ui/panel-focus.ts'
import { Blank, IconButton } from '../ui/parts.tsx'

type Found = { sender: string; ts: number; excerpt: string | undefined } | 'absent' | undefined

/** What was pinned for all, and what this person keeps for themselves. */
export function MarkedPanel(props: { room: Room }) {
  const focus = usePanelFocus<HTMLElement>()
  const { room } = props
  const { session, router } = useShell()
  const words = useWords()
  useStore(session.marked.version)
  const { marked } = session
  const pinned = [...marked.pinned(room)].reverse()
  const starred = marked.starred(room)
  return (
    <aside {...focus} className="panel" data-testid="marked-panel" aria-label={words.messages.marked}>
      <header className="panel-head">
        <h2>{words.messages.marked}</h2>
        <IconButton
          label={words.close}
          testId="marked-close"
          onClick={() => router.go({ page: 'channel', roomId: room.roomId })}
        >
          <X />
        </IconButton>
      </header>
      <div className="panel-scroll">
        {pinned.length + starred.length === 0 && (
          <Blank icon={<Pin />} title={words.messages.noMarked} hint={words.messages.noMarkedHint} />
        )}
        <Marks title={words.messages.pinned} icon={<Pin />} ids={pinned} room={room} />
        <Marks
          title={words.messages.starred}
          hint={words.messages.starredHint}
          icon={<Star />}
          ids={starred}
          room={room}
        />
      </div>
    </aside>
  )
}

function Marks(props: { title: string; hint?: string; icon: ReactNode; ids: readonly string[]; room: Room }) {
  if (props.ids.length === 0) return null
  return (
    <section className="marks">
      <h3>
        <span aria-hidden="true">{props.icon}</span>
        {props.title}
      </h3>
      {props.hint && <p className="muted">{props.hint}</p>}
      <ul className="thread-lines">
        {props.ids.map((id) => (
          <MarkLine key={id} id={id} room={props.room} />
        ))}
      </ul>
    </section>
  )
}

function MarkLine(props: { id: string; room: Room }) {
  const { id, room } = props
  const { session, router } = useShell()
  const words = useWords()
  const language = useLanguage()
  const people = usePeople()
  const [found, setFound] = useState<Found>(undefined)
  useEffect(() => {
    let current = true
    session.marked.look(room, id).then(
      (view) =>
        current && setFound(view ? { sender: view.sender, ts: view.ts, excerpt: excerptOf(view) } : 'absent'),
      () => current && setFound('absent'),
    )
    return () => {
      current = false
    }
  }, [session, room, id])
  return (
    <li>
      <button
        type="button"
        className="thread-line"
        data-testid="marked-line"
        onClick={() => router.go({ page: 'channel', roomId: room.roomId, eventId: id })}
      >
        <span className="thread-line-text">
          {found === undefined || found === 'absent' ? (
            <span className="muted">{found ? words.messages.unknownRoot : '…'}</span>
          ) : (
            <>
              <b>{people.person(found.sender, room.roomId).title}</b>
              <span className="marked-words">{found.excerpt ?? words.messages.unknownRoot}</span>
              <small>{dateTime(found.ts, language, words)}</small>
            </>
          )}
        </span>
      </button>
    </li>
  )
}
