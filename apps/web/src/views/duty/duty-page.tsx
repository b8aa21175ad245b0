import { localDateTime, momentOf } from '@enlace/coordination'
import { ArrowLeft, CalendarClock, Check, Plus, Trash2 } from 'lucide-react'
import { createDuty } from '../../viewmodel/duty/duty.ts'
import type { DutyModel, DutyState, Roster } from '../../viewmodel/duty/types.ts'
import { dateTime, failureText } from '../../words/format.ts'
import { useLanguage, useModel, useShell, useStore, useWords } from '../ui/hooks.ts'
import { Blank, IconButton, Problem, Spinner } from '../ui/parts.tsx'

const WEEKDAYS = [1, 2, 3, 4, 5, 6, 7] as const

/** Who of the institution is called, and when; coordinators and officials change it. */
export default function DutyPage() {
  const { session, channels } = useShell()
  const model = useModel(() => createDuty(session, channels), [session, channels])
  return model ? <Page model={model} /> : null
}

function Page({ model }: { model: DutyModel }) {
  const { router } = useShell()
  const words = useWords()
  const language = useLanguage()
  const state = useStore(model.state)
  const { roster, loadFailure } = state
  return (
    <section className="page" data-testid="duty-page">
      <header className="page-head">
        <IconButton label={words.back} testId="back" onClick={router.back}>
          <ArrowLeft />
        </IconButton>
        <h2>{words.duty.title}</h2>
      </header>
      <div className="page-scroll case-scroll">
        {loadFailure ? (
          <Problem
            action={
              <button type="button" className="button" onClick={() => void model.load()}>
                {words.retry}
              </button>
            }
          >
            {failureText(loadFailure, language, words)}
          </Problem>
        ) : roster === undefined ? (
          <Spinner label={words.loading} />
        ) : roster === 'none' ? (
          <Blank icon={<CalendarClock />} title={words.duty.unavailable} hint={words.duty.unavailableHint} />
        ) : (
          <RosterForm model={model} state={state} roster={roster} />
        )}
      </div>
    </section>
  )
}

function RosterForm(props: { model: DutyModel; state: DutyState; roster: Roster }) {
  const { model, roster } = props
  const { mayChange, wrong, saving, saved, saveFailure } = props.state
  const { weekly, shifts } = roster
  const words = useWords()
  const language = useLanguage()

  const person = (value: string, testId: string, onChange: (id: string) => void) => (
    <select
      className="select"
      aria-label={words.duty.person}
      data-testid={testId}
      value={value}
      onChange={(event) => onChange(event.target.value)}
    >
      {roster.colleagues.map((one) => (
        <option key={one.userId} value={one.userId}>
          {one.name}
        </option>
      ))}
    </select>
  )

  return (
    <>
      <p>{words.duty.hint}</p>
      <p className="note" data-testid="duty-now">
        {roster.onDuty.length > 0 ? words.duty.now(roster.onDuty.join(', ')) : words.duty.nobody}
      </p>
      {roster.onlyHere.length > 0 && (
        <div data-testid="duty-only-here">
          <Problem>{words.duty.onlyHere(roster.onlyHere.join(', '))}</Problem>
        </div>
      )}
      <fieldset className="plain-fieldset" disabled={!mayChange || saving}>
        <fieldset className="form-section">
          <legend>{words.duty.weekly}</legend>
          {weekly.length === 0 && <p className="muted">{words.duty.noWeekly}</p>}
          {weekly.map((one, index) => (
            <div key={`${index}-${one.user_id}`} className="duty-turn" data-testid="duty-weekly">
              {person(one.user_id, 'duty-weekly-person', (user_id) => model.changeWeekly(index, { user_id }))}
              <fieldset className="weekdays" aria-label={words.duty.weekdays}>
                {WEEKDAYS.map((day) => (
                  <label key={day} className={one.weekdays.includes(day) ? 'chosen' : ''}>
                    <input
                      type="checkbox"
                      className="visually-hidden"
                      data-testid={`duty-day-${day}`}
                      checked={one.weekdays.includes(day)}
                      onChange={(event) => model.setWeekday(index, day, event.target.checked)}
                    />
                    {words.duty.days[day - 1]}
                  </label>
                ))}
              </fieldset>
              <span className="duty-times">
                <input
                  type="time"
                  aria-label={words.duty.from}
                  value={one.from}
                  onChange={(event) =>
                    event.target.value && model.changeWeekly(index, { from: event.target.value })
                  }
                />
                –
                <input
                  type="time"
                  aria-label={words.duty.to}
                  value={one.to}
                  onChange={(event) =>
                    event.target.value && model.changeWeekly(index, { to: event.target.value })
                  }
                />
                <IconButton label={words.duty.remove} onClick={() => model.removeWeekly(index)}>
                  <Trash2 />
                </IconButton>
              </span>
            </div>
          ))}
          <button type="button" className="button" data-testid="duty-weekly-add" onClick={model.addWeekly}>
            <Plus aria-hidden="true" />
            {words.duty.addWeekly}
          </button>
        </fieldset>
        <fieldset className="form-section">
          <legend>{words.duty.shifts}</legend>
          <p className="muted">{words.duty.shiftsHint}</p>
          {shifts.map((one, index) => (
            <div key={`${index}-${one.user_id}`} className="duty-turn" data-testid="duty-shift">
              {person(one.user_id, 'duty-shift-person', (user_id) => model.changeShift(index, { user_id }))}
              <span className="duty-times">
                <input
                  type="datetime-local"
                  aria-label={words.duty.from}
                  data-testid="duty-shift-from"
                  value={localDateTime(one.from_ts)}
                  onChange={(event) => {
                    const from_ts = momentOf(event.target.value.slice(0, 16))
                    if (from_ts !== undefined) model.changeShift(index, { from_ts })
                  }}
                />
                <input
                  type="datetime-local"
                  aria-label={words.duty.to}
                  data-testid="duty-shift-to"
                  value={localDateTime(one.to_ts)}
                  onChange={(event) => {
                    const to_ts = momentOf(event.target.value.slice(0, 16))
                    if (to_ts !== undefined) model.changeShift(index, { to_ts })
                  }}
                />
                <IconButton label={words.duty.remove} onClick={() => model.removeShift(index)}>
                  <Trash2 />
                </IconButton>
              </span>
            </div>
          ))}
          <button type="button" className="button" data-testid="duty-shift-add" onClick={model.addShift}>
            <Plus aria-hidden="true" />
            {words.duty.addShift}
          </button>
        </fieldset>
      </fieldset>
      {wrong && <Problem>{words.duty.wrong}</Problem>}
      {saveFailure && <Problem>{failureText(saveFailure, language, words)}</Problem>}
      {mayChange ? (
        <div className="row-actions">
          <button
            type="button"
            className="button primary"
            data-testid="duty-save"
            disabled={saving || wrong}
            onClick={() => void model.save()}
          >
            {saving ? words.cases.sheet.working : words.rules.save}
          </button>
        </div>
      ) : (
        <p className="muted">{words.duty.readOnly}</p>
      )}
      {(saved || roster.changedAt !== undefined) && (
        <p className={saved ? 'note case-done' : 'muted'} role="status" data-testid="duty-saved">
          {saved && <Check aria-hidden="true" />}
          <span>
            {roster.changedBy && roster.changedAt !== undefined
              ? words.duty.changed(roster.changedBy, dateTime(roster.changedAt, language, words))
              : words.rules.saved}
          </span>
        </p>
      )}
    </>
  )
}
