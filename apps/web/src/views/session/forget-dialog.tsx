import { useState } from 'react'
import '../../styles/index.css'
import type { LostHere } from '../../viewmodel/session/unsent.ts'
import { useApp, useWords } from '../ui/hooks.ts'
import { Dialog } from '../ui/parts.tsx'
import { LoseUnsent } from './lose-unsent.tsx'

/** Something waits to be sent in what is about to be deleted, or may, or the key to old messages: lost knowingly, or not at all. */
export default function ForgetDialog(props: LostHere & { onClose(): void }) {
  const { app } = useApp()
  const words = useWords()
  const [lose, setLose] = useState(false)
  return (
    <Dialog title={words.unsent.forgetTitle} onClose={props.onClose} testId="forget-dialog">
      <LoseUnsent
        counts={props.counts}
        keyKept={props.keyKept}
        hint={words.unsent.forgetHint}
        lose={lose}
        setLose={setLose}
      />
      <div className="row-actions">
        <button
          type="button"
          className="button danger"
          data-testid="forget-confirm"
          disabled={!lose}
          onClick={() => void app.forget()}
        >
          {words.unsent.forgetConfirm}
        </button>
        <button type="button" className="button" onClick={props.onClose}>
          {words.cancel}
        </button>
      </div>
    </Dialog>
  )
}
