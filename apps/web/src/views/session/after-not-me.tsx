import { useState } from 'react'
import { changePassword } from '../../viewmodel/session/devices.ts'
import { useShell, useWords } from '../ui/hooks.ts'
import { Dialog } from '../ui/parts.tsx'
import { ProofForm } from './proof.tsx'

/** What "it was not me" has done already. */
export type Stopped = { told: number; ended: number }

/** It was stopped as far as it can be; whoever did it still knows the password. */
export function AfterNotMe(props: { stopped: Stopped; onClose(): void }) {
  const { session } = useShell()
  const words = useWords()
  const { told, ended } = props.stopped
  const [next, setNext] = useState('')
  const [changed, setChanged] = useState(false)

  return (
    <Dialog title={words.ownIdentity.endTitle} onClose={props.onClose} testId="own-end">
      <p className="note" role="status" data-testid="own-stopped">
        {ended > 0 ? words.ownIdentity.stopped(told) : words.ownIdentity.reported(told)}
      </p>
      {changed ? (
        <>
          <p role="status" data-testid="own-ended">
            {words.ownIdentity.ended}
          </p>
          <div className="row-actions end">
            <button type="button" className="button primary" onClick={props.onClose}>
              {words.close}
            </button>
          </div>
        </>
      ) : (
        <ProofForm
          asker={session}
          label={words.ownIdentity.password}
          testId="own-password"
          submit={words.ownIdentity.end}
          submitTestId="own-end-confirm"
          danger
          ready={next.length >= 12}
          back={words.ownIdentity.later}
          onBack={props.onClose}
          act={async (proof) => {
            const failed = await changePassword(session, proof, next)
            if (failed === undefined) setChanged(true)
            return failed
          }}
        >
          <p>{words.ownIdentity.endHint}</p>
          <label className="field">
            <span>{words.ownIdentity.newPassword}</span>
            <input
              type="password"
              autoComplete="new-password"
              data-testid="own-new-password"
              value={next}
              onChange={(event) => setNext(event.target.value)}
            />
            <small>{words.ownIdentity.newPasswordHint}</small>
          </label>
        </ProofForm>
      )}
    </Dialog>
  )
}
