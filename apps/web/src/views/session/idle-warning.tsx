import { useEffect, useState } from 'react'
import { whenIdle } from '../../viewmodel/session/device-lock.ts'
import { PUBLIC_IDLE_MINUTES, WARNED_BEFORE_MINUTES } from '../../viewmodel/session/idle-limit.ts'
import { useApp, useWords } from '../ui/hooks.ts'
import { Dialog } from '../ui/parts.tsx'
import { UnsentMessages, useUnsent } from './unsent-messages.tsx'

/** A public computer that is left alone: before its session ends, what would be lost by it is said. */
export default function IdleWarning() {
  const { app } = useApp()
  const words = useWords()
  const unsent = useUnsent()
  const [warned, setWarned] = useState(false)
  const waits = unsent.count > 0
  useEffect(() => {
    if (!waits || !app.keepsNothing()) return
    const { stop } = whenIdle(
      () => PUBLIC_IDLE_MINUTES - WARNED_BEFORE_MINUTES,
      () => setWarned(true),
    )
    return stop
  }, [app, waits])
  if (!warned) return null
  return (
    <Dialog title={words.unsent.idleTitle} onClose={() => setWarned(false)} testId="idle-warning">
      <p>{words.unsent.idleHint(WARNED_BEFORE_MINUTES)}</p>
      <UnsentMessages unsent={unsent} sendOnly />
      <div className="row-actions">
        <button type="button" className="button" data-testid="idle-stay" onClick={() => setWarned(false)}>
          {words.unsent.idleStay}
        </button>
      </div>
    </Dialog>
  )
}
