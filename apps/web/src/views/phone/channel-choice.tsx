import { foldText } from '@enlace/directory/text'
import { type ReactNode, useState } from 'react'
import type { Channel } from '../../viewmodel/channels/types.ts'
import { useShell, useStore, useWords } from '../ui/hooks.ts'
import { TopicIcon, useChannelName } from '../ui/topics.tsx'

const FINDABLE = 8

/** Channels one may write in, as a list to tap. */
export function ChannelChoice(props: {
  lets?: (channel: Channel) => boolean
  none: string
  disabled?: boolean
  onChoose(channel: Channel): void
}) {
  const { session, channels } = useShell()
  const words = useWords().phone.share
  const name = useChannelName()
  const [typed, setTyped] = useState('')
  const { corridors } = useStore(channels.state)
  const all = corridors
    .flatMap((corridor) => corridor.channels)
    .filter((one) => session.client.getRoom(one.roomId)?.maySendMessage() && (props.lets?.(one) ?? true))
  const found = all.filter((one) => foldText(name(one)).includes(foldText(typed.trim())))
  if (all.length === 0) return <p className="muted">{props.none}</p>
  return (
    <>
      {all.length > FINDABLE && (
        <input
          type="search"
          autoComplete="off"
          className="filter-find"
          aria-label={words.find}
          placeholder={words.find}
          value={typed}
          onChange={(event) => setTyped(event.target.value)}
        />
      )}
      <ul className="channel-choice">
        {found.map((one) => (
          <li key={one.roomId}>
            <button
              type="button"
              className="result"
              data-testid="choose-channel"
              data-topic={one.topic}
              disabled={props.disabled}
              onClick={() => props.onChoose(one)}
            >
              <TopicIcon topic={one.topic} known={one.known} />
              <span className="result-text">
                <b>{name(one)}</b>
              </span>
            </button>
          </li>
        ))}
      </ul>
    </>
  )
}

/** A device that nobody has confirmed sends nothing: it says so before anybody chooses. */
export function ConfirmFirst(props: { children: ReactNode }) {
  const { session, router } = useShell()
  const words = useWords()
  if (useStore(session.encryption.state) !== 'unconfirmed') return props.children
  return (
    <>
      <p>{words.channel.confirmFirst}</p>
      <div className="row-actions">
        <button type="button" className="button primary" onClick={() => router.go({ page: 'settings' })}>
          {words.recovery.confirm}
        </button>
      </div>
    </>
  )
}
