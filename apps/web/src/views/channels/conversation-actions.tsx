import { Ban, LogOut, Pencil } from 'lucide-react'
import type { Room } from 'matrix-js-sdk'
import { useState } from 'react'
import type { Failure } from '../../lib/failure.ts'
import type { RoomKind } from '../../viewmodel/channels/types.ts'
import { failureText } from '../../words/format.ts'
import { useLanguage, usePeople, useShell, useStore, useTask, useWords } from '../ui/hooks.ts'
import { Dialog, Problem } from '../ui/parts.tsx'

type Asking = 'leave' | 'block' | 'rename'

/** Below the people of a conversation: leaving it, blocking the other, a group's name. */
export function ConversationActions(props: { room: Room; kind: RoomKind; onDone(text: string): void }) {
  const { room, kind } = props
  const { channels, router } = useShell()
  const words = useWords()
  const language = useLanguage()
  const people = usePeople()
  const { busy, failure, run } = useTask()
  useStore(channels.state)
  const [asking, setAsking] = useState<Asking | undefined>(undefined)
  const [name, setName] = useState('')
  const [refused, setRefused] = useState<Failure | undefined>(undefined)
  if (kind.kind !== 'direct' && kind.kind !== 'group' && kind.kind !== 'conversation') return null
  const other = kind.kind === 'direct' ? kind.other : undefined
  const otherName = other ? people.person(other, room.roomId).title : ''
  const isBlocked = other !== undefined && channels.isBlocked(other)
  const problem = refused ?? failure

  const act = () =>
    run(async () => {
      setRefused(undefined)
      if (asking === 'rename') {
        await channels.groupNames.rename(room.roomId, name)
        props.onDone(words.conversations.renamed)
        setAsking(undefined)
        return
      }
      const failed =
        asking === 'block' && other ? await channels.block(other, true) : await channels.leave(room.roomId)
      if (failed) setRefused(failed)
      else router.go({ page: 'channels' }, { replace: true })
    })

  return (
    <section className="conversation-actions">
      {kind.kind === 'group' && (
        <button
          type="button"
          className="button"
          data-testid="group-rename"
          onClick={() => setAsking('rename')}
        >
          <Pencil aria-hidden="true" />
          {words.conversations.rename}
        </button>
      )}
      <button
        type="button"
        className="button"
        data-testid="conversation-leave"
        onClick={() => setAsking('leave')}
      >
        <LogOut aria-hidden="true" />
        {words.conversations.leave}
      </button>
      {other && !isBlocked && (
        <button
          type="button"
          className="button danger"
          data-testid="conversation-block"
          onClick={() => setAsking('block')}
        >
          <Ban aria-hidden="true" />
          {words.conversations.block}
        </button>
      )}
      {asking && (
        <Dialog
          title={
            asking === 'rename'
              ? words.conversations.rename
              : asking === 'block'
                ? words.conversations.blockTitle(otherName)
                : words.conversations.leaveTitle
          }
          testId="conversation-dialog"
          onClose={() => setAsking(undefined)}
        >
          {asking === 'rename' ? (
            <label className="field">
              <span>{words.conversations.groupName}</span>
              <input
                value={name}
                autoComplete="off"
                data-testid="group-name"
                onChange={(event) => setName(event.target.value)}
              />
              <small>{words.conversations.groupHint}</small>
            </label>
          ) : (
            <p>{asking === 'block' ? words.conversations.blockHint : words.conversations.leaveHint}</p>
          )}
          {problem && <Problem>{failureText(problem, language, words)}</Problem>}
          <div className="row-actions">
            <button
              type="button"
              className={asking === 'rename' ? 'button primary' : 'button danger'}
              data-testid="conversation-confirm"
              disabled={busy}
              onClick={() => void act()}
            >
              {words.conversations[asking]}
            </button>
            <button type="button" className="button" onClick={() => setAsking(undefined)}>
              {words.cancel}
            </button>
          </div>
        </Dialog>
      )}
    </section>
  )
}
