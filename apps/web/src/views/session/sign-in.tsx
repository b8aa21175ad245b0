import {
  Building2,
  Eye,
  EyeOff,
  KeyRound,
  Languages,
  Lock,
  QrCode as QrCodeIcon,
  UserRound,
} from 'lucide-react'
import { type FormEvent, lazy, Suspense, useEffect, useState } from 'react'
import { localpartOf } from '../../lib/user-id.ts'
import type {
  AppState,
  GrantPlaces,
  OfferedProvider,
  SecondStep,
  SignInNext,
  SignInProblem,
} from '../../viewmodel/session/types.ts'
import { chooseLanguage, loadAllWords } from '../../words/language.ts'
import { useApp, useLanguage, useTitle, useWords } from '../ui/hooks.ts'
import { IconButton, Problem, Spinner } from '../ui/parts.tsx'
import { ForgetHere } from './forget-here.tsx'

export function LanguageSwitch() {
  const words = useWords()
  const language = useLanguage()
  return (
    <button
      type="button"
      className="button quiet"
      data-testid="language-switch"
      aria-label={words.languageSwitchLabel}
      title={words.languageSwitchLabel}
      onClick={() => chooseLanguage(language === 'es' ? 'en' : 'es')}
    >
      <Languages aria-hidden="true" />
      <span lang={language === 'es' ? 'en' : 'es'}>{words.languageSwitch}</span>
    </button>
  )
}

/** Institutions' own accounts: a button each. */
function Providers(props: { providers: readonly OfferedProvider[]; busy: boolean }) {
  const { app } = useApp()
  const words = useWords()
  const language = useLanguage()
  return (
    <>
      {props.providers.map(({ id, name, away }) => (
        <div key={id} className="sign-in-provider">
          <button
            type="button"
            className="button big"
            data-testid="sign-in-provider"
            disabled={props.busy || away}
            aria-describedby={away ? `away-${id}` : undefined}
            onClick={() => void app.signInAt(id)}
          >
            <Building2 aria-hidden="true" />
            {words.signIn.enterWith(name[language])}
          </button>
          {away && (
            <small id={`away-${id}`} className="muted">
              {words.signIn.providerAway(name[language])}
            </small>
          )}
        </div>
      ))}
    </>
  )
}

const SecondStepCard = lazy(() =>
  import('./second-step.tsx').then(({ SecondStepCard: one }) => ({ default: one })),
)

/** Its words are not among those of this page. */
const SuspendedCard = lazy(
  async () => (await Promise.all([import('../reports/suspended-card.tsx'), loadAllWords()]))[0],
)

const OtherDeviceCard = lazy(
  async () => (await Promise.all([import('./other-device.tsx'), loadAllWords()]))[0],
)

type Problems = 'missing' | SignInProblem

function problemText(problem: Problems, words: ReturnType<typeof useWords>): string {
  if (typeof problem === 'object')
    return 'suspended' in problem ? words.signIn.suspended : words.signIn.too_many(problem.waitSeconds)
  if (problem === 'wrong_passkey' || problem === 'step_expired' || problem === 'cancelled')
    return words.factors[problem]
  return words.signIn[problem]
}

export function SignIn(props: { state: Extract<AppState, { phase: 'signed-out' }> }) {
  const { app } = useApp()
  const words = useWords()
  const { notice, keptUser } = props.state
  const [user, setUser] = useState(keptUser ?? '')
  const [password, setPassword] = useState('')
  const [shown, setShown] = useState(false)
  const [busy, setBusy] = useState(false)
  const [problem, setProblem] = useState<Problems | undefined>(undefined)
  const [step, setStep] = useState<SecondStep | undefined>(undefined)
  const [passkeys, setPasskeys] = useState(false)
  const [providers, setProviders] = useState<OfferedProvider[]>([])
  const [places, setPlaces] = useState<GrantPlaces | undefined>(undefined)
  const [byOther, setByOther] = useState(false)
  const [isPublic, setPublic] = useState(false)
  const [others, setOthers] = useState<string[]>([])
  useEffect(() => void app.others().then(setOthers), [app])
  useTitle(`${words.signIn.submit} · Enlace`)

  async function submit(event: FormEvent) {
    event.preventDefault()
    if (user.trim() === '' || password === '') {
      setProblem('missing')
      return
    }
    setBusy(true)
    setProblem(undefined)
    onNext(await app.signIn(user, password))
  }

  function onNext(next: SignInNext) {
    setBusy(false)
    if (typeof next === 'object' && 'step' in next) setStep(next.step)
    else if (next !== undefined) setProblem(next)
  }

  // The browser may offer a passkey in the user's field, without being asked; what comes of that may come late.
  useEffect(() => {
    let current = true
    void app.ways().then(async (offered) => {
      if (!current) return
      setProviders(offered.providers)
      setPlaces(offered.otherDevice)
      if (!offered.passkeys) return
      setPasskeys(true)
      const next = await app.signInWithPasskey(true)
      if (current && next !== 'cancelled' && next !== 'offline') onNext(next)
    })
    return () => {
      current = false
    }
  }, [app])

  return (
    <main className="sign-in">
      <div className="sign-in-brand">
        <img src="/icon.svg" alt="" width="56" height="56" />
        <h1>Enlace</h1>
        <p>{words.tagline}</p>
      </div>
      {typeof problem === 'object' && 'suspended' in problem ? (
        <Suspense>
          <SuspendedCard
            notice={problem.suspended}
            onBack={() => {
              setProblem(undefined)
              setPassword('')
            }}
          />
        </Suspense>
      ) : step ? (
        <Suspense>
          <SecondStepCard
            step={step}
            onBack={(why) => {
              setStep(undefined)
              setPassword('')
              setProblem(why)
            }}
          />
        </Suspense>
      ) : byOther && places ? (
        <Suspense fallback={<Spinner label={words.loading} />}>
          <OtherDeviceCard places={places} onBack={() => setByOther(false)} />
        </Suspense>
      ) : (
        <form className="card sign-in-card" onSubmit={submit} noValidate>
          <h2>{words.signIn.title}</h2>
          {notice && (
            <p className="note" role="status">
              {words.signIn[notice]}
            </p>
          )}
          {others.length > 0 && keptUser === undefined && (
            <div className="seats" data-testid="seats">
              <p className="muted">{words.lock.othersHere}</p>
              {others.map((userId) => (
                <button
                  key={userId}
                  type="button"
                  className="button seat"
                  data-testid="seat"
                  onClick={() => void app.takeSeat(userId)}
                >
                  <UserRound aria-hidden="true" />
                  {localpartOf(userId)}
                </button>
              ))}
            </div>
          )}
          {passkeys && (
            <button
              type="button"
              className="button big"
              data-testid="sign-in-passkey"
              disabled={busy}
              onClick={() => {
                setBusy(true)
                setProblem(undefined)
                void app.signInWithPasskey().then(onNext)
              }}
            >
              <KeyRound aria-hidden="true" />
              {words.factors.signInPasskey}
            </button>
          )}
          <Providers providers={providers} busy={busy} />
          {(passkeys || providers.length > 0) && <p className="sign-in-or muted">{words.factors.or}</p>}
          <label className="field">
            <span>{words.signIn.user}</span>
            <input
              data-testid="sign-in-user"
              value={user}
              onChange={(event) => setUser(event.target.value)}
              autoComplete="username webauthn"
              autoCapitalize="none"
              autoCorrect="off"
              spellCheck={false}
              enterKeyHint="next"
              readOnly={keptUser !== undefined}
              aria-describedby="user-hint"
            />
            <small id="user-hint">{words.signIn.userHint}</small>
          </label>
          <label className="field">
            <span>{words.signIn.password}</span>
            <span className="with-button">
              <input
                data-testid="sign-in-password"
                type={shown ? 'text' : 'password'}
                value={password}
                onChange={(event) => setPassword(event.target.value)}
                autoComplete="current-password"
                enterKeyHint="go"
              />
              <IconButton
                label={shown ? words.signIn.hidePassword : words.signIn.showPassword}
                onClick={() => setShown(!shown)}
              >
                {shown ? <EyeOff /> : <Eye />}
              </IconButton>
            </span>
          </label>
          {keptUser === undefined && (
            <label className="check-line">
              <input
                type="checkbox"
                data-testid="public-computer"
                onChange={(event) => {
                  app.leaveNothing(event.target.checked)
                  setPublic(event.target.checked)
                }}
              />
              <span>{words.lock.publicComputer}</span>
            </label>
          )}
          {isPublic && <p className="note">{words.lock.publicHint}</p>}
          {problem && <Problem>{problemText(problem, words)}</Problem>}
          <button type="submit" className="button primary big" data-testid="sign-in-submit" disabled={busy}>
            {busy ? words.signIn.working : words.signIn.submit}
          </button>
          {places && (
            <button
              type="button"
              className="button big"
              data-testid="sign-in-other-device"
              disabled={busy}
              onClick={() => {
                setProblem(undefined)
                setByOther(true)
              }}
            >
              <QrCodeIcon aria-hidden="true" />
              {words.factors.otherDevice}
            </button>
          )}
          {keptUser !== undefined && <ForgetHere label={words.signIn.otherAccount} quiet />}
          <p className="sign-in-private">
            <Lock aria-hidden="true" />
            <span>{words.signIn.private}</span>
          </p>
        </form>
      )}
      <footer className="sign-in-foot">
        <p>{words.signIn.help}</p>
        <LanguageSwitch />
      </footer>
    </main>
  )
}
