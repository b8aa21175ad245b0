import { useEffect, useState } from 'react'
import '../../styles/index.css'
import { askOtherDevice } from '../../viewmodel/session/other-device.ts'
import type { GrantPlaces, OtherDeviceState, OtherDevice as Way } from '../../viewmodel/session/types.ts'
import { time } from '../../words/format.ts'
import { useApp, useLanguage, useStore, useWords } from '../ui/hooks.ts'
import { Problem, Spinner } from '../ui/parts.tsx'
import { QrCode } from '../ui/qr-code.tsx'

/** This device shows a code; another one that is signed in scans or types it, and lets this one in. */
export default function OtherDeviceCard(props: { places: GrantPlaces; onBack(): void }) {
  const { app } = useApp()
  const words = useWords()
  const own = words.otherDevice
  const { places } = props
  const [way, setWay] = useState<Way | undefined>(undefined)
  useEffect(() => {
    const made = askOtherDevice(app, places)
    setWay(made)
    return () => made.close()
  }, [app, places])
  return (
    <section className="card sign-in-card" data-testid="other-device" aria-labelledby="other-device-title">
      <h2 id="other-device-title">{own.title}</h2>
      {way ? <Shown way={way} /> : <Spinner label={own.starting} />}
      <button
        type="button"
        className="button quiet big"
        data-testid="other-device-back"
        onClick={props.onBack}
      >
        {own.back}
      </button>
    </section>
  )
}

function Shown({ way }: { way: Way }) {
  const state = useStore<OtherDeviceState>(way.state)
  const words = useWords()
  const language = useLanguage()
  const own = words.otherDevice
  switch (state.phase) {
    case 'starting':
      return <Spinner label={own.starting} />
    case 'entering':
      return <Spinner label={own.entering} />
    case 'ended':
      return (
        <>
          <Problem>{own.ended[state.why]}</Problem>
          <button
            type="button"
            className="button primary big"
            data-testid="other-device-again"
            data-why={state.why}
            onClick={() => way.again()}
          >
            {own.again}
          </button>
        </>
      )
    case 'shown': {
      const { userCode, link, page, until } = state.shown
      return (
        <>
          <p>{own.intro}</p>
          <QrCode text={link} label={own.qr} />
          <p className="device-code" data-testid="other-device-code" data-link={link}>
            <span className="muted">{own.code}</span>
            <b translate="no">{userCode}</b>
          </p>
          <ol className="bullets numbers">
            {own.steps.map((step) => (
              <li key={step}>{step}</li>
            ))}
          </ol>
          <p className="muted">{own.orType(page.replace(/^https?:\/\//, ''))}</p>
          <p className="muted" role="status">
            {state.online ? own.waiting : own.offline} {own.until(time(until, language))}
          </p>
        </>
      )
    }
  }
}
