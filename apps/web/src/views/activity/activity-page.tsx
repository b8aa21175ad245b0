import { ArrowLeft, Download, History } from 'lucide-react'
import { type ReactNode, useEffect, useState } from 'react'
import { saveFile } from '../../lib/save-file.ts'
import { createActivity } from '../../viewmodel/activity/activity.ts'
import type {
  ActivityEntry,
  ActivityFilter,
  ActivityModel,
  ActivityState,
} from '../../viewmodel/activity/types.ts'
import { day, failureText, time } from '../../words/format.ts'
import { FormGroup, Select } from '../ui/choice.tsx'
import { useLanguage, useModel, usePeople, useShell, useStore, useTask, useWords } from '../ui/hooks.ts'
import { Blank, IconButton, Problem, Spinner } from '../ui/parts.tsx'
import { ChainCard } from './chain-card.tsx'

/** What happened in the institution, for its coordinators. */
export default function ActivityPage({ nav }: { nav: ReactNode }) {
  const { session } = useShell()
  const model = useModel(() => createActivity(session), [session])
  return model ? <Activity model={model} nav={nav} /> : null
}

function Activity({ model, nav }: { model: ActivityModel; nav: ReactNode }) {
  const { router } = useShell()
  const words = useWords()
  const language = useLanguage()
  const state = useStore(model.state)
  const { busy, failure, run } = useTask()
  const own = words.activity
  const download = (format: 'csv' | 'jsonl') =>
    run(async () => {
      const file = await model.file(format, language)
      saveFile(file.content, file.name)
    })
  const problem = state.failure ?? failure
  return (
    <section className="page" data-testid="activity-page">
      <header className="page-head">
        <IconButton label={words.back} className="only-narrow" onClick={router.back}>
          <ArrowLeft />
        </IconButton>
        <h1>{own.title}</h1>
      </header>
      {nav}
      <div className="page-scroll settings activity">
        <p className="muted">{own.hint}</p>
        <ChainCard model={model} state={state} />
        <Filters model={model} state={state} />
        <div className="row-actions">
          {(['csv', 'jsonl'] as const).map((format) => (
            <button
              key={format}
              type="button"
              className="button"
              data-testid={`activity-${format}`}
              disabled={busy}
              onClick={() => void download(format)}
            >
              <Download aria-hidden="true" />
              {own[format]}
            </button>
          ))}
        </div>
        {problem && (
          <Problem
            action={
              <button type="button" className="button" onClick={() => void model.load()}>
                {words.retry}
              </button>
            }
          >
            {own.failed} {failureText(problem, language, words)}
          </Problem>
        )}
        {!state.entries && !state.failure && <Spinner label={own.loading} />}
        {state.entries?.length === 0 && <Blank icon={<History />} title={own.empty} hint={own.emptyHint} />}
        <Entries state={state} />
        {state.next !== undefined && (
          <button
            type="button"
            className="button"
            data-testid="activity-older"
            onClick={() => void model.older()}
          >
            {own.older}
          </button>
        )}
      </div>
    </section>
  )
}

function Filters({ model, state }: { model: ActivityModel; state: ActivityState }) {
  const words = useWords()
  const language = useLanguage()
  const own = words.activity
  const { filter, groups } = state
  const date = (name: 'from' | 'to') => (
    <label>
      {own[name]}
      <input
        type="date"
        value={filter[name]}
        data-testid={`activity-${name}`}
        onChange={(event) => model.choose({ [name]: event.target.value })}
      />
    </label>
  )
  const chosen = Object.values(filter).some((value) => value !== '')
  return (
    <FormGroup className="filters activity-filters" title={own.filters} quiet>
      <Select
        label={own.group}
        testId="activity-group"
        value={filter.group}
        onChange={(value) => model.choose({ group: value })}
        choices={[
          { value: '', label: own.all },
          ...Object.entries(groups).map(([key, label]) => ({ value: key, label: label[language] })),
        ]}
      />
      <Select
        label={own.outcome}
        testId="activity-outcome"
        value={filter.outcome}
        onChange={(value) => model.choose({ outcome: value as ActivityFilter['outcome'] })}
        choices={[
          { value: '', label: own.all },
          ...(['done', 'refused'] as const).map((one) => ({ value: one, label: own.outcomes[one] })),
        ]}
      />
      {(['person', 'case'] as const).map((name) => (
        <TextFilter key={name} name={name} value={filter[name]} choose={model.choose} />
      ))}
      {date('from')}
      {date('to')}
      {chosen && (
        <button type="button" className="button" data-testid="activity-clear" onClick={model.clear}>
          {own.clear}
        </button>
      )}
    </FormGroup>
  )
}

/** Searches when the person has finished typing; the field keeps the focus. */
function TextFilter(props: { name: 'person' | 'case'; value: string; choose: ActivityModel['choose'] }) {
  const { name, value, choose } = props
  const own = useWords().activity
  const [typed, setTyped] = useState(value)
  useEffect(() => setTyped(value), [value])
  const search = () => {
    if (typed !== value) choose({ [name]: typed })
  }
  return (
    <label>
      {own[name]}
      <input
        type="text"
        value={typed}
        placeholder={name === 'person' ? own.personHint : own.caseHint}
        autoCapitalize="none"
        spellCheck={false}
        data-testid={`activity-${name}`}
        onChange={(event) => setTyped(event.target.value)}
        onBlur={search}
        onKeyDown={(event) => {
          if (event.key === 'Enter') search()
        }}
      />
    </label>
  )
}

function Entries({ state }: { state: ActivityState }) {
  const words = useWords()
  const language = useLanguage()
  const days = new Map<string, ActivityEntry[]>()
  for (const entry of state.entries ?? []) {
    const key = day(entry.ts, language, words)
    days.set(key, [...(days.get(key) ?? []), entry])
  }
  return [...days].map(([key, entries]) => (
    <section key={key} className="activity-day">
      <h2>{key}</h2>
      <ol className="plain-list activity-list">
        {entries.map((entry) => (
          <EntryRow key={entry.seq} entry={entry} acts={state.acts} />
        ))}
      </ol>
    </section>
  ))
}

function EntryRow({ entry, acts }: { entry: ActivityEntry; acts: ActivityState['acts'] }) {
  const { router } = useShell()
  const people = usePeople()
  const words = useWords()
  const language = useLanguage()
  const own = words.activity
  const { by, on, facts, case: caseId } = entry
  const who = (id: string): string => {
    if (id === 'node' || id === 'operator' || id === 'unknown') return own[id]
    return id.startsWith('@') ? people.person(id).name : id
  }
  return (
    <li className={`activity-row ${entry.outcome}`} data-testid="activity-row" data-act={entry.act}>
      <time dateTime={new Date(entry.ts).toISOString()}>{time(entry.ts, language)}</time>
      <div>
        <p>
          <b>{acts[entry.act]?.[language] ?? entry.act}</b>
          {entry.outcome === 'refused' && <span className="badge warn">{own.outcomes.refused}</span>}
        </p>
        <p className="muted">
          <span title={by}>{who(by)}</span>
          {on !== undefined && on !== by && <span title={on}> {own.to_(who(on))}</span>}
        </p>
        {facts && (
          <details>
            <summary>{own.facts}</summary>
            <dl className="activity-facts">
              {Object.entries({ ...facts, '#': entry.seq }).map(([name, value]) => (
                <div key={name}>
                  <dt>{name}</dt>
                  <dd>{String(value)}</dd>
                </div>
              ))}
            </dl>
          </details>
        )}
        {caseId?.startsWith('$') && (
          <button type="button" className="link" onClick={() => router.go({ page: 'case', caseId })}>
            {own.inCase}
          </button>
        )}
      </div>
    </li>
  )
}
