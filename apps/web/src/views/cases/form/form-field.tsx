import { absentKey, type FormAdvice, type FormField, type FormProblem, isNoName } from '@enlace/coordination'
import { CircleAlert, Info, TriangleAlert } from 'lucide-react'
import { useId } from 'react'
import { useLabel, useWords } from '../../ui/hooks.ts'
import { ChoiceCards } from './choice-cards.tsx'
import { CountrySelect } from './country-select.tsx'
import { PartialDateInput } from './partial-date-input.tsx'

const MAX = { text: 300, long_text: 4_000 }

/** One question of a form, with what is wrong with the answer and what is worth a second look. */
export function Field(props: {
  field: FormField
  values: Readonly<Record<string, string>>
  problem: FormProblem | undefined
  advice: readonly FormAdvice[]
  /** the answer came from the message and nobody has changed it */
  fromMessage: boolean
  onChange(changes: Record<string, string>): void
}) {
  const words = useWords()
  const label = useLabel()
  const id = useId()
  const { field, problem } = props
  const value = props.values[field.key] ?? ''
  const absent = value === '' ? props.values[absentKey(field.key)] : undefined
  const onChange = (next: string) => props.onChange({ [field.key]: next })
  const testId = `field-${field.key}`
  const isCountry = field.type === 'country' || field.type === 'nationality'
  const shared = {
    id,
    'data-testid': testId,
    'aria-required': field.required ?? false,
    'aria-invalid': problem !== undefined,
    'aria-describedby': `${id}-more`,
    autoComplete: 'off',
  }
  return (
    <div className={`field ${problem ? 'field-wrong' : ''}`} data-field={field.key}>
      {/* A group is named by its words; a label would point at nothing. A list that opens has its own. */}
      {isCountry ? null : field.type === 'choice' || field.type === 'partial_date' ? (
        <span id={`${id}-label`} className="field-label">
          <Name field={field} />
        </span>
      ) : (
        <label htmlFor={id}>
          <Name field={field} />
        </label>
      )}
      {field.type === 'choice' ? (
        <ChoiceCards
          testId={testId}
          labelledBy={`${id}-label`}
          described={`${id}-more`}
          required={field.required ?? false}
          invalid={problem !== undefined}
          value={value}
          options={Object.entries(field.options ?? {}).map(([key, text]) => ({ key, label: label(text) }))}
          onChange={onChange}
        />
      ) : field.type === 'country' || field.type === 'nationality' ? (
        <CountrySelect
          of={field.type}
          label={`${label(field.label)}${field.required ? '' : ` (${words.cases.form.optional})`}`}
          value={value}
          required={field.required ?? false}
          wrong={problem !== undefined}
          testId={testId}
          describedBy={`${id}-more`}
          onChange={onChange}
        />
      ) : field.type === 'partial_date' ? (
        <PartialDateInput
          testId={testId}
          labelledBy={`${id}-label`}
          described={`${id}-more`}
          invalid={problem !== undefined}
          value={value}
          onChange={onChange}
        />
      ) : field.type === 'long_text' ? (
        <textarea
          {...shared}
          autoComplete="off"
          rows={3}
          maxLength={MAX.long_text}
          value={value}
          onChange={(event) => onChange(event.target.value)}
        />
      ) : (
        <input
          {...shared}
          autoComplete="off"
          type={field.type === 'date' ? 'date' : field.type === 'date_time' ? 'datetime-local' : 'text'}
          inputMode={field.type === 'count' || field.type === 'identity_number' ? 'numeric' : undefined}
          maxLength={field.type === 'text' ? MAX.text : undefined}
          value={value}
          onChange={(event) =>
            onChange(field.type === 'date_time' ? event.target.value.slice(0, 16) : event.target.value)
          }
        />
      )}
      {field.absent && (value === '' || isNoName(value)) && (
        <div className="absent-marks">
          {Object.entries(field.absent).map(([key, text]) => (
            <label key={key}>
              <input
                type="checkbox"
                autoComplete="off"
                data-testid={`${testId}-${key}`}
                checked={absent === key}
                onChange={(event) =>
                  // A word that stands for no name goes with it.
                  props.onChange({ [field.key]: '', [absentKey(field.key)]: event.target.checked ? key : '' })
                }
              />
              <span>{label(text)}</span>
            </label>
          ))}
        </div>
      )}
      <span id={`${id}-more`} aria-live="polite">
        {problem && (
          <span className="field-problem">
            <CircleAlert aria-hidden="true" />
            {label(problem.message)}
          </span>
        )}
        {props.advice.map((one) => (
          <span
            key={one.message.es}
            className={one.calm ? 'field-calm' : 'field-advice'}
            data-testid={`advice-${field.key}`}
          >
            {one.calm ? <Info aria-hidden="true" /> : <TriangleAlert aria-hidden="true" />}
            {label(one.message)}
          </span>
        ))}
        {props.fromMessage && <small className="from-message">{words.caseForm.fromMessage}</small>}
        {field.help && <small>{label(field.help)}</small>}
      </span>
    </div>
  )
}

function Name({ field }: { field: FormField }) {
  const words = useWords()
  const label = useLabel()
  return (
    <>
      {label(field.label)}
      {!field.required && <span className="muted"> ({words.cases.form.optional})</span>}
    </>
  )
}
