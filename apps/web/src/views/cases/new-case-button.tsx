import { readCaseText } from '@enlace/coordination'
import { FilePlus2 } from 'lucide-react'
import { useState } from 'react'
import { useShell, useStore, useWords } from '../ui/hooks.ts'
import { Dialog } from '../ui/parts.tsx'
import { TopicIcon, useChannelName } from '../ui/topics.tsx'

/** The topic channels this person is in: where cases live. */
export function useTopicChannels() {
  const { channels } = useShell()
  const name = useChannelName()
  const { corridors } = useStore(channels.state)
  return corridors.flatMap((corridor) =>
    corridor.channels
      .filter((one) => one.known)
      .map((one) => ({ roomId: one.roomId, topic: one.topic, label: name(one), corridor: corridor.name })),
  )
}

/** Begins a draft in a channel and opens its form. */
export function useNewCase(): (
  roomId: string,
  about?: { event_id: string; room_id: string },
) => Promise<void> {
  const { session, router } = useShell()
  return async (roomId, about) => {
    const message = about && session.client.getRoom(about.room_id)?.findEventById(about.event_id)
    const body: unknown = message?.getContent()['body']
    const start = typeof body === 'string' ? readCaseText(body, Date.now()) : undefined
    const draft = await session.caseDrafts.create(roomId, about, start)
    router.go({ page: 'new-case', draftId: draft.id })
  }
}

export function NewCaseButton() {
  const words = useWords()
  const channels = useTopicChannels()
  const begin = useNewCase()
  const [open, setOpen] = useState(false)
  if (channels.length === 0) return null
  return (
    <>
      <button
        type="button"
        className="button primary board-new"
        data-testid="case-new"
        onClick={() => (channels.length === 1 ? void begin(channels[0]!.roomId) : setOpen(true))}
      >
        <FilePlus2 aria-hidden="true" />
        <span>{words.cases.fresh}</span>
      </button>
      {open && (
        <Dialog title={words.cases.form.chooseChannel} onClose={() => setOpen(false)}>
          <div className="menu">
            {channels.map((one) => (
              <button
                key={one.roomId}
                type="button"
                data-testid={`case-new-${one.topic}`}
                onClick={() => void begin(one.roomId)}
              >
                <TopicIcon topic={one.topic} known />
                <span>{one.label}</span>
              </button>
            ))}
          </div>
        </Dialog>
      )}
    </>
  )
}
