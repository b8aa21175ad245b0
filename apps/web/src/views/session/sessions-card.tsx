import { MonitorSmartphone } from 'lucide-react'
import { useCallback, useEffect, useState } from 'react'
import {
  listDevices,
  type OwnDevice,
  renameDevice,
  signOutDevice,
  signOutOthers,
} from '../../viewmodel/session/devices.ts'
import { dateTime } from '../../words/format.ts'
import { anchor } from '../ui/anchor.ts'
import { useLanguage, useShell, useStore, useWords } from '../ui/hooks.ts'
import { Problem, Spinner } from '../ui/parts.tsx'
import { Confirm, NameDialog } from './confirm-dialogs.tsx'

/** Where the account is open: each session with its times and place, to be named and ended. */
export function SessionsCard() {
  const { session, router } = useShell()
  const words = useWords()
  const language = useLanguage()
  const [devices, setDevices] = useState<readonly OwnDevice[] | 'failed' | undefined>(undefined)
  const [ending, setEnding] = useState<OwnDevice | 'others' | undefined>(undefined)
  const [naming, setNaming] = useState<OwnDevice | undefined>(undefined)
  const load = useCallback(() => {
    listDevices(session).then(setDevices, () => setDevices('failed'))
  }, [session])
  useEffect(load, [load])
  const security = useStore(session.encryption.state)
  const keyKept = useStore(session.encryption.kept)
  /** What opens earlier messages is perhaps on the other devices alone. */
  const warning = security === 'ready' || security === 'unsaved' || keyKept ? '' : ` ${words.keyLoss.others}`
  const when = (ts: number) => dateTime(ts, language, words)
  const all = Array.isArray(devices) ? (devices as OwnDevice[]) : []
  const done = (): undefined => {
    setEnding(undefined)
    setNaming(undefined)
    load()
  }
  return (
    <section className="card" data-testid="sessions" {...anchor('sesiones')}>
      <h2>{words.sessions.title}</h2>
      <p className="muted">{words.sessions.hint}</p>
      {devices === undefined && <Spinner label={words.loading} />}
      {devices === 'failed' && (
        <Problem
          action={
            <button type="button" className="button" onClick={load}>
              {words.retry}
            </button>
          }
        >
          {words.settings.devicesFailed}
        </Problem>
      )}
      <ul className="plain-list">
        {all.map((device) => (
          <li
            key={device.id}
            className="setting"
            data-testid="device"
            data-current={device.current}
            {...anchor(`sesion-${device.id}`)}
          >
            <MonitorSmartphone aria-hidden="true" />
            <p>
              <b>{device.name}</b>
              {device.current && <span className="tag">{words.settings.thisDevice}</span>}
              <span className="session-facts muted">
                {device.lastSeen !== undefined && <span>{words.sessions.last(when(device.lastSeen))}</span>}
                {device.firstSeen !== undefined && (
                  <span>{words.sessions.first(when(device.firstSeen))}</span>
                )}
                {device.address !== undefined && <span>{words.sessions.address(device.address)}</span>}
                {device.with !== undefined && <span>{words.sessions.way[device.with]}</span>}
              </span>
            </p>
            <button
              type="button"
              className="button"
              data-testid="device-rename"
              aria-label={`${words.sessions.rename}: ${device.name}`}
              onClick={() => setNaming(device)}
            >
              {words.sessions.rename}
            </button>
            {!device.current && (
              <button
                type="button"
                className="button"
                data-testid="device-sign-out"
                aria-label={`${words.settings.signOutDevice}: ${device.name}`}
                onClick={() => setEnding(device)}
              >
                {words.settings.signOutDevice}
              </button>
            )}
          </li>
        ))}
      </ul>
      <p className="muted">{words.otherDevice.approve.openHint}</p>
      <div className="row-actions">
        <button
          type="button"
          className="button"
          data-testid="new-device-open"
          onClick={() => router.go({ page: 'new-device' })}
        >
          {words.otherDevice.approve.open}
        </button>
      </div>
      {all.length > 1 && (
        <div className="row-actions">
          <button
            type="button"
            className="button danger-outline"
            data-testid="sessions-end-others"
            onClick={() => setEnding('others')}
          >
            {words.sessions.endOthers}
          </button>
        </div>
      )}
      {ending && (
        <Confirm
          asker={session}
          title={
            ending === 'others' ? words.sessions.endOthers : words.settings.signOutDeviceTitle(ending.name)
          }
          hint={`${ending === 'others' ? words.sessions.endOthersHint : words.settings.signOutDeviceHint}${warning}`}
          submit={ending === 'others' ? words.sessions.endOthers : words.settings.signOutDevice}
          danger
          onClose={() => setEnding(undefined)}
          act={async (proof) =>
            (await (ending === 'others'
              ? signOutOthers(session, proof)
              : signOutDevice(session, ending.id, proof))) ?? done()
          }
        />
      )}
      {naming && (
        <NameDialog
          title={words.sessions.renameTitle}
          label={words.sessions.name}
          name={naming.name}
          onClose={() => setNaming(undefined)}
          save={async (name) => {
            await renameDevice(session, naming.id, name)
            done()
          }}
        />
      )}
    </section>
  )
}
