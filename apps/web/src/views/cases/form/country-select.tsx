import { type CountryChoices, countryAnswerText, countryChoices } from '@enlace/coordination'
import { useMemo } from 'react'
import { useLanguage, useWords } from '../../ui/hooks.ts'

/** All countries, the corridor's first; what forms of before answered stays chosen. */
export function CountrySelect(props: {
  of: CountryChoices
  value: string
  shared: Record<string, unknown>
  onChange(value: string): void
}) {
  const words = useWords()
  const language = useLanguage()
  const { corridor, none, others } = useMemo(() => countryChoices(props.of, language), [props.of, language])
  const option = (code: string) => (
    <option key={code} value={code}>
      {countryAnswerText(code)[language]}
    </option>
  )
  return (
    <select
      {...props.shared}
      className="select"
      value={props.value}
      onChange={(event) => props.onChange(event.target.value)}
    >
      <option value="">{words.cases.form.choose}</option>
      <optgroup label={words.caseForm.corridor}>{corridor.map(option)}</optgroup>
      <optgroup label={words.caseForm.noCountry}>
        {none.map(option)}
        {props.value === 'other' && option('other')}
      </optgroup>
      <optgroup label={words.caseForm.others}>{others.map(option)}</optgroup>
    </select>
  )
}
