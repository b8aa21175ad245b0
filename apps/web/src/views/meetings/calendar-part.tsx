import { CalendarPlus } from 'lucide-react'
import { createMeetingFeed, type MeetingFeed } from '../../viewmodel/meetings/meeting-feed.ts'
import { dateTime, failureText } from '../../words/format.ts'
import { useLanguage, useModel, useShell, useStore, useWords } from '../ui/hooks.ts'
import { CopyButton, Problem } from '../ui/parts.tsx'
import { Part } from './part.tsx'

/** Meetings in one's own calendar: an address to subscribe to, and mail. Both say that there is a meeting and when, and no more. */
export default function CalendarPart() {
  const { session } = useShell()
  const model = useModel(() => createMeetingFeed(session, location.origin), [session])
  return model ? <Calendar model={model} /> : null
}

function Calendar({ model }: { model: MeetingFeed }) {
  const words = useWords()
  const language = useLanguage()
  const own = words.meetings.calendar
  const { settings, fresh, busy, failure } = useStore(model.state)
  if (settings === 'none') return null
  const address = settings?.address
  return (
    <Part title={own.title} testId="meetings-calendar">
      <p className="muted">{own.hint}</p>
      {address && (
        <p className="muted" data-testid="meetings-calendar-made">
          {words.duty.feedMade(dateTime(address.created_ts, language, words))} ·{' '}
          {address.last_ts === undefined
            ? words.duty.feedUnread
            : words.duty.feedRead(dateTime(address.last_ts, language, words))}
        </p>
      )}
      {fresh && (
        <div className="note">
          <p>{words.duty.freshFeed}</p>
          <code className="meeting-address" data-testid="meetings-calendar-address">
            {fresh}
          </code>
          <CopyButton text={fresh} />
        </div>
      )}
      {settings && (
        <>
          <div className="row-actions">
            <button
              type="button"
              className="button"
              data-testid="meetings-calendar-new"
              disabled={busy}
              onClick={() => void model.renew()}
            >
              <CalendarPlus aria-hidden="true" />
              {address ? own.renew : own.create}
            </button>
            {address && (
              <button
                type="button"
                className="button"
                data-testid="meetings-calendar-revoke"
                disabled={busy}
                onClick={() => void model.revoke()}
              >
                {words.duty.revoke}
              </button>
            )}
          </div>
          <label className="check meeting-check">
            <input
              type="checkbox"
              data-testid="meetings-calendar-mail"
              checked={settings.mail}
              disabled={busy || (!settings.mail && !settings.mail_usable)}
              onChange={(event) => void model.mail(event.target.checked)}
            />
            <span>{own.mail}</span>
          </label>
          {!settings.mail_usable && <p className="muted">{own.noMail}</p>}
        </>
      )}
      {failure && (
        <Problem
          action={
            <button type="button" className="button" onClick={() => void model.load()}>
              {words.retry}
            </button>
          }
        >
          {failureText(failure, language, words)}
        </Problem>
      )}
    </Part>
  )
}
