import { ArrowLeft, ShieldCheck } from 'lucide-react'
import { useEffect, useState } from 'react'
import { institutionsOf } from '../../viewmodel/institution/institutions.ts'
import type { NetworkRoot, TrustReport } from '../../viewmodel/institution/types.ts'
import { dateTime, failureText, moment } from '../../words/format.ts'
import { useInstitutionName, useLanguage, useShell, useStore, useTask, useWords } from '../ui/hooks.ts'
import { Dialog, Flag, IconButton, Problem, Spinner } from '../ui/parts.tsx'
import { FaultNotice, ReadableCode } from './parts.tsx'

/** What this device verified of the network; for coordinators also what the node knows. */
export default function NetworkPage() {
  const { session, router } = useShell()
  const words = useWords()
  const language = useLanguage()
  const institutions = institutionsOf(session)
  const network = useStore(institutions.network)
  const faults = useStore(institutions.faults)
  const report = useStore(institutions.report)
  const { busy, failure, run } = useTask()
  const own = words.network
  const root = network.kind === 'good' || network.kind === 'fault' ? network.root : undefined
  const names = root?.coordinators.flatMap(({ name }) => (name ? [name] : [])) ?? []
  const look = () => run(() => institutions.check())
  useEffect(() => {
    void institutions
      .check()
      .catch(() => undefined)
      .then(() => institutions.seenAlarms())
  }, [institutions])
  return (
    <section className="page" data-testid="network-page">
      <header className="page-head">
        <IconButton label={words.back} testId="back" onClick={router.back}>
          <ArrowLeft />
        </IconButton>
        <h1>{own.title}</h1>
      </header>
      <div className="page-scroll settings">
        {network.kind === 'fault' && <FaultNotice fault={network.fault} coordinators={names} />}
        {faults
          .filter(({ fault }) => network.kind !== 'fault' || fault !== network.fault.fault)
          .map((fault) => (
            <FaultNotice key={`${fault.institution}${fault.file}`} fault={fault} coordinators={names} />
          ))}
        <section className="card" data-testid="network-state" data-kind={network.kind}>
          {network.kind === 'looking' && <Spinner label={own.looking} />}
          {network.kind === 'absent' && <p>{own.absent}</p>}
          {network.kind === 'good' && faults.length === 0 && (
            <p className="signed-mark ok">
              <ShieldCheck aria-hidden="true" />
              <b>{own.good}</b>
            </p>
          )}
          {network.kind === 'good' && (
            <p className="muted">{own.checked(dateTime(network.checkedAt, language, words))}</p>
          )}
          {network.kind === 'good' && network.staleSince !== undefined && <p className="note">{own.stale}</p>}
          {failure && <Problem>{failureText(failure, language, words)}</Problem>}
          <div className="row-actions">
            <button
              type="button"
              className="button"
              data-testid="network-check"
              disabled={busy}
              onClick={() => void look()}
            >
              {busy ? own.looking : own.checkNow}
            </button>
          </div>
        </section>
        {root && <RootCard root={root} />}
        {network.kind === 'fault' && <OtherNetwork />}
        {report && <Report report={report} />}
      </div>
    </section>
  )
}

function RootCard({ root }: { root: NetworkRoot }) {
  const words = useWords()
  const language = useLanguage()
  const own = words.network
  const countries = new Set(root.coordinators.map(({ country }) => country).filter(Boolean))
  return (
    <section className="card">
      <h2>{own.codeTitle}</h2>
      <ReadableCode code={root.code} label={own.codeTitle} testId="network-code" />
      <p className="muted">{own.codeHint}</p>
      <p className="muted">{own.firstSeen(moment(root.firstAt, language))}</p>
      <h2>{own.signers}</h2>
      <ul className="plain-list signers">
        {root.coordinators.map(({ keyid, name, country }) => (
          <li key={keyid}>
            <Flag country={country} /> {name ?? keyid.slice(0, 12)}
          </li>
        ))}
      </ul>
      <p className="muted">
        {countries.size > 1 ? own.needed(root.threshold) : own.neededPlain(root.threshold)}{' '}
        {own.validUntil(moment(root.expiresAt, language))}.
      </p>
    </section>
  )
}

/** The device knew another network: only a person who asked the coordinators may leave it. */
function OtherNetwork() {
  const { session } = useShell()
  const words = useWords()
  const language = useLanguage()
  const own = words.network
  const [asking, setAsking] = useState(false)
  const { busy, failure, run } = useTask()
  return (
    <section className="card">
      <h2>{own.otherTitle}</h2>
      <p className="muted">{own.otherHint}</p>
      <div className="row-actions">
        <button
          type="button"
          className="button danger-outline"
          data-testid="network-other"
          onClick={() => setAsking(true)}
        >
          {own.other}
        </button>
      </div>
      {asking && (
        <Dialog title={own.otherConfirm} onClose={() => setAsking(false)}>
          <p>{own.otherHint}</p>
          {failure && <Problem>{failureText(failure, language, words)}</Problem>}
          <div className="row-actions">
            <button
              type="button"
              className="button danger"
              data-testid="network-other-confirm"
              disabled={busy}
              onClick={() =>
                void run(async () => {
                  await institutionsOf(session).startOver()
                  setAsking(false)
                })
              }
            >
              {own.otherYes}
            </button>
            <button type="button" className="button" onClick={() => setAsking(false)}>
              {words.cancel}
            </button>
          </div>
        </Dialog>
      )}
    </section>
  )
}

function Report({ report }: { report: TrustReport }) {
  const words = useWords()
  const language = useLanguage()
  const name = useInstitutionName()
  const own = words.network
  return (
    <>
      <section className="card" data-testid="network-alarms">
        <h2>{own.alarms}</h2>
        {report.alarms.length === 0 && <p className="muted">{own.alarmsNone}</p>}
        <ul className="plain-list">
          {report.alarms.map((alarm) => (
            <li
              key={`${alarm.kind}${alarm.from}${alarm.since_ts}`}
              className="problem"
              data-kind={alarm.kind}
            >
              <div>
                <p>{alarm.message[language]}</p>
                <p>
                  {alarm.proven ? own.proven : own.reported}.{' '}
                  {own.from(moment(alarm.since_ts, language), moment(alarm.last_ts, language))}.
                </p>
              </div>
            </li>
          ))}
        </ul>
      </section>
      <section className="card" data-testid="network-list">
        <h2>{own.list}</h2>
        {!report.usable && <Problem>{own.unusable}</Problem>}
        {report.list_version !== null && <p>{own.version(report.list_version)}</p>}
        {report.expires_ts !== null && (
          <p className="muted">{own.validUntil(moment(report.expires_ts, language))}</p>
        )}
        {report.expires_soon && <p className="note">{own.soon}</p>}
      </section>
      <section className="card" data-testid="network-problems">
        <h2>{own.problems}</h2>
        {report.institution_problems.length === 0 && <p className="muted">{own.problemsNone}</p>}
        <ul className="plain-list">
          {report.institution_problems.map((one) => (
            <li key={`${one.institution}${one.reason}`}>
              <b>{name(one.institution)}</b>
              <p>{one.message[language]}</p>
            </li>
          ))}
        </ul>
      </section>
      <section className="card" data-testid="network-partners">
        <h2>{own.partners}</h2>
        {report.partners.length === 0 && <p className="muted">{own.partnerNone}</p>}
        <ul className="plain-list">
          {report.partners.map((one) => (
            <li key={one.server_name} data-state={one.state}>
              <b>{one.server_name}</b>: {own.partnerStates[one.state]}{' '}
              <span className="muted">({dateTime(one.asked_ts, language, words)})</span>
            </li>
          ))}
        </ul>
      </section>
    </>
  )
}
