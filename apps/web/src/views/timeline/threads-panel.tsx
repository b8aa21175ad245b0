import { CheckCheck, MessagesSquare, X } from 'lucide-react'
import type { Room } from 'matrix-js-sdk'
import { createThreadList } from '../../viewmodel/timeline/thread-list.ts'
import type { ThreadListModel } from '../../viewmodel/timeline/types.ts'
import { dateTime, failureText } from '../../words/format.ts'
import { useLanguage, useModel, usePeople, useShell, useStore, useWords } from '../ui/hooks.ts'
import { usePanelFocus } from '../ui/panel-focus.ts'
import { Avatar, Blank, IconButton, Problem, Spinner } from '../ui/parts.tsx'

/** The threads of a channel. */
export function ThreadsPanel(props: { room: Room }) {
  const focus = usePanelFocus<HTMLElement>()
  const { room } = props
  const { session, router } = useShell()
  const words = useWords()
  const model = useModel(() => createThreadList(session, room), [session, room])
  return (
    <aside {...focus} className="panel" data-testid="threads-panel" aria-label={words.messages.threads}>
      <header className="panel-head">
        <h2>{words.messages.threads}</h2>
        <IconButton
          label={words.close}
          testId="threads-close"
          onClick={() => router.go({ page: 'channel', roomId: room.roomId })}
        >
          <X />
        </IconButton>
      </header>
      {model && <Lines model={model} room={room} />}
    </aside>
  )
}

function Lines(props: { model: ThreadListModel; room: Room }) {
  const { model, room } = props
  const { router } = useShell()
  const words = useWords()
  const language = useLanguage()
  const people = usePeople()
  const { lines, loading, failure, more } = useStore(model.state)
  return (
    <div className="panel-scroll">
      {lines.some((line) => line.unread > 0) && (
        <button
          type="button"
          className="button quiet small threads-read"
          data-testid="threads-read"
          onClick={() => void model.markAllRead()}
        >
          <CheckCheck aria-hidden="true" />
          {words.messages.allRead}
        </button>
      )}
      <ul className="thread-lines">
        {lines.map((line) => {
          const who = people.person(line.sender, room.roomId)
          return (
            <li key={line.rootId}>
              <button
                type="button"
                className="thread-line"
                data-testid="thread-line"
                data-unread={line.unread}
                onClick={() => router.go({ page: 'channel', roomId: room.roomId, thread: line.rootId })}
              >
                <Avatar id={line.sender} name={who.name} />
                <span className="thread-line-text">
                  <b>{who.name}</b>
                  <span className="thread-line-words">{line.excerpt ?? words.messages.unknownRoot}</span>
                  <small>
                    {words.messages.answers(line.count)} · {dateTime(line.lastTs, language, words)}
                    {line.follows && ` · ${words.messages.follows}`}
                  </small>
                </span>
                {line.unread > 0 && (
                  <span className="thread-unread" title={words.messages.unread(line.unread)}>
                    {line.unread}
                    <span className="visually-hidden"> {words.messages.unreadWord}</span>
                  </span>
                )}
              </button>
            </li>
          )
        })}
      </ul>
      {loading && <Spinner label={words.messages.threadsLoading} />}
      {!loading && lines.length === 0 && !failure && (
        <Blank
          icon={<MessagesSquare />}
          title={words.messages.noThreads}
          hint={words.messages.noThreadsHint}
        />
      )}
      {failure && (
        <Problem
          action={
            <button type="button" className="button" onClick={model.loadMore}>
              {words.retry}
            </button>
          }
        >
          {words.messages.threadsFailed} {failureText(failure, language, words)}
        </Problem>
      )}
      {more && !loading && !failure && (
        <button type="button" className="button quiet" onClick={model.loadMore}>
          {words.messages.moreThreads}
        </button>
      )}
    </div>
  )
}
