import { type ReactNode, useId, useRef } from 'react'

/** One of a few, each in its own card that is pressed as a whole: radio buttons beneath, so that arrows and readers know them. */
export function ChoiceCards<Key extends string>(props: {
  testId: string
  labelledBy?: string
  label?: string
  described?: string
  required?: boolean
  invalid?: boolean
  value: Key | ''
  options: readonly { key: Key; label: string; icon?: ReactNode }[]
  /** @param byPointer pressed with a finger or a mouse: whoever walks through them with arrows has not chosen yet */
  onChange(value: Key, byPointer: boolean): void
}) {
  const name = useId()
  const pressed = useRef(false)
  return (
    <div
      className="choice-cards"
      role="radiogroup"
      data-testid={props.testId}
      data-value={props.value}
      aria-label={props.label}
      aria-labelledby={props.labelledBy}
      aria-describedby={props.described}
      aria-required={props.required}
      aria-invalid={props.invalid}
      onPointerDown={() => {
        pressed.current = true
      }}
      onKeyDown={() => {
        pressed.current = false
      }}
    >
      {props.options.map((one) => (
        <label key={one.key} className="choice-card" data-testid={`${props.testId}-${one.key}`}>
          <input
            type="radio"
            autoComplete="off"
            name={name}
            value={one.key}
            checked={props.value === one.key}
            onChange={() => props.onChange(one.key, pressed.current)}
          />
          {one.icon}
          <span>{one.label}</span>
        </label>
      ))}
    </div>
  )
}
