import { useState } from 'react'
import '../../styles/index.css'
import type { WaitingCounts } from '../../lib/waiting.ts'
import { useApp, useWords } from '../ui/hooks.ts'
import { Dialog } from '../ui/parts.tsx'
import { LoseUnsent } from './lose-unsent.tsx'

/** Something waits to be sent in what is about to be deleted, or may: it is lost knowingly, or not at all. */
export default function ForgetDialog(props: { counts: WaitingCounts | undefined; onClose(): void }) {
  const { app } = useApp()
  const words = useWords()
  const [lose, setLose] = useState(false)
  return (
    <Dialog title={words.unsent.forgetTitle} onClose={props.onClose} testId="forget-dialog">
      <LoseUnsent counts={props.counts} hint={words.unsent.forgetHint} lose={lose} setLose={setLose} />
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
