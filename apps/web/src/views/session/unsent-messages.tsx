import { useState } from 'react'
import { totalOf, type WaitingCounts } from '../../lib/waiting.ts'
import { sendNow, unsentIn } from '../../viewmodel/session/unsent.ts'
import { isStuck, waitingIn, waitingSources } from '../../viewmodel/session/waiting.ts'
import { useShell, useStore, useWords } from '../ui/hooks.ts'
import { Problem } from '../ui/parts.tsx'
import { LoseTick, WaitingKinds, waitingTitle } from './lose-unsent.tsx'

/** What waits to be sent, and what the person said to losing it. */
export interface Unsent {
  counts: WaitingCounts
  count: number
  /** Whether nothing stands in the way of signing out. */
  settled: boolean
  lose: boolean
  setLose(yes: boolean): void
}

export function useUnsent(): Unsent {
  const { session } = useShell()
  for (const source of waitingSources(session)) useStore(source)
  const [lose, setLose] = useState(false)
  const counts = waitingIn(session)
  const count = totalOf(counts)
  return { counts, count, settled: count === 0 || lose, lose, setLose }
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
  const connection = useStore(session.connection)
  const [waiting, setWaiting] = useState(false)
  const { count, counts } = unsent
  if (count === 0)
    return waiting ? (
      <p className="note" role="status" data-testid="unsent-none">
        {own.allSent}
      </p>
    ) : null
  return (
    <div className="unsent" data-testid="unsent" data-count={count}>
      <Problem>
        <b>{waitingTitle(counts, words)}.</b> {own.hint}
      </Problem>
      <ul className="bullets">
        {unsentIn(session).map(({ roomId, name, count: some }) => (
          <li key={roomId}>{own.in(name ?? own.unknownChannel, some)}</li>
        ))}
        <WaitingKinds counts={counts} />
      </ul>
      {waiting && (
        <p className="note" role="status" data-testid="unsent-waiting">
          {isStuck(session) ? own.failed : connection === 'online' ? own.sending(count) : own.noNetwork}
        </p>
      )}
      <div className="row-actions">
        <button
          type="button"
          className="button primary"
          data-testid="unsent-send"
          onClick={() => {
            setWaiting(true)
            sendNow(session)
          }}
        >
          {own.sendFirst}
        </button>
      </div>
      {!sendOnly && <LoseTick words={own.lose} lose={unsent.lose} setLose={unsent.setLose} />}
    </div>
  )
}
