import '../../styles/measures/measures.css'
import {
  type CaseFamily,
  caseFamilies,
  caseKinds,
  type Measure,
  type MeasureGroup,
} from '@enlace/coordination'
import { ArrowLeft, BarChart3, Download } from 'lucide-react'
import { saveFile } from '../../lib/save-file.ts'
import { createMeasures } from '../../viewmodel/measures/measures.ts'
import type { MeasuresChoice, MeasuresModel } from '../../viewmodel/measures/types.ts'
import { failureText, month } from '../../words/format.ts'
import { Select } from '../ui/choice.tsx'
import { useInstitutionName, useLanguage, useModel, useShell, useStore, useWords } from '../ui/hooks.ts'
import { Blank, IconButton, Problem, Spinner } from '../ui/parts.tsx'
import { MeasuresTable, SpanChart, spanKeys } from './measure-charts.tsx'

const PERIODS = [30, 90, 365, 0] as const
const GROUPS = ['all', 'kind', 'institution', 'country', 'month'] as const

/** What a bilateral meeting reads: how long things take, how many were in time, what is late now. */
export default function MeasuresPage() {
  const { session } = useShell()
  const model = useModel(() => createMeasures(session), [session])
  return model ? <Measures model={model} /> : null
}

function Measures({ model }: { model: MeasuresModel }) {
  const { router } = useShell()
  const words = useWords()
  const language = useLanguage()
  const { choice, measures, failure } = useStore(model.state)

  async function download() {
    const file = await model.csv()
    if (file) saveFile(file.content, file.name)
  }

  return (
    <section className="page" data-testid="measures-page">
      <header className="page-head">
        <IconButton
          label={words.back}
          className="only-narrow"
          onClick={() => router.go({ page: 'channels' })}
        >
          <ArrowLeft />
        </IconButton>
        <h2>{words.measures.title}</h2>
        <button
          type="button"
          className="button to-end"
          data-testid="measures-csv"
          onClick={() => void download()}
        >
          <Download aria-hidden="true" />
          {words.measures.csv}
        </button>
      </header>
      <div className="page-scroll measures">
        <p className="muted">{words.measures.hint}</p>
        <div className="filters">
          <Select
            label={words.measures.group}
            testId="measures-group"
            value={choice.group}
            onChange={(value) => model.choose({ group: value as MeasuresChoice['group'] })}
            choices={GROUPS.map((one) => ({ value: one, label: words.measures.groups[one] }))}
          />
          <Select
            label={words.measures.period}
            value={String(choice.days)}
            onChange={(value) => model.choose({ days: Number(value) })}
            choices={PERIODS.map((one) => ({ value: String(one), label: words.measures.periods[one] }))}
          />
          <Select
            label={words.measures.family}
            value={choice.family ?? ''}
            onChange={(value) => model.choose({ family: (value || undefined) as CaseFamily | undefined })}
            choices={[
              { value: '', label: words.measures.allFamilies },
              ...Object.entries(caseFamilies).map(([key, one]) => ({
                value: key,
                label: one.label[language],
              })),
            ]}
          />
        </div>
        {failure && (
          <Problem
            action={
              <button type="button" className="button" onClick={() => void model.load()}>
                {words.retry}
              </button>
            }
          >
            {failure.kind === 'offline'
              ? words.measures.offline
              : `${words.measures.failed} ${failureText(failure, language, words)}`}
          </Problem>
        )}
        {!measures && !failure && <Spinner label={words.loading} />}
        {measures?.length === 0 && (
          <Blank icon={<BarChart3 />} title={words.measures.empty} hint={words.measures.emptyHint} />
        )}
        {measures && measures.length > 0 && <Charts group={choice.group} measures={measures} />}
      </div>
    </section>
  )
}

function Charts(props: { group: MeasureGroup | 'all'; measures: readonly Measure[] }) {
  const { measures, group } = props
  const words = useWords()
  const language = useLanguage()
  const institution = useInstitutionName()
  const own = words.measures
  const name = (key: string): string => {
    switch (group) {
      case 'all':
        return own.groups.all
      case 'kind':
        return caseKinds[key as keyof typeof caseKinds]?.label[language] ?? key
      case 'country':
        return words.countries[key] ?? key
      case 'institution':
        return institution(key)
      case 'month':
        return month(key, language)
    }
  }
  return (
    <>
      {spanKeys.map((one) => (
        <SpanChart key={one} span={one} measures={measures} name={name} />
      ))}
      <MeasuresTable group={group} measures={measures} name={name} />
    </>
  )
}
