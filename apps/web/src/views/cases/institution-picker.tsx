import { CircleAlert } from 'lucide-react'
import { useRef } from 'react'
import type { InstitutionChoice } from '../../viewmodel/cases/new-case.ts'
import { useWords } from '../ui/hooks.ts'
import { Flag } from '../ui/parts.tsx'

/** Cards of institutions: one, or several of which the first chosen is responsible; each with its country. */
export function InstitutionPicker(props: {
  title: string
  hint?: string
  choices: readonly InstitutionChoice[]
  chosen: readonly string[]
  /** the one that the directory knows to provide this */
  suggested?: string
  several: boolean
  problem?: string
  onChange(chosen: string[], byPointer: boolean): void
}) {
  const words = useWords()
  const { choices, chosen, several } = props
  const pressed = useRef(false)
  return (
    <fieldset
      className={`form-section picker ${props.problem ? 'field-wrong' : ''}`}
      onPointerDown={() => {
        pressed.current = true
      }}
      onKeyDown={() => {
        pressed.current = false
      }}
    >
      <legend>{props.title}</legend>
      {props.hint && <p className="form-privacy muted">{props.hint}</p>}
      {choices.length === 0 && <p className="note">{words.cases.form.noOthers}</p>}
      {props.problem && (
        <span className="field-problem" role="alert">
          <CircleAlert aria-hidden="true" />
          {props.problem}
        </span>
      )}
      <div className="choice-cards wide">
        {choices.map((one) => (
          <label key={one.key} className="choice-card" data-testid={`institution-${one.key}`}>
            <input
              type={several ? 'checkbox' : 'radio'}
              autoComplete="off"
              name="institution"
              checked={chosen.includes(one.key)}
              onChange={(event) =>
                props.onChange(
                  !several
                    ? [one.key]
                    : event.target.checked
                      ? [...chosen, one.key]
                      : chosen.filter((key) => key !== one.key),
                  pressed.current,
                )
              }
            />
            <Flag country={one.country} />
            <span>
              {one.name}
              {several && chosen[0] === one.key && <small>{words.cases.owner}</small>}
              {props.suggested === one.key && <small>{words.caseForm.suggested}</small>}
            </span>
          </label>
        ))}
      </div>
    </fieldset>
  )
}
