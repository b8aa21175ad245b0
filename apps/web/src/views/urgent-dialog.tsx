import { Siren } from 'lucide-react'
import type { Room } from 'matrix-js-sdk'
import { useState } from 'react'
import { type Failure, failureOf } from '../model/failure.ts'
import { failureText } from '../words/format.ts'
import { useLanguage, useShell, useWords } from './hooks.ts'
import { Dialog, Problem } from './parts.tsx'

export function UrgentDialog(props: { room: Room; eventId: string; onClose(): void }) {
  const { session } = useShell()
  const words = useWords()
  const language = useLanguage()
  const [busy, setBusy] = useState(false)
  const [failure, setFailure] = useState<Failure | undefined>(undefined)

  async function raise() {
    setBusy(true)
    setFailure(undefined)
    try {
      await session.escalations.raise(props.room.roomId, props.eventId)
      props.onClose()
    } catch (error) {
      setFailure(failureOf(error))
    } finally {
      setBusy(false)
    }
  }

  return (
    <Dialog title={words.urgent.title} onClose={props.onClose} testId="urgent-dialog">
      <p>{words.urgent.hint}</p>
      {failure && <Problem>{failureText(failure, language, words)}</Problem>}
      <div className="row-actions">
        <button
          type="button"
          className="button danger"
          data-testid="urgent-confirm"
          disabled={busy}
          onClick={() => void raise()}
        >
          <Siren aria-hidden="true" />
          {words.urgent.confirm}
        </button>
        <button type="button" className="button" onClick={props.onClose}>
          {words.cancel}
        </button>
      </div>
    </Dialog>
  )
}
