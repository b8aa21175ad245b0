import { Eye, EyeOff, Languages, Lock } from 'lucide-react'
import { type FormEvent, useState } from 'react'
import type { AppState, SignInProblem } from '../../viewmodel/session/types.ts'
import { chooseLanguage } from '../../words/language.ts'
import { useApp, useLanguage, useTitle, useWords } from '../ui/hooks.ts'
import { IconButton, Problem } from '../ui/parts.tsx'

export function LanguageSwitch() {
  const words = useWords()
  const language = useLanguage()
  return (
    <button
      type="button"
      className="button quiet"
      data-testid="language-switch"
      aria-label={words.languageSwitchLabel}
      onClick={() => chooseLanguage(language === 'es' ? 'en' : 'es')}
    >
      <Languages aria-hidden="true" />
      <span lang={language === 'es' ? 'en' : 'es'}>{words.languageSwitch}</span>
    </button>
  )
}

type Problems = 'missing' | SignInProblem

export function SignIn(props: { state: Extract<AppState, { phase: 'signed-out' }> }) {
  const { app } = useApp()
  const words = useWords()
  const { notice, keptUser } = props.state
  const [user, setUser] = useState(keptUser ?? '')
  const [password, setPassword] = useState('')
  const [shown, setShown] = useState(false)
  const [busy, setBusy] = useState(false)
  const [problem, setProblem] = useState<Problems | undefined>(undefined)
  useTitle(`${words.signIn.submit} · Enlace`)

  async function submit(event: FormEvent) {
    event.preventDefault()
    if (user.trim() === '' || password === '') {
      setProblem('missing')
      return
    }
    setBusy(true)
    setProblem(undefined)
    const outcome = await app.signIn(user, password)
    setBusy(false)
    if (outcome !== undefined) setProblem(outcome)
  }

  return (
    <main className="sign-in">
      <div className="sign-in-brand">
        <img src="/icon.svg" alt="" width="56" height="56" />
        <h1>Enlace</h1>
        <p>{words.tagline}</p>
      </div>
      <form className="card sign-in-card" onSubmit={submit} noValidate>
        <h2>{words.signIn.title}</h2>
        {notice && (
          <p className="note" role="status">
            {words.signIn[notice]}
          </p>
        )}
        <label className="field">
          <span>{words.signIn.user}</span>
          <input
            data-testid="sign-in-user"
            value={user}
            onChange={(event) => setUser(event.target.value)}
            autoComplete="username"
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
        {problem && (
          <Problem>
            {typeof problem === 'object' ? words.signIn.too_many(problem.waitSeconds) : words.signIn[problem]}
          </Problem>
        )}
        <button type="submit" className="button primary big" data-testid="sign-in-submit" disabled={busy}>
          {busy ? words.signIn.working : words.signIn.submit}
        </button>
        {keptUser !== undefined && (
          <button type="button" className="button quiet" onClick={() => void app.forget()}>
            {words.signIn.otherAccount}
          </button>
        )}
        <p className="sign-in-private">
          <Lock aria-hidden="true" />
          <span>{words.signIn.private}</span>
        </p>
      </form>
      <footer className="sign-in-foot">
        <p>{words.signIn.help}</p>
        <LanguageSwitch />
      </footer>
    </main>
  )
}
