import { topicLabel } from '@enlace/coordination'
import { Baby, FileText, Hash, Route, ShieldAlert, Undo2, Users } from 'lucide-react'
import { useLanguage } from './hooks.ts'

const icons: Record<string, typeof Hash> = {
  documentation: FileText,
  returns: Undo2,
  minors: Baby,
  transit: Route,
  operational_alert: ShieldAlert,
  meetings: Users,
}

export function TopicIcon(props: { topic: string; className?: string }) {
  const Icon = icons[props.topic] ?? Hash
  return (
    <span
      className={`topic-icon topic-${icons[props.topic] ? props.topic : 'other'} ${props.className ?? ''}`}
      aria-hidden="true"
    >
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
