import '../../styles/risks/risks.css'
import { localDate } from '@enlace/coordination'
import {
  filteredRisks,
  type NetworkRisk,
  positionOf,
  type Reliability,
  type RiskKind,
  reliabilities,
  reliabilityKeys,
  riskKindKeys,
  riskKinds,
} from '@enlace/coordination/risks'
import { ArrowLeft, List, MapIcon, Plus, TriangleAlert } from 'lucide-react'
import { useMemo, useState } from 'react'
import { institutionsOf } from '../../viewmodel/institution/institutions.ts'
import { createRisksModel, type RisksModel, type RisksView } from '../../viewmodel/risks/risks.ts'
import { failureText } from '../../words/format.ts'
import { CorridorMap } from '../directory/map/corridor-map.tsx'
import { townPositions } from '../directory/map/towns.ts'
import { Select } from '../ui/choice.tsx'
import { useLabel, useLanguage, useModel, useShell, useStore, useWords } from '../ui/hooks.ts'
import { Blank, IconButton, Problem, Spinner } from '../ui/parts.tsx'
import { ReportDialog } from './report-dialog.tsx'
import { RiskFiles, RiskMonths, RiskPlaces } from './risk-counts.tsx'
import { RiskRow } from './risk-row.tsx'

/** Risks of the route: a list beside the map of the directory. */
export default function RisksPage() {
  const { session, channels } = useShell()
  const model = useModel(
    () => createRisksModel(session, channels, institutionsOf(session).desk, townPositions),
    [session, channels],
  )
  return model ? <Frame model={model} /> : null
}

function Frame({ model }: { model: RisksModel }) {
  const { router } = useShell()
  const words = useWords()
  const language = useLanguage()
  const view = useStore(model.view)
  const [asking, setAsking] = useState(false)
  const mayReport = view.actor !== undefined && model.channels().length > 0
  return (
    <section className="page risks-page" data-testid="risks-page">
      <header className="page-head">
        <IconButton label={words.back} testId="back" className="only-narrow" onClick={router.back}>
          <ArrowLeft />
        </IconButton>
        <h2>{words.risks.title}</h2>
      </header>
      <div className="risks-top">
        <p className="muted">{words.risks.hint}</p>
        <div className="row-actions">
          {mayReport ? (
            <button
              type="button"
              className="button primary"
              data-testid="risk-new"
              // Until it is known what is hidden, nobody can be kept from writing it down.
              disabled={!view.rows}
              onClick={() => setAsking(true)}
            >
              <Plus aria-hidden="true" />
              {words.risks.report}
            </button>
          ) : (
            <p className="muted">{words.risks.notAllowed}</p>
          )}
        </div>
        {view.failure && view.failure.kind !== 'offline' && (
          <Problem
            action={
              <button type="button" className="button" onClick={() => void model.refresh()}>
                {words.retry}
              </button>
            }
          >
            {failureText(view.failure, language, words)}
          </Problem>
        )}
        {view.rows && !view.open && <p className="note">{words.risks.noDirectory}</p>}
      </div>
      {view.rows ? (
        <Desk model={model} view={view} rows={view.rows} />
      ) : (
        <Spinner label={words.risks.checking} />
      )}
      {asking && <ReportDialog model={model} onClose={() => setAsking(false)} />}
    </section>
  )
}

const DAY_MS = 86_400_000
const DAYS = { valid: undefined, month: 31, year: 366 } as const
type Span = keyof typeof DAYS

function Desk(props: { model: RisksModel; view: RisksView; rows: readonly NetworkRisk[] }) {
  const { model, view, rows } = props
  const words = useWords().risks
  const label = useLabel()
  const [kinds, setKinds] = useState<readonly RiskKind[]>([])
  const [span, setSpan] = useState<Span>('valid')
  const [reliability, setReliability] = useState<'' | Reliability>('')
  const [shown, setShown] = useState<'list' | 'map'>('list')
  const [here, setHere] = useState<readonly string[]>([])
  const filter = useMemo(() => {
    const days = DAYS[span]
    return {
      kinds,
      ...(reliability ? { reliability } : {}),
      ...(days === undefined ? {} : { from: localDate(Date.now() - days * DAY_MS), faded: true }),
    }
  }, [kinds, span, reliability])
  const found = useMemo(() => filteredRisks(rows, filter, Date.now()), [rows, filter])
  const open = useMemo(() => view.open && filteredRisks(view.open, filter, Date.now()), [view.open, filter])
  const positions = useMemo(() => {
    const all = new Float32Array(found.length * 2).fill(Number.NaN)
    found.forEach(({ place }, at) => {
      if (!place) return
      const { latitude, longitude } = positionOf(place)
      all[at * 2] = latitude
      all[at * 2 + 1] = longitude
    })
    return all
  }, [found])
  const chosen = found.filter((one) => here.includes(one.id))
  const listed = chosen.length > 0 ? chosen : found
  const toggle = (kind: RiskKind) =>
    setKinds(kinds.includes(kind) ? kinds.filter((one) => one !== kind) : [...kinds, kind])
  return (
    <>
      <div className="risks-top">
        <fieldset className="risk-kinds">
          <legend className="visually-hidden">{words.kinds}</legend>
          {riskKindKeys.map((kind) => (
            <button
              key={kind}
              type="button"
              className="chip"
              data-testid={`risk-filter-${kind}`}
              aria-pressed={kinds.includes(kind)}
              onClick={() => toggle(kind)}
            >
              {label(riskKinds[kind].label)}
            </button>
          ))}
        </fieldset>
        <div className="risk-narrow">
          <Select
            label={words.time}
            testId="risk-time"
            value={span}
            onChange={(value) => setSpan(value as Span)}
            choices={(['valid', 'month', 'year'] as const).map((value) => ({
              value,
              label: words.times[value],
            }))}
          />
          <Select
            label={words.reliability}
            testId="risk-reliability"
            value={reliability}
            onChange={(value) => setReliability(value as '' | Reliability)}
            choices={[
              { value: '', label: words.anyReliability },
              ...reliabilityKeys.map((value) => ({
                value,
                label: words.orBetter(label(reliabilities[value])),
              })),
            ]}
          />
        </div>
        <p id="risk-count" role="status" data-testid="risk-count">
          {words.count(listed.length)}
        </p>
      </div>
      <div className="dir-body" data-view={shown}>
        <div className="dir-list">
          {chosen.length > 0 && (
            <button type="button" className="button small" onClick={() => setHere([])}>
              {words.all}
            </button>
          )}
          {listed.length === 0 ? (
            <Blank icon={<TriangleAlert />} title={words.empty} hint={words.emptyHint} />
          ) : (
            <ul className="risk-rows">
              {listed.map((risk) => (
                <li key={risk.id}>
                  <RiskRow model={model} view={view} risk={risk} rows={rows} />
                </li>
              ))}
            </ul>
          )}
          <RiskPlaces rows={listed} guard={view.guard} />
          <RiskMonths rows={listed} />
          <RiskFiles rows={found} {...(open ? { open } : {})} guard={view.guard} />
        </div>
        <div className="dir-map">
          <CorridorMap
            positions={positions}
            selected={chosen.length === 1 ? found.indexOf(chosen[0]!) : undefined}
            onChoose={(members) => {
              setHere(members.flatMap((at) => found[at]?.id ?? []))
              if (members.length > 0) setShown('list')
            }}
            describedBy="risk-count"
          />
        </div>
        <button
          type="button"
          className="button primary dir-switch"
          data-testid="risk-switch"
          onClick={() => setShown(shown === 'list' ? 'map' : 'list')}
        >
          {shown === 'list' ? <MapIcon aria-hidden="true" /> : <List aria-hidden="true" />}
          {shown === 'list' ? words.map : words.list}
        </button>
      </div>
    </>
  )
}
