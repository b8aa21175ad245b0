import { ArrowLeft } from 'lucide-react'
import { type ReactNode, useEffect, useState } from 'react'
import { saveFile } from '../../lib/save-file.ts'
import { appointmentsOf } from '../../viewmodel/departures/departures.ts'
import type { Appointment } from '../../viewmodel/departures/types.ts'
import { institutionsOf } from '../../viewmodel/institution/institutions.ts'
import type { OfficeModel } from '../../viewmodel/institution/types.ts'
import { failureText } from '../../words/format.ts'
import { date, ReadableCode } from '../institution/parts.tsx'
import {
  useInstitutionName,
  useLanguage,
  useModel,
  useShell,
  useStore,
  useTask,
  useWords,
} from '../ui/hooks.ts'
import { Flag, IconButton, Problem, Spinner } from '../ui/parts.tsx'
import { QrCode } from '../ui/qr-code.tsx'

/** Whom the network appointed, and how somebody is appointed where nobody is left who coordinates. */
export default function SuccessionPage(props: { nav: ReactNode }) {
  const { router, session } = useShell()
  const words = useWords()
  const language = useLanguage()
  const own = words.succession
  const me = useStore(session.me)
  const [found, setFound] = useState<{ appointments: Appointment[]; mine: string | null } | undefined>(
    undefined,
  )
  const { failure, run } = useTask()
  useEffect(() => {
    void run(async () => setFound(await appointmentsOf(session)))
  }, [session])
  const institution = found?.mine ?? me?.institution?.key
  return (
    <section className="page" data-testid="succession-page">
      <header className="page-head">
        <IconButton label={words.back} testId="back" onClick={router.back}>
          <ArrowLeft />
        </IconButton>
        <h1>{own.title}</h1>
      </header>
      {props.nav}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what is only read is scrolled with the keyboard too. */}
      <section className="page-scroll settings" aria-label={own.title} tabIndex={0}>
        <p className="muted">{own.hint}</p>
        {failure && <Problem>{failureText(failure, language, words)}</Problem>}
        {!found && !failure && <Spinner label={words.loading} />}
        {found?.mine && (
          <section className="card" data-testid="succession-mine">
            <h2>{own.mine}</h2>
            <p>{own.mineHint}</p>
            <div className="row-actions">
              <button
                type="button"
                className="button primary"
                data-testid="succession-to-key"
                onClick={() => router.go({ page: 'institution', key: found.mine ?? '' })}
              >
                {own.mineOpen}
              </button>
            </div>
          </section>
        )}
        {found && <Appointments found={found.appointments} />}
        {institution !== undefined && found?.mine === null && (
          <AskFor key={institution} institution={institution} />
        )}
      </section>
    </section>
  )
}

function Appointments({ found }: { found: readonly Appointment[] }) {
  const words = useWords()
  const language = useLanguage()
  const nameOf = useInstitutionName()
  const own = words.succession
  return (
    <section className="card" data-testid="succession-list">
      <h2>{own.now}</h2>
      {found.length === 0 && <p className="muted">{own.none}</p>}
      <ul className="plain-list">
        {found.map((one) => (
          <li key={one.institution} data-testid={`succession-${one.institution}`} data-taken={one.taken}>
            <b>{own.who(one.name ?? one.user_id ?? own.unknownPerson, nameOf(one.institution))}</b>
            {one.name && one.user_id && <p className="muted">{one.user_id}</p>}
            <p>
              {one.by.map((each, at) => (
                <span key={`${at}${each.name}`}>
                  <Flag country={each.country ?? undefined} />{' '}
                </span>
              ))}
              {own.by(
                one.by.map((each) => each.name ?? each.country ?? '').join(', '),
                date(one.at_ts, language),
              )}
            </p>
            <p className="muted">{one.taken ? own.taken : own.waiting}</p>
          </li>
        ))}
      </ul>
    </section>
  )
}

/** A key of the person's own, shown as what coordinators need in order to appoint them. */
function AskFor({ institution }: { institution: string }) {
  const { session } = useShell()
  const model = useModel(() => institutionsOf(session).office(institution), [session, institution])
  return model ? <Ask model={model} institution={institution} /> : null
}

function Ask({ model, institution }: { model: OfficeModel; institution: string }) {
  const { session } = useShell()
  const words = useWords()
  const language = useLanguage()
  const own = words.succession
  const { key } = useStore(model.state)
  const { busy, failure, run } = useTask()
  useEffect(() => {
    void model.load()
  }, [model])
  function download() {
    const file = model.keys.publicFile()
    if (!file) return
    const blob = new Blob([`${JSON.stringify(file, null, 2)}\n`], { type: 'application/json' })
    saveFile(blob, `${institution}.publica.json`)
  }
  return (
    <section className="card" data-testid="succession-ask">
      <h2>{own.ask}</h2>
      <ol className="bullets numbers">
        {own.askSteps.map((line) => (
          <li key={line}>{line}</li>
        ))}
      </ol>
      {key.kind === 'good' && <p className="note">{own.coordinatorsFirst}</p>}
      {failure && <Problem>{failureText(failure, language, words)}</Problem>}
      {key.kind === 'none' && (
        <div className="row-actions">
          <button
            type="button"
            className="button"
            data-testid="succession-make"
            disabled={busy}
            onClick={() => void run(() => model.keys.create())}
          >
            {own.make}
          </button>
        </div>
      )}
      {key.kind === 'unnamed' && (
        <div data-testid="succession-card">
          <p>{own.made}</p>
          <ReadableCode code={session.userId} label={own.account} testId="succession-account" />
          <ReadableCode code={key.code} label={own.code} testId="succession-code" />
          <QrCode text={`${session.userId} ${key.keyid}`} label={own.qr} />
          <p className="muted">{own.needStore}</p>
          <div className="row-actions">
            <button
              type="button"
              className="button primary"
              data-testid="succession-download"
              onClick={download}
            >
              {own.download}
            </button>
          </div>
        </div>
      )}
    </section>
  )
}
