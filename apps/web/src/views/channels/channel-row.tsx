import { AtSign, BellOff, MoreVertical, Siren } from 'lucide-react'
import type { Channel } from '../../viewmodel/channels/types.ts'
import { brief } from '../../words/format.ts'
import { useLanguage, usePeople, useShell, useWords } from '../ui/hooks.ts'
import { Avatar, IconButton } from '../ui/parts.tsx'
import { TopicIcon, useChannelName } from '../ui/topics.tsx'
import { KindMark } from './room-notice.tsx'

/** Its icon: of a conversation the face of whom it is with. */
export function ChannelFace(props: { channel: Pick<Channel, 'kind' | 'topic' | 'known' | 'name'> }) {
  const { kind, topic, known, name } = props.channel
  if (kind.kind === 'direct') return <Avatar id={kind.other} name={name} />
  return <TopicIcon topic={topic} known={known} />
}

export function ChannelRow(props: { channel: Channel; current: boolean; onOptions(): void }) {
  const { router } = useShell()
  const words = useWords()
  const language = useLanguage()
  const people = usePeople()
  const name = useChannelName()
  const { channel } = props
  const last = channel.last
  const preview = !last
    ? words.channels.noMessages
    : last.kind === 'hidden'
      ? words.channels.hidden
      : last.kind === 'image'
        ? words.channels.photo
        : last.kind === 'voice'
          ? words.media.player.voice
          : last.kind === 'file'
            ? `${words.channels.file}: ${last.text ?? ''}`
            : last.kind === 'case'
              ? words.cases.preview(last.text ?? '')
              : (last.text ?? '')
  const who =
    last && !last.mine && channel.kind.kind !== 'direct'
      ? people.person(last.sender, channel.roomId).title
      : undefined
  return (
    <li className="channel-item">
      <button
        type="button"
        className={`channel-row ${channel.unread > 0 || channel.markedUnread ? 'unread' : ''}`}
        aria-current={props.current ? 'page' : undefined}
        data-testid={`channel-${channel.topic}`}
        onClick={() => router.go({ page: 'channel', roomId: channel.roomId })}
      >
        <ChannelFace channel={channel} />
        <span className="channel-main">
          <span className="channel-line">
            <span className={`channel-name ${channel.known ? 'whole' : ''}`}>{name(channel)}</span>
            <KindMark kind={channel.kind} />
            {channel.lastTs > 0 && (
              <time className="channel-time">{brief(channel.lastTs, language, words)}</time>
            )}
          </span>
          <span className="channel-line">
            <span className="channel-preview">
              {last?.mine && <b>{words.you}: </b>}
              {preview}
            </span>
            <span className="marks">
              {channel.urgent > 0 && (
                <span
                  className="mark urgent"
                  role="img"
                  aria-label={words.channels.urgentOpen(channel.urgent)}
                >
                  <Siren aria-hidden="true" />
                </span>
              )}
              {channel.mentions > 0 && (
                <span className="mark mention" role="img" aria-label={words.channels.mentioned}>
                  <AtSign aria-hidden="true" />
                </span>
              )}
              {channel.muted && (
                <BellOff className="muted-mark" role="img" aria-label={words.list.mutedAlways} />
              )}
              {channel.unread === 0 && channel.markedUnread && (
                <span
                  className="mark dot"
                  role="img"
                  aria-label={words.list.markedUnread}
                  data-testid="channel-marked"
                />
              )}
              {channel.unread > 0 && (
                <span className={`mark count ${channel.muted ? 'quiet' : ''}`} data-testid="channel-unread">
                  <span aria-hidden="true">{channel.unread > 99 ? '99+' : channel.unread}</span>
                  <span className="visually-hidden">{words.channels.unread(channel.unread)}</span>
                </span>
              )}
            </span>
          </span>
          {who && <span className="channel-who">{who}</span>}
        </span>
      </button>
      <IconButton
        label={words.list.more(name(channel))}
        className="row-more"
        testId="channel-more"
        onClick={props.onOptions}
      >
        <MoreVertical />
      </IconButton>
    </li>
  )
}
