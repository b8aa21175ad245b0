import type { DutyPage } from '../../viewmodel/duty/types.ts'
import { moment } from '../../words/format.ts'
import { useLabel, useLanguage, useWords } from '../ui/hooks.ts'
import { Problem } from '../ui/parts.tsx'

const SHOWN_GAPS = 5

/** Who holds each position now, until when, and who comes after. */
export function DutyNowCards(props: { page: DutyPage }) {
  const { page } = props
  const words = useWords()
  const language = useLanguage()
  const label = useLabel()
  const names = (people: DutyPage['now'][number]['on_duty']) =>
    people.map((one) => one.name ?? one.user_id).join(', ')
  return (
    <section aria-labelledby="duty-now-title" data-testid="duty-now">
      <h3 id="duty-now-title">{words.duty.nowTitle}</h3>
      {page.now.every((one) => one.on_duty.length === 0) && <p className="note">{words.duty.nobody}</p>}
      <ul className="duty-cards">
        {page.now.map((one) => (
          <li key={one.key} className="duty-card">
            <span className="muted">{label(one.name)}</span>
            {one.on_duty.length > 0 ? (
              <span>
                <b>{names(one.on_duty)}</b>, {words.duty.until(moment(one.until_ts, language))}
              </span>
            ) : (
              <b className="duty-gap-text">{words.duty.nobodyHere}</b>
            )}
            <span className="muted">
              {one.next
                ? words.duty.next(names(one.next.people), moment(one.next.from_ts, language))
                : words.duty.noNext}
            </span>
          </li>
        ))}
      </ul>
    </section>
  )
}

/** For those who keep the book: what hurts later if nobody looks at it now. */
export function DutyAttention(props: { page: DutyPage; nameOf(userId: string): string }) {
  const { page, nameOf } = props
  const words = useWords()
  const language = useLanguage()
  const label = useLabel()
  if (!page.keeps) return null
  const named = new Set([...page.book.turns, ...page.book.overrides].map((one) => one.user_id))
  const alone = page.people.filter(
    (one) => one.reachable === false && (named.has(one.user_id) || one.role === 'official'),
  )
  const positionName = (key: string) => {
    const found = page.book.positions.find((one) => one.key === key)
    return found ? label(found.name) : key
  }
  const gaps = page.gaps.slice(0, SHOWN_GAPS)
  return (
    <section className="duty-attention" aria-label={words.duty.attention}>
      {page.ending.map((one) => (
        <Problem key={`${one.escalation_id}-${one.user_id}`}>
          {words.duty.ending(
            nameOf(one.user_id),
            moment(one.ends_ts, language),
            one.reference ? ` (${one.reference})` : '',
          )}{' '}
          {one.next.length > 0
            ? words.duty.endingNext(one.next.map(nameOf).join(', '))
            : words.duty.endingNobody}
        </Problem>
      ))}
      {gaps.length > 0 && (
        <div data-testid="duty-gaps">
          <Problem>
            <ul className="duty-gap-list">
              {gaps.map((one) => (
                <li key={`${one.position}-${one.from_ts}`}>
                  {words.duty.gap(
                    positionName(one.position),
                    moment(one.from_ts, language),
                    moment(one.to_ts, language),
                  )}
                </li>
              ))}
              {page.gaps.length > gaps.length && (
                <li>{words.duty.moreGaps(page.gaps.length - gaps.length)}</li>
              )}
            </ul>
          </Problem>
        </div>
      )}
      {alone.length > 0 && (
        <div data-testid="duty-only-here">
          <Problem>{words.duty.onlyHere(alone.map((one) => one.name).join(', '))}</Problem>
        </div>
      )}
      {page.confirm_year !== undefined && (
        <p className="note" data-testid="duty-confirm-note">
          {words.duty.confirmYear(page.confirm_year)}
        </p>
      )}
      {page.book.positions.length > 0 && page.publication.state !== 'published' && (
        <p className="muted">{words.duty[page.publication.state]}</p>
      )}
    </section>
  )
}
