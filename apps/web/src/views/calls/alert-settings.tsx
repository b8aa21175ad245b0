import { BellRing } from 'lucide-react'
import { type FormEvent, useCallback, useEffect, useState } from 'react'
import { type Failure, failureOf } from '../../lib/failure.ts'
import {
  type AlertChannel,
  type AlertDelivery,
  type AlertRecord,
  type AlertSettings,
  fetchAlertSettings,
  fetchAlerts,
  type PushState,
  pushState,
  saveAlertSettings,
  testAlertChannel,
  turnPushOff,
  turnPushOn,
} from '../../model/calls/alert-channels.ts'
import type { Words } from '../../words/es/index.ts'
import { dateTime, failureText } from '../../words/format.ts'
import { useLanguage, useShell, useStore, useWords } from '../ui/hooks.ts'
import { Problem, Spinner } from '../ui/parts.tsx'

const REFRESH_MS = 4_000

/** What became of one alert; of one that did not arrive, why, and what to do. */
export function outcome(one: AlertDelivery, words: Words): string {
  const state = words.calls.delivery[one.state]
  if (one.state !== 'failed' && (one.state !== 'queued' || one.reason === undefined)) return state
  const why = words.calls.undelivered
  return `${state}: ${why[one.reason as keyof typeof why] ?? why.other}`
}

/** How this person is reached when an urgent case is theirs: channels, quiet hours, a test of each, what was sent. */
export function AlertSettingsCard() {
  const { session } = useShell()
  const words = useWords()
  const language = useLanguage()
  const [settings, setSettings] = useState<AlertSettings | 'none' | undefined>(undefined)
  const [recent, setRecent] = useState<readonly AlertRecord[]>([])
  const [failure, setFailure] = useState<Failure | undefined>(undefined)
  const [notice, setNotice] = useState('')
  const load = useCallback(() => {
    setFailure(undefined)
    fetchAlertSettings(session.request).then(
      (found) => setSettings(found ?? 'none'),
      (error: unknown) => setFailure(failureOf(error)),
    )
  }, [session])
  const loadRecent = useCallback(() => {
    fetchAlerts(session.request).then(
      (found) => setRecent(found.slice(0, 8)),
      () => undefined,
    )
  }, [session])
  useEffect(load, [load])
  useEffect(() => {
    loadRecent()
    const timer = setInterval(loadRecent, REFRESH_MS)
    return () => clearInterval(timer)
  }, [loadRecent])

  async function run(work: () => Promise<void>, said: string) {
    setFailure(undefined)
    setNotice('')
    try {
      await work()
      setNotice(said)
      loadRecent()
    } catch (error) {
      setFailure(failureOf(error))
    }
  }
  const test = (channel: AlertChannel) => (
    <button
      type="button"
      className="button"
      data-testid={`alert-test-${channel}`}
      onClick={() => void run(() => testAlertChannel(session.request, channel), words.calls.alerts.tested)}
    >
      {words.calls.alerts.test}
    </button>
  )

  return (
    <section className="card" data-testid="alert-settings">
      <h3>
        <BellRing aria-hidden="true" /> {words.calls.alerts.title}
      </h3>
      <p className="muted">{words.calls.alerts.hint}</p>
      {failure && (
        <Problem
          action={
            <button type="button" className="button" onClick={load}>
              {words.retry}
            </button>
          }
        >
          {failureText(failure, language, words)}
        </Problem>
      )}
      {settings === undefined && !failure && <Spinner label={words.loading} />}
      {settings === 'none' && <p>{words.calls.alerts.unavailable}</p>}
      {settings !== undefined && settings !== 'none' && (
        <>
          <div className="setting-row">
            <span>{words.calls.alerts.here}</span>
            {test('client')}
          </div>
          <PushRow settings={settings} onChange={load} test={test('web_push')} />
          <AddressForm
            key={JSON.stringify(settings)}
            settings={settings}
            test={test}
            onSave={(next) =>
              void run(async () => {
                setSettings(await saveAlertSettings(session.request, next))
              }, words.calls.alerts.saved)
            }
          />
        </>
      )}
      <p role="status" className="notice">
        {notice}
      </p>
      {settings !== 'none' && (
        <>
          <h4>{words.calls.alerts.recent}</h4>
          {recent.length === 0 && <p className="muted">{words.calls.alerts.none}</p>}
          <ul className="call-history" data-testid="alerts-recent">
            {recent.map((alert) => (
              <li key={alert.id}>
                <time dateTime={new Date(alert.raised_ts).toISOString()}>
                  {dateTime(alert.raised_ts, language, words)}
                </time>
                <span>
                  {words.calls.alerts.kind[alert.kind]}
                  {alert.reference && ` ${alert.reference}`}
                  {alert.deliveries.map(
                    (one) => ` · ${words.calls.channel[one.channel]}: ${outcome(one, words)}`,
                  )}
                </span>
              </li>
            ))}
          </ul>
        </>
      )}
    </section>
  )
}

function PushRow(props: { settings: AlertSettings; onChange(): void; test: React.ReactNode }) {
  const { session } = useShell()
  const words = useWords()
  const [state, setState] = useState<PushState | undefined>(undefined)
  const [busy, setBusy] = useState(false)
  useEffect(() => {
    void pushState().then(setState)
  }, [])
  const key = props.settings.vapid_public_key
  const offered = props.settings.offered['web_push'] === true && typeof key === 'string'
  async function change(work: () => Promise<PushState>) {
    setBusy(true)
    try {
      setState(await work())
    } catch {
      setState('unsupported')
    } finally {
      setBusy(false)
      props.onChange()
    }
  }
  return (
    <div className="setting-row" data-testid="alert-push" data-state={state}>
      <span>
        {words.calls.alerts.push}
        {!offered && <span className="muted"> {words.calls.alerts.off}</span>}
        {offered && state === 'denied' && <span className="muted"> {words.calls.alerts.pushDenied}</span>}
        {offered && state === 'unsupported' && <span className="muted"> {words.calls.alerts.pushNone}</span>}
      </span>
      {offered && state === 'off' && (
        <button
          type="button"
          className="button primary"
          data-testid="alert-push-on"
          disabled={busy}
          onClick={() => void change(() => turnPushOn(session.request, key))}
        >
          {words.calls.alerts.pushOn}
        </button>
      )}
      {offered && state === 'on' && (
        <>
          <button
            type="button"
            className="button"
            disabled={busy}
            onClick={() =>
              void change(() =>
                turnPushOff(session.request, props.settings.push_subscriptions, session.deviceId),
              )
            }
          >
            {words.calls.alerts.pushOff}
          </button>
          {props.test}
        </>
      )}
    </div>
  )
}

const EMAIL = /^[^\s@]+@[^\s@]+\.[^\s@]+$/
const PHONE = /^\+[1-9]\d{6,14}$/
const everyDay = [1, 2, 3, 4, 5, 6, 7]

function AddressForm(props: {
  settings: AlertSettings
  test(channel: AlertChannel): React.ReactNode
  onSave(next: AlertSettings): void
}) {
  const { session } = useShell()
  const words = useWords()
  const me = useStore(session.me)
  const { settings } = props
  const [email, setEmail] = useState(settings.email ?? '')
  const [phone, setPhone] = useState(settings.phone ?? '')
  const [quiet, setQuiet] = useState(settings.quiet_hours !== null)
  const [start, setStart] = useState(settings.quiet_hours?.start ?? '21:00')
  const [end, setEnd] = useState(settings.quiet_hours?.end ?? '06:00')
  const [problem, setProblem] = useState<'badEmail' | 'badPhone' | undefined>(undefined)
  function save(event: FormEvent) {
    event.preventDefault()
    const number = phone.replaceAll(/[\s().-]/g, '')
    const bad =
      email.trim() && !EMAIL.test(email.trim())
        ? 'badEmail'
        : number && !PHONE.test(number)
          ? 'badPhone'
          : undefined
    setProblem(bad)
    if (bad) return
    const zone = me?.institution?.country === 'GT' ? 'America/Guatemala' : 'America/Tegucigalpa'
    props.onSave({
      ...settings,
      email: email.trim() || null,
      phone: number || null,
      on: { ...settings.on, email: email.trim() !== '' || settings.on.email },
      quiet_hours: quiet
        ? {
            start,
            end,
            time_zone: settings.quiet_hours?.time_zone ?? zone,
            weekdays: settings.quiet_hours?.weekdays ?? everyDay,
          }
        : null,
    })
  }
  return (
    <form className="alert-form" noValidate onSubmit={save}>
      <label>
        {words.calls.alerts.email}
        <input
          type="email"
          value={email}
          maxLength={254}
          autoComplete="email"
          placeholder={words.calls.alerts.emailHint}
          data-testid="alert-email"
          disabled={!settings.offered['email']}
          onChange={(event) => setEmail(event.target.value)}
        />
      </label>
      {settings.offered['email'] ? (
        settings.email && props.test('email')
      ) : (
        <p className="muted">{words.calls.alerts.off}</p>
      )}
      <label>
        {words.calls.alerts.phone}
        <input
          type="tel"
          value={phone}
          maxLength={24}
          autoComplete="tel"
          placeholder={words.calls.alerts.phoneHint}
          data-testid="alert-phone"
          disabled={!settings.offered['webhook']}
          onChange={(event) => setPhone(event.target.value)}
        />
      </label>
      {settings.offered['webhook'] ? (
        settings.phone && props.test('webhook')
      ) : (
        <p className="muted">{words.calls.alerts.off}</p>
      )}
      <fieldset>
        <legend>{words.calls.alerts.quiet}</legend>
        <label className="check">
          <input
            type="checkbox"
            checked={quiet}
            data-testid="alert-quiet"
            onChange={(event) => setQuiet(event.target.checked)}
          />
          {words.calls.alerts.quietOn}
        </label>
        {quiet && (
          <div className="row-actions">
            <label>
              {words.calls.alerts.from}
              <input type="time" required value={start} onChange={(event) => setStart(event.target.value)} />
            </label>
            <label>
              {words.calls.alerts.to}
              <input type="time" required value={end} onChange={(event) => setEnd(event.target.value)} />
            </label>
          </div>
        )}
        <p className="muted">{words.calls.alerts.quietHint}</p>
      </fieldset>
      {problem && <Problem>{words.calls.alerts[problem]}</Problem>}
      <button type="submit" className="button primary" data-testid="alert-save">
        {words.calls.alerts.save}
      </button>
    </form>
  )
}
