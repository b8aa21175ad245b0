import '../../styles/departures/departures.css'
import { ArrowLeft, DoorOpen } from 'lucide-react'
import { type ReactNode, useEffect, useState } from 'react'
import { departuresOf } from '../../viewmodel/departures/departures.ts'
import type { Departure } from '../../viewmodel/departures/types.ts'
import { failureText, moment } from '../../words/format.ts'
import { useLanguage, usePeople, useShell, useStore, useTask, useWords } from '../ui/hooks.ts'
import { Blank, IconButton, Problem, Spinner } from '../ui/parts.tsx'
import { DeparturePage } from './departure-page.tsx'

/** Who left and who is leaving; with a person in the address, their departure. */
export default function DeparturesPage(props: { detail: string | undefined; nav: ReactNode }) {
  const { detail } = props
  const { router, session } = useShell()
  const words = useWords()
  const people = usePeople()
  const me = useStore(session.me)
  const own = words.leaving
  // Whoever is in no channel is known by what their departure says.
  const [name, setName] = useState<string | undefined>(undefined)
  const title =
    detail === undefined
      ? own.title
      : detail === session.userId
        ? own.titleOwn
        : own.titleOf(name ?? people.person(detail).name)
  return (
    <section className="page" data-testid="leaving-page">
      <header className="page-head">
        <IconButton label={words.back} testId="back" onClick={router.back}>
          <ArrowLeft />
        </IconButton>
        <h1>{title}</h1>
      </header>
      {me?.role === 'coordinator' && props.nav}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what is only read is scrolled with the keyboard too. */}
      <section className="page-scroll settings" aria-label={title} tabIndex={0}>
        {detail === undefined ? <List /> : <DeparturePage key={detail} userId={detail} onName={setName} />}
      </section>
    </section>
  )
}

function List() {
  const { session, router } = useShell()
  const words = useWords()
  const language = useLanguage()
  const own = words.leaving
  const [found, setFound] = useState<readonly Departure[] | undefined>(undefined)
  const { failure, run } = useTask()
  // Once for each visit.
  useEffect(() => {
    void run(async () => setFound(await departuresOf(session)))
  }, [session])
  if (failure) return <Problem>{failureText(failure, language, words)}</Problem>
  if (!found) return <Spinner label={words.loading} />
  return (
    <>
      <p className="muted">{own.hint}</p>
      {found.length === 0 && <Blank icon={<DoorOpen />} title={own.none} hint={own.noneHint} />}
      <ul className="plain-list leaving-list">
        {found.map((one) => (
          <li key={one.id} className="card" data-testid="leaving-item" data-user-id={one.user_id}>
            <p className="leaving-who">
              <b>{one.name}</b>
              <span className="roster-mark" data-state={one.state === 'open' ? 'absent' : 'over'}>
                {own.states[one.state]}
              </span>
            </p>
            <p className="muted">{moment(one.started_ts, language)}</p>
            {one.state === 'open' && (
              <div className="row-actions">
                <button
                  type="button"
                  className="button small"
                  onClick={() => router.go({ page: 'office', part: 'leaving', detail: one.user_id })}
                >
                  {own.progress}
                </button>
              </div>
            )}
          </li>
        ))}
      </ul>
    </>
  )
}
