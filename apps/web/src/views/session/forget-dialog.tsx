import { useState } from 'react'
import '../../styles/index.css'
import { useApp, useWords } from '../ui/hooks.ts'
import { Dialog, Problem } from '../ui/parts.tsx'

/** Messages wait to be sent in what is about to be deleted: they are lost knowingly, or not at all. */
export default function ForgetDialog(props: { count: number; onClose(): void }) {
  const { app } = useApp()
  const words = useWords()
  const [lose, setLose] = useState(false)
  return (
    <Dialog title={words.unsent.forgetTitle} onClose={props.onClose} testId="forget-dialog">
      <div className="unsent" data-testid="unsent" data-count={props.count}>
        <Problem>
          <b>{words.unsent.title(props.count)}.</b> {words.unsent.forgetHint}
        </Problem>
        <label className="check-line">
          <input
            type="checkbox"
            data-testid="unsent-lose"
            checked={lose}
            onChange={(event) => setLose(event.target.checked)}
          />
          <span>{words.unsent.lose}</span>
        </label>
      </div>
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
