import { KeyRound, Trash2 } from 'lucide-react'
import { useMemo } from 'react'
import { readHtml } from '../../lib/rich-html.ts'
import type { MessageItem } from '../../viewmodel/timeline/types.ts'
import { PlaceCard } from '../share/place-card.tsx'
import { usePeople, useWords } from '../ui/hooks.ts'
import { lazyPage } from '../ui/lazy-page.tsx'
import { Attachment, OutgoingFile } from './attachment.tsx'
import { PlainText, RichText } from './rich-text.tsx'

const ContactCard = lazyPage(() => import('../share/contact-card.tsx'), 'quiet')

/** What a message says, or why it says nothing. */
export function MessageBody(props: {
  item: Pick<MessageItem, 'body' | 'mentions' | 'groups' | 'sender' | 'eventId'>
  roomId: string
}) {
  const { body } = props.item
  const words = useWords()
  const people = usePeople()
  switch (body.type) {
    case 'text':
      return <Words {...props} body={body} />
    case 'image':
    case 'voice':
    case 'video':
    case 'file':
      return (
        <Attachment
          body={body}
          from={{
            roomId: props.roomId,
            title: people.person(props.item.sender, props.roomId).title,
            ...(props.item.eventId ? { eventId: props.item.eventId } : {}),
          }}
        />
      )
    case 'place':
      return <PlaceCard body={body} />
    case 'card':
      return <ContactCard body={body} sender={people.person(props.item.sender, props.roomId).title} />
    case 'outgoing_file':
      return <OutgoingFile body={body} />
    case 'deleted':
      return (
        <p className="message-placeholder">
          <Trash2 aria-hidden="true" />
          {words.message.deleted}
        </p>
      )
    case 'undecryptable':
      return (
        <p className="message-placeholder" data-testid="message-undecryptable" data-reason={body.reason}>
          <KeyRound aria-hidden="true" />
          {words.message.undecryptable[body.reason]}
        </p>
      )
    case 'unsupported':
      return <p className="message-placeholder">{words.message.unsupported}</p>
    case 'unencrypted':
      return null
  }
}

function Words(props: {
  body: Extract<MessageItem['body'], { type: 'text' }>
  item: Pick<MessageItem, 'mentions' | 'groups'>
  roomId: string
}) {
  const people = usePeople()
  const { body, item, roomId } = props
  const { text, html } = body
  const nodes = useMemo(() => (html === undefined ? undefined : readHtml(html)), [html])
  const mentioned = (item.mentions ?? []).map((id) => people.person(id, roomId))
  // Only those who were told as well: words alone call nobody.
  const groups = (item.groups ?? []).flatMap((group) => {
    const called = mentioned.filter((one) => group.user_ids.includes(one.userId))
    return called.length > 0 ? [{ text: group.text, names: called.map((one) => one.title).join('; ') }] : []
  })
  if (nodes) return <RichText nodes={nodes} mentioned={mentioned} groups={groups} roomId={roomId} />
  return (
    <p className="message-text" data-testid="message-text" dir="auto">
      <PlainText text={text} mentioned={mentioned} groups={groups} />
    </p>
  )
}
