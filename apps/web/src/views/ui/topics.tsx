import { topicLabel } from '@enlace/coordination'
import { Hash } from 'lucide-react'
import type { CSSProperties } from 'react'
import { useLanguage } from './hooks.ts'
import { isTopic, topicIcons } from './topic-icons.ts'

/** A room that is no recognised channel gets no topic's look, whatever its name or alias. */
export function TopicIcon(props: { topic: string; known: boolean }) {
  const known = props.known && isTopic(props.topic) ? props.topic : undefined
  const Icon = known ? topicIcons[known] : Hash
  const colour = known && ({ '--topic': `var(--topic-${known})` } as CSSProperties)
  return (
    <span className="topic-icon" style={colour} aria-hidden="true">
      <Icon />
    </span>
  )
}

/** The name of a channel in the person's language; a room that is no topic channel keeps its own. */
export function useChannelName() {
  const language = useLanguage()
  return (channel: { topic: string; known: boolean; name: string }) =>
    channel.known ? topicLabel(channel.topic)[language] : channel.name
}
