import { useEffect, useState } from 'react'
import {
  type InstallWay,
  install,
  installPossible,
  installWay,
  mayOffer,
  notNow,
} from '../../viewmodel/phone/install.ts'
import { askToPersist, onFirstSent } from '../../viewmodel/phone/storage.ts'
import { useShell, useStore, useWords } from '../ui/hooks.ts'

/** After the first message that has gone: now it has been of use. Whoever says no is asked once more, a month later. */
export default function InstallOffer() {
  const { session } = useShell()
  const words = useWords().phone.install
  const [isDue, setDue] = useState(false)
  const [busy, setBusy] = useState(false)
  // The browser may say so only later.
  useStore(installPossible)
  useEffect(
    () =>
      onFirstSent(session, () => {
        void askToPersist()
        setDue(true)
      }),
    [session],
  )
  const way: InstallWay | undefined = isDue && mayOffer() ? installWay() : undefined
  if (!way && !busy) return null
  return (
    <section className="install-offer" aria-label={words.title} data-testid="install-offer">
      <img src="/icon.svg" alt="" width="40" height="40" />
      <div>
        <b>{words.title}</b>
        <p>{way === 'words' ? words.apple : words.text}</p>
      </div>
      <div className="row-actions">
        {way === 'prompt' && (
          <button
            type="button"
            className="button primary"
            data-testid="install-take"
            disabled={busy}
            onClick={() => {
              setBusy(true)
              void install().finally(() => {
                setDue(false)
                setBusy(false)
                void askToPersist()
              })
            }}
          >
            {words.take}
          </button>
        )}
        <button
          type="button"
          className="button quiet"
          data-testid="install-no"
          onClick={() => {
            notNow()
            setDue(false)
          }}
        >
          {words.no}
        </button>
      </div>
    </section>
  )
}
