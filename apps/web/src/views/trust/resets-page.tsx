import { ArrowLeft, ShieldAlert, ShieldCheck } from 'lucide-react'
import { type FormEvent, useEffect, useState } from 'react'
import { everyWhileSeen } from '../../lib/while-seen.ts'
import type { ResetRequest } from '../../viewmodel/trust/types.ts'
import { failureText, moment } from '../../words/format.ts'
import { useProof } from '../session/proof.tsx'
import { useLanguage, usePeople, useShell, useStore, useWords } from '../ui/hooks.ts'
import { Avatar, Blank, Dialog, IconButton, Problem } from '../ui/parts.tsx'
import { SpokenCodeField } from '../ui/spoken-code.tsx'
import { EnvelopeAsksList } from './envelope-asks.tsx'

const REFRESH_MS = 15_000

/** Who of the coordinator's institution starts again, and what was decided. */
export default function ResetsPage() {
  const { resets, router } = useShell()
  const words = useWords()
  const language = useLanguage()
  const mine = useStore(resets.mine)
  const waiting = useStore(resets.waiting)
  const decided = useStore(resets.decided)
  const failure = useStore(resets.failure)
  const [deciding, setDeciding] = useState<ResetRequest | undefined>(undefined)
  useEffect(() => {
    void resets.refresh()
    // What a person's device does with a yes is no news the node sends.
    return everyWhileSeen(REFRESH_MS, () => void resets.refresh())
  }, [resets])
  return (
    <section className="page" data-testid="resets-page">
      <header className="page-head">
        <IconButton label={words.back} testId="back" onClick={router.back}>
          <ArrowLeft />
        </IconButton>
        <h2>{words.resets.title}</h2>
      </header>
      <div className="page-scroll settings">
        {!mine ? (
          <Blank icon={<ShieldCheck />} title={words.resets.notYours} hint={words.resets.notYoursHint} />
        ) : (
          <>
            <p>{words.resets.hint}</p>
            {failure && <Problem>{failureText(failure, language, words)}</Problem>}
            <EnvelopeAsksList />
            {waiting.length === 0 && (
              <section className="card" data-testid="resets-none">
                <b>{words.resets.none}</b>
                <p className="muted">{words.resets.noneHint}</p>
              </section>
            )}
            {waiting.map((one) => (
              <Waiting key={one.id} request={one} onDecide={() => setDeciding(one)} />
            ))}
            {decided.length > 0 && (
              <section className="card">
                <h3>{words.resets.log}</h3>
                <ul className="plain-list">
                  {decided.map((one) => (
                    <Decided key={one.id} request={one} />
                  ))}
                </ul>
              </section>
            )}
          </>
        )}
      </div>
      {deciding && <DecideDialog request={deciding} onClose={() => setDeciding(undefined)} />}
    </section>
  )
}

function Waiting(props: { request: ResetRequest; onDecide(): void }) {
  const { request } = props
  const words = useWords()
  const language = useLanguage()
  const people = usePeople()
  const { name } = people.person(request.userId)
  return (
    <section className="card" data-testid="reset" data-user-id={request.userId}>
      <div className="member">
        <Avatar id={request.userId} name={name} />
        <div className="member-text">
          <b>{name}</b>
          <span className="muted">{request.userId}</span>
        </div>
      </div>
      <p>
        {words.resets.asked(moment(request.requestedTs, language))}
        {request.deviceName && `, ${words.resets.from(request.deviceName)}`}.{' '}
        <span className="muted">{words.resets.until(moment(request.expiresTs, language))}.</span>
      </p>
      {request.doubted && <Problem>{words.resets.doubted}</Problem>}
      <div className="row-actions">
        <button type="button" className="button primary" data-testid="reset-decide" onClick={props.onDecide}>
          {words.resets.decide}
        </button>
      </div>
    </section>
  )
}

function Decided(props: { request: ResetRequest }) {
  const { request } = props
  const words = useWords()
  const language = useLanguage()
  const people = usePeople()
  const { decidedBy: by } = request
  const alarming = request.state === 'denied' || request.state === 'reported'
  return (
    <li className="setting" data-testid="reset-decided" data-state={request.state}>
      {alarming ? <ShieldAlert aria-hidden="true" /> : <ShieldCheck aria-hidden="true" />}
      <p>
        <b>{people.person(request.userId).name}</b>: {words.resets.state[request.state]}
        {by !== undefined &&
          by !== request.userId &&
          ` ${words.resets.by(by === 'operator' ? words.resets.operator : people.person(by).name)}`}
        <br />
        <span className="muted">{moment(request.decidedTs ?? request.requestedTs, language)}</span>
      </p>
    </li>
  )
}

function DecideDialog(props: { request: ResetRequest; onClose(): void }) {
  const { request } = props
  const { resets, session } = useShell()
  const words = useWords()
  const people = usePeople()
  const proof = useProof(session, { label: words.resets.password, testId: 'reset-password' })
  const { name } = people.person(request.userId)
  const [code, setCode] = useState('')
  const [wrongCode, setWrongCode] = useState(false)
  const [done, setDone] = useState<'approved' | 'refused' | undefined>(undefined)

  async function decide(verb: 'approved' | 'refused'): Promise<void> {
    setWrongCode(false)
    let other = false
    const went = await proof.run(async (given) => {
      const outcome =
        verb === 'approved' ? await resets.approve(request, code, given) : await resets.refuse(request, given)
      other = outcome === 'wrong_code'
      return outcome === 'wrong_code' ? undefined : outcome
    })
    if (other) setWrongCode(true)
    else if (went) setDone(verb)
  }

  if (done)
    return (
      <Dialog title={words.resets.dialog(name)} onClose={props.onClose} testId="reset-dialog">
        <p role="status" data-testid="reset-done">
          {words.resets[done](name)}
        </p>
        <div className="row-actions end">
          <button type="button" className="button primary" data-testid="reset-close" onClick={props.onClose}>
            {words.close}
          </button>
        </div>
      </Dialog>
    )
  return (
    <Dialog title={words.resets.dialog(name)} onClose={props.onClose} testId="reset-dialog">
      <form
        onSubmit={(event: FormEvent) => {
          event.preventDefault()
          void decide('approved')
        }}
      >
        <ol className="steps">
          {words.resets.steps.map((step) => (
            <li key={step}>{step}</li>
          ))}
        </ol>
        {request.doubted && <Problem>{words.resets.doubted}</Problem>}
        <SpokenCodeField value={code} onChange={setCode} testId="reset-code" />
        {proof.fields}
        {wrongCode && <Problem>{words.resets.wrongCode}</Problem>}
        <div className="row-actions">
          <button
            type="submit"
            className="button primary"
            data-testid="reset-approve"
            disabled={!proof.ready || code.trim() === ''}
          >
            {proof.busy ? words.resets.working : words.resets.approve}
          </button>
          <button
            type="button"
            className="button danger-outline"
            data-testid="reset-refuse"
            disabled={!proof.ready}
            onClick={() => void decide('refused')}
          >
            {words.resets.refuse}
          </button>
        </div>
      </form>
    </Dialog>
  )
}
