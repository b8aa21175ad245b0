import { HandHelping } from 'lucide-react'
import { useState } from 'react'
import { plainName } from '../../lib/plain-name.ts'
import { topicOf } from '../../viewmodel/channels/channel-list.ts'
import { usePeople, useShell, useStore, useWords } from '../ui/hooks.ts'
import { Dialog } from '../ui/parts.tsx'
import { useChannelName } from '../ui/topics.tsx'

type Outcome = 'given' | 'nothing' | 'too_large' | 'not_now' | 'failed'

/** Somebody of another institution asks for what was written before: a person decides. One at a time. */
export default function AsksBanner() {
  const { session } = useShell()
  const words = useWords()
  const people = usePeople()
  const channelName = useChannelName()
  const [first] = useStore(session.history.asks)
  const [busy, setBusy] = useState(false)
  const [outcome, setOutcome] = useState<Outcome | undefined>(undefined)

  async function answer(action: () => Promise<Outcome | undefined>) {
    setBusy(true)
    try {
      setOutcome(await action())
    } catch {
      setOutcome('failed')
    } finally {
      setBusy(false)
    }
  }
  if (outcome) {
    const said = {
      given: words.history.gave,
      nothing: words.history.gaveNothing,
      too_large: words.history.tooLarge,
      not_now: words.history.later,
      failed: words.failure.offline,
    }
    return (
      <Dialog title={words.history.give} onClose={() => setOutcome(undefined)} testId="history-outcome">
        <p role="status" data-outcome={outcome}>
          {said[outcome]}
        </p>
        <div className="row-actions end">
          <button type="button" className="button primary" onClick={() => setOutcome(undefined)}>
            {words.close}
          </button>
        </div>
      </Dialog>
    )
  }
  const room = first && session.client.getRoom(first.roomId)
  if (!first || !room) return null
  const { topic, known } = topicOf(session, room)
  const channel = channelName({ topic, known, name: plainName(room.name) })
  return (
    <div className="banner banner-asks" role="status" data-testid="history-asks">
      <HandHelping aria-hidden="true" />
      <span>
        {words.history.someoneAsks(people.person(first.userId, first.roomId).title, channel)}{' '}
        {words.history.sure}
      </span>
      <button
        type="button"
        className="button"
        data-testid="history-give"
        disabled={busy}
        onClick={() => void answer(() => session.history.give(first.id))}
      >
        {words.history.give}
      </button>
      <button
        type="button"
        className="button"
        data-testid="history-decline"
        disabled={busy}
        onClick={() => void answer(() => session.history.decline(first.id).then(() => undefined))}
      >
        {words.history.notNow}
      </button>
    </div>
  )
}
