import {
  localDate,
  monthNames,
  type PartialDate,
  parsePartialDate,
  partialDateKinds,
  writePartialDate,
} from '@enlace/coordination'
import { useId, useState } from 'react'
import { Select } from '../../ui/choice.tsx'
import { useLanguage, useWords } from '../../ui/hooks.ts'

type Known = PartialDate['known']

/** A date of which a day, a month, a year, an age or nothing is known; what is written is always one that can be read back. */
export function PartialDateInput(props: {
  testId: string
  value: string
  described: string
  invalid: boolean
  labelledBy: string
  onChange(value: string): void
}) {
  const words = useWords()
  const language = useLanguage()
  const name = useId()
  const date = parsePartialDate(props.value)
  const [known, setKnown] = useState<Known>(date?.known ?? 'day')
  // What is typed so far, while it makes no date yet.
  const [parts, setParts] = useState(() => partsOf(date))
  const shown = date && date.known !== known ? date.known : known
  const today = localDate(Date.now())
  const set = (next: Partial<typeof parts>, kind: Known = shown) => {
    const all = { ...parts, ...next }
    setParts(all)
    props.onChange(written(kind, all, today))
  }
  const shared = {
    'aria-invalid': props.invalid,
    'aria-describedby': props.described,
    autoComplete: 'off',
  }
  return (
    <div className="partial-date">
      <div className="pills" role="radiogroup" aria-label={words.caseForm.dateKnown}>
        {partialDateKinds.map((one) => (
          <label key={one} className="pill">
            <input
              type="radio"
              autoComplete="off"
              name={name}
              data-testid={`${props.testId}-${one}`}
              checked={shown === one}
              onChange={() => {
                setKnown(one)
                set({}, one)
              }}
            />
            <span>{words.caseForm.known[one]}</span>
          </label>
        ))}
      </div>
      {shown === 'day' && (
        <input
          {...shared}
          type="date"
          data-testid={props.testId}
          aria-labelledby={props.labelledBy}
          value={parts.day}
          onChange={(event) => set({ day: event.target.value })}
        />
      )}
      {(shown === 'month' || shown === 'year') && (
        <div className="partial-date-parts">
          {shown === 'month' && (
            <Select
              label={words.caseForm.month}
              quiet
              search={false}
              value={parts.month}
              wrong={props.invalid}
              testId={`${props.testId}-month-of`}
              describedBy={props.described}
              placeholder={words.caseForm.month}
              choices={monthNames[language].map((label, at) => ({ value: String(at + 1), label }))}
              onChange={(month) => set({ month })}
            />
          )}
          <input
            {...shared}
            type="text"
            inputMode="numeric"
            maxLength={4}
            placeholder={words.caseForm.year}
            aria-label={words.caseForm.year}
            data-testid={`${props.testId}-year-of`}
            value={parts.year}
            onChange={(event) => set({ year: event.target.value.replace(/\D/g, '') })}
          />
        </div>
      )}
      {shown === 'age' && (
        <>
          <input
            {...shared}
            type="text"
            inputMode="numeric"
            maxLength={3}
            aria-label={words.caseForm.age}
            placeholder={words.caseForm.age}
            data-testid={`${props.testId}-age-of`}
            value={parts.age}
            onChange={(event) => set({ age: event.target.value.replace(/\D/g, ''), asOf: today })}
          />
          <small>{words.caseForm.ageHint(dayText(parts.asOf || today))}</small>
        </>
      )}
      {shown === 'nothing' && <small>{words.caseForm.nothingHint}</small>}
    </div>
  )
}

const dayText = (date: string) => `${date.slice(8)}/${date.slice(5, 7)}/${date.slice(0, 4)}`

function partsOf(date: PartialDate | undefined) {
  const empty = { day: '', month: '', year: '', age: '', asOf: '' }
  switch (date?.known) {
    case 'day':
      // Whoever steps back from a day to its month or year keeps them.
      return {
        ...empty,
        day: date.date,
        month: String(Number(date.date.slice(5, 7))),
        year: date.date.slice(0, 4),
      }
    case 'month':
      return { ...empty, month: String(date.month), year: String(date.year) }
    case 'year':
      return { ...empty, year: String(date.year) }
    case 'age':
      return { ...empty, age: String(date.years), asOf: date.asOf }
    default:
      return empty
  }
}

/** What is kept; what makes no date yet is kept as it is, so that the form says so. */
function written(known: Known, parts: ReturnType<typeof partsOf>, today: string): string {
  if (known === 'nothing') return writePartialDate({ known })
  if (known === 'day') return parts.day
  if (known === 'age')
    return parts.age === ''
      ? ''
      : writePartialDate({ known, years: Number(parts.age), asOf: parts.asOf || today })
  if (parts.year.length < 4) return ''
  if (known === 'year') return parts.year
  return parts.month === ''
    ? ''
    : writePartialDate({ known, year: Number(parts.year), month: Number(parts.month) })
}
