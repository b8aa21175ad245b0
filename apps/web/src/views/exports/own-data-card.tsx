import { useCallback, useState } from 'react'
import type { Grant, Progress } from '../../viewmodel/exports/types.ts'
import { Confirm } from '../session/confirm-dialogs.tsx'
import { useShell, useWords } from '../ui/hooks.ts'
import { ExportRun } from './export-run.tsx'

/** Everything about one's own account, and how it is erased. */
export function OwnDataCard() {
  const words = useWords()
  const own = words.exports
  const [open, setOpen] = useState(false)
  return (
    <section className="card" data-testid="own-data">
      <h2>{own.own.title}</h2>
      <p className="muted">{own.own.hint}</p>
      <div className="row-actions">
        <button type="button" className="button" data-testid="own-data-open" onClick={() => setOpen(true)}>
          {own.own.open}
        </button>
      </div>
      <details className="export-erasure">
        <summary>{own.erasure.title}</summary>
        <ul>
          {own.erasure.points.map((point) => (
            <li key={point}>{point}</li>
          ))}
        </ul>
      </details>
      {open && <OwnDataDialog onClose={() => setOpen(false)} />}
    </section>
  )
}

function OwnDataDialog({ onClose }: { onClose(): void }) {
  const { session } = useShell()
  const words = useWords()
  const own = words.exports.own
  const [grant, setGrant] = useState<Grant | undefined>(undefined)
  const make = useCallback(
    async (signal: AbortSignal, show: (progress: Progress) => void) => {
      const { makeOwnExport } = await import('../../viewmodel/exports/own-export.ts')
      return makeOwnExport(session, grant!, signal, show)
    },
    [session, grant],
  )
  if (grant) return <ExportRun title={own.title} make={make} onClose={onClose} />
  return (
    <Confirm
      asker={session}
      title={own.confirm}
      hint={own.hint}
      submit={own.confirm}
      onClose={onClose}
      act={async (proof) => {
        const { beginOwnExport } = await import('../../viewmodel/exports/own-export.ts')
        const answer = await beginOwnExport(session, proof)
        if ('problem' in answer) return answer.problem
        setGrant(answer.grant)
        return undefined
      }}
    />
  )
}
