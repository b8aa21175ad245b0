import { useState } from 'react'
import type { Failure } from '../../lib/failure.ts'
import type { Channel } from '../../viewmodel/channels/types.ts'
import { failureText } from '../../words/format.ts'
import { useLanguage, usePeople, useShell, useWords } from '../ui/hooks.ts'
import { Problem } from '../ui/parts.tsx'
import { useChannelName } from '../ui/topics.tsx'
import { ChannelFace } from './channel-row.tsx'
import { KindMark } from './room-notice.tsx'

export function Invite(props: { channel: Channel }) {
  const { channels, router } = useShell()
  const words = useWords()
  const language = useLanguage()
  const people = usePeople()
  const name = useChannelName()
  const direct = props.channel.kind.kind === 'direct' ? props.channel.kind.other : undefined
  const [busy, setBusy] = useState(false)
  const [failure, setFailure] = useState<Failure | undefined>(undefined)
  const { channel } = props
  const who = channel.invitedBy ? people.person(channel.invitedBy, channel.roomId).title : name(channel)

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
        <ChannelFace channel={channel} />
        <div>
          {channel.kind.kind === 'direct' || channel.kind.kind === 'group' ? (
            <strong>
              {channel.kind.kind === 'direct'
                ? words.conversations.asks(who)
                : words.conversations.asksGroup(who)}
            </strong>
          ) : (
            <>
              <strong>{name(channel)}</strong> <KindMark kind={channel.kind} isInvitation />
              {channel.invitedBy && <span className="muted">{words.channels.invitedBy(who)}</span>}
            </>
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
        {direct && (
          <button
            type="button"
            className="button"
            data-testid="invite-block"
            disabled={busy}
            onClick={() => void act(() => channels.block(direct, true))}
          >
            {words.conversations.block}
          </button>
        )}
      </div>
    </li>
  )
}
