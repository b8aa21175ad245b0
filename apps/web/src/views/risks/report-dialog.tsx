import { localDate } from '@enlace/coordination'
import {
  type Coarseness,
  coarsened,
  coarsenesses,
  coarsenessLabels,
  maxNote,
  municipalities,
  offeredUntil,
  placeAt,
  positionOf,
  type Reliability,
  type RiskKind,
  type RiskPlace,
  type RiskSource,
  reliabilities,
  reliabilityKeys,
  riskKindKeys,
  riskKinds,
  riskRecordSchema,
  riskSourceKeys,
  riskSources,
} from '@enlace/coordination/risks'
import { useMemo, useState } from 'react'
import type { Failure } from '../../lib/failure.ts'
import type { RisksModel } from '../../viewmodel/risks/risks.ts'
import { failureText, localDateText } from '../../words/format.ts'
import { CorridorMap } from '../directory/map/corridor-map.tsx'
import { Select } from '../ui/choice.tsx'
import { useLabel, useLanguage, useStore, useWords } from '../ui/hooks.ts'
import { Dialog, Problem } from '../ui/parts.tsx'
import { useChannelName } from '../ui/topics.tsx'
import { usePlaceText } from './risk-place-text.ts'

const NOWHERE = new Float32Array(0)

/** A kind, a tap on the map, send: the rest is filled in and may be changed. The tap itself is kept nowhere, only its square. */
export function ReportDialog(props: { model: RisksModel; onClose(): void }) {
  const { model } = props
  const all = useWords()
  const words = all.risks
  const language = useLanguage()
  const label = useLabel()
  const placeText = usePlaceText()
  const nameOf = useChannelName()
  const { guard } = useStore(model.view)
  const channels = model.channels()
  const [attempt] = useState(() => crypto.randomUUID())
  const [roomId, setRoomId] = useState(channels[0]?.roomId ?? '')
  const [kind, setKind] = useState<RiskKind | undefined>(undefined)
  const [coarse, setCoarse] = useState<Coarseness>('cell_10')
  const [place, setPlace] = useState<RiskPlace | undefined>(undefined)
  const [outside, setOutside] = useState(false)
  const [indoors, setIndoors] = useState(false)
  const [day, setDay] = useState(() => localDate(Date.now()))
  const [until, setUntil] = useState('')
  const [source, setSource] = useState<RiskSource>('own_staff')
  const [reliability, setReliability] = useState<Reliability>('unconfirmed')
  const [note, setNote] = useState('')
  const [alerts, setAlerts] = useState(true)
  const alertChannel = model.alertChannel(roomId)
  const [busy, setBusy] = useState(false)
  const [problem, setProblem] = useState<Failure | 'missing' | 'days' | undefined>(undefined)

  // Of a home or a shelter the small squares are not even offered.
  const offered = indoors ? (['cell_25', 'municipality'] as const) : coarsenesses
  function choose(next: RiskPlace | undefined): void {
    // What this device's directory hides is not written finer either.
    const settled = next && guard.settle(next)
    setPlace(settled)
    setOutside(!settled)
    setProblem(undefined)
  }
  function coarser(next: Coarseness): void {
    setCoarse(next)
    const kept = place && coarsened(place, next)
    // A finer square than the one that was kept has to be shown anew: the spot itself is gone.
    setPlace(kept?.coarse === next ? guard.settle(kept) : undefined)
    setOutside(false)
  }
  const positions = useMemo(() => {
    if (!place) return NOWHERE
    const { latitude, longitude } = positionOf(place)
    return Float32Array.of(latitude, longitude)
  }, [place])

  async function send(): Promise<void> {
    if (!kind || !place || !roomId) return setProblem('missing')
    const record = riskRecordSchema.safeParse({
      kind,
      place,
      ...(indoors ? { indoors } : {}),
      day,
      until: until || offeredUntil(kind, Date.now()),
      source,
      reliability,
      ...(note.trim() ? { note: note.trim() } : {}),
    })
    if (!record.success) return setProblem(record.error.issues[0]?.path[0] === 'place' ? 'missing' : 'days')
    setBusy(true)
    const said = [
      label(riskKinds[kind].label),
      placeText(place),
      localDateText(day, language),
      label(reliabilities[reliability]),
    ]
    const alert =
      alerts && alertChannel
        ? { roomId: alertChannel.roomId, text: words.alertText(said.join(' · ')) }
        : undefined
    const failure = await model.report(roomId, record.data, attempt, alert)
    setBusy(false)
    if (failure) setProblem(failure)
    else props.onClose()
  }

  return (
    <Dialog title={words.report} onClose={props.onClose} testId="risk-dialog" wide>
      <form
        className="risk-form"
        noValidate
        onSubmit={(event) => {
          event.preventDefault()
          void send()
        }}
      >
        <fieldset className="risk-kinds">
          <legend>{words.kinds}</legend>
          {riskKindKeys.map((one) => (
            <button
              key={one}
              type="button"
              className="chip"
              data-testid={`risk-kind-${one}`}
              aria-pressed={kind === one}
              onClick={() => {
                setKind(one)
                setProblem(undefined)
              }}
            >
              {label(riskKinds[one].label)}
            </button>
          ))}
        </fieldset>
        <label className="check">
          <input
            type="checkbox"
            data-testid="risk-indoors"
            checked={indoors}
            onChange={(event) => {
              setIndoors(event.target.checked)
              if (event.target.checked && (coarse === 'cell_5' || coarse === 'cell_10')) coarser('cell_25')
            }}
          />
          <span>
            {words.indoors}
            <small className="muted"> {words.indoorsHint}</small>
          </span>
        </label>
        <Select
          label={words.coarseness}
          testId="risk-coarseness"
          value={coarse}
          onChange={(value) => coarser(value as Coarseness)}
          choices={offered.map((value) => ({ value, label: label(coarsenessLabels[value]) }))}
        />
        {coarse === 'municipality' && (
          <Select
            label={words.municipality}
            testId="risk-municipality"
            value={place?.coarse === 'municipality' ? place.key : ''}
            onChange={(key) => choose({ coarse: 'municipality', key })}
            choices={municipalities.map((one) => ({ value: one.key, label: one.name }))}
          />
        )}
        <div className="risk-window">
          <CorridorMap
            positions={positions}
            selected={place ? 0 : undefined}
            onChoose={() => undefined}
            onPick={(at) => choose(placeAt(at, coarse))}
            describedBy="risk-place-says"
          />
        </div>
        <p id="risk-place-says" className="note" role="status" data-testid="risk-place">
          {words.whereHint} {outside ? words.outside : place ? placeText(place) : words.noPlace}
        </p>
        <label className="field">
          <span>{words.day}</span>
          <input
            type="date"
            data-testid="risk-day"
            value={day}
            onChange={(event) => setDay(event.target.value)}
          />
        </label>
        <label className="field">
          <span>{words.untilField}</span>
          <input
            type="date"
            data-testid="risk-until"
            value={until || (kind ? offeredUntil(kind, Date.now()) : '')}
            onChange={(event) => setUntil(event.target.value)}
          />
        </label>
        <Select
          label={words.source}
          testId="risk-source"
          value={source}
          onChange={(value) => setSource(value as RiskSource)}
          choices={riskSourceKeys.map((value) => ({ value, label: label(riskSources[value]) }))}
        />
        <Select
          label={words.reliability}
          testId="risk-sure"
          value={reliability}
          onChange={(value) => setReliability(value as Reliability)}
          choices={reliabilityKeys.map((value) => ({ value, label: label(reliabilities[value]) }))}
        />
        <label className="field">
          <span>{words.note}</span>
          <textarea
            data-testid="risk-note"
            rows={3}
            maxLength={maxNote}
            value={note}
            onChange={(event) => setNote(event.target.value)}
          />
          <small className="muted">{words.noteHint}</small>
        </label>
        <Select
          label={words.channel}
          testId="risk-channel"
          value={roomId}
          onChange={setRoomId}
          choices={channels.map((one) => ({ value: one.roomId, label: nameOf(one) }))}
        />
        {alertChannel && (
          <label className="check">
            <input
              type="checkbox"
              data-testid="risk-alert"
              checked={alerts}
              onChange={(event) => setAlerts(event.target.checked)}
            />
            <span>
              {words.alert(nameOf(alertChannel))}
              <small className="muted"> {words.alertHint}</small>
            </span>
          </label>
        )}
        {problem && (
          <Problem>
            {problem === 'missing'
              ? words.missing
              : problem === 'days'
                ? words.badDays
                : failureText(problem, language, all)}
          </Problem>
        )}
        <div className="row-actions end">
          <button type="submit" className="button primary" data-testid="risk-send" disabled={busy}>
            {words.send}
          </button>
        </div>
      </form>
    </Dialog>
  )
}
