import { localDateTime, momentOf } from '@enlace/coordination'
import { ArrowLeft, CalendarClock, Check, Plus, Trash2 } from 'lucide-react'
import { useCallback, useEffect, useState } from 'react'
import { type Failure, failureOf } from '../../lib/failure.ts'
import type { Person } from '../../model/channels/types.ts'
import { type Duty, fetchDuty, type Shift, saveDuty, type WeeklyTurn } from '../../model/duty/duty-api.ts'
import { dateTime, failureText } from '../../words/format.ts'
import { useLanguage, usePeople, useShell, useStore, useWords } from '../ui/hooks.ts'
import { Blank, IconButton, Problem, Spinner } from '../ui/parts.tsx'

const WEEKDAYS = [1, 2, 3, 4, 5, 6, 7] as const
const DAY_MS = 86_400_000

/** Who of the institution is called, and when; coordinators and officials change it. */
export default function DutyPage() {
  const { session, router } = useShell()
  const words = useWords()
  const language = useLanguage()
  const [duty, setDuty] = useState<Duty | 'none' | undefined>(undefined)
  const [failure, setFailure] = useState<Failure | undefined>(undefined)
  const load = useCallback(async () => {
    setFailure(undefined)
    try {
      setDuty((await fetchDuty(session.request)) ?? 'none')
    } catch (error) {
      setFailure(failureOf(error))
    }
  }, [session])
  useEffect(() => {
    void load()
  }, [load])
  return (
    <section className="page" data-testid="duty-page">
      <header className="page-head">
        <IconButton label={words.back} testId="back" onClick={router.back}>
          <ArrowLeft />
        </IconButton>
        <h2>{words.cases.duty.title}</h2>
      </header>
      <div className="page-scroll case-scroll">
        {failure ? (
          <Problem
            action={
              <button type="button" className="button" onClick={() => void load()}>
                {words.retry}
              </button>
            }
          >
            {failureText(failure, language, words)}
          </Problem>
        ) : duty === undefined ? (
          <Spinner label={words.loading} />
        ) : duty === 'none' ? (
          <Blank
            icon={<CalendarClock />}
            title={words.cases.duty.unavailable}
            hint={words.cases.duty.unavailableHint}
          />
        ) : (
          <Roster key={duty.updated_ts ?? 0} duty={duty} onSaved={setDuty} />
        )}
      </div>
    </section>
  )
}

function Roster(props: { duty: Duty; onSaved(duty: Duty): void }) {
  const { duty } = props
  const { session, channels } = useShell()
  const words = useWords()
  const language = useLanguage()
  const people = usePeople()
  const me = useStore(session.me)
  const { corridors } = useStore(channels.state)
  const [weekly, setWeekly] = useState<readonly WeeklyTurn[]>(duty.weekly)
  const [shifts, setShifts] = useState<readonly Shift[]>(duty.shifts)
  const [busy, setBusy] = useState(false)
  const [saved, setSaved] = useState(false)
  const [failure, setFailure] = useState<Failure | undefined>(undefined)
  const may = me?.role === 'coordinator' || me?.role === 'official'
  const rooms = corridors.flatMap((corridor) => corridor.channels.map((one) => one.roomId))
  useEffect(() => {
    for (const roomId of rooms) people.need(roomId)
  }, [rooms.join()])
  const colleagues = new Map<string, Pick<Person, 'userId' | 'name'>>()
  for (const roomId of rooms)
    for (const one of people.members(roomId))
      if (one.membership === 'join' && one.institution === duty.institution) colleagues.set(one.userId, one)
  for (const { user_id } of [...weekly, ...shifts])
    if (!colleagues.has(user_id))
      colleagues.set(user_id, { userId: user_id, name: people.person(user_id).name })
  const name = (id: string) => colleagues.get(id)?.name ?? people.person(id).name
  const somebody = me?.user_id ?? session.userId
  const wrong =
    weekly.some((one) => one.weekdays.length === 0) ||
    shifts.some((one) => one.to_ts <= one.from_ts || one.to_ts - one.from_ts > 31 * DAY_MS)
  const turn = <T,>(list: readonly T[], at: number, fields: Partial<T>): T[] =>
    list.map((one, index) => (index === at ? { ...one, ...fields } : one))

  async function save() {
    setBusy(true)
    setFailure(undefined)
    setSaved(false)
    try {
      props.onSaved(await saveDuty(session.request, { weekly: [...weekly], shifts: [...shifts] }))
      setSaved(true)
    } catch (error) {
      setFailure(failureOf(error))
    } finally {
      setBusy(false)
    }
  }

  const person = (value: string, testId: string, onChange: (id: string) => void) => (
    <select
      className="select"
      aria-label={words.cases.duty.person}
      data-testid={testId}
      value={value}
      onChange={(event) => onChange(event.target.value)}
    >
      {[...colleagues.values()].map((one) => (
        <option key={one.userId} value={one.userId}>
          {one.name}
        </option>
      ))}
    </select>
  )

  return (
    <>
      <p>{words.cases.duty.hint}</p>
      <p className="note" data-testid="duty-now">
        {duty.on_duty.length > 0
          ? words.cases.duty.now(duty.on_duty.map(name).join(', '))
          : words.cases.duty.nobody}
      </p>
      <fieldset className="plain-fieldset" disabled={!may || busy}>
        <fieldset className="form-section">
          <legend>{words.cases.duty.weekly}</legend>
          {weekly.length === 0 && <p className="muted">{words.cases.duty.noWeekly}</p>}
          {weekly.map((one, index) => (
            <div key={`${index}-${one.user_id}`} className="duty-turn" data-testid="duty-weekly">
              {person(one.user_id, 'duty-weekly-person', (user_id) =>
                setWeekly(turn(weekly, index, { user_id })),
              )}
              <fieldset className="weekdays" aria-label={words.cases.duty.weekdays}>
                {WEEKDAYS.map((day) => (
                  <label key={day} className={one.weekdays.includes(day) ? 'chosen' : ''}>
                    <input
                      type="checkbox"
                      className="visually-hidden"
                      data-testid={`duty-day-${day}`}
                      checked={one.weekdays.includes(day)}
                      onChange={(event) =>
                        setWeekly(
                          turn(weekly, index, {
                            weekdays: event.target.checked
                              ? [...one.weekdays, day].sort((a, b) => a - b)
                              : one.weekdays.filter((other) => other !== day),
                          }),
                        )
                      }
                    />
                    {words.cases.duty.days[day - 1]}
                  </label>
                ))}
              </fieldset>
              <span className="duty-times">
                <input
                  type="time"
                  aria-label={words.cases.duty.from}
                  value={one.from}
                  onChange={(event) =>
                    event.target.value && setWeekly(turn(weekly, index, { from: event.target.value }))
                  }
                />
                –
                <input
                  type="time"
                  aria-label={words.cases.duty.to}
                  value={one.to}
                  onChange={(event) =>
                    event.target.value && setWeekly(turn(weekly, index, { to: event.target.value }))
                  }
                />
                <IconButton
                  label={words.cases.duty.remove}
                  onClick={() => setWeekly(weekly.filter((other) => other !== one))}
                >
                  <Trash2 />
                </IconButton>
              </span>
            </div>
          ))}
          <button
            type="button"
            className="button"
            data-testid="duty-weekly-add"
            onClick={() =>
              setWeekly([
                ...weekly,
                { user_id: somebody, weekdays: [1, 2, 3, 4, 5], from: '08:00', to: '16:00' },
              ])
            }
          >
            <Plus aria-hidden="true" />
            {words.cases.duty.addWeekly}
          </button>
        </fieldset>
        <fieldset className="form-section">
          <legend>{words.cases.duty.shifts}</legend>
          <p className="muted">{words.cases.duty.shiftsHint}</p>
          {shifts.map((one, index) => (
            <div key={`${index}-${one.user_id}`} className="duty-turn" data-testid="duty-shift">
              {person(one.user_id, 'duty-shift-person', (user_id) =>
                setShifts(turn(shifts, index, { user_id })),
              )}
              <span className="duty-times">
                <input
                  type="datetime-local"
                  aria-label={words.cases.duty.from}
                  data-testid="duty-shift-from"
                  value={localDateTime(one.from_ts)}
                  onChange={(event) => {
                    const from_ts = momentOf(event.target.value.slice(0, 16))
                    if (from_ts !== undefined) setShifts(turn(shifts, index, { from_ts }))
                  }}
                />
                <input
                  type="datetime-local"
                  aria-label={words.cases.duty.to}
                  data-testid="duty-shift-to"
                  value={localDateTime(one.to_ts)}
                  onChange={(event) => {
                    const to_ts = momentOf(event.target.value.slice(0, 16))
                    if (to_ts !== undefined) setShifts(turn(shifts, index, { to_ts }))
                  }}
                />
                <IconButton
                  label={words.cases.duty.remove}
                  onClick={() => setShifts(shifts.filter((other) => other !== one))}
                >
                  <Trash2 />
                </IconButton>
              </span>
            </div>
          ))}
          <button
            type="button"
            className="button"
            data-testid="duty-shift-add"
            onClick={() => {
              const from_ts = Math.floor(Date.now() / 60_000) * 60_000
              setShifts([...shifts, { user_id: somebody, from_ts, to_ts: from_ts + DAY_MS }])
            }}
          >
            <Plus aria-hidden="true" />
            {words.cases.duty.addShift}
          </button>
        </fieldset>
      </fieldset>
      {wrong && <Problem>{words.cases.duty.wrong}</Problem>}
      {failure && <Problem>{failureText(failure, language, words)}</Problem>}
      {may ? (
        <div className="row-actions">
          <button
            type="button"
            className="button primary"
            data-testid="duty-save"
            disabled={busy || wrong}
            onClick={() => void save()}
          >
            {busy ? words.cases.sheet.working : words.cases.rules.save}
          </button>
        </div>
      ) : (
        <p className="muted">{words.cases.duty.readOnly}</p>
      )}
      {(saved || duty.updated_ts !== undefined) && (
        <p className={saved ? 'note case-done' : 'muted'} role="status" data-testid="duty-saved">
          {saved && <Check aria-hidden="true" />}
          <span>
            {duty.updated_by && duty.updated_ts !== undefined
              ? words.cases.duty.changed(name(duty.updated_by), dateTime(duty.updated_ts, language, words))
              : words.cases.rules.saved}
          </span>
        </p>
      )}
    </>
  )
}
