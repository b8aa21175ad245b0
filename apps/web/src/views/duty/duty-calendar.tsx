import { CalendarCheck, Plus, Trash2 } from 'lucide-react'
import { useState } from 'react'
import type { DutyModel, DutyPage } from '../../viewmodel/duty/types.ts'
import { failureText, localDateText } from '../../words/format.ts'
import { RadioCards } from '../ui/choice.tsx'
import { useLabel, useLanguage, useTask, useWords } from '../ui/hooks.ts'
import { IconButton, Problem } from '../ui/parts.tsx'
import { CaseDeadlines } from './case-deadlines.tsx'

type Props = { model: DutyModel; page: DutyPage }

/** The days off of this year and, from December, of the next; looked through and confirmed by whoever keeps the book. */
export function DutyCalendar({ model, page }: Props) {
  const words = useWords()
  const language = useLanguage()
  const label = useLabel()
  const { busy, failure, run } = useTask()
  const confirm = page.confirm_year
  const [year, setYear] = useState<number | undefined>(undefined)
  const years = [...new Set(page.calendar.map((one) => Number(one.date.slice(0, 4))))]
  const shown = year ?? confirm ?? years[0]
  const days = page.calendar.filter((one) => Number(one.date.slice(0, 4)) === shown)
  return (
    <section aria-labelledby="duty-calendar-title" data-testid="duty-calendar">
      <h3 id="duty-calendar-title">{words.duty.calendar}</h3>
      <p className="muted">{words.duty.calendarHint}</p>
      <RadioCards
        label={words.duty.calendar}
        quiet
        layout="grid"
        value={String(shown ?? '')}
        onChange={(value) => setYear(Number(value))}
        choices={years.map((one) => ({ value: String(one), label: String(one) }))}
      />
      <ul className="duty-calendar">
        {days.map((one) => (
          <li key={`${one.date}-${one.name.es}`} className={one.worked ? 'worked' : ''}>
            <span className="duty-calendar-date">{localDateText(one.date, language)}</span>
            <span>
              {label(one.name)}
              <span className="muted">
                {one.fromNoon && ` · ${words.duty.fromNoon}`}
                {one.insteadOf && ` · ${words.duty.insteadOf(localDateText(one.insteadOf, language))}`}
                {one.own && ` · ${one.municipality ?? words.duty.ownFeast}`}
              </span>
            </span>
            {page.keeps &&
              (one.own ? (
                <IconButton
                  label={`${words.duty.removeFeast}: ${one.name.es}`}
                  disabled={busy}
                  onClick={() => void run(() => model.removeFeast(one.date, one.name.es))}
                >
                  <Trash2 />
                </IconButton>
              ) : (
                <label className="duty-check">
                  <input
                    type="checkbox"
                    checked={one.worked ?? false}
                    disabled={busy}
                    aria-label={`${words.duty.worked}: ${label(one.name)}`}
                    onChange={(event) => void run(() => model.setWorked(one.date, event.target.checked))}
                  />
                  <span>{words.duty.worked}</span>
                </label>
              ))}
          </li>
        ))}
      </ul>
      {failure && <Problem>{failureText(failure, language, words)}</Problem>}
      {page.keeps && <AddFeast model={model} />}
      {confirm !== undefined && confirm === shown && (
        <button
          type="button"
          className="button primary"
          data-testid="duty-confirm-year"
          disabled={busy}
          onClick={() => void run(() => model.confirmYear(confirm))}
        >
          <CalendarCheck aria-hidden="true" />
          {words.duty.confirm(confirm)}
        </button>
      )}
      {page.keeps && <CaseDeadlines page={page} />}
    </section>
  )
}

function AddFeast({ model }: Pick<Props, 'model'>) {
  const words = useWords()
  const language = useLanguage()
  const { busy, failure, run } = useTask()
  const [date, setDate] = useState('')
  const [name, setName] = useState('')
  const [place, setPlace] = useState('')
  const [noon, setNoon] = useState(false)
  return (
    <form
      className="duty-feast"
      onSubmit={(event) => {
        event.preventDefault()
        void run(async () => {
          await model.addFeast({
            date,
            name: name.trim(),
            ...(place.trim() ? { municipality: place.trim() } : {}),
            ...(noon ? { from_noon: true } : {}),
          })
          setDate('')
          setName('')
          setPlace('')
          setNoon(false)
        })
      }}
    >
      <label className="field">
        <span>{words.duty.feastDate}</span>
        <input
          type="date"
          data-testid="duty-feast-date"
          value={date}
          onChange={(event) => setDate(event.target.value)}
        />
      </label>
      <label className="field">
        <span>{words.duty.feastName}</span>
        <input
          maxLength={80}
          data-testid="duty-feast-name"
          value={name}
          onChange={(event) => setName(event.target.value)}
        />
      </label>
      <label className="field">
        <span>{words.duty.feastPlace}</span>
        <input maxLength={80} value={place} onChange={(event) => setPlace(event.target.value)} />
      </label>
      <label className="duty-check">
        <input type="checkbox" checked={noon} onChange={(event) => setNoon(event.target.checked)} />
        <span>{words.duty.fromNoon}</span>
      </label>
      {failure && <Problem>{failureText(failure, language, words)}</Problem>}
      <button
        type="submit"
        className="button"
        data-testid="duty-feast-add"
        disabled={busy || date === '' || name.trim() === ''}
      >
        <Plus aria-hidden="true" />
        {words.duty.addFeast}
      </button>
    </form>
  )
}
