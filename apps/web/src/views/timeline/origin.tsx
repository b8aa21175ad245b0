import { Forward } from 'lucide-react'
import type { MessageItem } from '../../viewmodel/timeline/types.ts'
import { dateTime } from '../../words/format.ts'
import { useLanguage, usePeople, useWords } from '../ui/hooks.ts'
import { isTopic } from '../ui/topic-icons.ts'
import { useChannelName } from '../ui/topics.tsx'

/** Where a message was forwarded from, by the word of whoever forwarded it. */
export function Origin(props: { forwarded: NonNullable<MessageItem['forwarded']> }) {
  const { sender, ts, topic } = props.forwarded
  const words = useWords()
  const language = useLanguage()
  const people = usePeople()
  const name = useChannelName()
  const channel = topic && isTopic(topic) ? name({ topic, known: true, name: '' }) : undefined
  return (
    <p className="origin" data-testid="message-origin" title={words.messages.originHint}>
      <Forward aria-hidden="true" />
      <span>
        {words.messages.origin(people.person(sender).title, dateTime(ts, language, words))}
        {channel && ` · ${channel}`}
      </span>
    </p>
  )
}
