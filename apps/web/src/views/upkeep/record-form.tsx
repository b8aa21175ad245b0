import { type EntryFault, entryFaults } from '@enlace/directory/check-entry'
import type { DirectoryEntry } from '@enlace/directory/entry'
import { languageName } from '@enlace/directory/language'
import type { Row } from '@enlace/directory/tables'
import { countryName } from '@enlace/directory/words'
import { Eye, EyeOff, Trash2 } from 'lucide-react'
import { useId, useState } from 'react'
import { fieldName, recordName } from '../../viewmodel/upkeep/change-text.ts'
import {
  marksOf,
  phoneAsKept,
  phoneAsShown,
  removeRow,
  rowsOf,
  setField,
  setMarks,
  setVisibility,
  visibilityOf,
} from '../../viewmodel/upkeep/entry-draft.ts'
import {
  countriesOfForm,
  departmentsIn,
  type FieldPlan,
  type MarkPlan,
  type RecordPlan,
} from '../../viewmodel/upkeep/form-plan.ts'
import type { EditModel } from '../../viewmodel/upkeep/types.ts'
import { FormGroup, Select } from '../ui/choice.tsx'
import { useLabel, useLanguage, useWords } from '../ui/hooks.ts'
import { IconButton } from '../ui/parts.tsx'

const languages = ['es', 'en', 'kek', 'cab', 'miq', 'ht', 'fr', 'pt'] as const
const weekdays = ['MO', 'TU', 'WE', 'TH', 'FR', 'SA', 'SU'] as const

type Common = {
  plan: RecordPlan
  row: Row
  entry: DirectoryEntry
  model: EditModel
  faults: readonly EntryFault[]
}

/** One record of an entry: its fields, who sees them, and a way to take it out. */
export function RecordForm(props: Common) {
  const { plan, row, entry, model, faults } = props
  const words = useWords()
  const language = useLanguage()
  const name = recordName(entry, plan.table, row, words, language)
  const own = faults.filter((one) => one.table === plan.table && one.id === row.id)
  const shown = new Set(plan.fields.map(({ field }) => field))
  const others = own.filter(({ field }) => !shown.has(field))
  return (
    <fieldset className="record-form" data-testid={`record-${plan.table}`} data-id={row.id}>
      <legend>{name}</legend>
      <div className="record-head">
        {plan.visibility === 'record' && <Visibility common={props} field="*" name={name} />}
        {plan.owners && (
          <IconButton
            label={`${words.upkeep.remove}: ${name}`}
            testId="record-remove"
            onClick={() => model.change((now) => removeRow(now, plan.table, row.id))}
          >
            <Trash2 />
          </IconButton>
        )}
      </div>
      <Owner {...props} />
      {plan.fields.map((field) => (
        <Field
          key={field.field}
          common={props}
          plan={field}
          fault={own.find((one) => one.field === field.field)}
        />
      ))}
      {plan.marks?.map((mark) => (
        <Mark key={mark.mark} common={props} plan={mark} />
      ))}
      {others.map((one) => (
        <p key={one.field} className="field-fault">
          {entryFaults[one.fault][language]}
        </p>
      ))}
    </fieldset>
  )
}

/** Whose it is, where there is a choice. */
function Owner({ plan, row, entry, model }: Common) {
  const words = useWords()
  const language = useLanguage()
  const choices = (plan.owners ?? []).flatMap(({ key, table }) =>
    rowsOf(entry, table).map((owner) => ({
      key,
      id: owner.id,
      name: recordName(entry, table, owner, words, language),
    })),
  )
  const current = choices.find((one) => row[one.key] === one.id)
  if (choices.length < 2) return null
  return (
    <Select
      label={words.upkeep.of}
      value={current ? `${current.key} ${current.id}` : ''}
      onChange={(value) => {
        const [key = '', owner = ''] = value.split(' ')
        model.change((now) => {
          let next = now
          for (const other of plan.owners ?? [])
            if (other.key !== key && row[other.key] !== undefined)
              next = setField(next, plan.table, row.id, other.key, undefined)
          return setField(next, plan.table, row.id, key, owner)
        })
      }}
      choices={choices.map((one) => ({ value: `${one.key} ${one.id}`, label: one.name }))}
    />
  )
}

function Visibility(props: { common: Common; field: string; name: string }) {
  const { plan, row, entry, model } = props.common
  const words = useWords()
  const now = visibilityOf(entry, plan.table, row.id, props.field)
  const Icon = now === 'public' ? Eye : EyeOff
  return (
    <button
      type="button"
      className={`visibility visibility-${now}`}
      data-testid={`visibility-${props.field}`}
      aria-label={`${words.upkeep.visibility(props.name)}: ${words.upkeep[now]}`}
      aria-pressed={now === 'network'}
      onClick={() =>
        model.change((before) =>
          setVisibility(before, plan.table, row.id, props.field, now === 'public' ? 'network' : 'public'),
        )
      }
    >
      <Icon aria-hidden="true" />
      {words.upkeep[now]}
    </button>
  )
}

function Field(props: { common: Common; plan: FieldPlan; fault: EntryFault | undefined }) {
  const { plan: record, row, entry, model } = props.common
  const { field, kind } = props.plan
  const words = useWords()
  const language = useLanguage()
  const id = useId()
  const name = fieldName(record.table, field, words)
  const value = row[field]
  const set = (next: unknown) => model.change((now) => setField(now, record.table, row.id, field, next))
  // An organization's name and description are no secret.
  const mayHide =
    record.visibility === 'field' &&
    !(record.table === 'organizations' && ['name', 'description'].includes(field))
  const listed = kind === 'language' || kind === 'department' || kind === 'country' ? kind : undefined
  const fault = props.fault && entryFaults[props.fault.fault][language]
  const about = {
    id,
    'aria-invalid': fault !== undefined,
    ...(fault || kind === 'phone' ? { 'aria-describedby': `${id}-hint` } : {}),
    'data-testid': `field-${field}`,
  }
  return (
    <div className="field">
      <span className="field-head">
        {kind === 'days' || listed ? <span>{name}</span> : <label htmlFor={id}>{name}</label>}
        {mayHide && <Visibility common={props.common} field={field} name={name} />}
      </span>
      {kind === 'days' ? (
        <FormGroup className="weekdays" title={name} quiet>
          {weekdays.map((day) => {
            const chosen = String(value ?? '')
              .split(',')
              .includes(day)
            return (
              <label key={day} className={chosen ? 'chosen' : ''}>
                <input
                  type="checkbox"
                  className="visually-hidden"
                  data-testid={`day-${day}`}
                  checked={chosen}
                  onChange={() => {
                    const days = new Set(
                      String(value ?? '')
                        .split(',')
                        .filter(Boolean),
                    )
                    if (!days.delete(day)) days.add(day)
                    set(weekdays.filter((one) => days.has(one)).join(','))
                  }}
                />
                {words.upkeep.days[day]}
              </label>
            )
          })}
        </FormGroup>
      ) : kind === 'long' ? (
        <textarea
          {...about}
          rows={3}
          value={String(value ?? '')}
          onChange={(event) => set(event.target.value)}
        />
      ) : kind === 'phone' ? (
        <PhoneInput about={about} entry={entry} value={value} onSet={set} />
      ) : listed ? (
        <Select
          label={name}
          quiet
          testId={`field-${field}`}
          wrong={fault !== undefined}
          value={String(value ?? '')}
          onChange={(value) => set(value)}
          choices={options(listed, value, row).map((one) => ({
            value: one,
            label:
              kind === 'language' && one
                ? languageName(one)[language]
                : kind === 'country' && one
                  ? countryName(one)[language]
                  : one,
          }))}
        />
      ) : (
        <input
          {...about}
          type={kind === 'text' ? 'text' : kind}
          {...(kind === 'number' ? { min: 0, inputMode: 'numeric' as const } : {})}
          value={String(value ?? '')}
          onChange={(event) => {
            const typed = event.target.value
            set(kind !== 'number' ? typed : typed === '' ? undefined : Number(typed))
          }}
        />
      )}
      {(fault || kind === 'phone') && (
        <small id={`${id}-hint`} className={fault ? 'field-fault' : ''}>
          {fault ? `${name} ${fault}.` : words.upkeep.phoneHint}
        </small>
      )}
    </div>
  )
}

function options(kind: 'language' | 'department' | 'country', value: unknown, row: Row): string[] {
  const known =
    kind === 'language'
      ? languages
      : kind === 'country'
        ? countriesOfForm
        : ['', ...departmentsIn(row['country'])]
  const now = String(value ?? '')
  return known.includes(now as never) ? [...known] : [now, ...known]
}

/** Kept as E.164 when the person has finished writing, shown as it is read out. */
function PhoneInput(props: {
  about: Record<string, unknown>
  entry: DirectoryEntry
  value: unknown
  onSet(next: string): void
}) {
  const [typed, setTyped] = useState<string | undefined>(undefined)
  return (
    <input
      {...props.about}
      type="tel"
      value={typed ?? phoneAsShown(props.value)}
      onChange={(event) => setTyped(event.target.value)}
      onBlur={() => {
        if (typed === undefined) return
        props.onSet(phoneAsKept(typed, props.entry.key.slice(0, 2).toUpperCase()))
        setTyped(undefined)
      }}
    />
  )
}

function Mark(props: { common: Common; plan: MarkPlan }) {
  const { plan: record, row, entry, model } = props.common
  const { mark, kind, values = {} } = props.plan
  const words = useWords()
  const label = useLabel()
  const id = useId()
  const now = marksOf(entry, row.id, mark)
  const set = (next: readonly string[]) =>
    model.change((before) => setMarks(before, record.table, row.id, mark, next))
  const name = words.upkeep.marks[mark] ?? mark
  if (kind === 'many')
    return (
      <FormGroup className="field mark-many" title={name}>
        <div className="mark-choices">
          {Object.entries(values).map(([value, text]) => (
            <label key={value} className="pick-line">
              <input
                type="checkbox"
                data-testid={`mark-${mark}-${value}`}
                checked={now.includes(value)}
                onChange={(event) =>
                  set(event.target.checked ? [...now, value] : now.filter((one) => one !== value))
                }
              />
              {label(text)}
            </label>
          ))}
        </div>
      </FormGroup>
    )
  if (kind === 'one')
    return (
      <Select
        label={name}
        testId={`mark-${mark}`}
        value={now[0] ?? ''}
        onChange={(value) => set(value ? [value] : [])}
        choices={[
          { value: '', label: words.upkeep.notSaid },
          ...Object.entries(values).map(([value, text]) => ({ value: value, label: label(text) })),
        ]}
      />
    )
  return (
    <div className="field">
      <label htmlFor={id}>{name}</label>
      <input
        id={id}
        type="text"
        data-testid={`mark-${mark}`}
        value={now[0] ?? ''}
        onChange={(event) => {
          const typed = event.target.value.trim().toUpperCase()
          set(typed ? [typed] : [])
        }}
      />
    </div>
  )
}
