/** One line to write, or a day or hour to choose, under its label. */
export function TextField(props: {
  label: string
  value: string
  onChange(value: string): void
  testId?: string
  type?: 'text' | 'date' | 'datetime-local'
  max?: number
  required?: boolean
}) {
  const { label, value, testId, type = 'text', max, required } = props
  return (
    <label className="field">
      <span>{label}</span>
      <input
        type={type}
        data-testid={testId}
        required={required}
        maxLength={max}
        autoComplete="off"
        value={value}
        onChange={(event) => props.onChange(event.target.value)}
      />
    </label>
  )
}
