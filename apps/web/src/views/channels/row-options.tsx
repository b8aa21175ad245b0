import { Archive, ArchiveRestore, Bell, BellOff, CheckCheck, CircleDot } from 'lucide-react'
import { useId } from 'react'
import {
  doListAct,
  type ListAct,
  muteChoices,
  muteUntil,
  noticeLevels,
} from '../../viewmodel/channels/list-acts.ts'
import type { Channel } from '../../viewmodel/channels/types.ts'
import { dateTime, failureText } from '../../words/format.ts'
import { useLanguage, useShell, useTask, useWords } from '../ui/hooks.ts'
import { Dialog, Problem } from '../ui/parts.tsx'
import { useChannelName } from '../ui/topics.tsx'

export type Done = { text: string; undo(): Promise<void> }

/** What can be done with a channel in the list. */
export function RowOptions(props: { channel: Channel; onClose(): void; onDone(done: Done): void }) {
  const { channel } = props
  const { session, channels } = useShell()
  const words = useWords()
  const language = useLanguage()
  const name = useChannelName()(channel)
  const { busy, failure, run } = useTask()
  const [levelId, muteId] = [useId(), useId()]
  const silent = channel.muted?.until
  const isUnread = channel.unread > 0 || channel.markedUnread

  const act = (what: ListAct) =>
    void run(async () => {
      const undo = await doListAct(session, channels, channel, what)
      props.onDone({ text: words.list.done[what.act](name), undo })
      props.onClose()
    })
  const read = isUnread ? 'markRead' : 'markUnread'
  const archive = channel.archived ? 'unarchive' : 'archive'
  return (
    <Dialog title={name} onClose={props.onClose} testId="row-options">
      <div className="row-options">
        <button
          type="button"
          className="button"
          disabled={busy}
          data-testid={`row-${read}`}
          onClick={() => act({ act: read })}
        >
          {isUnread ? <CheckCheck aria-hidden="true" /> : <CircleDot aria-hidden="true" />}
          {words.list[read]}
        </button>
        <button
          type="button"
          className="button"
          disabled={busy}
          data-testid={`row-${archive}`}
          onClick={() => act({ act: archive })}
        >
          {channel.archived ? <ArchiveRestore aria-hidden="true" /> : <Archive aria-hidden="true" />}
          {words.list[archive]}
        </button>
        <h3 id={levelId}>
          <Bell aria-hidden="true" />
          {words.notices.level}
        </h3>
        <fieldset className="mute-choices" aria-labelledby={levelId}>
          {noticeLevels.map((level) => (
            <button
              key={level}
              type="button"
              className="button"
              aria-pressed={channel.level === level}
              disabled={busy}
              data-testid={`level-${level}`}
              onClick={() => act({ act: 'level', level })}
            >
              {words.notices.levels[level]}
            </button>
          ))}
        </fieldset>
        <p className="muted">{words.notices.levelHint[channel.level]}</p>
        {silent ? (
          <>
            <h3>
              <BellOff aria-hidden="true" />
              {words.list.mutedUntil(dateTime(silent, language, words))}
            </h3>
            <button
              type="button"
              className="button"
              disabled={busy}
              data-testid="row-unmute"
              onClick={() => act({ act: 'unmute' })}
            >
              <Bell aria-hidden="true" />
              {words.list.unmute}
            </button>
          </>
        ) : (
          channel.level !== 'urgent' && (
            <>
              <h3 id={muteId}>
                <BellOff aria-hidden="true" />
                {words.list.mute}
              </h3>
              <fieldset className="mute-choices" aria-labelledby={muteId}>
                {muteChoices.map((choice) => (
                  <button
                    key={choice}
                    type="button"
                    className="button"
                    disabled={busy}
                    data-testid={`mute-${choice}`}
                    onClick={() => act({ act: 'mute', choice })}
                  >
                    {choice === 'morning'
                      ? words.list.muteMorning(dateTime(muteUntil(choice, new Date()), language, words))
                      : words.list.muteFor[choice]}
                  </button>
                ))}
              </fieldset>
            </>
          )
        )}
        {failure && <Problem>{failureText(failure, language, words)}</Problem>}
      </div>
    </Dialog>
  )
}
