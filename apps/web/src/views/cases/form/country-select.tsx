import { type CountryChoices, countryAnswerText, countryChoices } from '@enlace/coordination'
import { useMemo } from 'react'
import { Select } from '../../ui/choice.tsx'
import { useLanguage, useWords } from '../../ui/hooks.ts'

/** All countries, the corridor's first; what forms of before answered stays chosen. */
export function CountrySelect(props: {
  of: CountryChoices
  label: string
  value: string
  required: boolean
  wrong: boolean
  testId: string
  describedBy: string
  onChange(value: string): void
}) {
  const words = useWords()
  const language = useLanguage()
  const { corridor, none, others } = useMemo(() => countryChoices(props.of, language), [props.of, language])
  const choice = (code: string) => ({ value: code, label: countryAnswerText(code)[language] })
  return (
    <Select
      label={props.label}
      value={props.value}
      required={props.required}
      wrong={props.wrong}
      testId={props.testId}
      describedBy={props.describedBy}
      placeholder={words.cases.form.choose}
      choices={[
        // An answer that nobody has to give can be taken back.
        ...(props.value && !props.required ? [{ value: '', label: words.caseForm.noAnswer }] : []),
        { title: words.caseForm.corridor, choices: corridor.map(choice) },
        {
          title: words.caseForm.noCountry,
          choices: [...none, ...(props.value === 'other' ? ['other'] : [])].map(choice),
        },
        { title: words.caseForm.others, choices: others.map(choice) },
      ]}
      onChange={props.onChange}
    />
  )
}
