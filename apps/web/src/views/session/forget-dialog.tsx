import { useState } from 'react'
import '../../styles/index.css'
import { useApp, useWords } from '../ui/hooks.ts'
import { Dialog } from '../ui/parts.tsx'
import { LoseUnsent } from './lose-unsent.tsx'

/** Messages wait to be sent in what is about to be deleted, or may: they are lost knowingly, or not at all. */
export default function ForgetDialog(props: {
  count: number | undefined
  keyKept: boolean
  onClose(): void
}) {
  const { app } = useApp()
  const words = useWords()
  const [lose, setLose] = useState(false)
  return (
    <Dialog title={words.unsent.forgetTitle} onClose={props.onClose} testId="forget-dialog">
      <LoseUnsent
        count={props.count}
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
