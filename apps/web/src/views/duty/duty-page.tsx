import '../../styles/duty/duty.css'
import { ArrowLeft, CalendarClock } from 'lucide-react'
import { useState } from 'react'
import { createDuty } from '../../viewmodel/duty/duty.ts'
import type { DutyModel, DutyState, DutyPage as Page } from '../../viewmodel/duty/types.ts'
import { failureText } from '../../words/format.ts'
import { Select } from '../ui/choice.tsx'
import {
  useInstitutions,
  useLanguage,
  useModel,
  usePeople,
  useShell,
  useStore,
  useWords,
} from '../ui/hooks.ts'
import { Blank, IconButton, Problem, Spinner } from '../ui/parts.tsx'
import { DutyCalendar } from './duty-calendar.tsx'
import { DutyEditor } from './duty-editor.tsx'
import { DutyFeeds } from './duty-feeds.tsx'
import { DutyHandOver } from './duty-hand-over.tsx'
import { DutyAttention, DutyNowCards } from './duty-now.tsx'
import { DutySwaps } from './duty-swaps.tsx'
import { DutyWeek } from './duty-week.tsx'
import { WriteToDuty } from './write-to-duty.tsx'

/** Who of the institution is called, and when; who of the others; coordinators and officials change their own. */
export default function DutyPage() {
  const { session } = useShell()
  const model = useModel(() => createDuty(session), [session])
  return model ? <Frame model={model} /> : null
}

function Frame({ model }: { model: DutyModel }) {
  const { router } = useShell()
  const words = useWords()
  const language = useLanguage()
  const state = useStore(model.state)
  const { page, loadFailure } = state
  return (
    <section className="page duty-page" data-testid="duty-page">
      <header className="page-head">
        <IconButton label={words.back} testId="back" onClick={router.back}>
          <ArrowLeft />
        </IconButton>
        <h2>{words.duty.title}</h2>
      </header>
      <div className="page-scroll duty-scroll">
        {loadFailure && (
          <Problem
            action={
              <button type="button" className="button" onClick={() => void model.load()}>
                {words.retry}
              </button>
            }
          >
            {failureText(loadFailure, language, words)}
          </Problem>
        )}
        {page === undefined ? (
          !loadFailure && <Spinner label={words.loading} />
        ) : page === 'none' ? (
          <Blank icon={<CalendarClock />} title={words.duty.unavailable} hint={words.duty.unavailableHint} />
        ) : (
          <Sections model={model} state={state} page={page} />
        )}
      </div>
    </section>
  )
}

function Sections(props: { model: DutyModel; state: DutyState; page: Page }) {
  const { model, state, page } = props
  const words = useWords()
  const people = usePeople()
  const names = new Map(page.people.map((one) => [one.user_id, one.name]))
  const nameOf = (userId: string) => names.get(userId) ?? people.person(userId).name
  return (
    <>
      <p className="muted">{words.duty.hint}</p>
      <DutyNowCards page={page} />
      <DutyAttention page={page} nameOf={nameOf} />
      <DutyWeek {...{ model, state, page, nameOf }} />
      <DutySwaps {...{ model, state, page, nameOf }} />
      <DutyEditor {...{ model, state, page, nameOf }} />
      <DutyHandOver {...{ model, page, nameOf }} />
      <Others own={page.institution} />
      <DutyCalendar {...{ model, page }} />
      <DutyFeeds {...{ model, state, page }} />
    </>
  )
}

/** Another institution's duty, and the way to it. */
function Others(props: { own: string }) {
  const words = useWords()
  const institutions = useInstitutions()
  const [chosen, setChosen] = useState('')
  const all = [...institutions.values()]
    .filter((one) => one.key !== props.own)
    .sort((a, b) => a.name.localeCompare(b.name, 'es'))
  return (
    <section aria-labelledby="duty-others-title">
      <h3 id="duty-others-title">{words.duty.others}</h3>
      <p className="muted">{words.duty.othersHint}</p>
      <Select
        label={words.duty.institution}
        testId="duty-institution"
        value={chosen}
        onChange={(value) => setChosen(value)}
        choices={[
          { value: '', label: words.duty.choose },
          ...all.map((one) => ({ value: one.key, label: one.name })),
        ]}
      />
      {chosen && <WriteToDuty institution={chosen} />}
    </section>
  )
}
