import { MessagesSquare, MoreHorizontal, Reply, Siren, SmilePlus } from 'lucide-react'
import { type KeyboardEvent, useLayoutEffect, useRef, useState } from 'react'
import { excerptOfBody } from '../../viewmodel/timeline/excerpt.ts'
import { useShell, useWords } from '../ui/hooks.ts'
import { IconButton } from '../ui/parts.tsx'
import type { ActionProps, OpenAction } from './message-actions.tsx'
import { QuickReactions } from './reactions.tsx'

/** What is at hand beside a message: seen while the mouse or the keyboard is on it. On a phone only the last button is there. */
export function MessageBar(props: ActionProps & { onOpen(action: OpenAction): void }) {
  const { item, composer } = props
  const { router } = useShell()
  const words = useWords()
  const [reacting, show] = useState(false)
  const bar = useRef<HTMLDivElement>(null)
  const held = useRef(false)
  // What the keyboard is on goes away with the choice, and with what was chosen.
  const setReacting = (next: boolean) => {
    held.current = bar.current?.querySelector(':focus-visible') != null
    show(next)
  }
  useLayoutEffect(() => {
    if (held.current) bar.current?.querySelector('button')?.focus()
    held.current = false
  }, [reacting])
  const eventId = item.eventId!
  const text = excerptOfBody(item.body) ?? ''
  const onKey = (event: KeyboardEvent) => {
    if (event.key === 'Escape') setReacting(false)
  }
  return (
    <div
      ref={bar}
      className={`message-bar ${reacting ? 'open' : ''}`}
      role="toolbar"
      aria-label={words.messages.bar}
      onKeyDown={onKey}
      onMouseLeave={() => setReacting(false)}
    >
      {reacting ? (
        <QuickReactions
          onPick={(key) => {
            setReacting(false)
            void composer.react(eventId, key)
          }}
          onMore={() => {
            setReacting(false)
            props.onOpen('react')
          }}
        />
      ) : (
        <>
          <IconButton
            className="only-mouse"
            label={words.messages.react}
            testId="message-react"
            onClick={() => setReacting(true)}
          >
            <SmilePlus />
          </IconButton>
          <IconButton
            className="only-mouse"
            label={words.message.reply}
            testId="bar-reply"
            onClick={() => composer.reply({ eventId, sender: item.sender, text })}
          >
            <Reply />
          </IconButton>
          {!props.inThread && (
            <IconButton
              className="only-mouse"
              label={words.messages.replyInThread}
              testId="bar-thread"
              onClick={() => router.go({ page: 'channel', roomId: props.room.roomId, thread: eventId })}
            >
              <MessagesSquare />
            </IconButton>
          )}
          <IconButton
            className="only-mouse"
            label={words.urgent.raise}
            testId="message-urgent"
            onClick={() => props.onUrgent(eventId)}
          >
            <Siren />
          </IconButton>
          <IconButton label={words.message.more} testId="message-more" onClick={() => props.onOpen('menu')}>
            <MoreHorizontal />
          </IconButton>
        </>
      )}
    </div>
  )
}
