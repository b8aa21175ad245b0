import { KeyRound, Trash2 } from 'lucide-react'
import { useMemo } from 'react'
import { readHtml } from '../../viewmodel/timeline/rich-html.ts'
import type { MessageItem } from '../../viewmodel/timeline/types.ts'
import { usePeople, useWords } from '../ui/hooks.ts'
import { Attachment, OutgoingFile } from './attachment.tsx'
import { PlainText, RichText } from './rich-text.tsx'

/** What a message says, or why it says nothing. */
export function MessageBody(props: { item: Pick<MessageItem, 'body' | 'mentions'>; roomId: string }) {
  const { body, mentions } = props.item
  const words = useWords()
  switch (body.type) {
    case 'text':
      return <Words text={body.text} html={body.html} mentions={mentions} roomId={props.roomId} />
    case 'image':
    case 'file':
      return <Attachment body={body} />
    case 'outgoing_file':
      return <OutgoingFile name={body.name} image={body.image} />
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
  text: string
  html: string | undefined
  mentions: readonly string[] | undefined
  roomId: string
}) {
  const people = usePeople()
  const { text, html, roomId } = props
  const nodes = useMemo(() => (html === undefined ? undefined : readHtml(html)), [html])
  const mentioned = (props.mentions ?? []).map((id) => people.person(id, roomId))
  if (nodes) return <RichText nodes={nodes} mentioned={mentioned} roomId={roomId} />
  return (
    <p className="message-text" data-testid="message-text" dir="auto">
      <PlainText text={text} mentioned={mentioned} />
    </p>
  )
}
