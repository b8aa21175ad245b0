import { languageName } from '@enlace/directory/language'
import { sexes, situations } from '@enlace/directory/marks'
import { places, positionOfPlace } from '@enlace/directory/places'
import { SlidersHorizontal, X } from 'lucide-react'
import { useId, useState } from 'react'
import type { DirectoryPageModel } from '../../viewmodel/directory/types.ts'
import { type Choices, type Choice as OneChoice, Select } from '../ui/choice.tsx'
import { useLabel, useStore, useWords } from '../ui/hooks.ts'

const COUNTRIES = ['GT', 'HN'] as const

/** Where, when and for whom. Place and hours are always there; the rest opens. */
export function Filters({ model }: { model: DirectoryPageModel }) {
  const words = useWords()
  const label = useLabel()
  const { query, near, locating, facets } = useStore(model.state)
  const texts = words.directory.filters
  const [isOpen, setOpen] = useState(
    Boolean(query.country || query.language || query.person.sex || query.person.situation),
  )
  const more = useId()
  const chosen = [query.country, query.language, query.person.sex, query.person.situation].filter(
    Boolean,
  ).length
  return (
    <div className="dir-filters">
      <Choice
        title={texts.near}
        testId="filter-near"
        value={near === undefined ? '' : near.kind === 'me' ? 'me' : near.key}
        onChange={(value) =>
          value === '' ? model.nowhere() : value === 'me' ? model.nearMe() : model.nearPlace(value)
        }
        choices={[
          { value: '', label: texts.anywhere },
          { value: 'me', label: texts.nearMe },
          ...COUNTRIES.map((country) => ({
            title: words.countries[country] ?? country,
            choices: places
              .filter((place) => place.country === country && place.within && positionOfPlace(place.key))
              .map(({ key, names }) => ({ value: key, label: placeName(names[0] ?? key) })),
          })),
        ]}
      />
      <button
        type="button"
        className="chip"
        data-testid="filter-open"
        aria-pressed={query.openNow}
        onClick={() => model.ask({ openNow: !query.openNow })}
      >
        {texts.openNow}
      </button>
      <button
        type="button"
        className="chip"
        data-testid="filter-more"
        aria-expanded={isOpen}
        aria-controls={more}
        onClick={() => setOpen(!isOpen)}
      >
        <SlidersHorizontal aria-hidden="true" />
        <span className="dir-word">{isOpen ? texts.fewer : texts.more}</span>
        {chosen > 0 && <span className="mark">{chosen}</span>}
      </button>
      <div id={more} className="dir-more" hidden={!isOpen}>
        <Choice
          title={texts.language}
          testId="filter-language"
          value={query.language}
          onChange={(language) => model.ask({ language })}
          choices={[
            { value: '', label: texts.anyLanguage },
            ...(facets?.languages ?? []).map((code) => ({
              value: code,
              label: capital(label(languageName(code))),
            })),
          ]}
        />
        <Choice
          title={texts.forWhom}
          testId="filter-situation"
          value={query.person.situation ?? ''}
          onChange={(situation) => model.ask({ person: personWith(query.person, 'situation', situation) })}
          choices={[
            { value: '', label: texts.anyone },
            ...Object.entries(situations).map(([key, name]) => ({ value: key, label: capital(label(name)) })),
          ]}
        />
        <Choice
          title={texts.sex}
          testId="filter-sex"
          value={query.person.sex ?? ''}
          onChange={(sex) => model.ask({ person: personWith(query.person, 'sex', sex) })}
          choices={[
            { value: '', label: texts.anySex },
            ...Object.entries(sexes).map(([key, name]) => ({ value: key, label: capital(label(name)) })),
          ]}
        />
        <Choice
          title={texts.country}
          testId="filter-country"
          value={query.country}
          onChange={(country) => model.ask({ country })}
          choices={[
            { value: '', label: texts.anyCountry },
            ...COUNTRIES.map((code) => ({ value: code, label: words.countries[code] ?? code })),
          ]}
        />
      </div>
      {locating && (
        <p className="dir-note" role={locating === 'asking' ? 'status' : 'alert'}>
          {words.directory.locating[locating]}
          {locating !== 'asking' && (
            <button type="button" className="icon-button" aria-label={words.close} onClick={model.nowhere}>
              <X aria-hidden="true" />
            </button>
          )}
        </p>
      )}
    </div>
  )
}

const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1)

/** "ciudad de guatemala" is written Ciudad de Guatemala. */
const placeName = (text: string) =>
  capital(text.replace(/ (\p{L})(?=\p{L}{3})/gu, (_, letter: string) => ` ${letter.toUpperCase()}`))

function personWith<P extends object>(person: P, field: keyof P, value: string): P {
  const { [field]: _, ...rest } = person
  return (value === '' ? rest : { ...rest, [field]: value }) as P
}

function Choice(props: {
  title: string
  testId: string
  value: string
  onChange(value: string): void
  choices: readonly (OneChoice | Choices)[]
}) {
  return (
    <Select
      className="dir-choice"
      label={props.title}
      testId={props.testId}
      value={props.value}
      onChange={props.onChange}
      choices={props.choices}
    />
  )
}
