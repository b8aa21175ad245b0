import { caseKindsFor, isGuarded, isMinor } from '@enlace/coordination'
import { Baby } from 'lucide-react'
import type { CaseDraft } from '../../../viewmodel/cases/types.ts'
import { useWords } from '../../ui/hooks.ts'
import { useTopicChannels } from '../new-case-button.tsx'

/**
 * A case about a child, or about somebody who may be one, in a channel that more institutions read than need to: the way to the
 * one that is kept for children, where this person is in it. A person decides.
 */
export function ChildChannel(props: { draft: CaseDraft; topic: string; onMove(roomId: string): void }) {
  const words = useWords()
  const channels = useTopicChannels()
  const { draft, topic } = props
  const { kind } = draft
  // While nothing is said of the birth there is nothing to go by yet.
  if (!kind || !draft.values['birth_date'] || !isMinor(kind, draft.values, Date.now()) || isGuarded(topic))
    return null
  const corridor = channels.find((one) => one.roomId === draft.roomId)?.corridor
  const guarded = channels.find(
    (one) => one.corridor === corridor && isGuarded(one.topic) && caseKindsFor(one.topic).fits.includes(kind),
  )
  if (!guarded) return null
  return (
    <div className="note child-channel" role="status" data-testid="child-channel">
      <Baby aria-hidden="true" />
      <div>
        <p>{words.caseForm.childChannel(guarded.label)}</p>
        <button
          type="button"
          className="button small"
          data-testid="child-channel-move"
          onClick={() => props.onMove(guarded.roomId)}
        >
          {words.caseForm.childChannelMove}
        </button>
      </div>
    </div>
  )
}
