import { topicLabel } from '@enlace/coordination'
import { institutionKinds, kindLabel } from '@enlace/directory/words'
import { useState } from 'react'
import { found, foundableTopics } from '../../viewmodel/channels/new-channel.ts'
import type { Corridor } from '../../viewmodel/channels/types.ts'
import { failureText } from '../../words/format.ts'
import { useLabel, useLanguage, useShell, useTask, useWords } from '../ui/hooks.ts'
import { Dialog, Problem } from '../ui/parts.tsx'
import { TopicIcon } from '../ui/topics.tsx'
import { type Halfway, NotReached } from './not-reached.tsx'

/** For coordinators: a topic of the list, with who may take part in words. */
export function NewChannelDialog(props: { corridor: Corridor & { roomId: string }; onClose(): void }) {
  const { corridor } = props
  const { session, router } = useShell()
  const words = useWords()
  const language = useLanguage()
  const label = useLabel()
  const { busy, failure, run } = useTask()
  const offered = foundableTopics(corridor)
  const [topic, setTopic] = useState<string | undefined>(undefined)
  const [kinds, setKinds] = useState<readonly string[]>([])
  const [halfway, setHalfway] = useState<Halfway | undefined>(undefined)
  const chosen = offered.find((one) => one.topic === topic)
  const mustChoose = chosen !== undefined && chosen.kinds === undefined
  const toggle = (kind: string) =>
    setKinds(kinds.includes(kind) ? kinds.filter((one) => one !== kind) : [...kinds, kind])

  const send = () =>
    run(async () => {
      if (!chosen) return
      const wanted = { corridor: corridor.roomId, topic: chosen.topic, ...(mustChoose ? { kinds } : {}) }
      const { roomId, notReached } = await found(session, wanted)
      if (notReached.length > 0) return setHalfway({ roomId, names: notReached })
      router.go({ page: 'channel', roomId })
      props.onClose()
    })
  if (halfway)
    return (
      <Dialog title={words.newChannel.title} onClose={props.onClose} testId="channel-new">
        <NotReached {...halfway} onClose={props.onClose} />
      </Dialog>
    )
  return (
    <Dialog title={words.newChannel.title} onClose={props.onClose} testId="channel-new">
      <form
        className="new-conversation"
        onSubmit={(event) => {
          event.preventDefault()
          void send()
        }}
      >
        <fieldset className="topic-choices">
          <legend>{words.newChannel.topic}</legend>
          {offered.map((one) => (
            <button
              key={one.topic}
              type="button"
              className="contact-choose"
              aria-pressed={one.topic === topic}
              data-testid={`found-${one.topic}`}
              onClick={() => setTopic(one.topic)}
            >
              <TopicIcon topic={one.topic} known />
              <b>{label(topicLabel(one.topic))}</b>
            </button>
          ))}
        </fieldset>
        {chosen?.kinds && (
          <p data-testid="found-policy">
            {words.newChannel.policy(chosen.kinds.map((one) => label(kindLabel(one))).join(', '))}
          </p>
        )}
        {mustChoose && (
          <fieldset className="kind-choices">
            <legend>{words.newChannel.choose}</legend>
            {Object.keys(institutionKinds).map((kind) => (
              <button
                key={kind}
                type="button"
                className="chip"
                aria-pressed={kinds.includes(kind)}
                data-testid={`found-kind-${kind}`}
                onClick={() => toggle(kind)}
              >
                {label(kindLabel(kind))}
              </button>
            ))}
          </fieldset>
        )}
        <p className="muted">{words.newChannel.hint}</p>
        {failure && <Problem>{failureText(failure, language, words)}</Problem>}
        <div className="row-actions">
          <button
            type="submit"
            className="button primary"
            data-testid="found-submit"
            disabled={busy || !chosen || (mustChoose && kinds.length === 0)}
          >
            {busy ? words.conversations.beginning : words.newChannel.submit}
          </button>
          <button type="button" className="button" onClick={props.onClose}>
            {words.cancel}
          </button>
        </div>
      </form>
    </Dialog>
  )
}
