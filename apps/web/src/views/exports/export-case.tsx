import {
  type CaseState,
  type ExportPurpose,
  type ExportWithholding,
  exportPurposes,
  exportWithholdings,
} from '@enlace/coordination'
import { PackageOpen } from 'lucide-react'
import { useCallback, useEffect, useState } from 'react'
import type { KeptDetails } from '../../viewmodel/cases/types.ts'
import type { ExportChoice, Grant, Progress } from '../../viewmodel/exports/types.ts'
import { Confirm } from '../session/confirm-dialogs.tsx'
import { FormGroup, RadioCards } from '../ui/choice.tsx'
import { useLabel, useShell, useStore, useWords } from '../ui/hooks.ts'
import { ExportRun } from './export-run.tsx'

const purposeKeys = Object.keys(exportPurposes) as ExportPurpose[]
const withholdingKeys = Object.keys(exportWithholdings) as ExportWithholding[]

/** For coordinators and officials: the case leaves as a package. */
export function ExportCase(props: { state: CaseState; details?: KeptDetails }) {
  const { session } = useShell()
  const words = useWords()
  const me = useStore(session.me)
  const [open, setOpen] = useState(false)
  if (me?.role !== 'coordinator' && me?.role !== 'official') return null
  return (
    <>
      <button type="button" className="button" data-testid="case-export" onClick={() => setOpen(true)}>
        <PackageOpen aria-hidden="true" />
        {words.exports.open}
      </button>
      {open && <ExportDialog {...props} onClose={() => setOpen(false)} />}
    </>
  )
}

type Begun = { choice: ExportChoice; grant: Grant }

function ExportDialog(props: { state: CaseState; details?: KeptDetails; onClose(): void }) {
  const { state, details, onClose } = props
  const { session } = useShell()
  const words = useWords()
  const own = words.exports
  const label = useLabel()
  const [purpose, setPurpose] = useState<ExportPurpose>('court')
  const [recipient, setRecipient] = useState('')
  const [withheld, setWithheld] = useState<readonly ExportWithholding[]>([])
  const [others, setOthers] = useState<readonly string[]>([])
  const [begun, setBegun] = useState<Begun | undefined>(undefined)
  const same = useSamePerson(state.id, details)

  const make = useCallback(
    async (signal: AbortSignal, show: (progress: Progress) => void) => {
      const { makeCaseExport } = await import('../../viewmodel/exports/case-export.ts')
      return makeCaseExport(session, begun!.grant, begun!.choice, signal, show)
    },
    [session, begun],
  )
  if (begun) return <ExportRun title={own.title} make={make} onClose={onClose} />
  return (
    <Confirm
      asker={session}
      title={own.title}
      hint={own.intro}
      submit={own.submit}
      onClose={onClose}
      act={async (proof) => {
        const choice = { caseIds: [state.id, ...others], purpose, recipient, withheld }
        const { beginCaseExport } = await import('../../viewmodel/exports/case-export.ts')
        const answer = await beginCaseExport(session, choice, proof)
        if ('problem' in answer) return answer.problem
        setBegun({ choice, grant: answer.grant })
        return undefined
      }}
    >
      <p className="muted">{own.recorded}</p>
      <RadioCards
        label={own.purpose}
        testId="export-purpose"
        value={purpose}
        onChange={(value) => setPurpose(purposeKeys.find((one) => one === value) ?? purpose)}
        choices={purposeKeys.map((key) => ({ value: key, label: label(exportPurposes[key]) }))}
      />
      <label className="field">
        <span>{own.recipient}</span>
        <input
          data-testid="export-recipient"
          value={recipient}
          maxLength={200}
          onChange={(event) => setRecipient(event.target.value)}
        />
        <small className="muted">{own.recipientHint}</small>
      </label>
      <FormGroup className="export-choices" title={own.withhold}>
        {withholdingKeys.map((key) => (
          <label key={key}>
            <input
              type="checkbox"
              data-testid={`export-withhold-${key}`}
              checked={withheld.includes(key)}
              onChange={() => setWithheld(toggled(withheld, key))}
            />
            <span>{own.withholdNames[key]}</span>
          </label>
        ))}
        <small className="muted">
          {own.withholdHint} {withheld.includes('others') && own.othersHint}
        </small>
      </FormGroup>
      {same.length > 0 && (
        <FormGroup className="export-choices" title={own.samePerson} testId="export-same-person">
          {same.map((one) => (
            <label key={one.id}>
              <input
                type="checkbox"
                data-testid={`export-also-${one.reference}`}
                checked={others.includes(one.id)}
                onChange={() => setOthers(toggled(others, one.id))}
              />
              <span>{one.reference}</span>
            </label>
          ))}
          <small className="muted">{own.samePersonHint}</small>
        </FormGroup>
      )}
    </Confirm>
  )
}

const toggled = <T,>(list: readonly T[], one: T): T[] =>
  list.includes(one) ? list.filter((other) => other !== one) : [...list, one]

/** Cases whose forms this device has opened: no server knows whom a case is about. */
function useSamePerson(caseId: string, details: KeptDetails | undefined) {
  const { session } = useShell()
  const known = useStore(session.cases.known)
  const [ids, setIds] = useState<readonly string[]>([])
  useEffect(() => {
    if (!details) return
    let gone = false
    void session.cases.similar(details.values, caseId).then((found) => {
      if (!gone) setIds(found.map((one) => one.caseId))
    })
    return () => {
      gone = true
    }
  }, [session, caseId, details])
  return ids.flatMap((id) => {
    const found = known.get(id)
    return found ? [{ id, reference: found.reference }] : []
  })
}
