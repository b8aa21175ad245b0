import { Inbox, MessageSquarePlus, Plus } from 'lucide-react'
import { Fragment, type ReactNode, useState } from 'react'
import type { Channel } from '../../viewmodel/channels/types.ts'
import { LanguageSwitch } from '../session/sign-in.tsx'
import { useShell, useStore, useTask, useWords } from '../ui/hooks.ts'
import { lazyPage } from '../ui/lazy-page.tsx'
import { Blank, IconButton } from '../ui/parts.tsx'
import { ChannelRow } from './channel-row.tsx'
import { Invite } from './invite-card.tsx'
import { type Done, RowOptions } from './row-options.tsx'

const NewConversationDialog = lazyPage(
  async () => ({ default: (await import('./new-conversation.tsx')).NewConversationDialog }),
  'dialog',
)

const NewChannelDialog = lazyPage(
  async () => ({ default: (await import('./new-channel.tsx')).NewChannelDialog }),
  'dialog',
)

export function ChannelList(props: { current?: string }) {
  const { channels, session } = useShell()
  const words = useWords()
  const { corridors, conversations, archived, invites } = useStore(channels.state)
  const [onlyUnread, setOnlyUnread] = useState(false)
  const [writing, setWriting] = useState(false)
  const [options, setOptions] = useState<string | undefined>(undefined)
  const [founds, setFounds] = useState<string | undefined>(undefined)
  const [done, setDone] = useState<Done | undefined>(undefined)

  const all = [...corridors.flatMap((corridor) => corridor.channels), ...conversations, ...archived]
  const asked = all.find((one) => one.roomId === options)
  // What is open stays in the list, or it would go from under the finger when it is read.
  const shown = (list: readonly Channel[]) =>
    onlyUnread
      ? list.filter((one) => one.unread > 0 || one.markedUnread || one.roomId === props.current)
      : list
  const rows = (list: readonly Channel[]) => (
    <ul>
      {list.map((one) => (
        <ChannelRow
          key={one.roomId}
          channel={one}
          current={one.roomId === props.current}
          onOptions={() => setOptions(one.roomId)}
        />
      ))}
    </ul>
  )
  const section = (key: string, title: string, list: readonly Channel[], empty?: string): ReactNode => {
    const here = shown(list)
    if (here.length === 0 && (onlyUnread || empty === undefined)) return null
    return (
      <section key={key}>
        <h2 className="corridor">{title}</h2>
        {here.length === 0 ? <p className="muted pad">{empty}</p> : rows(here)}
      </section>
    )
  }
  const me = useStore(session.me)
  const founding = corridors.find((one) => one.roomId !== undefined && one.roomId === founds)
  const empty = invites.length === 0 && all.length === 0
  return (
    <div className="channel-list">
      <div className="side-head">
        <img src="/icon.svg" alt="" width="32" height="32" />
        <h1>{words.channels.title}</h1>
        <IconButton
          label={words.conversations.fresh}
          testId="conversation-fresh"
          onClick={() => setWriting(true)}
        >
          <MessageSquarePlus />
        </IconButton>
        <LanguageSwitch />
      </div>
      {!empty && (
        <fieldset className="list-filter">
          <legend className="visually-hidden">{words.list.filter}</legend>
          {[false, true].map((one) => (
            <button
              key={String(one)}
              type="button"
              className="chip"
              aria-pressed={onlyUnread === one}
              data-testid={one ? 'list-unread' : 'list-all'}
              onClick={() => setOnlyUnread(one)}
            >
              {one ? words.list.unread : words.list.all}
            </button>
          ))}
        </fieldset>
      )}
      {done && <DoneNote done={done} onOver={() => setDone(undefined)} />}
      <div className="side-scroll">
        {invites.length > 0 && (
          <section>
            <h2 className="corridor">{words.channels.invites}</h2>
            <ul>
              {invites.map((one) => (
                <Invite key={one.roomId} channel={one} />
              ))}
            </ul>
          </section>
        )}
        {empty ? (
          <Blank icon={<Inbox />} title={words.channels.empty} hint={words.channels.emptyHint} />
        ) : (
          <>
            {corridors
              .filter((corridor) => corridor.roomId !== undefined)
              .map((corridor) => (
                <Fragment key={corridor.roomId}>
                  {section('channels', corridor.name, corridor.channels, words.channels.emptyCorridor)}
                  {me?.role === 'coordinator' && !onlyUnread && (
                    <button
                      type="button"
                      className="button small found-channel"
                      data-testid="channel-found"
                      onClick={() => setFounds(corridor.roomId)}
                    >
                      <Plus aria-hidden="true" />
                      {words.newChannel.open}
                    </button>
                  )}
                </Fragment>
              ))}
            {section('conversations', words.conversations.title, conversations)}
            {corridors
              .filter((corridor) => corridor.roomId === undefined)
              .map((corridor) => section('other', words.channels.other, corridor.channels))}
            {onlyUnread && shown(all).length === 0 && <p className="muted pad">{words.list.nothingUnread}</p>}
            {!onlyUnread && archived.length > 0 && (
              <details className="archive" data-testid="archive">
                <summary className="corridor">{words.list.archived(archived.length)}</summary>
                {rows(archived)}
              </details>
            )}
          </>
        )}
      </div>
      {writing && <NewConversationDialog onClose={() => setWriting(false)} />}
      {founding?.roomId && (
        <NewChannelDialog
          corridor={{ ...founding, roomId: founding.roomId }}
          onClose={() => setFounds(undefined)}
        />
      )}
      {asked && <RowOptions channel={asked} onClose={() => setOptions(undefined)} onDone={setDone} />}
    </div>
  )
}

/** What was just done in the list, and the way back. */
function DoneNote(props: { done: Done; onOver(): void }) {
  const words = useWords()
  const { busy, run } = useTask()
  return (
    <div className="list-done" role="status" data-testid="list-done">
      <span>{props.done.text}</span>
      <button
        type="button"
        className="button small"
        disabled={busy}
        data-testid="list-undo"
        onClick={() => void run(() => props.done.undo().then(props.onOver))}
      >
        {words.list.undo}
      </button>
      <button type="button" className="button small" onClick={props.onOver}>
        {words.close}
      </button>
    </div>
  )
}
