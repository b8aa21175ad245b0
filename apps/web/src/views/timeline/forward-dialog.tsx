import { Forward, TriangleAlert } from 'lucide-react'
import type { Room } from 'matrix-js-sdk'
import { useEffect, useMemo, useState } from 'react'
import type { Channel } from '../../viewmodel/channels/types.ts'
import { forward, forwardTargets, type Reach, reachOf } from '../../viewmodel/timeline/forwarding.ts'
import type { MessageItem } from '../../viewmodel/timeline/types.ts'
import { failureText } from '../../words/format.ts'
import { useLanguage, useShell, useStore, useTask, useWords } from '../ui/hooks.ts'
import { Dialog, Problem } from '../ui/parts.tsx'
import { TopicIcon, useChannelName } from '../ui/topics.tsx'

/** Where a message goes on to, and who would read it there. */
export default function ForwardDialog(props: { item: MessageItem; room: Room; onClose(): void }) {
  const { item, room } = props
  const { session, channels, router } = useShell()
  const words = useWords()
  const language = useLanguage()
  const name = useChannelName()
  const state = useStore(channels.state)
  const targets = useMemo(() => forwardTargets(session, state, room), [session, state, room])
  const [chosen, setChosen] = useState<Channel | undefined>(undefined)
  const [reach, setReach] = useState<Reach | undefined>(undefined)
  const [agreed, setAgreed] = useState(false)
  const { busy, failure, run } = useTask()
  useEffect(() => {
    setReach(undefined)
    setAgreed(false)
    if (!chosen) return
    let current = true
    void reachOf(session, room, chosen.roomId).then((found) => current && setReach(found))
    return () => {
      current = false
    }
  }, [session, room, chosen])

  const send = () =>
    void run(async () => {
      await forward(session, room, item, chosen!.roomId)
      props.onClose()
      router.go({ page: 'channel', roomId: chosen!.roomId })
    })

  return (
    <Dialog title={words.messages.forwardTitle} onClose={props.onClose} testId="forward-dialog">
      {targets.length === 0 && <p>{words.messages.forwardNowhere}</p>}
      <ul className="forward-targets">
        {targets.map((one) => (
          <li key={one.roomId}>
            <button
              type="button"
              aria-pressed={chosen?.roomId === one.roomId}
              data-testid="forward-target"
              data-topic={one.topic}
              onClick={() => setChosen(one)}
            >
              <TopicIcon topic={one.topic} known={one.known} />
              {name(one)}
            </button>
          </li>
        ))}
      </ul>
      {reach && reach.others > 0 && (
        <p className="note forward-reach" role="status" data-testid="forward-reach">
          <TriangleAlert aria-hidden="true" />
          <span>
            {words.messages.forwardReach(reach.others)}
            {reach.institutions.length > 0 && ` ${words.messages.forwardWho(reach.institutions.join(', '))}`}
          </span>
        </p>
      )}
      {reach?.guarded && (
        <label className="check">
          <input
            type="checkbox"
            checked={agreed}
            data-testid="forward-agree"
            onChange={(event) => setAgreed(event.target.checked)}
          />
          <span>{words.messages.forwardGuarded}</span>
        </label>
      )}
      {failure && <Problem>{failureText(failure, language, words)}</Problem>}
      <div className="row-actions">
        <button
          type="button"
          className="button primary"
          data-testid="forward-send"
          disabled={!reach || busy || (reach.guarded && !agreed)}
          onClick={send}
        >
          <Forward aria-hidden="true" />
          {words.messages.forward}
        </button>
        <button type="button" className="button" onClick={props.onClose}>
          {words.cancel}
        </button>
      </div>
    </Dialog>
  )
}
