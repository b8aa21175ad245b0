import { serviceLabel } from '@enlace/directory/words'
import { BookUser, CloudOff, List, MapIcon, RefreshCw, Search, X } from 'lucide-react'
import { useEffect, useRef, useState } from 'react'
import { Virtuoso, type VirtuosoHandle } from 'react-virtuoso'
import { everyWhileSeen } from '../../lib/while-seen.ts'
import { asksNothing, directoryPage } from '../../viewmodel/directory/directory.ts'
import type { DirectoryPageModel, DirectoryPageState } from '../../viewmodel/directory/types.ts'
import { moment } from '../../words/format.ts'
import { FileActions } from '../interchange/file-actions.tsx'
import { useLabel, useLanguage, useShell, useStore, useWords } from '../ui/hooks.ts'
import { lazyPage } from '../ui/lazy-page.tsx'
import { Blank, IconButton } from '../ui/parts.tsx'
import { Skeleton } from '../ui/skeleton.tsx'
import { UpkeepLinks } from '../upkeep/upkeep-links.tsx'
import { Filters } from './filters.tsx'
import { FoundRowView } from './found-row.tsx'
import { mainServices, ServiceIcon } from './service-icons.tsx'

const CorridorMap = lazyPage(
  async () => ({ default: (await import('./map/corridor-map.tsx')).CorridorMap }),
  'quiet',
)
const REFRESH_MS = 5 * 60_000
/** "Open now" is said again. */
const CLOCK_MS = 30_000

function useNow(): number {
  const [now, setNow] = useState(Date.now)
  useEffect(() => everyWhileSeen(CLOCK_MS, () => setNow(Date.now())), [])
  return now
}

/** Who does what, where and when: found by service, place and hours. */
export default function DirectoryPage() {
  const { session } = useShell()
  const model = directoryPage(session)
  const words = useWords().directory
  const { phase } = useStore(model.directory)
  useEffect(() => {
    void model.refresh()
    return everyWhileSeen(REFRESH_MS, () => void model.refresh())
  }, [model])
  return (
    <section className="directory" data-testid="directory-page" data-phase={phase}>
      <header className="page-head">
        <h1>{words.title}</h1>
        {phase === 'ready' && <CopyMark model={model} />}
        <FileActions />
      </header>
      <UpkeepLinks />
      {phase === 'opening' ? (
        <Skeleton shape="cards" label={words.copy.opening} />
      ) : phase === 'ready' ? (
        <Desk model={model} />
      ) : (
        <NoCopy model={model} absent={phase === 'absent'} />
      )}
    </section>
  )
}

function NoCopy(props: { model: DirectoryPageModel; absent: boolean }) {
  const words = useWords()
  const { copy } = words.directory
  return (
    <Blank
      icon={<BookUser />}
      title={props.absent ? copy.absent : copy.none}
      hint={props.absent ? copy.absentHint : copy.noneHint}
    >
      {!props.absent && (
        <button type="button" className="button primary" onClick={() => void props.model.refresh()}>
          {words.retry}
        </button>
      )}
    </Blank>
  )
}

/** Of when the copy is, and a way to look for changes. */
function CopyMark({ model }: { model: DirectoryPageModel }) {
  const words = useWords().directory.copy
  const language = useLanguage()
  const { copy, refreshing } = useStore(model.directory)
  if (!copy) return null
  return (
    <div className="dir-copy">
      <span data-testid="directory-copy">{words.of(moment(copy.checkedAt, language))}</span>
      <IconButton
        label={refreshing ? words.refreshing : words.refresh}
        testId="directory-refresh"
        disabled={refreshing}
        onClick={() => void model.refresh()}
      >
        <RefreshCw aria-hidden="true" />
      </IconButton>
    </div>
  )
}

/** What may be older, or will not be there tomorrow. */
function CopyNotice({ model }: { model: DirectoryPageModel }) {
  const words = useWords().directory.copy
  const language = useLanguage()
  const { session } = useShell()
  const connection = useStore(session.connection)
  const { copy, failure, refreshing } = useStore(model.directory)
  if (!copy) return null
  const when = moment(copy.checkedAt, language)
  const text =
    connection === 'offline'
      ? words.older(when)
      : failure && !refreshing
        ? words.failed(when)
        : !copy.kept
          ? words.full
          : undefined
  if (!text) return null
  return (
    <p className="dir-notice" role="status" data-testid="directory-notice">
      <CloudOff aria-hidden="true" />
      <span>{text}</span>
    </p>
  )
}

function Desk({ model }: { model: DirectoryPageModel }) {
  const state = useStore(model.state)
  const { query, answer, view, selected, near } = state
  const words = useWords().directory
  const now = useNow()
  const list = useRef<VirtuosoHandle>(null)
  /** What stands at the spot that was chosen on the map. */
  const [spot, setSpot] = useState<readonly number[]>([])
  const isStart = asksNothing(query)
  const [wantsAll, setWantsAll] = useState(false)
  useEffect(() => {
    setSpot([])
    if (!isStart) setWantsAll(false)
  }, [answer, isStart])

  function choose(members: readonly number[]): void {
    if (!answer) return
    setSpot(members)
    const [first] = members
    model.select(first === undefined ? undefined : answer.found[first])
    if (first !== undefined) list.current?.scrollToIndex({ index: first, align: 'center' })
  }
  const at = answer && selected !== undefined ? answer.found.indexOf(selected) : -1
  return (
    <>
      <Ask model={model} state={state} />
      <CopyNotice model={model} />
      <div className="dir-body" data-view={view}>
        <div className="dir-list" id="directory-list">
          {isStart && !wantsAll ? (
            <ServiceCards model={model} state={state} onAll={() => setWantsAll(true)} />
          ) : answer === undefined ? (
            <Skeleton shape="rows" label={words.copy.opening} />
          ) : (
            <>
              <Understood state={state} />
              {answer.found.length === 0 ? (
                <Blank icon={<Search />} title={words.none} hint={words.noneHint}>
                  <button type="button" className="button" onClick={model.clear}>
                    {words.clear}
                  </button>
                </Blank>
              ) : (
                <Virtuoso
                  ref={list}
                  className="dir-rows"
                  totalCount={answer.found.length}
                  increaseViewportBy={300}
                  computeItemKey={(index) => answer.found[index] ?? index}
                  itemContent={(index) => (
                    <Row
                      model={model}
                      state={state}
                      index={index}
                      now={now}
                      onLocate={() => setSpot([index])}
                    />
                  )}
                />
              )}
            </>
          )}
        </div>
        <div className="dir-map">
          {answer && (
            <CorridorMap
              positions={answer.positions}
              selected={at < 0 ? undefined : at}
              me={near?.kind === 'me' && query.near ? { ...query.near, accuracy: near.accuracy } : undefined}
              onChoose={choose}
              describedBy="directory-count"
            />
          )}
          {answer && spot.length > 0 && (
            <AtSpot model={model} state={state} spot={spot} now={now} onClose={() => choose([])} />
          )}
        </div>
        <button
          type="button"
          className="button primary dir-switch"
          data-testid="directory-switch"
          onClick={() => model.show(view === 'list' ? 'map' : 'list')}
        >
          {view === 'list' ? <MapIcon aria-hidden="true" /> : <List aria-hidden="true" />}
          {view === 'list' ? words.showMap : words.showList}
        </button>
      </div>
    </>
  )
}

/** Words first, then the services as chips, then where and when. */
function Ask(props: { model: DirectoryPageModel; state: DirectoryPageState }) {
  const { model, state } = props
  const { query, facets, answer } = state
  const words = useWords().directory
  const label = useLabel()
  const isStart = asksNothing(query)
  return (
    <search className="dir-ask">
      <label className="dir-search">
        <span className="visually-hidden">{words.ask}</span>
        <Search aria-hidden="true" />
        <input
          type="search"
          data-testid="directory-input"
          value={query.text}
          maxLength={200}
          placeholder={words.placeholder}
          autoComplete="off"
          onChange={(event) => model.ask({ text: event.target.value })}
        />
        {query.text !== '' && (
          <IconButton label={words.clearText} onClick={() => model.ask({ text: '' })}>
            <X aria-hidden="true" />
          </IconButton>
        )}
      </label>
      {!isStart && (
        // biome-ignore lint/a11y/useSemanticElements: a fieldset cannot be laid out as a row that scrolls
        <div className="dir-chips" role="group" aria-label={words.services}>
          {mainServices
            .filter((key) => (facets?.categories[key] ?? 0) > 0 || query.services.includes(key))
            .sort((a, b) => Number(query.services.includes(b)) - Number(query.services.includes(a)))
            .map((key) => (
              <button
                key={key}
                type="button"
                className="chip"
                data-testid={`chip-${key}`}
                aria-pressed={query.services.includes(key)}
                onClick={() =>
                  model.ask({
                    services: query.services.includes(key)
                      ? query.services.filter((each) => each !== key)
                      : [...query.services, key],
                  })
                }
              >
                <ServiceIcon category={key} />
                {label(serviceLabel(key))}
              </button>
            ))}
        </div>
      )}
      <Filters model={model} />
      <p
        id="directory-count"
        className={isStart ? 'visually-hidden' : 'dir-count'}
        role="status"
        data-testid="directory-count"
      >
        {answer ? words.results(answer.found.length) : ''}
        {!isStart && (
          <button
            type="button"
            className="button quiet small"
            data-testid="directory-clear"
            onClick={model.clear}
          >
            {words.clear}
          </button>
        )}
      </p>
    </search>
  )
}

function ServiceCards(props: { model: DirectoryPageModel; state: DirectoryPageState; onAll(): void }) {
  const { facets } = props.state
  const words = useWords().directory
  const label = useLabel()
  const { copy } = useStore(props.model.directory)
  return (
    <div className="dir-start">
      <h2>{words.chooseService}</h2>
      <ul className="dir-cards">
        {mainServices
          .filter((key) => (facets?.categories[key] ?? 0) > 0)
          .map((key) => (
            <li key={key}>
              <button
                type="button"
                className="dir-card"
                data-testid={`service-${key}`}
                onClick={() => props.model.ask({ services: [key] })}
              >
                <span className="found-icon">
                  <ServiceIcon category={key} />
                </span>
                <span className="dir-card-name">{label(serviceLabel(key))}</span>
                <span className="muted">{facets?.categories[key]}</span>
              </button>
            </li>
          ))}
      </ul>
      <p className="muted">{words.orWrite}</p>
      <button type="button" className="button" data-testid="directory-all" onClick={props.onAll}>
        {words.all}
      </button>
      {copy?.view === 'public' && <p className="muted">{words.copy.publicView}</p>}
    </div>
  )
}

function Understood({ state }: { state: DirectoryPageState }) {
  const words = useWords().directory.understood
  const { understood } = state.answer!
  const corrected = Object.entries(understood.corrected)
  if (corrected.length === 0 && understood.ignored.length === 0) return null
  return (
    <p className="dir-note" data-testid="directory-understood">
      {corrected.map(([written, taken]) => words.corrected(written, taken)).join(' ')}{' '}
      {understood.ignored.map(words.ignored).join(' ')}
    </p>
  )
}

const WHERE = [undefined, 'here', 'near', 'elsewhere'] as const

function Row(props: {
  model: DirectoryPageModel
  state: DirectoryPageState
  index: number
  now: number
  onLocate(): void
}) {
  const { model, index } = props
  const { answer, selected } = props.state
  const words = useWords().directory
  const number = answer!.found[index]!
  const row = model.row(number)
  const where = WHERE[answer!.where[index]!]
  const isFirst = where !== undefined && (index === 0 || answer!.where[index - 1] !== answer!.where[index])
  return (
    <>
      {isFirst && <p className="dir-where">{words.where[where]}</p>}
      {row ? (
        <FoundRowView
          row={row}
          now={props.now}
          isSelected={number === selected}
          onSelect={() => model.select(number)}
          onLocate={() => {
            model.select(number)
            model.show('map')
            props.onLocate()
          }}
        />
      ) : (
        <div className="found found-waiting" />
      )}
    </>
  )
}

/** What stands at one spot of the map: the same rows. */
function AtSpot(props: {
  model: DirectoryPageModel
  state: DirectoryPageState
  spot: readonly number[]
  now: number
  onClose(): void
}) {
  const { model, spot } = props
  const { answer, selected } = props.state
  const words = useWords()
  return (
    <aside
      className="dir-spot"
      data-testid="directory-spot"
      aria-label={words.directory.map.atSpot(spot.length)}
    >
      <header>
        <p>{words.directory.map.atSpot(spot.length)}</p>
        <IconButton label={words.close} onClick={props.onClose}>
          <X aria-hidden="true" />
        </IconButton>
      </header>
      <Virtuoso
        style={{ height: Math.min(spot.length, 2) * 150 }}
        totalCount={spot.length}
        itemContent={(index) => {
          const number = answer!.found[spot[index]!]
          const row = number === undefined ? undefined : model.row(number)
          return row ? (
            <FoundRowView row={row} now={props.now} isSelected={number === selected} />
          ) : (
            <div className="found found-waiting" />
          )
        }}
      />
    </aside>
  )
}
