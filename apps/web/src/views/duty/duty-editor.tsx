import { localDateTime, momentOf, topicLabel, topics } from '@enlace/coordination'
import { Check, Plus, Trash2 } from 'lucide-react'
import type { DutyModel, DutyPage, DutyState } from '../../viewmodel/duty/types.ts'
import { dateTime, failureText } from '../../words/format.ts'
import { FormGroup, Select } from '../ui/choice.tsx'
import { useLabel, useLanguage, useWords } from '../ui/hooks.ts'
import { IconButton, Problem } from '../ui/parts.tsx'

const WEEKDAYS = [1, 2, 3, 4, 5, 6, 7] as const
const COVERS = ['as_written', 'office_hours', 'always'] as const
const ON_HOLIDAYS = ['as_usual', 'off', 'only'] as const
const TOPICS = Object.keys(topics)

type Props = { model: DutyModel; state: DutyState; page: DutyPage; nameOf(userId: string): string }

/** Positions, weekly turns and special dates, for those who keep the book. */
export function DutyEditor(props: Props) {
  const { model, state, page, nameOf } = props
  const words = useWords()
  const language = useLanguage()
  const { dirty, wrong, saving, saved, saveFailure } = state
  if (!page.keeps) return <p className="muted">{words.duty.readOnly}</p>
  return (
    <section aria-labelledby="duty-edit-title">
      <h3 id="duty-edit-title">{words.duty.edit}</h3>
      <fieldset className="plain-fieldset" disabled={saving}>
        <Positions {...props} />
        <Turns {...props} />
        <Overrides {...props} />
      </fieldset>
      {dirty && wrong && <Problem>{words.duty.wrong}</Problem>}
      {saveFailure && <Problem>{failureText(saveFailure, language, words)}</Problem>}
      <div className="row-actions">
        <button
          type="button"
          className="button primary"
          data-testid="duty-save"
          disabled={saving || wrong || !dirty}
          onClick={() => void model.save()}
        >
          {saving ? words.cases.sheet.working : words.rules.save}
        </button>
        {dirty && (
          <button type="button" className="button" data-testid="duty-discard" onClick={model.discard}>
            {words.duty.discard}
          </button>
        )}
      </div>
      {(saved || page.updated_ts !== undefined) && (
        <p className={saved ? 'note case-done' : 'muted'} role="status" data-testid="duty-saved">
          {saved && <Check aria-hidden="true" />}
          <span>
            {page.updated_by && page.updated_ts !== undefined
              ? words.duty.changed(nameOf(page.updated_by), dateTime(page.updated_ts, language, words))
              : words.rules.saved}
          </span>
        </p>
      )}
    </section>
  )
}

function Positions({ model, state }: Props) {
  const words = useWords()
  const language = useLanguage()
  const { positions } = state.plan
  return (
    <FormGroup className="form-section" title={words.duty.positions}>
      <p className="muted">{positions.length === 0 ? words.duty.noPositions : words.duty.positionsHint}</p>
      {positions.map((one, index) => (
        <div key={one.key} className="duty-turn" data-testid="duty-position">
          <div className="duty-pair">
            {(['es', 'en'] as const).map((tongue) => (
              <label key={tongue} className="field">
                <span>{tongue === 'es' ? words.duty.nameEs : words.duty.nameEn}</span>
                <input
                  lang={tongue}
                  maxLength={80}
                  data-testid={`duty-position-${tongue}`}
                  value={one.name[tongue]}
                  onChange={(event) =>
                    model.changePosition(index, { name: { ...one.name, [tongue]: event.target.value } })
                  }
                />
              </label>
            ))}
          </div>
          <FormGroup className="duty-topics" title={words.duty.topics} quiet>
            {TOPICS.map((topic) => {
              const chosen = one.answers.topics.includes(topic)
              const others = one.answers.topics.filter((other) => other !== topic)
              return (
                <label key={topic} className={chosen ? 'chip chosen' : 'chip'}>
                  <input
                    type="checkbox"
                    className="visually-hidden"
                    checked={chosen}
                    onChange={() =>
                      model.changePosition(index, {
                        answers: { ...one.answers, topics: chosen ? others : [...others, topic] },
                      })
                    }
                  />
                  {topicLabel(topic)[language]}
                </label>
              )
            })}
          </FormGroup>
          <Select
            label={words.duty.covers}
            testId="duty-position-covers"
            value={one.covers}
            onChange={(value) => {
              const covers = COVERS.find((kind) => kind === value)
              if (covers) model.changePosition(index, { covers })
            }}
            choices={COVERS.map((kind) => ({ value: kind, label: words.duty.coversKind[kind] }))}
          />
          <label className="duty-check">
            <input
              type="checkbox"
              checked={one.published}
              onChange={(event) => model.changePosition(index, { published: event.target.checked })}
            />
            <span>{words.duty.published}</span>
          </label>
          <div>
            <button type="button" className="button quiet small" onClick={() => model.removePosition(index)}>
              <Trash2 aria-hidden="true" />
              {words.duty.removePosition}
            </button>
          </div>
        </div>
      ))}
      <button type="button" className="button" data-testid="duty-position-add" onClick={model.addPosition}>
        <Plus aria-hidden="true" />
        {words.duty.addPosition}
      </button>
    </FormGroup>
  )
}

function PersonSelect(props: {
  page: DutyPage
  value: string | undefined
  testId: string
  nobody?: boolean
  nameOf(userId: string): string
  onChange(userId: string | null): void
}) {
  const { page, value, nameOf } = props
  const words = useWords()
  const known = page.people.map((one) => one.user_id)
  const all = value === undefined || known.includes(value) ? known : [...known, value]
  return (
    <Select
      label={words.duty.person}
      quiet
      testId={props.testId}
      value={value ?? ''}
      onChange={(value) => props.onChange(value || null)}
      choices={[
        ...(props.nobody ? [{ value: '', label: words.duty.nobodyChosen }] : []),
        ...all.map((one) => ({ value: one, label: nameOf(one) })),
      ]}
    />
  )
}

function PositionSelect(props: { state: DutyState; value: string; onChange(key: string): void }) {
  const words = useWords()
  const label = useLabel()
  if (props.state.plan.positions.length < 2) return null
  return (
    <Select
      label={words.duty.position}
      quiet
      value={props.value}
      onChange={(value) => props.onChange(value)}
      choices={props.state.plan.positions.map((one) => ({ value: one.key, label: label(one.name) }))}
    />
  )
}

function Turns({ model, state, page, nameOf }: Props) {
  const words = useWords()
  const { turns } = state.plan
  return (
    <FormGroup className="form-section" title={words.duty.weekly}>
      {turns.length === 0 && <p className="muted">{words.duty.noWeekly}</p>}
      {turns.map((one, index) => (
        <div key={`turn-${index}`} className="duty-turn" data-testid="duty-weekly">
          <PositionSelect
            state={state}
            value={one.position}
            onChange={(position) => model.changeTurn(index, { position })}
          />
          <PersonSelect
            page={page}
            value={one.user_id}
            testId="duty-weekly-person"
            nameOf={nameOf}
            onChange={(user_id) => user_id && model.changeTurn(index, { user_id })}
          />
          <FormGroup className="weekdays" title={words.duty.weekdays} quiet>
            {WEEKDAYS.map((day) => (
              <label key={day} className={one.weekdays.includes(day) ? 'chosen' : ''}>
                <input
                  type="checkbox"
                  className="visually-hidden"
                  data-testid={`duty-day-${day}`}
                  aria-label={words.duty.dayNames[day - 1]}
                  checked={one.weekdays.includes(day)}
                  onChange={(event) => model.setWeekday(index, day, event.target.checked)}
                />
                <span aria-hidden="true">{words.duty.days[day - 1]}</span>
              </label>
            ))}
          </FormGroup>
          <span className="duty-times">
            {(['from', 'to'] as const).map((end) => (
              <input
                key={end}
                type="time"
                aria-label={words.duty[end]}
                data-testid={`duty-weekly-${end}`}
                value={one[end]}
                onChange={(event) =>
                  event.target.value && model.changeTurn(index, { [end]: event.target.value })
                }
              />
            ))}
            <Select
              label={words.duty.holidays}
              quiet
              value={one.holidays}
              onChange={(value) => {
                const holidays = ON_HOLIDAYS.find((kind) => kind === value)
                if (holidays) model.changeTurn(index, { holidays })
              }}
              choices={ON_HOLIDAYS.map((kind) => ({
                value: kind,
                label: `${words.duty.holidays}: ${words.duty.holidaysKind[kind]}`,
              }))}
            />
            <IconButton label={words.duty.remove} onClick={() => model.removeTurn(index)}>
              <Trash2 />
            </IconButton>
          </span>
        </div>
      ))}
      <button type="button" className="button" data-testid="duty-weekly-add" onClick={model.addTurn}>
        <Plus aria-hidden="true" />
        {words.duty.addWeekly}
      </button>
    </FormGroup>
  )
}

function Overrides({ model, state, page, nameOf }: Props) {
  const words = useWords()
  const { overrides } = state.plan
  return (
    <FormGroup className="form-section" title={words.duty.shifts}>
      <p className="muted">{words.duty.shiftsHint}</p>
      {overrides.map((one, index) => (
        <div key={`turn-${index}`} className="duty-turn" data-testid="duty-shift">
          <PositionSelect
            state={state}
            value={one.position}
            onChange={(position) => model.changeOverride(index, { position })}
          />
          <PersonSelect
            page={page}
            value={one.user_id}
            testId="duty-shift-person"
            nobody
            nameOf={nameOf}
            onChange={(user_id) => model.changeOverride(index, { user_id })}
          />
          <span className="duty-times">
            {(['from', 'to'] as const).map((end) => (
              <input
                key={end}
                type="datetime-local"
                aria-label={words.duty[end]}
                data-testid={`duty-shift-${end}`}
                value={localDateTime(one[`${end}_ts`])}
                onChange={(event) => {
                  const at = momentOf(event.target.value.slice(0, 16))
                  if (at !== undefined) model.changeOverride(index, { [`${end}_ts`]: at })
                }}
              />
            ))}
            <IconButton label={words.duty.remove} onClick={() => model.removeOverride(index)}>
              <Trash2 />
            </IconButton>
          </span>
        </div>
      ))}
      <button type="button" className="button" data-testid="duty-shift-add" onClick={model.addOverride}>
        <Plus aria-hidden="true" />
        {words.duty.addShift}
      </button>
    </FormGroup>
  )
}
