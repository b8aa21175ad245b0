import { useWords } from './hooks.ts'

/** A code that one person reads out to another, who knows their voice. */
export function SpokenCode(props: { code: string; testId: string }) {
  return (
    <p className="restart-code" data-testid={props.testId}>
      {props.code.split(' ').map((group, index) => (
        <span key={`${index}-${group}`}>{group} </span>
      ))}
    </p>
  )
}

/** Where the other one types it. */
export function SpokenCodeField(props: { value: string; onChange(code: string): void; testId: string }) {
  const words = useWords()
  return (
    <label className="field">
      <span>{words.resets.code}</span>
      <input
        className="mono"
        inputMode="numeric"
        autoComplete="off"
        data-testid={props.testId}
        value={props.value}
        onChange={(event) => props.onChange(event.target.value)}
      />
      <small>{words.resets.codeHint}</small>
    </label>
  )
}
