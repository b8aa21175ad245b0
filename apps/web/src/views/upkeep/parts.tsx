import type { Freshness } from '@enlace/directory'
import { AlertTriangle, ArrowLeft, CheckCircle2, CircleHelp } from 'lucide-react'
import type { ReactNode } from 'react'
import type { Failure } from '../../lib/failure.ts'
import { failureText } from '../../words/format.ts'
import { useLanguage, useShell, useWords } from '../ui/hooks.ts'
import { IconButton, Problem, Spinner } from '../ui/parts.tsx'

/** What the pages of upkeep share. */

export function UpkeepPage(props: {
  title: string
  testId: string
  children: ReactNode
  actions?: ReactNode
}) {
  const { router } = useShell()
  const words = useWords()
  return (
    <section className="page upkeep" data-testid={props.testId}>
      <header className="page-head">
        <IconButton label={words.back} testId="back" onClick={router.back}>
          <ArrowLeft />
        </IconButton>
        <h1>{props.title}</h1>
        {props.actions}
      </header>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what is only read is scrolled with the keyboard too. */}
      <section className="page-scroll case-scroll" aria-label={props.title} tabIndex={0}>
        {props.children}
      </section>
    </section>
  )
}

/** Loading, or why it could not be, with a way to try again. */
export function Awaited(props: { failure: Failure | undefined; onRetry(): void }) {
  const words = useWords()
  const language = useLanguage()
  return props.failure ? (
    <Problem
      action={
        <button type="button" className="button" onClick={props.onRetry}>
          {words.retry}
        </button>
      }
    >
      {failureText(props.failure, language, words)}
    </Problem>
  ) : (
    <Spinner label={words.loading} />
  )
}

const icons = { verified: CheckCircle2, due: CircleHelp, overdue: AlertTriangle }

export function FreshnessMark(props: { freshness: Freshness; date?: string | undefined }) {
  const words = useWords()
  const language = useLanguage()
  const Icon = icons[props.freshness]
  const date = props.date && shownDay(props.date, language)
  return (
    <span className={`freshness freshness-${props.freshness}`}>
      <Icon aria-hidden="true" />
      <span>
        {words.upkeep.freshness[props.freshness]}
        {' · '}
        {date ? words.upkeep.since(date) : words.upkeep.never}
      </span>
    </span>
  )
}

function shownDay(date: string, language: 'es' | 'en'): string {
  return new Intl.DateTimeFormat(language === 'es' ? 'es-HN' : 'en-GB', {
    dateStyle: 'medium',
    timeZone: 'UTC',
  }).format(Date.parse(date))
}

/** Name and institution of whoever did something; without the person, what the node may say. */
export function usePerson(): (userId: string) => string {
  const { session } = useShell()
  const words = useWords()
  return (userId) => (userId === '' ? words.upkeep.byKey : session.people.person(userId).name)
}
