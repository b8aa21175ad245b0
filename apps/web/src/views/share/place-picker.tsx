import { countryName } from '@enlace/directory/words'
import { LocateFixed, MapPin, SendHorizontal } from 'lucide-react'
import { useEffect, useMemo, useState } from 'react'
import { isGuarded } from '../../viewmodel/directory/guarded-place.ts'
import { askPosition } from '../../viewmodel/directory/here.ts'
import { placeContent } from '../../viewmodel/timeline/contact-card.ts'
import type { ComposerModel } from '../../viewmodel/timeline/types.ts'
import { failureText } from '../../words/format.ts'
import { CorridorMap } from '../directory/map/corridor-map.tsx'
import { findTowns, nearestTown, type Town } from '../directory/map/towns.ts'
import { useLabel, useLanguage, useShell, useTask, useWords } from '../ui/hooks.ts'
import { Dialog, Flag, Problem } from '../ui/parts.tsx'

/** How far a town reaches, for who reads the address. */
const TOWN_METRES = 5_000
const POINT_METRES = 30

interface Point {
  latitude: number
  longitude: number
  /** of the device's own position */
  accuracy?: number
}

/** Chosen on this device's own map. A town unless somebody asks for the point itself. */
export default function PlacePicker(props: { model: ComposerModel; onClose(): void; onSent(): void }) {
  const { session } = useShell()
  const words = useWords()
  const language = useLanguage()
  const said = words.share
  const label = useLabel()
  const [text, setText] = useState('')
  const [point, setPoint] = useState<Point | undefined>(undefined)
  const [exact, setExact] = useState(false)
  const [guarded, setGuarded] = useState<boolean | undefined>(undefined)
  const [locating, setLocating] = useState<'asking' | 'denied' | 'unavailable' | undefined>(undefined)
  const { busy, failure, run } = useTask()
  const found = useMemo(() => findTowns(text, 6), [text])
  const town = point && nearestTown(point).town
  const isPoint = exact && guarded === false
  const sent = point && town && (isPoint ? point : town)

  useEffect(() => {
    setGuarded(undefined)
    if (!exact || !point) return
    let current = true
    isGuarded(session.directory, point).then(
      (is) => current && setGuarded(is),
      // Whoever cannot look must not send.
      () => current && setGuarded(true),
    )
    return () => {
      current = false
    }
  }, [session, exact, point])

  const choose = (next: Town) => {
    setText(next.name)
    setPoint(next)
    setLocating(undefined)
  }
  async function here(): Promise<void> {
    setLocating('asking')
    const at = await askPosition()
    if (at.kind !== 'found') return setLocating(at.kind)
    setLocating(undefined)
    setPoint(at)
  }
  const send = () =>
    void run(async () => {
      if (!sent || !town || !point) return
      await props.model.share(
        placeContent({
          latitude: sent.latitude,
          longitude: sent.longitude,
          uncertainty: isPoint ? (point.accuracy ?? POINT_METRES) : TOWN_METRES,
          words: [town.name, label(countryName(town.country))].join(', '),
          own: point.accuracy !== undefined,
        }),
      )
      props.onClose()
      props.onSent()
    })

  const positions = useMemo(() => (sent ? Float32Array.of(sent.latitude, sent.longitude) : NOWHERE), [sent])
  return (
    <Dialog title={said.placeTitle} onClose={props.onClose} testId="place-dialog">
      <label className="field">
        <span>{said.town}</span>
        <input
          type="search"
          value={text}
          data-testid="place-search"
          onChange={(event) => setText(event.target.value)}
        />
        <small className="muted">{said.townHint}</small>
      </label>
      {text.trim() !== '' && town?.name !== text && (
        <div className="menu place-found">
          {found.map((one) => (
            <button
              key={`${one.name} ${one.latitude}`}
              type="button"
              data-testid="place-option"
              onClick={() => choose(one)}
            >
              <MapPin aria-hidden="true" />
              <span>{one.name}</span>
              <Flag country={one.country} />
            </button>
          ))}
          {found.length === 0 && <p className="muted">{said.noTown}</p>}
        </div>
      )}
      <div className="place-window">
        <CorridorMap
          positions={positions}
          selected={sent ? 0 : undefined}
          onChoose={() => undefined}
          onPick={(at) => {
            setPoint(at)
            setText(nearestTown(at).town.name)
          }}
        />
      </div>
      <div className="row-actions">
        <button
          type="button"
          className="button small"
          data-testid="place-here"
          disabled={locating === 'asking'}
          onClick={() => void here()}
        >
          <LocateFixed aria-hidden="true" />
          {locating === 'asking' ? said.locating : said.here}
        </button>
      </div>
      {(locating === 'denied' || locating === 'unavailable') && <Problem>{said[locating]}</Problem>}
      <label className="check">
        <input
          type="checkbox"
          checked={exact}
          data-testid="place-exact"
          onChange={(event) => setExact(event.target.checked)}
        />
        <span>
          {said.exact}
          <small className="muted"> {said.exactHint}</small>
        </span>
      </label>
      <p className="note" role="status" data-testid="place-says">
        {!sent || !town
          ? said.notChosen
          : !exact
            ? said.sendsTown(town.name)
            : guarded === undefined
              ? said.checking
              : guarded
                ? said.guarded
                : said.sendsExact(`${sent.latitude.toFixed(5)}, ${sent.longitude.toFixed(5)}`)}
      </p>
      {failure && <Problem>{failureText(failure, language, words)}</Problem>}
      <div className="row-actions">
        <button
          type="button"
          className="button primary"
          data-testid="place-send"
          disabled={!sent || busy || (exact && guarded === undefined)}
          onClick={send}
        >
          <SendHorizontal aria-hidden="true" />
          {words.composer.send}
        </button>
        <button type="button" className="button" onClick={props.onClose}>
          {words.cancel}
        </button>
      </div>
    </Dialog>
  )
}

const NOWHERE = new Float32Array(0)
