import { BellRing } from 'lucide-react'
import { type FormEvent, type ReactNode, useState } from 'react'
import {
  createAlertSettings,
  formOf,
  inUseOf,
  reachedOutside,
  unconfirmed,
} from '../../viewmodel/calls/alert-settings.ts'
import { alertOutcome } from '../../viewmodel/calls/alert-text.ts'
import type {
  AddressChannel,
  AlertChannel,
  AlertFormProblem,
  AlertSettings,
  AlertSettingsModel,
  AlertSettingsState,
} from '../../viewmodel/calls/types.ts'
import { dateTime, failureText } from '../../words/format.ts'
import { FormGroup } from '../ui/choice.tsx'
import { useLanguage, useModel, useShell, useStore, useWords } from '../ui/hooks.ts'
import { Problem, Spinner } from '../ui/parts.tsx'

/** How this person is reached when an urgent case is theirs: channels, quiet hours, a test of each, what was sent. */
export function AlertSettingsCard() {
  const { session } = useShell()
  const model = useModel(() => createAlertSettings(session), [session])
  return model ? <Card model={model} /> : null
}

function Card({ model }: { model: AlertSettingsModel }) {
  const words = useWords()
  const language = useLanguage()
  const { settings, recent, failure, failedAt, notice, push } = useStore(model.state)
  const test = (channel: AlertChannel) => (
    <button
      type="button"
      className="button"
      data-testid={`alert-test-${channel}`}
      onClick={() => void model.test(channel)}
    >
      {words.calls.alerts.test}
    </button>
  )

  return (
    <section className="card" data-testid="alert-settings">
      <h2>
        <BellRing aria-hidden="true" /> {words.calls.alerts.title}
      </h2>
      <p className="muted">{words.calls.alerts.hint}</p>
      {failure && !failedAt && (
        <Problem
          action={
            <button type="button" className="button" onClick={() => void model.load()}>
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
          <PushRow push={push} onTurn={(on) => void model.turnPush(on)} test={test('web_push')} />
          {Object.values(settings.offered).filter(Boolean).length > 1 && !reachedOutside(settings) && (
            <p className="note" data-testid="alert-only-here">
              {words.calls.alerts.onlyHere}
            </p>
          )}
          <AddressForm key={JSON.stringify(settings)} settings={settings} test={test} model={model} />
        </>
      )}
      <p role="status" className="notice">
        {notice && words.calls.alerts[notice]}
      </p>
      {settings !== 'none' && (
        <>
          <h3>{words.calls.alerts.recent}</h3>
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
                    (one) => ` · ${words.calls.channel[one.channel]}: ${alertOutcome(one, words)}`,
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

function PushRow(props: { push: AlertSettingsState['push']; onTurn(on: boolean): void; test: ReactNode }) {
  const { offered, state, busy } = props.push
  const words = useWords()
  return (
    <div className="setting-row" data-testid="alert-push" data-state={state}>
      <span>
        {words.calls.alerts.push}
        {!offered && <span className="muted"> {words.calls.alerts.off}</span>}
        {offered && state === 'denied' && <span className="muted"> {words.calls.alerts.pushDenied}</span>}
        {offered && state === 'on' && <span className="muted"> {words.calls.alerts.pushMessages}</span>}
        {offered && state === 'unsupported' && <span className="muted"> {words.calls.alerts.pushNone}</span>}
      </span>
      {offered && state === 'off' && (
        <button
          type="button"
          className="button primary"
          data-testid="alert-push-on"
          disabled={busy}
          onClick={() => props.onTurn(true)}
        >
          {words.calls.alerts.pushOn}
        </button>
      )}
      {offered && state === 'on' && (
        <>
          <button type="button" className="button" disabled={busy} onClick={() => props.onTurn(false)}>
            {words.calls.alerts.pushOff}
          </button>
          {props.test}
        </>
      )}
    </div>
  )
}

function AddressForm(props: {
  settings: AlertSettings
  test(channel: AlertChannel): ReactNode
  model: AlertSettingsModel
}) {
  const words = useWords()
  const { settings } = props
  const [form, setForm] = useState(() => formOf(settings))
  const [problem, setProblem] = useState<AlertFormProblem | undefined>(undefined)
  const change = (fields: Partial<typeof form>) => setForm({ ...form, ...fields })
  function save(event: FormEvent) {
    event.preventDefault()
    setProblem(props.model.save(form))
  }
  const below = (channel: AddressChannel, address: string | null) => {
    if (!settings.offered[channel]) return <p className="muted">{words.calls.alerts.off}</p>
    const waits = unconfirmed(settings, channel)
    if (waits !== undefined)
      return (
        <Confirmation
          channel={channel}
          address={waits}
          inUse={inUseOf(settings, channel)}
          model={props.model}
        />
      )
    return address !== null && props.test(channel)
  }
  return (
    <form className="alert-form" noValidate onSubmit={save}>
      <label>
        {words.calls.alerts.email}
        <input
          type="email"
          value={form.email}
          maxLength={254}
          autoComplete="email"
          placeholder={words.calls.alerts.emailHint}
          data-testid="alert-email"
          disabled={!settings.offered['email']}
          onChange={(event) => change({ email: event.target.value })}
        />
      </label>
      {below('email', settings.email)}
      {settings.offered['email'] && settings.on.digest !== undefined && (
        <label className="check">
          <input
            type="checkbox"
            checked={form.digest}
            data-testid="alert-digest"
            onChange={(event) => change({ digest: event.target.checked })}
          />
          {words.calls.alerts.digest}
        </label>
      )}
      <label>
        {words.calls.alerts.phone}
        <input
          type="tel"
          value={form.phone}
          maxLength={24}
          autoComplete="tel"
          placeholder={words.calls.alerts.phoneHint}
          data-testid="alert-phone"
          disabled={!settings.offered['webhook']}
          onChange={(event) => change({ phone: event.target.value })}
        />
      </label>
      {below('webhook', settings.phone)}
      <FormGroup title={words.calls.alerts.quiet}>
        <label className="check">
          <input
            type="checkbox"
            checked={form.quiet}
            data-testid="alert-quiet"
            onChange={(event) => change({ quiet: event.target.checked })}
          />
          {words.calls.alerts.quietOn}
        </label>
        {form.quiet && (
          <div className="row-actions">
            <label>
              {words.calls.alerts.from}
              <input
                type="time"
                required
                value={form.start}
                onChange={(event) => change({ start: event.target.value })}
              />
            </label>
            <label>
              {words.calls.alerts.to}
              <input
                type="time"
                required
                value={form.end}
                onChange={(event) => change({ end: event.target.value })}
              />
            </label>
          </div>
        )}
        <p className="muted">{words.calls.alerts.quietHint}</p>
      </FormGroup>
      {problem && <Problem>{words.calls.alerts[problem]}</Problem>}
      <button type="submit" className="button primary" data-testid="alert-save">
        {words.calls.alerts.save}
      </button>
    </form>
  )
}

/** A new address waits for the code that was sent there. */
function Confirmation(props: {
  channel: AddressChannel
  address: string
  inUse: string | undefined
  model: AlertSettingsModel
}) {
  const { channel, address, inUse, model } = props
  const words = useWords()
  const language = useLanguage()
  const { failure, failedAt } = useStore(model.state)
  const [code, setCode] = useState('')
  const confirm = () => void model.confirm(channel, code)
  return (
    <div className="note address-code" data-testid={`alert-unconfirmed-${channel}`}>
      <p>
        {words.calls.alerts.code.hint(address)}{' '}
        {inUse === undefined ? words.calls.alerts.code.nowhere : words.calls.alerts.code.former(inUse)}
      </p>
      <label>
        {words.calls.alerts.code.label}
        <input
          type="text"
          inputMode="numeric"
          autoComplete="one-time-code"
          maxLength={12}
          value={code}
          data-testid={`alert-code-${channel}`}
          onChange={(event) => setCode(event.target.value)}
          onKeyDown={(event) => {
            if (event.key !== 'Enter') return
            // The form around it saves the settings.
            event.preventDefault()
            confirm()
          }}
        />
      </label>
      {failure && failedAt === channel && <Problem>{failureText(failure, language, words)}</Problem>}
      <div className="row-actions">
        <button
          type="button"
          className="button primary"
          data-testid={`alert-confirm-${channel}`}
          disabled={code.replaceAll(/\D/g, '').length !== 6}
          onClick={confirm}
        >
          {words.calls.alerts.code.confirm}
        </button>
        <button
          type="button"
          className="button"
          data-testid={`alert-send-code-${channel}`}
          onClick={() => void model.askForCode(channel)}
        >
          {words.calls.alerts.code.again}
        </button>
      </div>
    </div>
  )
}
