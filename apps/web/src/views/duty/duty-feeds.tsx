import { CalendarPlus } from 'lucide-react'
import { useState } from 'react'
import type { DutyModel, DutyPage, DutyState } from '../../viewmodel/duty/types.ts'
import { dateTime, failureText } from '../../words/format.ts'
import { Select } from '../ui/choice.tsx'
import { useLabel, useLanguage, useTask, useWords } from '../ui/hooks.ts'
import { CopyButton, Problem } from '../ui/parts.tsx'

/** Calendars to subscribe to: one's own turns, or a position. Addresses are told once. */
export function DutyFeeds(props: { model: DutyModel; state: DutyState; page: DutyPage }) {
  const { model, page } = props
  const { feeds, freshFeed } = props.state
  const words = useWords()
  const language = useLanguage()
  const label = useLabel()
  const { busy, failure, run } = useTask()
  const [position, setPosition] = useState('')
  const name = (key: string | undefined) => {
    const found = page.book.positions.find((one) => one.key === key)
    return found ? label(found.name) : words.duty.feedMine
  }
  return (
    <section aria-labelledby="duty-feeds-title" data-testid="duty-feeds">
      <h3 id="duty-feeds-title">{words.duty.feeds}</h3>
      <p className="muted">{words.duty.feedsHint}</p>
      <ul className="duty-list">
        {feeds.map((one) => (
          <li key={one.id} className="duty-card" data-testid="duty-feed">
            <b>{name(one.position)}</b>
            <span className="muted">
              {words.duty.feedMade(dateTime(one.created_ts, language, words))} ·{' '}
              {one.last_ts === undefined
                ? words.duty.feedUnread
                : words.duty.feedRead(dateTime(one.last_ts, language, words))}
            </span>
            {freshFeed?.id === one.id && (
              <div className="note">
                <p>{words.duty.freshFeed}</p>
                <code className="duty-address" data-testid="duty-feed-address">
                  {freshFeed.url}
                </code>
                <CopyButton text={freshFeed.url} />
              </div>
            )}
            <div>
              <button
                type="button"
                className="button small"
                data-testid="duty-feed-revoke"
                disabled={busy}
                onClick={() => void run(() => model.removeFeed(one.id))}
              >
                {words.duty.revoke}
              </button>
            </div>
          </li>
        ))}
      </ul>
      {failure && <Problem>{failureText(failure, language, words)}</Problem>}
      <div className="row-actions">
        <button
          type="button"
          className="button"
          data-testid="duty-feed-mine"
          disabled={busy}
          onClick={() => void run(() => model.addFeed())}
        >
          <CalendarPlus aria-hidden="true" />
          {words.duty.addFeedMine}
        </button>
      </div>
      {page.book.positions.length > 0 && (
        <div className="duty-pair">
          <Select
            label={words.duty.position}
            quiet
            value={position}
            onChange={(value) => setPosition(value)}
            choices={[
              { value: '', label: words.duty.choose },
              ...page.book.positions.map((one) => ({ value: one.key, label: label(one.name) })),
            ]}
          />
          <button
            type="button"
            className="button"
            disabled={busy || position === ''}
            onClick={() => void run(() => model.addFeed(position))}
          >
            <CalendarPlus aria-hidden="true" />
            {words.duty.addFeedOf}
          </button>
        </div>
      )}
    </section>
  )
}
