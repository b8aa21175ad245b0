import { CircleAlert } from 'lucide-react'
import type { InstitutionChoice } from '../../viewmodel/cases/new-case.ts'
import { useWords } from '../ui/hooks.ts'
import { Flag } from '../ui/parts.tsx'

/** Radio buttons (one) or checkboxes (several, the first chosen is responsible), each with its country. */
export function InstitutionPicker(props: {
  title: string
  hint?: string
  choices: readonly InstitutionChoice[]
  chosen: readonly string[]
  several: boolean
  problem?: string
  onChange(chosen: string[]): void
}) {
  const words = useWords()
  const { choices, chosen, several } = props
  return (
    <fieldset className={`form-section picker ${props.problem ? 'field-wrong' : ''}`}>
      <legend>{props.title}</legend>
      {props.hint && <p className="form-privacy muted">{props.hint}</p>}
      {choices.length === 0 && <p className="note">{words.cases.form.noOthers}</p>}
      {props.problem && (
        <span className="field-problem" role="alert">
          <CircleAlert aria-hidden="true" />
          {props.problem}
        </span>
      )}
      {choices.map((one) => (
        <label key={one.key} className="pick-line" data-testid={`institution-${one.key}`}>
          <input
            type={several ? 'checkbox' : 'radio'}
            name="institution"
            checked={chosen.includes(one.key)}
            onChange={(event) =>
              props.onChange(
                !several
                  ? [one.key]
                  : event.target.checked
                    ? [...chosen, one.key]
                    : chosen.filter((key) => key !== one.key),
              )
            }
          />
          <Flag country={one.country} />
          <span>{one.name}</span>
          {several && chosen[0] === one.key && <b className="muted">· {words.cases.owner}</b>}
        </label>
      ))}
    </fieldset>
  )
}
