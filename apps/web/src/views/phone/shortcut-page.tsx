import type { Room } from 'matrix-js-sdk'
import { useState } from 'react'
import { failureOf } from '../../lib/failure.ts'
import { sendAndKnow } from '../../viewmodel/phone/share.ts'
import { failureText } from '../../words/format.ts'
import { UrgentDialog } from '../calls/urgent-dialog.tsx'
import { useNewCase } from '../cases/new-case-button.tsx'
import { useLanguage, useShell, useWords } from '../ui/hooks.ts'
import { Problem, Spinner } from '../ui/parts.tsx'
import { ChannelChoice, ConfirmFirst } from './channel-choice.tsx'

/** From the icon on the home screen: a case, or an urgent call, with as little as they need. */
export default function ShortcutPage(props: { to: 'urgent' | 'case' }) {
  const words = useWords().phone.shortcut
  return (
    <section className="page">
      <header className="page-head">
        <h1>{words[props.to]}</h1>
      </header>
      <div className="page-scroll share-page" data-testid={`shortcut-${props.to}`}>
        <ConfirmFirst>{props.to === 'case' ? <CaseShortcut /> : <UrgentShortcut />}</ConfirmFirst>
      </div>
    </section>
  )
}

function CaseShortcut() {
  const words = useWords().phone.shortcut
  const begin = useNewCase()
  return (
    <>
      <p className="muted">{words.caseHint}</p>
      <ChannelChoice
        lets={(one) => one.known}
        none={words.noChannels}
        onChoose={({ roomId }) => void begin(roomId)}
      />
    </>
  )
}

function UrgentShortcut() {
  const { session, router } = useShell()
  const all = useWords()
  const words = all.phone.shortcut
  const language = useLanguage()
  const [text, setText] = useState('')
  const [room, setRoom] = useState<Room | undefined>(undefined)
  const [eventId, setEventId] = useState<string | undefined>(undefined)
  const [problem, setProblem] = useState<string | undefined>(undefined)

  async function send(roomId: string): Promise<void> {
    const chosen = session.client.getRoom(roomId)
    if (!chosen) return
    setProblem(undefined)
    setRoom(chosen)
    try {
      const sent = await sendAndKnow(session, chosen, text.trim())
      if ('eventId' in sent) setEventId(sent.eventId)
      else setProblem(failureText(sent.failure, language, all))
    } catch (error) {
      // Nothing was taken: the text is still here.
      setRoom(undefined)
      setProblem(failureText(failureOf(error), language, all))
    }
  }

  if (room)
    return eventId ? (
      <UrgentDialog
        room={room}
        eventId={eventId}
        onClose={() => router.go({ page: 'channel', roomId: room.roomId }, { replace: true })}
      />
    ) : problem ? (
      <Problem>{problem}</Problem>
    ) : (
      <Spinner label={words.waiting} />
    )
  return (
    <>
      <p className="muted">{words.urgentHint}</p>
      <label className="field">
        <span>{words.what}</span>
        <textarea
          rows={3}
          autoComplete="off"
          data-testid="shortcut-what"
          placeholder={words.whatHint}
          value={text}
          onChange={(event) => setText(event.target.value)}
        />
      </label>
      {problem && <Problem>{problem}</Problem>}
      <ChannelChoice
        lets={(one) => one.known}
        none={words.noChannels}
        disabled={text.trim() === ''}
        onChoose={({ roomId }) => void send(roomId)}
      />
    </>
  )
}
