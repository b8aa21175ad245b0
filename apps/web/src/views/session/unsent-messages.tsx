import { useState } from 'react'
import { unsentIn } from '../../viewmodel/session/unsent.ts'
import { useShell, useStore, useWords } from '../ui/hooks.ts'
import { Problem } from '../ui/parts.tsx'
import { LoseTick } from './lose-unsent.tsx'

/** How many messages wait to be sent, and what the person said to losing them. */
export interface Unsent {
  count: number
  /** Whether nothing stands in the way of signing out. */
  settled: boolean
  lose: boolean
  setLose(yes: boolean): void
}

export function useUnsent(): Unsent {
  const { session } = useShell()
  const entries = useStore(session.outbox.entries)
  const [lose, setLose] = useState(false)
  const count = entries.filter(({ state }) => state !== 'accepted').length
  return { count, settled: count === 0 || lose, lose, setLose }
}

/**
 * Signing out deletes what waits to be sent: how much, in which channels, and what can be done about it.
 *
 * @param props.sendOnly where nothing is asked: the session ends by itself
 */
export function UnsentMessages({ unsent, sendOnly }: { unsent: Unsent; sendOnly?: boolean }) {
  const { session } = useShell()
  const words = useWords()
  const own = words.unsent
  const entries = useStore(session.outbox.entries)
  const connection = useStore(session.connection)
  const [waiting, setWaiting] = useState(false)
  const { count } = unsent
  if (count === 0)
    return waiting ? (
      <p className="note" role="status" data-testid="unsent-none">
        {own.allSent}
      </p>
    ) : null
  return (
    <div className="unsent" data-testid="unsent" data-count={count}>
      <Problem>
        <b>{own.title(count)}.</b> {own.hint}
      </Problem>
      <ul className="bullets">
        {unsentIn(session).map(({ roomId, name, count: some }) => (
          <li key={roomId}>{own.in(name ?? own.unknownChannel, some)}</li>
        ))}
      </ul>
      {waiting && (
        <p className="note" role="status" data-testid="unsent-waiting">
          {entries.some(({ state }) => state === 'failed')
            ? own.failed
            : connection === 'online'
              ? own.sending(count)
              : own.noNetwork}
        </p>
      )}
      <div className="row-actions">
        <button
          type="button"
          className="button primary"
          data-testid="unsent-send"
          onClick={() => {
            setWaiting(true)
            for (const one of entries) if (one.state === 'failed') session.outbox.retry(one.txnId)
            session.outbox.wake()
          }}
        >
          {own.sendFirst}
        </button>
      </div>
      {!sendOnly && <LoseTick words={own.lose} lose={unsent.lose} setLose={unsent.setLose} />}
    </div>
  )
}
