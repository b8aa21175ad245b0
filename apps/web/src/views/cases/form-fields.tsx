import {
  askedFields,
  type CaseKind,
  type FormProblem,
  type FormSection,
  formAdvice,
  formSections,
} from '@enlace/coordination'
import { LockKeyhole } from 'lucide-react'
import { useLabel, useWords } from '../ui/hooks.ts'
import { Field } from './form/form-field.tsx'

/** What a step asks, in sections; what is encrypted and what is not is said where it is asked. */
export function FormFields(props: {
  kind: CaseKind
  sections: readonly FormSection[]
  values: Readonly<Record<string, string>>
  problems: readonly FormProblem[]
  fromMessage: readonly string[]
  onChange(values: Record<string, string>): void
}) {
  const words = useWords()
  const label = useLabel()
  const { kind, values } = props
  const fields = askedFields(kind, values)
  const sections = props.sections.filter((section) => fields.some((field) => field.section === section))
  const advice = formAdvice(kind, values, Date.now())
  return sections.map((section) => (
    <fieldset key={section} className="form-section">
      <legend>{label(formSections[section])}</legend>
      <p className="form-privacy muted">
        <LockKeyhole aria-hidden="true" />
        {words.cases.form.encrypted}
      </p>
      {fields
        .filter((field) => field.section === section)
        .map((field) => (
          <Field
            key={field.key}
            field={field}
            values={values}
            problem={props.problems.find((one) => one.field === field.key)}
            advice={advice.filter((one) => one.field === field.key)}
            fromMessage={props.fromMessage.includes(field.key)}
            onChange={(changes) => props.onChange({ ...values, ...changes })}
          />
        ))}
    </fieldset>
  ))
}
