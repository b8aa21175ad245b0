import { AtSign, Inbox, Siren } from 'lucide-react'
import { useState } from 'react'
import type { Failure } from '../../lib/failure.ts'
import type { Channel } from '../../viewmodel/channels/types.ts'
import { brief, failureText } from '../../words/format.ts'
import { LanguageSwitch } from '../session/sign-in.tsx'
import { useLanguage, usePeople, useShell, useStore, useWords } from '../ui/hooks.ts'
import { Blank, Problem } from '../ui/parts.tsx'
import { TopicIcon, useChannelName } from '../ui/topics.tsx'
import { KindMark } from './room-notice.tsx'

export function ChannelList(props: { current?: string }) {
  const { channels } = useShell()
  const words = useWords()
  const { corridors, invites } = useStore(channels.state)
  const empty = invites.length === 0 && corridors.every((corridor) => corridor.channels.length === 0)
  return (
    <div className="channel-list">
      <header className="side-head">
        <img src="/icon.svg" alt="" width="32" height="32" />
        <h1>{words.channels.title}</h1>
        <LanguageSwitch />
      </header>
      <div className="side-scroll">
        {invites.length > 0 && (
          <section>
            <h2 className="corridor">{words.channels.invites}</h2>
            <ul>
              {invites.map((one) => (
                <Invite key={one.roomId} channel={one} />
              ))}
            </ul>
          </section>
        )}
        {empty ? (
          <Blank icon={<Inbox />} title={words.channels.empty} hint={words.channels.emptyHint} />
        ) : (
          corridors.map((corridor) => (
            <section key={corridor.roomId ?? 'other'}>
              <h2 className="corridor">{corridor.roomId ? corridor.name : words.channels.other}</h2>
              {corridor.channels.length === 0 ? (
                <p className="muted pad">{words.channels.emptyCorridor}</p>
              ) : (
                <ul>
                  {corridor.channels.map((one) => (
                    <ChannelRow key={one.roomId} channel={one} current={one.roomId === props.current} />
                  ))}
                </ul>
              )}
            </section>
          ))
        )}
      </div>
    </div>
  )
}

function ChannelRow(props: { channel: Channel; current: boolean }) {
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
  const who = last && !last.mine ? people.person(last.sender, channel.roomId).title : undefined
  return (
    <li>
      <button
        type="button"
        className={`channel-row ${channel.unread > 0 ? 'unread' : ''}`}
        aria-current={props.current ? 'page' : undefined}
        data-testid={`channel-${channel.topic}`}
        onClick={() => router.go({ page: 'channel', roomId: channel.roomId })}
      >
        <TopicIcon topic={channel.topic} known={channel.known} />
        <span className="channel-main">
          <span className="channel-line">
            <span className="channel-name">{name(channel)}</span>
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
              {channel.unread > 0 && (
                <span className="mark count" data-testid="channel-unread">
                  <span aria-hidden="true">{channel.unread > 99 ? '99+' : channel.unread}</span>
                  <span className="visually-hidden">{words.channels.unread(channel.unread)}</span>
                </span>
              )}
            </span>
          </span>
          {who && <span className="channel-who">{who}</span>}
        </span>
      </button>
    </li>
  )
}

function Invite(props: { channel: Channel }) {
  const { channels, router } = useShell()
  const words = useWords()
  const language = useLanguage()
  const people = usePeople()
  const name = useChannelName()
  const [busy, setBusy] = useState(false)
  const [failure, setFailure] = useState<Failure | undefined>(undefined)
  const { channel } = props

  async function act(action: (roomId: string) => Promise<Failure | undefined>, then?: () => void) {
    setBusy(true)
    const failed = await action(channel.roomId)
    setBusy(false)
    setFailure(failed)
    if (!failed) then?.()
  }

  return (
    <li className="invite" data-testid="invite">
      <div className="invite-head">
        <TopicIcon topic={channel.topic} known={channel.known} />
        <div>
          <strong>{name(channel)}</strong> <KindMark kind={channel.kind} />
          {channel.invitedBy && (
            <span className="muted">
              {words.channels.invitedBy(people.person(channel.invitedBy, channel.roomId).title)}
            </span>
          )}
        </div>
      </div>
      {failure && <Problem>{failureText(failure, language, words)}</Problem>}
      <div className="row-actions">
        <button
          type="button"
          className="button primary"
          data-testid="invite-accept"
          disabled={busy}
          onClick={() =>
            void act(channels.accept, () => router.go({ page: 'channel', roomId: channel.roomId }))
          }
        >
          {words.channels.accept}
        </button>
        <button
          type="button"
          className="button"
          data-testid="invite-decline"
          disabled={busy}
          onClick={() => void act(channels.decline)}
        >
          {words.channels.decline}
        </button>
      </div>
    </li>
  )
}
