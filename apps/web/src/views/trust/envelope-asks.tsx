import { useState } from 'react'
import type { EnvelopeAsk } from '../../viewmodel/trust/types.ts'
import { failureText, moment } from '../../words/format.ts'
import { useProof } from '../session/proof.tsx'
import { useLanguage, usePeople, useShell, useStore, useTask, useWords } from '../ui/hooks.ts'
import { Avatar, Dialog, Problem } from '../ui/parts.tsx'
import { SpokenCodeField } from '../ui/spoken-code.tsx'

/** For coordinators: who asks for their envelope. */
export function EnvelopeAsksList() {
  const { resets, session } = useShell()
  const words = useWords()
  const language = useLanguage()
  const people = usePeople()
  const waiting = useStore(resets.envelopes.waiting)
  const [deciding, setDeciding] = useState<EnvelopeAsk | undefined>(undefined)
  if (waiting.length === 0 && !deciding) return null
  return (
    <section className="card">
      <h3>{words.envelope.asksTitle}</h3>
      <ul className="plain-list">
        {waiting.map((one) => {
          const { name } = people.person(one.userId)
          const mine = one.releasedBy.includes(session.userId)
          return (
            <li key={one.id} className="setting" data-testid="envelope-asks" data-user-id={one.userId}>
              <Avatar id={one.userId} name={name} />
              <p>
                <b>{words.envelope.ask(name)}</b>
                <br />
                <span className="muted">
                  {one.userId} · {words.resets.asked(moment(one.requestedTs, language))}
                  {one.deviceName && `, ${words.resets.from(one.deviceName)}`}.{' '}
                  {mine ? words.envelope.yours : words.envelope.releasedBy(one.releasedBy.length)}
                </span>
              </p>
              {!mine && (
                <button
                  type="button"
                  className="button primary"
                  data-testid="envelope-decide"
                  onClick={() => setDeciding(one)}
                >
                  {words.envelope.decide}
                </button>
              )}
            </li>
          )
        })}
      </ul>
      {deciding && <DecideDialog ask={deciding} onClose={() => setDeciding(undefined)} />}
    </section>
  )
}

type Stop = 'wrong_code' | 'no_part' | 'other_envelope'

function DecideDialog(props: { ask: EnvelopeAsk; onClose(): void }) {
  const { ask } = props
  const { resets, session } = useShell()
  const words = useWords()
  const language = useLanguage()
  const people = usePeople()
  const { name } = people.person(ask.userId)
  const proof = useProof(session, { label: words.resets.password, testId: 'envelope-password' })
  const { busy, failure, run } = useTask()
  const [code, setCode] = useState('')
  const [stop, setStop] = useState<Stop | undefined>(undefined)
  const [done, setDone] = useState<'handedOver' | 'refused' | undefined>(undefined)

  async function release() {
    setStop(undefined)
    let stopped: Stop | undefined
    const went = await proof.run(async (given) => {
      const outcome = await resets.envelopes.release(ask, code, given)
      if (outcome !== 'wrong_code' && outcome !== 'no_part' && outcome !== 'other_envelope') return outcome
      stopped = outcome
      return undefined
    })
    setStop(stopped)
    if (went && stopped === undefined) setDone('handedOver')
  }
  const said = {
    wrong_code: words.envelope.wrongCode,
    no_part: words.envelope.noPart,
    other_envelope: words.envelope.otherEnvelope,
  }
  if (done)
    return (
      <Dialog title={words.envelope.dialog(name)} onClose={props.onClose} testId="envelope-dialog">
        <p role="status" data-testid="envelope-decided" data-outcome={done}>
          {words.envelope[done](name)}
        </p>
        <div className="row-actions end">
          <button
            type="button"
            className="button primary"
            data-testid="envelope-close"
            onClick={props.onClose}
          >
            {words.close}
          </button>
        </div>
      </Dialog>
    )
  return (
    <Dialog title={words.envelope.dialog(name)} onClose={props.onClose} testId="envelope-dialog">
      <form
        onSubmit={(event) => {
          event.preventDefault()
          void release()
        }}
      >
        <ol className="steps">
          {words.envelope.steps.map((step) => (
            <li key={step}>{step}</li>
          ))}
        </ol>
        <SpokenCodeField value={code} onChange={setCode} testId="envelope-typed" />
        {proof.fields}
        {stop && (
          <div data-testid="envelope-stop" data-stop={stop}>
            <Problem>{said[stop]}</Problem>
          </div>
        )}
        {failure && <Problem>{failureText(failure, language, words)}</Problem>}
        <div className="row-actions">
          <button
            type="submit"
            className="button primary"
            data-testid="envelope-release"
            disabled={!proof.ready || code.trim() === ''}
          >
            {proof.busy ? words.resets.working : words.envelope.release}
          </button>
          <button
            type="button"
            className="button danger-outline"
            data-testid="envelope-refuse"
            disabled={busy}
            onClick={() =>
              void run(async () => {
                await resets.envelopes.refuse(ask)
                setDone('refused')
              })
            }
          >
            {words.envelope.refuse}
          </button>
        </div>
      </form>
    </Dialog>
  )
}
