import { ArrowLeft, CloudOff } from 'lucide-react'
import { type ComponentType, type ReactNode, useEffect, useState } from 'react'
import { loadAllWords } from '../../words/language.ts'
import { useShell, useWords } from './hooks.ts'
import { Dialog, IconButton, Spinner } from './parts.tsx'
import { Skeleton } from './skeleton.tsx'

type Load<Props> = () => Promise<{ default: ComponentType<Props> }>

/** A page that could not be fetched is fetched again by loading everything anew, at most once in this time. */
const ANEW_MS = 60_000
const ANEW = 'enlace.loaded-anew'
/** What comes sooner is not announced: a dialog that is put in another's place flickers. */
const SOON_MS = 400

/**
 * A part of the page that is fetched when it is first drawn. One that does not come is asked for again, by the person and when the
 * network is back; it takes nothing else of the page with it.
 *
 * @param meanwhile what it will look like; `dialog`: something asked for, in front of the page; `quiet`: nothing is said of it, a
 * notice, or something beside the page
 */
export function lazyPage<Props extends object>(
  load: Load<Props>,
  meanwhile: 'rows' | 'cards' | 'dialog' | 'quiet' = 'rows',
): (props: Props) => ReactNode {
  const isPage = meanwhile === 'rows' || meanwhile === 'cards'
  let Loaded: ComponentType<Props> | undefined
  return function LazyPage(props: Props) {
    const [state, setState] = useState<'loading' | 'failed' | 'loaded'>(Loaded ? 'loaded' : 'loading')
    useEffect(() => {
      if (state !== 'loading') return
      let current = true
      Promise.all([load(), loadAllWords()]).then(
        ([part]) => {
          Loaded = part.default
          if (current) setState('loaded')
        },
        async () => {
          // Some browsers answer the same again for as long as the document lives, also with a network.
          if (isPage && (await isReachable()) && mayLoadAnew()) location.reload()
          else if (current) setState('failed')
        },
      )
      return () => {
        current = false
      }
    }, [state])
    useEffect(() => {
      if (state !== 'failed') return
      const again = () => setState('loading')
      addEventListener('online', again)
      return () => removeEventListener('online', again)
    }, [state])
    if (Loaded) return <Loaded {...props} />
    if (meanwhile === 'quiet') return null
    if (meanwhile === 'dialog')
      return <Awaited {...props} failed={state === 'failed'} onRetry={() => setState('loading')} />
    if (state === 'loading') return <Skeleton shape={meanwhile} />
    return <NotHere onRetry={() => setState('loading')} />
  }
}

/** In place of a dialog that is on its way. */
function Awaited(props: { onClose?(done: boolean): void; failed: boolean; onRetry(): void }) {
  const words = useWords()
  const [late, setLate] = useState(false)
  useEffect(() => {
    const timer = setTimeout(() => setLate(true), SOON_MS)
    return () => clearTimeout(timer)
  }, [])
  if (!late && !props.failed) return null
  const { onClose } = props
  return (
    <Dialog
      title={props.failed ? words.notHere.title : words.loading}
      {...(onClose ? { onClose: () => onClose(false) } : {})}
    >
      {props.failed ? (
        <>
          <p>{words.notHere.hint}</p>
          <div className="row-actions end">
            <button type="button" className="button primary" data-testid="page-retry" onClick={props.onRetry}>
              {words.retry}
            </button>
          </div>
        </>
      ) : (
        <Spinner label={words.loading} />
      )}
    </Dialog>
  )
}

function NotHere(props: { onRetry(): void }) {
  const { router } = useShell()
  const words = useWords()
  return (
    <section className="page" data-testid="page-not-here">
      <header className="page-head">
        <IconButton
          label={words.back}
          className="only-narrow"
          testId="back"
          onClick={() => router.go({ page: 'channels' })}
        >
          <ArrowLeft />
        </IconButton>
        <h1>{words.notHere.title}</h1>
      </header>
      <div className="page-scroll settings">
        <div className="card">
          <CloudOff aria-hidden="true" />
          <p>{words.notHere.hint}</p>
          <div className="row-actions">
            <button type="button" className="button primary" data-testid="page-retry" onClick={props.onRetry}>
              {words.retry}
            </button>
          </div>
        </div>
      </div>
    </section>
  )
}

const isReachable = (): Promise<boolean> =>
  fetch('/_matrix/client/versions', { cache: 'no-store' }).then(
    ({ ok }) => ok,
    () => false,
  )

function mayLoadAnew(): boolean {
  const last = Number(sessionStorage.getItem(ANEW) ?? 0)
  if (Date.now() - last < ANEW_MS) return false
  sessionStorage.setItem(ANEW, String(Date.now()))
  return true
}
