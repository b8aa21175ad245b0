import { ArrowLeft, ShieldCheck } from 'lucide-react'
import { type FormEvent, useEffect, useState } from 'react'
import type { Failure } from '../../lib/failure.ts'
import {
  type AskingDevice,
  admitDevice,
  lookAtDevice,
  refuseDevice,
  whenDeviceIsIn,
} from '../../viewmodel/session/new-device.ts'
import { dateTime, failureText } from '../../words/format.ts'
import { useLanguage, useShell, useStore, useTask, useWords } from '../ui/hooks.ts'
import { IconButton, Problem, Spinner } from '../ui/parts.tsx'
import { ProofForm } from './proof.tsx'
import { VerifyNewDeviceDialog } from './verify.tsx'

/** Another device of one's own asks to be let in: what asks, the proof, and confirming it by pictures. */
export default function NewDevicePage({ code }: { code: string | undefined }) {
  const { router } = useShell()
  const words = useWords()
  const own = words.otherDevice.approve
  return (
    <section className="page">
      <header className="page-head">
        <IconButton label={words.back} onClick={() => router.go({ page: 'settings' })}>
          <ArrowLeft />
        </IconButton>
        <h1>{own.title}</h1>
      </header>
      <div className="page-scroll settings" data-testid="new-device">
        {code === undefined ? <TypeCode /> : <Asking key={code} code={code} />}
      </div>
    </section>
  )
}

function TypeCode() {
  const { router } = useShell()
  const own = useWords().otherDevice.approve
  const [typed, setTyped] = useState('')
  const plain = typed.toUpperCase().replace(/[^A-Z]/g, '')
  function go(event: FormEvent) {
    event.preventDefault()
    if (plain.length === 8)
      router.go({ page: 'new-device', code: `${plain.slice(0, 4)}-${plain.slice(4)}` }, { replace: true })
  }
  return (
    <form className="card" onSubmit={go}>
      <p>{own.typeHint}</p>
      <label className="field">
        <span>{own.code}</span>
        <input
          className="mono"
          data-testid="new-device-code"
          value={typed}
          autoComplete="off"
          autoCapitalize="characters"
          spellCheck={false}
          maxLength={12}
          placeholder="BCDF-GHJK"
          onChange={(event) => setTyped(event.target.value)}
        />
      </label>
      <p className="note">{own.warn}</p>
      <div className="row-actions">
        <button
          type="submit"
          className="button primary"
          data-testid="new-device-go"
          disabled={plain.length !== 8}
        >
          {own.go}
        </button>
      </div>
    </form>
  )
}

function Asking({ code }: { code: string }) {
  const { session, router } = useShell()
  const words = useWords()
  const language = useLanguage()
  const own = words.otherDevice.approve
  const [found, setFound] = useState<AskingDevice | undefined>(undefined)
  const [missed, setMissed] = useState<Failure | undefined>(undefined)
  const [end, setEnd] = useState<'admitted' | 'refused' | undefined>(undefined)
  const [inFront, setInFront] = useState(false)
  const [tries, setTries] = useState(0)
  const { busy, failure, run } = useTask()
  useEffect(() => {
    let current = true
    setMissed(undefined)
    void lookAtDevice(session, code).then((seen) => {
      if (!current) return
      if ('device' in seen) setFound(seen.device)
      else setMissed(seen.failure)
    })
    return () => {
      current = false
    }
  }, [session, code, tries])

  if (end === 'refused')
    return (
      <section className="card">
        <p role="status" data-testid="new-device-refused">
          {own.refusedDone}
        </p>
        <ToSessions />
      </section>
    )
  if (end === 'admitted' && found) return <Admitted deviceId={found.device_id} />
  if (missed)
    return (
      <section className="card">
        <Problem
          action={
            missed.kind === 'refused' ? undefined : (
              <button type="button" className="button" onClick={() => setTries(tries + 1)}>
                {words.retry}
              </button>
            )
          }
        >
          {failureText(missed, language, words)}
        </Problem>
        <div className="row-actions">
          <button
            type="button"
            className="button primary"
            data-testid="new-device-other"
            onClick={() => router.go({ page: 'new-device' }, { replace: true })}
          >
            {own.other}
          </button>
        </div>
      </section>
    )
  if (!found) return <Spinner label={own.looking} />
  return (
    <section className="card" data-testid="new-device-asks">
      <h2>{own.asks}</h2>
      <p>{own.what}</p>
      <p>{own.compare}</p>
      <p className="device-code">
        <b translate="no">{found.user_code}</b>
      </p>
      <dl className="device-facts">
        <div>
          <dt>{own.application}</dt>
          <dd>
            {found.client.name === null ? found.client.host : `«${found.client.name}» (${found.client.host})`}
          </dd>
        </div>
        {found.asked_ts !== null && (
          <div>
            <dt>{own.when}</dt>
            <dd>{dateTime(found.asked_ts, language, words)}</dd>
          </div>
        )}
        {found.network !== null && (
          <div>
            <dt>{own.from}</dt>
            <dd>
              {found.network}
              {found.same_network && ` (${own.sameNetwork})`}
            </dd>
          </div>
        )}
      </dl>
      {!found.same_network && (
        <p className="note" data-testid="new-device-elsewhere">
          {own.otherNetwork}
        </p>
      )}
      <p className="note">{own.warn}</p>
      {failure && <Problem>{failureText(failure, language, words)}</Problem>}
      <ProofForm
        asker={session}
        submit={own.yes}
        submitTestId="new-device-yes"
        ready={inFront && !busy}
        back={own.no}
        onBack={() =>
          void run(async () => {
            await refuseDevice(session, code)
            setEnd('refused')
          })
        }
        act={async (proof) => {
          const problem = await admitDevice(session, code, proof)
          if (problem === undefined) setEnd('admitted')
          return problem
        }}
      >
        <label className="check-line">
          <input
            type="checkbox"
            data-testid="new-device-in-front"
            checked={inFront}
            onChange={(event) => setInFront(event.target.checked)}
          />
          <span>{own.inFront}</span>
        </label>
      </ProofForm>
    </section>
  )
}

/** Let in; what is left is that this device confirms it, so that it opens what was written before. */
function Admitted({ deviceId }: { deviceId: string }) {
  const { session } = useShell()
  const own = useWords().otherDevice.approve
  const security = useStore(session.encryption.state)
  const [isIn, setIn] = useState(false)
  const [comparing, setComparing] = useState(false)
  const [confirmed, setConfirmed] = useState(false)
  useEffect(() => whenDeviceIsIn(session, deviceId, () => setIn(true)), [session, deviceId])
  return (
    <section className="card" data-testid="new-device-admitted">
      <p className="office-line good" role="status">
        <ShieldCheck aria-hidden="true" />
        <b>{confirmed ? own.confirmed : own.admitted}</b>
      </p>
      {!confirmed &&
        (security === 'unconfirmed' ? (
          <p className="note">{own.cannotConfirm}</p>
        ) : (
          <>
            <p>{own.confirmHint}</p>
            {isIn ? (
              <div className="row-actions">
                <button
                  type="button"
                  className="button primary"
                  data-testid="new-device-confirm"
                  onClick={() => setComparing(true)}
                >
                  {own.confirm}
                </button>
              </div>
            ) : (
              <Spinner label={own.soon} />
            )}
          </>
        ))}
      <ToSessions />
      {comparing && (
        <VerifyNewDeviceDialog
          deviceId={deviceId}
          onClose={(done) => {
            setComparing(false)
            if (done) setConfirmed(true)
          }}
        />
      )}
    </section>
  )
}

function ToSessions() {
  const { router } = useShell()
  const own = useWords().otherDevice.approve
  return (
    <div className="row-actions">
      <button type="button" className="button" onClick={() => router.go({ page: 'settings' })}>
        {own.toSessions}
      </button>
    </div>
  )
}
