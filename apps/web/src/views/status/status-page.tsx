import { ArrowLeft, CircleAlert, CircleCheck, Clock } from 'lucide-react'
import type { ReactNode } from 'react'
import { createStatus } from '../../viewmodel/status/status.ts'
import type { NodeStatus, PartnerStatus, StatusModel } from '../../viewmodel/status/types.ts'
import { dateTime, failureText, moment } from '../../words/format.ts'
import { useInstitutionName, useLanguage, useModel, useShell, useStore, useWords } from '../ui/hooks.ts'
import { IconButton, Problem, Spinner } from '../ui/parts.tsx'

type State = 'good' | 'soon' | 'now'

/** How the institution's server stands, in words, for whoever coordinates. */
export default function StatusPage({ nav }: { nav: ReactNode }) {
  const { session } = useShell()
  const model = useModel(() => createStatus(session), [session])
  return model ? <Status model={model} nav={nav} /> : null
}

function Status({ model, nav }: { model: StatusModel; nav: ReactNode }) {
  const { router } = useShell()
  const words = useWords()
  const language = useLanguage()
  const { status, failure, looking } = useStore(model.state)
  const own = words.status
  return (
    <section className="page" data-testid="status-page">
      <header className="page-head">
        <IconButton label={words.back} className="only-narrow" onClick={router.back}>
          <ArrowLeft />
        </IconButton>
        <h1>{own.title}</h1>
      </header>
      {nav}
      <div className="page-scroll settings">
        <p className="muted">{own.hint}</p>
        {failure && (
          <Problem
            action={
              <button type="button" className="button" onClick={() => void model.load()}>
                {words.retry}
              </button>
            }
          >
            {own.failed} {failureText(failure, language, words)}
          </Problem>
        )}
        {!status && !failure && <Spinner label={own.looking} />}
        {status && (
          <>
            <Notes status={status} />
            <Network status={status} />
            <Partners status={status} />
            <Machine status={status} />
            <p className="muted">
              {own.looked(dateTime(status.now_ts, language, words))} {own.version(status.version)}
            </p>
            <div className="row-actions">
              <button
                type="button"
                className="button"
                data-testid="status-again"
                disabled={looking}
                onClick={() => void model.load()}
              >
                {looking ? own.looking : own.again}
              </button>
            </div>
          </>
        )}
      </div>
    </section>
  )
}

/** What needs somebody comes first; when nothing does, that is said. */
function Notes({ status }: { status: NodeStatus }) {
  const words = useWords()
  const language = useLanguage()
  const { notes } = status
  if (notes.length === 0)
    return (
      <section className="card status-good" data-testid="status-good">
        <CircleCheck aria-hidden="true" />
        <p>
          <b>{words.status.allGood}</b>
        </p>
      </section>
    )
  const sorted = [...notes].sort((a, b) => Number(a.urgency === 'soon') - Number(b.urgency === 'soon'))
  return (
    <section className="card" data-testid="status-notes">
      <h2>{words.status.todo}</h2>
      <ul className="status-rows">
        {sorted.map((note) => (
          <Row key={note.key} state={note.urgency} note={note.key}>
            {note.words[language]}
          </Row>
        ))}
      </ul>
    </section>
  )
}

function Network({ status }: { status: NodeStatus }) {
  const words = useWords()
  const language = useLanguage()
  const nameOf = useInstitutionName()
  const own = words.status
  const { list, rosters, notes } = status
  const of = (key: string): State => notes.find((note) => note.key === key)?.urgency ?? 'good'
  return (
    <section className="card" data-testid="status-network">
      <h2>{own.network}</h2>
      <ul className="status-rows">
        {list.mode === 'open' ? (
          <Row state="good">{own.open}</Row>
        ) : list.usable && list.expires_ts !== null ? (
          <Row state={of('list')}>{own.listUntil(moment(list.expires_ts, language))}</Row>
        ) : (
          <Row state="now">{own.noList}</Row>
        )}
        {rosters.map(({ institution, expires_ts }) => (
          <Row key={institution} state={of(`roster ${institution}`)}>
            {expires_ts === null
              ? own.noRoster(nameOf(institution))
              : own.rosterUntil(nameOf(institution), moment(expires_ts, language))}
          </Row>
        ))}
      </ul>
    </section>
  )
}

function Partners({ status }: { status: NodeStatus }) {
  const words = useWords()
  const own = words.status
  return (
    <section className="card" data-testid="status-partners">
      <h2>{own.partners}</h2>
      {status.partners.length === 0 && <p className="muted">{own.nobody}</p>}
      <ul className="status-rows">
        {status.partners.map((partner) => (
          <Partner key={partner.server_name} partner={partner} />
        ))}
      </ul>
    </section>
  )
}

function Partner({ partner }: { partner: PartnerStatus }) {
  const words = useWords()
  const language = useLanguage()
  const own = words.status
  const { names, server_name, unreachable_since_ts: since, last_success_ts: last } = partner
  return (
    <Row state={since === null ? 'good' : 'soon'}>
      <b>{names.length > 0 ? names.join(', ') : server_name}</b>{' '}
      {since !== null
        ? own.away(dateTime(since, language, words))
        : last !== null
          ? own.reached(dateTime(last, language, words))
          : own.notYet}
      {partner.waiting_ms > 0 && ` ${own.waiting}`}
    </Row>
  )
}

function Machine({ status }: { status: NodeStatus }) {
  const words = useWords()
  const language = useLanguage()
  const own = words.status
  const { backup, certificates, disk, notes } = status
  const of = (key: string): State => notes.find((note) => note.key === key)?.urgency ?? 'good'
  const at = (ts: number | null) => (ts === null ? own.never : dateTime(ts, language, words))
  return (
    <section className="card" data-testid="status-machine">
      <h2>{own.machine}</h2>
      <ul className="status-rows">
        {certificates.map((one) => (
          <Row key={one.of} state={of(`certificate ${one.of}`)}>
            {own.certificate(moment(one.ends_ts, language))}
          </Row>
        ))}
        <Row state={of('disk')}>{own.disk(disk.free_bytes / disk.total_bytes)}</Row>
        {backup && (
          <>
            <Row state={of('backup')}>
              {backup.configured ? own.backup(at(backup.last_made_ts)) : own.noBackup}
            </Row>
            {backup.configured && (
              <Row state={of('verified')}>{own.verified(at(backup.last_verified_ts))}</Row>
            )}
          </>
        )}
      </ul>
    </section>
  )
}

/** The sign is said in words too: colour alone tells nobody. */
function Row(props: { state: State; note?: string; children: ReactNode }) {
  const words = useWords()
  const Icon = props.state === 'good' ? CircleCheck : props.state === 'soon' ? Clock : CircleAlert
  return (
    <li className={`status-row ${props.state}`} data-note={props.note}>
      <Icon aria-hidden="true" />
      <p>
        <span className="visually-hidden">{words.status.states[props.state]}: </span>
        {props.children}
      </p>
    </li>
  )
}
