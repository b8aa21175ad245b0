import type { PublicKeyCredentialCreationOptionsJSON } from '@simplewebauthn/browser'
import { KeyRound } from 'lucide-react'
import { type FormEvent, useEffect, useMemo, useState } from 'react'
import '../../styles/index.css'
import { type Failure, failureOf } from '../../lib/failure.ts'
import { isCancelled, webauthn } from '../../lib/webauthn.ts'
import {
  acceptInvitation,
  linkFrom,
  type OpenedInvitation,
  openInvitation,
  passkeyOptions,
} from '../../viewmodel/people/invitation.ts'
import { dateTime, failureText } from '../../words/format.ts'
import { LanguageSwitch } from '../session/sign-in.tsx'
import { useApp, useLanguage, useTitle, useWords } from '../ui/hooks.ts'
import { Blank, Problem, Spinner } from '../ui/parts.tsx'

/** Whoever holds an invitation makes their account here, or sets a new password. */
export default function InvitationPage() {
  const { router } = useApp()
  const words = useWords()
  const language = useLanguage()
  const own = words.people.open
  const link = useMemo(() => linkFrom(location.hash), [])
  const [opened, setOpened] = useState<OpenedInvitation | Failure | undefined>(undefined)
  const [done, setDone] = useState(false)
  useTitle(`${own.title} · Enlace`)
  useEffect(() => {
    if (!link) return
    openInvitation(location.origin, link).then(setOpened, (error: unknown) => setOpened(failureOf(error)))
  }, [link])
  const toSignIn = (
    <button
      type="button"
      className="button primary"
      data-testid="invitation-sign-in"
      onClick={() => router.go({ page: 'channels' }, { replace: true })}
    >
      {own.toSignIn}
    </button>
  )
  if (!link)
    return (
      <main className="page-center">
        <Blank title={own.gone}>{toSignIn}</Blank>
      </main>
    )
  if (!opened)
    return (
      <main className="page-center">
        <Spinner label={words.loading} />
      </main>
    )
  if (!('user_id' in opened) || done)
    return (
      <main className="page-center" data-testid="invitation-over">
        <h1 className="visually-hidden">Enlace</h1>
        <Blank
          title={done ? own.resetTitle : own.gone}
          hint={'user_id' in opened ? own.resetDone : failureText(opened, language, words)}
        >
          {toSignIn}
        </Blank>
      </main>
    )
  return <Form link={link} invitation={opened} onReset={() => setDone(true)} />
}

function Form(props: {
  link: { id: string; secret: string }
  invitation: OpenedInvitation
  onReset(): void
}) {
  const { link, invitation } = props
  const { app, router } = useApp()
  const words = useWords()
  const language = useLanguage()
  const own = words.people.open
  const joins = invitation.kind === 'join'
  const proposed = invitation.user_id.slice(1, invitation.user_id.indexOf(':'))
  const [user, setUser] = useState(proposed)
  const [name, setName] = useState(invitation.display_name ?? '')
  const [password, setPassword] = useState('')
  const [busy, setBusy] = useState(false)
  const [problem, setProblem] = useState<Failure | undefined>(undefined)
  const [codes, setCodes] = useState<{ list: readonly string[]; kept(): void } | undefined>(undefined)
  const passkeys = joins && invitation.passkeys_offered && 'PublicKeyCredential' in globalThis
  const by = invitation.invited_by
  const who = typeof by.display_name === 'string' ? by.display_name : by.user_id

  async function accept(withPasskey: boolean) {
    setBusy(true)
    setProblem(undefined)
    let why: Failure | undefined
    let over = false
    try {
      const given = withPasskey
        ? {
            passkey: await (await webauthn()).startRegistration({
              optionsJSON: (await passkeyOptions(
                location.origin,
                link,
                user.trim(),
              )) as PublicKeyCredentialCreationOptionsJSON,
            }),
          }
        : { password }
      const next = await app.enter(
        async ({ deviceName }) => {
          try {
            const { outcome, recoveryCodes: list } = await acceptInvitation(location.origin, link, {
              ...given,
              ...(joins ? { username: user.trim(), display_name: name.trim() } : {}),
              initial_device_display_name: deviceName,
            })
            if (!outcome) {
              over = true
              return { kind: 'server', status: 0 }
            }
            if (list) await new Promise<void>((kept) => setCodes({ list, kept }))
            return outcome
          } catch (error) {
            why = failureOf(error)
            return { kind: 'server', status: 0 }
          }
        },
        withPasskey ? undefined : password,
      )
      // Not before: the sign-in page would come up meanwhile and offer the passkey that was made just now.
      if (!over && !why && next === undefined) router.go({ page: 'channels' }, { replace: true })
      if (over) props.onReset()
      else if (why) setProblem(why)
      else if (next === 'offline') setProblem({ kind: 'offline' })
    } catch (error) {
      if (!isCancelled(error)) setProblem(failureOf(error))
    }
    setBusy(false)
  }

  return (
    <main className="sign-in" data-testid="invitation">
      <div className="sign-in-brand">
        <img src="/icon.svg" alt="" width="56" height="56" />
        <h1>{joins ? own.title : own.resetTitle}</h1>
      </div>
      {codes ? (
        <section className="card sign-in-card" data-testid="invitation-codes">
          <h2>{own.codesTitle}</h2>
          <p>{own.codesText}</p>
          <ol className="recovery-codes">
            {codes.list.map((code) => (
              <li key={code}>
                <code>{code}</code>
              </li>
            ))}
          </ol>
          <button type="button" className="button primary big" data-testid="codes-kept" onClick={codes.kept}>
            {own.codesSaved}
          </button>
        </section>
      ) : (
        <form
          className="card sign-in-card"
          noValidate
          onSubmit={(event: FormEvent) => {
            event.preventDefault()
            void accept(false)
          }}
        >
          <p data-testid="invitation-from">
            {joins ? own.from(who, invitation.institution.name) : own.resetFrom(who, invitation.user_id)}
          </p>
          <p className="muted">
            {invitation.role && <>{own.as(words.people.roles[invitation.role])} · </>}
            {own.until(dateTime(invitation.expires_ts, language, words))}
          </p>
          {joins && (
            <>
              <label className="field">
                <span>{own.user}</span>
                <input
                  data-testid="invitation-user"
                  value={user}
                  maxLength={60}
                  autoComplete="username"
                  autoCapitalize="none"
                  autoCorrect="off"
                  spellCheck={false}
                  onChange={(event) => setUser(event.target.value)}
                />
                {user !== proposed && <small>{own.otherUser}</small>}
              </label>
              <label className="field">
                <span>{own.name}</span>
                <input
                  data-testid="invitation-name"
                  value={name}
                  maxLength={100}
                  autoComplete="name"
                  onChange={(event) => setName(event.target.value)}
                />
              </label>
            </>
          )}
          {joins && invitation.second_factor && <p className="muted">{own.factor}</p>}
          {problem && <Problem>{failureText(problem, language, words)}</Problem>}
          {passkeys && (
            <>
              <button
                type="button"
                className="button primary big"
                data-testid="invitation-passkey"
                disabled={busy}
                onClick={() => void accept(true)}
              >
                <KeyRound aria-hidden="true" />
                {own.withPasskey}
              </button>
              <p className="muted">{own.passkeyHint}</p>
              <p className="sign-in-or muted">{words.factors.or}</p>
            </>
          )}
          <label className="field">
            <span>{own.password}</span>
            <input
              type="password"
              data-testid="invitation-password"
              value={password}
              autoComplete="new-password"
              onChange={(event) => setPassword(event.target.value)}
            />
            <small>{own.passwordHint}</small>
          </label>
          <button
            type="submit"
            className={`button big ${passkeys ? '' : 'primary'}`}
            data-testid="invitation-submit"
            disabled={busy || password === ''}
          >
            {joins ? own.withPassword : own.resetTitle}
          </button>
        </form>
      )}
      <footer className="sign-in-foot">
        <LanguageSwitch />
      </footer>
    </main>
  )
}
