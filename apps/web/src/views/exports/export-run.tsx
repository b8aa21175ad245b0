import { useEffect, useRef, useState } from 'react'
import { saveFile } from '../../lib/save-file.ts'
import type { ExportOutcome, MadeExport, Progress } from '../../viewmodel/exports/types.ts'
import { failureText } from '../../words/format.ts'
import { useLanguage, useWords } from '../ui/hooks.ts'
import { Dialog, Problem } from '../ui/parts.tsx'

type Make = (signal: AbortSignal, show: (progress: Progress) => void) => Promise<ExportOutcome>

/** The package is made while this is open: how far it is, a way to stop, and what came of it. */
export function ExportRun(props: { title: string; make: Make; onClose(): void }) {
  const words = useWords()
  const language = useLanguage()
  const own = words.exports
  const [progress, setProgress] = useState<Progress>({ stage: 'events', done: 0, total: 0 })
  const [outcome, setOutcome] = useState<ExportOutcome | undefined>(undefined)
  const running = useRef<AbortController | undefined>(undefined)
  const { make } = props
  useEffect(() => {
    const controller = new AbortController()
    running.current = controller
    void make(controller.signal, (next) => !controller.signal.aborted && setProgress(next)).then(
      (done) => !controller.signal.aborted && setOutcome(done),
    )
    return () => controller.abort()
  }, [make])

  const close = () => {
    running.current?.abort()
    props.onClose()
  }
  const { done, total, stage } = progress
  return (
    <Dialog title={outcome && 'made' in outcome ? own.done : props.title} onClose={close} testId="export-run">
      {!outcome && (
        <>
          <p role="status">{own.working}</p>
          <progress
            className="export-progress"
            aria-label={own.working}
            {...(stage === 'events' || total === 0 ? {} : { value: done, max: total })}
          />
          <p className="muted">{own.stages[stage](done, total)}</p>
          <div className="row-actions">
            <button type="button" className="button" data-testid="export-stop" onClick={close}>
              {own.stop}
            </button>
          </div>
        </>
      )}
      {outcome && 'made' in outcome && <Made made={outcome.made} onClose={close} />}
      {outcome && 'problem' in outcome && (
        <>
          <Problem>
            {outcome.problem === 'too_much' ? own.tooMuch : failureText(outcome.problem, language, words)}
          </Problem>
          <div className="row-actions">
            <button type="button" className="button" onClick={close}>
              {words.close}
            </button>
          </div>
        </>
      )}
    </Dialog>
  )
}

function Made({ made, onClose }: { made: MadeExport; onClose(): void }) {
  const words = useWords()
  const own = words.exports
  return (
    <div data-testid="export-made" data-signed-by={made.signedBy}>
      <p>{made.signedBy === 'institution' ? own.signedByInstitution : own.signedByServer}</p>
      {made.unreadable > 0 && <p className="note">{own.unreadable(made.unreadable)}</p>}
      {made.lost > 0 && <p className="note">{own.lost(made.lost)}</p>}
      <p className="muted export-command">{own.verify}</p>
      <div className="row-actions">
        <button
          type="button"
          className="button primary"
          data-testid="export-save"
          onClick={() => saveFile(made.file, made.name)}
        >
          {own.save}
        </button>
        <button type="button" className="button" onClick={onClose}>
          {words.close}
        </button>
      </div>
    </div>
  )
}
