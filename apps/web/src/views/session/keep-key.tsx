import { Download, Fingerprint, MailCheck, Printer } from 'lucide-react'
import { type FormEvent, useState } from 'react'
import { saveFile } from '../../lib/save-file.ts'
import { groupsOf, isKept, pickGroups } from '../../viewmodel/session/keep-key.ts'
import type { Keeper } from '../../viewmodel/session/types.ts'
import { useShell, useWords } from '../ui/hooks.ts'
import { CopyButton, Dialog, Problem } from '../ui/parts.tsx'
import { QrCode } from '../ui/qr-code.tsx'
import { EnvelopeKeep, EnvelopeMade, listedOf, useKeepers } from './envelope-keep.tsx'

/** Shows the key, and goes only when the person has shown that they keep it, or says: later. */
export function KeyDialog(props: {
  recoveryKey: string
  /** Which of the ways to keep it is shown first. */
  first?: 'envelope' | undefined
  onClose(): void
}) {
  const { session } = useShell()
  const words = useWords()
  const [step, setStep] = useState<'show' | 'proof' | 'envelope' | 'made'>(props.first ?? 'show')
  const { keepers } = useKeepers()
  const listed = Array.isArray(keepers) ? listedOf(keepers as Keeper[]).length : undefined
  const [busy, setBusy] = useState(false)
  const [problem, setProblem] = useState<string | undefined>(undefined)

  /** Closing it in any way is the same as saying so. */
  function later() {
    void session.encryption.putOff().catch(() => undefined)
    props.onClose()
  }
  async function kept() {
    setBusy(true)
    setProblem(undefined)
    try {
      await session.encryption.confirmSaved()
      props.onClose()
    } catch {
      setProblem(words.failure.offline)
    } finally {
      setBusy(false)
    }
  }
  async function withPasskey() {
    setBusy(true)
    setProblem(undefined)
    try {
      const outcome = await session.encryption.keepWithPasskey(props.recoveryKey)
      if (outcome === 'ok') return await kept()
      if (outcome === 'unsupported') setProblem(words.recovery.passkeyUnsupported)
    } catch {
      setProblem(words.failure.offline)
    } finally {
      setBusy(false)
    }
  }

  if (step === 'proof')
    return (
      <Dialog title={words.recovery.proofTitle} onClose={later} testId="recovery-dialog">
        <Proof
          recoveryKey={props.recoveryKey}
          busy={busy}
          problem={problem}
          onBack={() => setStep('show')}
          onKept={() => void kept()}
        />
      </Dialog>
    )
  if (step === 'envelope')
    return (
      <Dialog title={words.envelope.title} onClose={later} testId="recovery-dialog">
        <EnvelopeKeep
          recoveryKey={props.recoveryKey}
          onBack={() => setStep('show')}
          onMade={() => setStep('made')}
        />
      </Dialog>
    )
  if (step === 'made')
    return (
      <Dialog title={words.envelope.madeTitle} onClose={props.onClose} testId="recovery-dialog">
        <EnvelopeMade onClose={props.onClose} />
      </Dialog>
    )
  return (
    <Dialog title={words.recovery.title} onClose={later} testId="recovery-dialog">
      <p>{words.recovery.text}</p>
      <Sheet recoveryKey={props.recoveryKey} />
      <div className="row-actions">
        <button type="button" className="button" data-testid="recovery-print" onClick={() => window.print()}>
          <Printer aria-hidden="true" />
          {words.recovery.print}
        </button>
        <DownloadButton recoveryKey={props.recoveryKey} />
        <CopyButton text={props.recoveryKey} testId="recovery-copy" />
        {'PublicKeyCredential' in globalThis && (
          <button
            type="button"
            className="button"
            data-testid="recovery-keep-passkey"
            disabled={busy}
            onClick={() => void withPasskey()}
          >
            <Fingerprint aria-hidden="true" />
            {words.recovery.keepPasskey}
          </button>
        )}
        {listed !== undefined && listed >= 2 && (
          <button
            type="button"
            className="button"
            data-testid="recovery-keep-envelope"
            disabled={busy}
            onClick={() => setStep('envelope')}
          >
            <MailCheck aria-hidden="true" />
            {words.envelope.offer}
          </button>
        )}
      </div>
      {listed !== undefined && listed < 2 && (
        <p className="muted" data-testid="envelope-not-offered">
          {words.envelope.notOffered(listed)}
        </p>
      )}
      {problem && <Problem>{problem}</Problem>}
      <div className="row-actions end">
        <button type="button" className="button" data-testid="recovery-later" onClick={later}>
          {words.recovery.later}
        </button>
        <button
          type="button"
          className="button primary"
          data-testid="recovery-saved"
          disabled={busy}
          onClick={() => setStep('proof')}
        >
          {words.recovery.saved}
        </button>
      </div>
    </Dialog>
  )
}

/** On the page the key and its picture; on paper also what it is for and where to keep it. */
function Sheet(props: { recoveryKey: string }) {
  const { session } = useShell()
  const words = useWords()
  return (
    <div className="printable recovery-sheet">
      <h1 className="only-print">{words.recovery.fileHead}</h1>
      <p className="only-print">{words.recovery.fileAccount(session.userId)}</p>
      <p className="only-print">{words.recovery.sheetWhat}</p>
      <div className="recovery-code">
        <QrCode text={props.recoveryKey} label={words.recovery.qr} />
        <code className="recovery-key" data-testid="recovery-key">
          {props.recoveryKey}
        </code>
      </div>
      <ol className="only-print recovery-groups">
        {groupsOf(props.recoveryKey).map((group, index) => (
          <li key={index}>{group}</li>
        ))}
      </ol>
      <p className="only-print">{words.recovery.sheetWhere}</p>
      <p className="only-print">{words.recovery.fileHint}</p>
    </div>
  )
}

function DownloadButton(props: { recoveryKey: string }) {
  const { session } = useShell()
  const words = useWords()
  const text = [
    words.recovery.fileHead,
    words.recovery.fileAccount(session.userId),
    '',
    props.recoveryKey,
    '',
    words.recovery.sheetWhat,
    words.recovery.sheetWhere,
    words.recovery.fileHint,
  ].join('\r\n')
  return (
    <button
      type="button"
      className="button"
      data-testid="recovery-download"
      onClick={() =>
        saveFile(new Blob([`\ufeff${text}\r\n`], { type: 'text/plain;charset=utf-8' }), words.recovery.file)
      }
    >
      <Download aria-hidden="true" />
      {words.recovery.download}
    </button>
  )
}

/** Two groups of the key, from the paper: whoever only pressed a button has none. */
function Proof(props: {
  recoveryKey: string
  busy: boolean
  problem: string | undefined
  onBack(): void
  onKept(): void
}) {
  const words = useWords()
  const [asked] = useState(() => pickGroups(props.recoveryKey))
  const [typed, setTyped] = useState<readonly string[]>(asked.map(() => ''))
  const [wrong, setWrong] = useState(false)
  function submit(event: FormEvent) {
    event.preventDefault()
    if (isKept(props.recoveryKey, asked, typed)) props.onKept()
    else setWrong(true)
  }
  return (
    <form onSubmit={submit}>
      <p>{words.recovery.proofText}</p>
      <div className="proof-groups">
        {asked.map((place, index) => (
          <label className="field" key={place}>
            <span>{words.recovery.proofGroup(place + 1)}</span>
            <input
              className="mono"
              data-testid={`recovery-proof-${index}`}
              data-group={place}
              value={typed[index]}
              maxLength={120}
              autoComplete="off"
              autoCapitalize="none"
              autoCorrect="off"
              spellCheck={false}
              onChange={(event) => {
                setWrong(false)
                setTyped(typed.map((one, at) => (at === index ? event.target.value : one)))
              }}
            />
          </label>
        ))}
      </div>
      {(wrong || props.problem) && <Problem>{props.problem ?? words.recovery.proofWrong}</Problem>}
      <div className="row-actions end">
        <button type="button" className="button" data-testid="recovery-proof-back" onClick={props.onBack}>
          {words.recovery.proofBack}
        </button>
        <button
          type="submit"
          className="button primary"
          data-testid="recovery-proof-submit"
          disabled={props.busy || typed.some((one) => one.trim() === '')}
        >
          {words.recovery.proofSubmit}
        </button>
      </div>
    </form>
  )
}
