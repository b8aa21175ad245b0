import {
  askedFields,
  type CaseKind,
  type FormField,
  type FormProblem,
  type FormSection,
  formSections,
} from '@enlace/coordination'
import { CircleAlert, LockKeyhole } from 'lucide-react'
import { useId } from 'react'
import { useLabel, useWords } from '../ui/hooks.ts'

/** The form of a kind of case, in sections; what is encrypted and what is not is said where it is asked. */
export function FormFields(props: {
  kind: CaseKind
  values: Readonly<Record<string, string>>
  problems: readonly FormProblem[]
  onChange(values: Record<string, string>): void
}) {
  const words = useWords()
  const label = useLabel()
  const { kind, values } = props
  const fields = askedFields(kind, values)
  const sections = [...new Set(fields.map((field) => field.section))] as FormSection[]
  return sections.map((section) => {
    const its = fields.filter((field) => field.section === section)
    return (
      <fieldset key={section} className="form-section">
        <legend>{label(formSections[section])}</legend>
        <p className="form-privacy muted">
          <LockKeyhole aria-hidden="true" />
          {words.cases.form.encrypted}
        </p>
        {its.map((field) => (
          <Field
            key={field.key}
            field={field}
            value={values[field.key] ?? ''}
            problem={props.problems.find((one) => one.field === field.key)}
            onChange={(value) => props.onChange({ ...values, [field.key]: value })}
          />
        ))}
      </fieldset>
    )
  })
}

const MAX = { text: 300, long_text: 4_000 }

function Field(props: {
  field: FormField
  value: string
  problem: FormProblem | undefined
  onChange(value: string): void
}) {
  const words = useWords()
  const label = useLabel()
  const id = useId()
  const { field, value, problem, onChange } = props
  const shared = {
    id,
    'data-testid': `field-${field.key}`,
    'aria-required': field.required ?? false,
    'aria-invalid': problem !== undefined,
    'aria-describedby': `${id}-more`,
    autoComplete: 'off',
  }
  return (
    <div className={`field ${problem ? 'field-wrong' : ''}`}>
      <label htmlFor={id}>
        {label(field.label)}
        {!field.required && <span className="muted"> ({words.cases.form.optional})</span>}
      </label>
      {field.type === 'choice' ? (
        <select
          {...shared}
          className="select"
          value={value}
          onChange={(event) => onChange(event.target.value)}
        >
          <option value="">{words.cases.form.choose}</option>
          {Object.entries(field.options ?? {}).map(([key, text]) => (
            <option key={key} value={key}>
              {label(text)}
            </option>
          ))}
        </select>
      ) : field.type === 'long_text' ? (
        <textarea
          {...shared}
          rows={3}
          maxLength={MAX.long_text}
          value={value}
          onChange={(event) => onChange(event.target.value)}
        />
      ) : (
        <input
          {...shared}
          type={field.type === 'date' ? 'date' : field.type === 'date_time' ? 'datetime-local' : 'text'}
          inputMode={field.type === 'count' ? 'numeric' : undefined}
          maxLength={field.type === 'text' ? MAX.text : undefined}
          value={value}
          onChange={(event) =>
            onChange(field.type === 'date_time' ? event.target.value.slice(0, 16) : event.target.value)
          }
        />
      )}
      <span id={`${id}-more`}>
        {problem && (
          <span className="field-problem">
            <CircleAlert aria-hidden="true" />
            {label(problem.message)}
          </span>
        )}
        {field.help && <small>{label(field.help)}</small>}
      </span>
    </div>
  )
}
