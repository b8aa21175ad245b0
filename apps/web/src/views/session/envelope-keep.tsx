import { MailCheck } from 'lucide-react'
import { useCallback, useEffect, useState } from 'react'
import type { Keeper } from '../../viewmodel/session/types.ts'
import { usePeople, useShell, useStore, useWords } from '../ui/hooks.ts'
import { Avatar, Problem, Spinner } from '../ui/parts.tsx'
import { VerifyPersonDialog } from './verify.tsx'

/** Who could keep a part; undefined until it is known. */
export function useKeepers(): { keepers: readonly Keeper[] | 'failed' | undefined; load(): void } {
  const { session } = useShell()
  const isKnown = useStore(session.me) !== undefined
  const [keepers, setKeepers] = useState<readonly Keeper[] | 'failed' | undefined>(undefined)
  const load = useCallback(() => {
    // Of which institution one is comes a moment after the start.
    if (!isKnown) return
    session.envelope.keepers().then(setKeepers, () => setKeepers('failed'))
  }, [session, isKnown])
  useEffect(load, [load])
  return { keepers, load }
}

export const listedOf = (keepers: readonly Keeper[]): readonly Keeper[] =>
  keepers.filter((one) => one.state !== 'not_listed')

/** The recovery key, kept by the coordinators in parts: whom it goes to, then that it went. */
export function EnvelopeKeep(props: { recoveryKey: string; onBack(): void; onMade(): void }) {
  const { session } = useShell()
  const words = useWords()
  const people = usePeople()
  const { keepers, load } = useKeepers()
  const [comparing, setComparing] = useState<string | undefined>(undefined)
  const [busy, setBusy] = useState(false)
  const [problem, setProblem] = useState<string | undefined>(undefined)
  const all = Array.isArray(keepers) ? (keepers as Keeper[]) : []
  const ready = all.filter((one) => one.state === 'ready').length

  async function seal() {
    setBusy(true)
    setProblem(undefined)
    try {
      if ((await session.envelope.make(props.recoveryKey)) === 'ok') return props.onMade()
      setProblem(words.envelope.tooFew)
      load()
    } catch {
      setProblem(words.failure.offline)
    } finally {
      setBusy(false)
    }
  }
  return (
    <>
      <p>{words.envelope.text}</p>
      {keepers === undefined && <Spinner label={words.loading} />}
      {keepers === 'failed' && (
        <Problem
          action={
            <button type="button" className="button" onClick={load}>
              {words.retry}
            </button>
          }
        >
          {words.envelope.loadFailed}
        </Problem>
      )}
      {all.length > 0 && (
        <>
          <h3>{words.envelope.who}</h3>
          <ul className="plain-list">
            {all.map(({ userId, state }) => {
              const { name } = people.person(userId)
              return (
                <li
                  key={userId}
                  className="setting"
                  data-testid="envelope-keeper"
                  data-user-id={userId}
                  data-state={state}
                >
                  <Avatar id={userId} name={name} />
                  <p>
                    <b>{name}</b>
                    <br />
                    <span className="muted">{words.envelope.state[state]}</span>
                  </p>
                  {state === 'not_compared' && (
                    <button
                      type="button"
                      className="button"
                      data-testid="envelope-compare"
                      aria-label={`${words.envelope.compare}: ${name}`}
                      onClick={() => setComparing(userId)}
                    >
                      {words.envelope.compare}
                    </button>
                  )}
                </li>
              )
            })}
          </ul>
          {ready < 2 && <p className="muted">{words.envelope.need(ready)}</p>}
        </>
      )}
      {problem && <Problem>{problem}</Problem>}
      <div className="row-actions end">
        <button type="button" className="button" onClick={props.onBack}>
          {words.envelope.back}
        </button>
        <button
          type="button"
          className="button primary"
          data-testid="envelope-seal"
          disabled={busy || ready < 2}
          onClick={() => void seal()}
        >
          <MailCheck aria-hidden="true" />
          {busy ? words.envelope.working : words.envelope.seal}
        </button>
      </div>
      {comparing !== undefined && (
        <VerifyPersonDialog
          userId={comparing}
          name={people.person(comparing).name}
          onClose={() => {
            setComparing(undefined)
            load()
          }}
        />
      )}
    </>
  )
}

/** It went out: it counts when two have kept their part. */
export function EnvelopeMade(props: { onClose(): void }) {
  const { session } = useShell()
  const words = useWords()
  const kept = useStore(session.envelope.kept)
  return (
    <>
      <p>{kept?.enough ? words.envelope.enough : words.envelope.made}</p>
      {kept && (
        <p className="note" role="status" data-testid="envelope-kept" data-kept={kept.kept.length}>
          {words.envelope.kept(kept.kept.length, kept.holders.length)}
        </p>
      )}
      <div className="row-actions end">
        <button type="button" className="button primary" data-testid="envelope-close" onClick={props.onClose}>
          {words.close}
        </button>
      </div>
    </>
  )
}
