import { Component, lazy, type ReactNode, Suspense, useEffect, useState } from 'react'
import { moduleProgress } from '../../lib/encryption-module.ts'
import type { PartsProgress } from '../../lib/parts-loader.ts'
import type { App as AppModel, Router } from '../../viewmodel/session/types.ts'
import { language, loadAllWords, loadWords, wordsIn } from '../../words/language.ts'
import { AppContext, useApp, useLanguage, useStore, useTitle, useWords } from '../ui/hooks.ts'
import { Blank, Spinner } from '../ui/parts.tsx'
import { ForgetHere } from './forget-here.tsx'
import { SignIn } from './sign-in.tsx'
import { UpdatePrompt } from './update-prompt.tsx'

/** Everything behind the sign-in page is loaded in pieces of its own, with its words. */
const piece = <Props extends object>(
  load: () => Promise<{ default: (props: Props) => ReactNode }>,
  words: () => Promise<void> = loadAllWords,
) => lazy(async () => (await Promise.all([load(), words()]))[0])
const LockScreen = piece(() => import('./lock-screen.tsx'))
const MakingPlace = piece(() => import('./making-place.tsx'))
const MustAdd = piece(() => import('./must-add.tsx'))
const InvitationPage = piece(() => import('../people/invitation-page.tsx'))
const workplace = () => import('./workplace.tsx')
const Workplace = piece(workplace, loadWords)

/** What stands behind the sign-in page. What fails now is asked for again when it is needed. */
const fetchBehind = () => void Promise.all([workplace(), loadWords()]).catch(() => undefined)

export function App(props: { app: AppModel; router: Router }) {
  useEffect(() => {
    // While somebody types, nothing else uses the line.
    addEventListener('input', fetchBehind, { once: true })
    return () => removeEventListener('input', fetchBehind)
  }, [])
  return (
    <Boundary>
      <AppContext value={props}>
        <Phase />
        <UpdatePrompt />
      </AppContext>
    </Boundary>
  )
}

function Phase() {
  const { app, router } = useApp()
  const state = useStore(app.state)
  const route = useStore(router.route)
  const words = useWords()
  switch (state.phase) {
    case 'signed-out':
      if (route.page === 'invitation')
        return (
          <Suspense fallback={<Opening step={words.loading} />}>
            <InvitationPage />
          </Suspense>
        )
      return <SignIn key={state.notice ?? 'fresh'} state={state} />
    case 'must-add':
      return (
        <Suspense fallback={<Opening step={words.opening.messages} />}>
          <MustAdd state={state} />
        </Suspense>
      )
    case 'making-place':
      return (
        <Suspense fallback={<Opening step={words.opening.messages} />}>
          <MakingPlace state={state} />
        </Suspense>
      )
    case 'opening':
      return <Opening step={words.opening[state.step]} />
    case 'open-failed':
      return (
        <main className="page-center">
          <Blank title={words.opening.failed} hint={words.opening.failedHint}>
            <button type="button" className="button primary" onClick={app.retry}>
              {words.retry}
            </button>
            <ForgetHere label={words.settings.signOut} />
          </Blank>
        </main>
      )
    case 'taken':
      return (
        <main className="page-center">
          <Blank title={words.opening.taken} hint={words.opening.takenHint}>
            <button type="button" className="button primary" onClick={app.useHere}>
              {words.opening.useHere}
            </button>
          </Blank>
        </main>
      )
    case 'locked':
      return (
        <Suspense fallback={<Opening step={words.opening.messages} />}>
          <LockScreen key={state.userId} state={state} />
        </Suspense>
      )
    case 'ready':
      return (
        <Suspense fallback={<Opening step={words.opening.messages} />}>
          <Workplace key={state.session.deviceId} session={state.session} />
        </Suspense>
      )
  }
}

const SLOW_MS = 12_000

function Opening(props: { step: string }) {
  const words = useWords()
  const [slow, setSlow] = useState(false)
  const coming = useStore(moduleProgress)
  useTitle('Enlace')
  useEffect(fetchBehind, [])
  useEffect(() => {
    const timer = setTimeout(() => setSlow(true), SLOW_MS)
    return () => clearTimeout(timer)
  }, [])
  return (
    <main className="page-center">
      <div className="opening">
        <img src="/icon.svg" alt="" width="64" height="64" />
        <h1>{words.opening.title}</h1>
        <Spinner label={props.step} />
        {coming && <Coming {...coming} />}
        {slow && <p className="muted">{words.opening.slow}</p>}
      </div>
    </main>
  )
}

/** What is fetched once and kept. */
function Coming(props: PartsProgress) {
  const words = useWords()
  const at = useLanguage()
  const { loaded, total } = props
  const megabytes = (bytes: number) =>
    (bytes / 1e6).toLocaleString(at, { minimumFractionDigits: 1, maximumFractionDigits: 1 })
  return (
    <div className="coming" data-testid="module-progress">
      <progress value={loaded} max={total} aria-label={words.opening.module} />
      <p className="muted">{words.opening.moduleSoFar(megabytes(loaded), megabytes(total))}</p>
    </div>
  )
}

/** Catches whatever fails while drawing, and offers a way on. */
class Boundary extends Component<{ children: ReactNode }, { failed: boolean }> {
  override state = { failed: false }

  static getDerivedStateFromError() {
    return { failed: true }
  }

  override render() {
    if (!this.state.failed) return this.props.children
    const words = wordsIn(language.get())
    return (
      <main className="page-center">
        <Blank title={words.errors.boundary} hint={words.errors.boundaryHint}>
          <button type="button" className="button primary" onClick={() => location.reload()}>
            {words.errors.reload}
          </button>
          <a className="button" href="/">
            {words.errors.toChannels}
          </a>
        </Blank>
      </main>
    )
  }
}
