import { ArrowLeft, Bell, BellOff, X } from 'lucide-react'
import type { Room } from 'matrix-js-sdk'
import { useEffect, useMemo, useRef, useState } from 'react'
import { rightsIn } from '../../viewmodel/channels/members.ts'
import { createComposer } from '../../viewmodel/timeline/composer.ts'
import { createThread } from '../../viewmodel/timeline/thread.ts'
import type { ComposerModel, ThreadModel } from '../../viewmodel/timeline/types.ts'
import { day, failureText } from '../../words/format.ts'
import { useLanguage, useModel, useShell, useStore, useWords } from '../ui/hooks.ts'
import { lazyPage } from '../ui/lazy-page.tsx'
import { usePanelFocus } from '../ui/panel-focus.ts'
import { IconButton, Problem, Spinner } from '../ui/parts.tsx'
import { Composer } from './composer.tsx'
import { MessageRow } from './message-row.tsx'

const UrgentDialog = lazyPage(
  async () => ({ default: (await import('../calls/urgent-dialog.tsx')).UrgentDialog }),
  'dialog',
)

type Models = { thread: ThreadModel; composer: ComposerModel; close(): void }

/** One thread beside its channel; on a phone in its place. */
export function ThreadPanel(props: { room: Room; rootId: string }) {
  const focus = usePanelFocus<HTMLElement>()
  const { room, rootId } = props
  const { session, router } = useShell()
  const words = useWords()
  const models = useModel<Models>(() => {
    const thread = createThread(session, room, rootId)
    const composer = createComposer(session, room, rootId)
    return {
      thread,
      composer,
      close() {
        thread.close()
        composer.close()
      },
    }
  }, [session, room, rootId])
  const close = () => router.go({ page: 'channel', roomId: room.roomId })
  return (
    <aside
      {...focus}
      className="panel thread-panel"
      data-testid="thread-panel"
      aria-label={words.messages.thread}
    >
      <header className="panel-head">
        <IconButton
          label={words.messages.threads}
          testId="thread-to-list"
          onClick={() => router.go({ page: 'channel', roomId: room.roomId, panel: 'threads' })}
        >
          <ArrowLeft />
        </IconButton>
        <h2>{words.messages.thread}</h2>
        {models && <FollowButton model={models.thread} />}
        <IconButton label={words.close} testId="thread-close" onClick={close}>
          <X />
        </IconButton>
      </header>
      {models && <Thread {...models} room={room} rootId={rootId} />}
    </aside>
  )
}

function FollowButton(props: { model: ThreadModel }) {
  const words = useWords()
  const { follows } = useStore(props.model.state)
  return (
    <button
      type="button"
      className="button quiet small"
      aria-pressed={follows}
      title={follows ? words.messages.followsHint : words.messages.followHint}
      data-testid="thread-follow"
      onClick={() => void props.model.follow(!follows).catch(() => undefined)}
    >
      {follows ? <Bell aria-hidden="true" /> : <BellOff aria-hidden="true" />}
      {follows ? words.messages.follows : words.messages.follow}
    </button>
  )
}

function Thread(props: Models & { room: Room; rootId: string }) {
  const { room, rootId, thread, composer } = props
  const { session, router } = useShell()
  const words = useWords()
  const language = useLanguage()
  const { items, loading, failure } = useStore(thread.state)
  const [urgent, setUrgent] = useState<string | undefined>(undefined)
  const rights = useMemo(() => rightsIn(room, session.userId), [room, session.userId])
  const end = useRef<HTMLDivElement>(null)
  const scroll = useRef<HTMLDivElement>(null)
  const lastKey = items.at(-1)?.key
  useEffect(() => {
    end.current?.scrollIntoView({ block: 'end' })
    if (document.visibilityState === 'visible') thread.markRead()
  }, [lastKey, thread])
  const jump = (eventId: string) => {
    const found = scroll.current?.querySelector(`[data-event-id="${CSS.escape(eventId)}"]`)
    if (found) found.scrollIntoView({ block: 'center' })
    else router.go({ page: 'channel', roomId: room.roomId, eventId })
  }
  const rows = items.filter((item) => item.kind === 'message')
  return (
    <>
      <div className="panel-scroll thread-list" ref={scroll} role="log" aria-label={words.messages.thread}>
        {items.map((item, index) =>
          item.kind === 'day' ? (
            <h3 key={item.key} className="day">
              <span>{day(item.ts, language, words)}</span>
            </h3>
          ) : item.kind === 'message' ? (
            <div key={item.key}>
              <MessageRow
                item={item}
                room={room}
                composer={composer}
                canRedactOthers={rights.redactOthers}
                highlighted={false}
                inThread
                onUrgent={setUrgent}
                onJump={jump}
              />
              {item.key === rootId && rows.length > 1 && (
                <p className="thread-count">{words.messages.answers(rows.length - 1)}</p>
              )}
            </div>
          ) : item.kind === 'hidden' ? (
            <p key={`${item.key}-${index}`} className="hidden-line">
              {words.message.unencrypted(item.count)}
            </p>
          ) : null,
        )}
        {loading && <Spinner label={words.messages.threadLoading} />}
        {failure && (
          <Problem
            action={
              <button type="button" className="button" onClick={thread.retry}>
                {words.retry}
              </button>
            }
          >
            {words.messages.threadFailed} {failureText(failure, language, words)}
          </Problem>
        )}
        <div ref={end} />
      </div>
      <Composer room={room} model={composer} onSent={() => end.current?.scrollIntoView({ block: 'end' })} />
      {urgent && <UrgentDialog room={room} eventId={urgent} onClose={() => setUrgent(undefined)} />}
    </>
  )
}
