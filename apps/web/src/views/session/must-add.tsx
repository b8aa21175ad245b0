import { ShieldAlert } from 'lucide-react'
import { useCallback, useMemo, useState } from 'react'
import '../../styles/index.css'
import type { FactorsState } from '../../viewmodel/session/factors.ts'
import type { AppState } from '../../viewmodel/session/types.ts'
import { useTitle, useWords } from '../ui/hooks.ts'
import { ForgetHere } from './forget-here.tsx'
import { LanguageSwitch } from './sign-in.tsx'
import { SignInSecurity } from './sign-in-security.tsx'

/** The time is over: whoever must have a second factor adds one here, before anything else opens. */
export default function MustAdd(props: { state: Extract<AppState, { phase: 'must-add' }> }) {
  const words = useWords()
  const { request, userId, password, done } = props.state
  const asker = useMemo(() => ({ request, userId }), [request, userId])
  const [ready, setReady] = useState(false)
  const onChange = useCallback(
    (factors: FactorsState) => setReady(factors.totp !== null || factors.passkeys.length > 0),
    [],
  )
  useTitle(`${words.factors.mustTitle} · Enlace`)
  return (
    <main className="sign-in" data-testid="must-add">
      <div className="card sign-in-card settings-card">
        <h1>
          <ShieldAlert aria-hidden="true" /> {words.factors.mustTitle}
        </h1>
        <p>{words.factors.mustText}</p>
        <SignInSecurity asker={asker} password={password} onChange={onChange} />
        <div className="row-actions">
          <button
            type="button"
            className="button primary big"
            data-testid="must-continue"
            disabled={!ready}
            onClick={done}
          >
            {words.factors.mustContinue}
          </button>
          <ForgetHere label={words.settings.signOut} />
        </div>
      </div>
      <footer className="sign-in-foot">
        <LanguageSwitch />
      </footer>
    </main>
  )
}
