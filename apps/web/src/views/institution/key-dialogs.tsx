import { type FormEvent, useState } from 'react'
import { saveFile } from '../../lib/save-file.ts'
import { suggestPassphrase } from '../../viewmodel/institution/passphrase.ts'
import type { OfficeModel } from '../../viewmodel/institution/types.ts'
import { failureText } from '../../words/format.ts'
import { useLanguage, useTask, useWords } from '../ui/hooks.ts'
import { CopyButton, Dialog, Problem } from '../ui/parts.tsx'

function Sealing(props: { label: string; done: number }) {
  return (
    <p role="status">
      {props.label}
      <progress className="seal-progress" aria-label={props.label} max={1} value={props.done} />
    </p>
  )
}

export function OpenKeyDialog({ model, onClose }: { model: OfficeModel; onClose(): void }) {
  const words = useWords()
  const language = useLanguage()
  const own = words.key
  const [file, setFile] = useState<ReturnType<OfficeModel['keys']['readFile']>>(undefined)
  const [problem, setProblem] = useState<string | undefined>(undefined)
  const [passphrase, setPassphrase] = useState('')
  const [progress, setProgress] = useState(0)
  const { busy, failure, run } = useTask()
  async function choose(chosen: File | undefined) {
    if (!chosen) return
    const read = chosen.size > 64 * 1024 ? undefined : model.keys.readFile(await chosen.text())
    setFile(read)
    setProblem(read ? undefined : own.notAFile)
  }
  function submit(event: FormEvent) {
    event.preventDefault()
    if (!file) return
    setProblem(undefined)
    void run(async () => {
      const outcome = await model.keys.importFile(file, passphrase, setProgress)
      if (outcome === 'ok') onClose()
      else setProblem(outcome === 'malformed' ? own.damaged : own.wrongPassphrase)
    })
  }
  return (
    <Dialog title={own.openTitle} onClose={onClose} testId="key-open-dialog">
      <form onSubmit={submit}>
        <p>{own.openHint}</p>
        <label className="field">
          <span>{own.file}</span>
          <input
            type="file"
            accept=".json,application/json"
            data-testid="key-file"
            onChange={(event) => void choose(event.target.files?.[0])}
          />
          {file && <small>{own.fileOf(file.public.name)}</small>}
        </label>
        <label className="field">
          <span>{own.passphrase}</span>
          <input
            type="password"
            autoComplete="off"
            data-testid="key-passphrase"
            value={passphrase}
            onChange={(event) => setPassphrase(event.target.value)}
          />
        </label>
        {busy && <Sealing label={own.working} done={progress} />}
        {problem && <Problem>{problem}</Problem>}
        {failure && <Problem>{failureText(failure, language, words)}</Problem>}
        <div className="row-actions">
          <button
            type="submit"
            className="button primary"
            data-testid="key-open-submit"
            disabled={busy || !file || passphrase === ''}
          >
            {own.open}
          </button>
          <button type="button" className="button" onClick={onClose}>
            {words.cancel}
          </button>
        </div>
      </form>
    </Dialog>
  )
}

export function CopyKeyDialog(props: { model: OfficeModel; institution: string; onClose(): void }) {
  const words = useWords()
  const language = useLanguage()
  const own = words.key
  const [passphrase, setPassphrase] = useState(() => suggestPassphrase())
  const [progress, setProgress] = useState(0)
  const { busy, failure, run } = useTask()
  const download = () =>
    run(async () => {
      const file = await props.model.keys.exportFile(passphrase, setProgress)
      if (!file) return
      const blob = new Blob([`${JSON.stringify(file, null, 2)}\n`], { type: 'application/json' })
      saveFile(blob, `${props.institution}.llave.json`)
    })
  return (
    <Dialog title={own.copyTitle} onClose={props.onClose} testId="key-copy-dialog">
      <p>{own.copyHint}</p>
      <p className="readable-code">
        <span className="muted">{own.suggested}</span>
        <code data-testid="key-copy-passphrase">{passphrase}</code>
      </p>
      <p className="muted">{own.suggestedHint}</p>
      <div className="row-actions">
        <CopyButton text={passphrase} />
        <button
          type="button"
          className="button"
          disabled={busy}
          onClick={() => setPassphrase(suggestPassphrase())}
        >
          {own.anotherPassphrase}
        </button>
      </div>
      {busy && <Sealing label={own.sealing} done={progress} />}
      {failure && <Problem>{failureText(failure, language, words)}</Problem>}
      <div className="row-actions">
        <button
          type="button"
          className="button primary"
          data-testid="key-copy-download"
          disabled={busy}
          onClick={() => void download()}
        >
          {own.download}
        </button>
        <button type="button" className="button" onClick={props.onClose}>
          {words.close}
        </button>
      </div>
    </Dialog>
  )
}

/** Asks for the recovery key, for as long as it is needed. */
export function RecoveryDialog(props: {
  action: string
  work(recoveryKey: string): Promise<'ok' | 'malformed' | 'wrong_key'>
  onClose(): void
  onDone(): void
}) {
  const words = useWords()
  const language = useLanguage()
  const own = words.key
  const [typed, setTyped] = useState('')
  const [problem, setProblem] = useState<string | undefined>(undefined)
  const { busy, failure, run } = useTask()
  function submit(event: FormEvent) {
    event.preventDefault()
    setProblem(undefined)
    void run(async () => {
      const outcome = await props.work(typed)
      if (outcome === 'ok') props.onDone()
      else setProblem(outcome === 'malformed' ? own.recoveryMalformed : own.recoveryWrong)
    })
  }
  return (
    <Dialog title={own.recoveryTitle} onClose={props.onClose}>
      <form onSubmit={submit}>
        <p>{own.recoveryHint}</p>
        <label className="field">
          <span>{own.recoveryLabel}</span>
          <textarea
            rows={3}
            className="mono"
            data-testid="key-recovery"
            value={typed}
            onChange={(event) => setTyped(event.target.value)}
            autoCapitalize="none"
            autoCorrect="off"
            spellCheck={false}
          />
        </label>
        {problem && <Problem>{problem}</Problem>}
        {failure && <Problem>{failureText(failure, language, words)}</Problem>}
        <div className="row-actions">
          <button
            type="submit"
            className="button primary"
            data-testid="key-recovery-submit"
            disabled={busy || typed.trim() === ''}
          >
            {props.action}
          </button>
          <button type="button" className="button" onClick={props.onClose}>
            {words.cancel}
          </button>
        </div>
      </form>
    </Dialog>
  )
}
