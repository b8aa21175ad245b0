import { Siren } from 'lucide-react'
import type { Room } from 'matrix-js-sdk'
import { useState } from 'react'
import { failureText } from '../../words/format.ts'
import { Select } from '../ui/choice.tsx'
import { useLanguage, usePeople, useShell, useTask, useWords } from '../ui/hooks.ts'
import { Dialog, Problem } from '../ui/parts.tsx'
import { ChainStages } from './call-dialog.tsx'

/** An urgent call about a message or a case. `suggested`: the institution the call most likely is for. */
export function UrgentDialog(props: {
  room: Room
  eventId: string
  reference?: string
  suggested?: string
  onClose(): void
}) {
  const { session } = useShell()
  const words = useWords()
  const language = useLanguage()
  const { busy, failure, run } = useTask()
  const people = usePeople()
  const [whom, setWhom] = useState(props.suggested ?? '')
  const institutions = new Map(
    people
      .members(props.room.roomId)
      .filter((one) => one.membership === 'join' && one.institution && one.country)
      .map((one) => [
        one.institution!,
        { key: one.institution!, country: one.country!, name: one.institutionName ?? one.institution! },
      ]),
  )
  const chosen = institutions.get(whom)
  const target = chosen && { key: chosen.key, country: chosen.country }

  const raise = () =>
    run(async () => {
      await session.escalations.raise(props.room.roomId, props.eventId, {
        ...(target ? { institution: target } : {}),
        ...(props.reference ? { reference: props.reference } : {}),
      })
      props.onClose()
    })

  return (
    <Dialog title={words.urgent.title} onClose={props.onClose} testId="urgent-dialog">
      <p>{words.urgent.hint}</p>
      <Select
        label={words.calls.whom}
        testId="urgent-whom"
        value={whom}
        onChange={(value) => setWhom(value)}
        choices={[
          { value: '', label: words.calls.whomOfficials },
          ...[...institutions.values()].map((one) => ({ value: one.key, label: one.name })),
        ]}
      />
      <p className="muted">{words.calls.chainHint}</p>
      <ChainStages chain={session.escalations.chainOf(props.room.roomId, target)} />
      {failure && <Problem>{failureText(failure, language, words)}</Problem>}
      <div className="row-actions">
        <button
          type="button"
          className="button danger"
          data-testid="urgent-confirm"
          disabled={busy}
          onClick={() => void raise()}
        >
          <Siren aria-hidden="true" />
          {words.urgent.confirm}
        </button>
        <button type="button" className="button" onClick={props.onClose}>
          {words.cancel}
        </button>
      </div>
    </Dialog>
  )
}
