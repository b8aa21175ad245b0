import type { Room } from 'matrix-js-sdk'
import { useEffect, useState } from 'react'
import { excerptOf } from '../../viewmodel/timeline/excerpt.ts'
import type { MessageItem } from '../../viewmodel/timeline/types.ts'
import { usePeople, useShell, useWords } from '../ui/hooks.ts'

type Reply = NonNullable<MessageItem['reply']>

/** What a message answers. Of something older than what is loaded, the message itself is asked for. */
export function Quote(props: { reply: Reply; room: Room; onJump(eventId: string): void }) {
  const { reply, room } = props
  const { session } = useShell()
  const words = useWords()
  const people = usePeople()
  const [found, setFound] = useState<Reply | undefined>(undefined)
  const isKnown = reply.sender !== undefined
  useEffect(() => {
    if (isKnown) return
    let current = true
    session.marked.look(room, reply.eventId).then(
      (view) => {
        // Nobody said what came unencrypted: it is no answer to anybody.
        if (!current || !view || view.body?.type === 'unencrypted') return
        const excerpt = excerptOf(view)
        setFound({ eventId: reply.eventId, sender: view.sender, ...(excerpt ? { excerpt } : {}) })
      },
      () => undefined,
    )
    return () => {
      current = false
    }
  }, [session, room, reply.eventId, isKnown])
  const { sender, excerpt } = isKnown ? reply : (found ?? reply)
  return (
    <button
      type="button"
      className="quote"
      data-testid="message-quote"
      onClick={() => props.onJump(reply.eventId)}
    >
      <b>
        {sender
          ? words.message.replyTo(people.person(sender, room.roomId).title)
          : words.message.replyUnknown}
      </b>
      {excerpt && <span>{excerpt}</span>}
    </button>
  )
}
