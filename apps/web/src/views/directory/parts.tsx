import type { FoundRow } from '@enlace/directory/finder'
import { type Opening, openingText } from '@enlace/directory/opening'
import { BadgeCheck, CircleAlert, Clock3, FlaskConical, LockKeyhole } from 'lucide-react'
import { decimal } from '../../words/format.ts'
import { useLabel, useLanguage, useWords } from '../ui/hooks.ts'

/** Open or not is said in words; the dot only helps. */
export function OpeningLine(props: { opening: Opening; now: number }) {
  const label = useLabel()
  return (
    <span className="open-state" data-state={props.opening.state}>
      <Clock3 aria-hidden="true" />
      {label(openingText(props.opening, props.now))}
    </span>
  )
}

export function FreshnessMark(props: { freshness: FoundRow['freshness'] }) {
  const words = useWords().directory
  return (
    <span className="dir-mark" data-freshness={props.freshness}>
      {props.freshness === 'verified' ? (
        <BadgeCheck aria-hidden="true" />
      ) : (
        <CircleAlert aria-hidden="true" />
      )}
      {words.freshness[props.freshness]}
    </span>
  )
}

export function ExampleMark() {
  const words = useWords().directory
  return (
    <span className="dir-mark" data-kind="example" title={words.exampleHint}>
      <FlaskConical aria-hidden="true" />
      {words.example}
    </span>
  )
}

export function NetworkOnly() {
  const words = useWords().directory
  return (
    <span className="dir-mark" data-kind="network" title={words.networkOnlyHint}>
      <LockKeyhole aria-hidden="true" />
      {words.networkOnly}
    </span>
  )
}

/** Of a place of which only the town is known, nothing exact is said. */
export function useDistance(): (metres: number, townOnly: boolean) => string {
  const words = useWords().directory
  const language = useLanguage()
  return (metres, townOnly) => {
    if (townOnly && metres < 1_000) return words.sameTown
    const km = decimal(metres < 10_000 && !townOnly ? metres / 1000 : Math.round(metres / 1000), language)
    return words.distance(km)
  }
}

/** The service in the person's language, or the institution where no service is known. */
export function useRowTitle(): (row: FoundRow) => string {
  const language = useLanguage()
  return ({ service, institution }) =>
    service ? (language === 'en' && service.nameInEnglish) || service.name || institution : institution
}

export const telOf = (number: string, extension?: string): string =>
  `tel:${number.replace(/[^\d+]/g, '')}${extension ? `;ext=${extension}` : ''}`
