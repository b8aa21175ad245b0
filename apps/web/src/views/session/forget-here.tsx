import { lazy, Suspense, useState } from 'react'
import type { LostHere } from '../../viewmodel/session/unsent.ts'
import { loadAllWords } from '../../words/language.ts'
import { useApp } from '../ui/hooks.ts'

/** Its words are not among those of the sign-in page. */
const ForgetDialog = lazy(async () => (await Promise.all([import('./forget-dialog.tsx'), loadAllWords()]))[0])

/** Deletes what a session left here; asked first where something of it is, or may be, nowhere else. */
export function ForgetHere(props: { label: string; quiet?: boolean }) {
  const { app } = useApp()
  const [asking, setAsking] = useState<LostHere | undefined>(undefined)
  return (
    <>
      <button
        type="button"
        className={props.quiet ? 'button quiet' : 'button'}
        data-testid="forget-here"
        onClick={async () => {
          const unsent = await import('../../viewmodel/session/unsent.ts').catch(() => undefined)
          const lost = (await unsent?.lostHere().catch(() => undefined)) ?? {
            counts: undefined,
            keyKept: false,
          }
          if (unsent?.losesNothing(lost)) await app.forget()
          else setAsking(lost)
        }}
      >
        {props.label}
      </button>
      {asking && (
        <Suspense>
          <ForgetDialog {...asking} onClose={() => setAsking(undefined)} />
        </Suspense>
      )}
    </>
  )
}
