import { RoomStateEvent } from 'matrix-js-sdk'
import { useEffect, useState } from 'react'
import type { Failure } from '../../lib/failure.ts'
import { applyCalendar, channelsBehind } from '../../viewmodel/duty/case-calendar.ts'
import type { DutyPage } from '../../viewmodel/duty/types.ts'
import { failureText } from '../../words/format.ts'
import { useTopicChannels } from '../cases/new-case-button.tsx'
import { useLanguage, useShell, useWords } from '../ui/hooks.ts'
import { Problem } from '../ui/parts.tsx'

/** Whether the deadlines of cases go by the days of this calendar, and one tap that makes them. */
export function CaseDeadlines({ page }: { page: DutyPage }) {
  const { session } = useShell()
  const words = useWords()
  const language = useLanguage()
  const rooms = useTopicChannels().map((one) => one.roomId)
  const [busy, setBusy] = useState(false)
  const [failure, setFailure] = useState<Failure>()
  const [, setChanges] = useState(0)
  useEffect(() => {
    const changed = () => setChanges((n) => n + 1)
    session.client.on(RoomStateEvent.Events, changed)
    return () => void session.client.off(RoomStateEvent.Events, changed)
  }, [session])
  const { institution, book } = page
  if (rooms.length === 0) return null
  const behind = channelsBehind(session, rooms, institution, book.calendar, Date.now())

  async function apply() {
    setBusy(true)
    setFailure(await applyCalendar(session, behind, institution, book.calendar, Date.now()))
    setBusy(false)
  }
  return (
    <div className="note duty-deadlines" role="status">
      {behind.length === 0 ? (
        <span data-testid="duty-deadlines-same">{words.duty.deadlinesSame}</span>
      ) : (
        <>
          <p>{words.duty.deadlinesBehind(behind.length)}</p>
          <button
            type="button"
            className="button"
            data-testid="duty-deadlines-apply"
            disabled={busy}
            onClick={() => void apply()}
          >
            {words.duty.deadlinesApply}
          </button>
        </>
      )}
      {failure && <Problem>{failureText(failure, language, words)}</Problem>}
    </div>
  )
}
