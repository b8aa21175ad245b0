import { AlarmClock, ArrowLeft, FilePlus2, Users } from 'lucide-react'
import { useEffect, useState } from 'react'
import { plainName } from '../../lib/plain-name.ts'
import { isMarkedUnread, topicOf } from '../../viewmodel/channels/channel-list.ts'
import type { Route } from '../../viewmodel/session/types.ts'
import { createComposer } from '../../viewmodel/timeline/composer.ts'
import { threadOf } from '../../viewmodel/timeline/thread.ts'
import { createTimeline } from '../../viewmodel/timeline/timeline.ts'
import type { ComposerModel, TimelineModel } from '../../viewmodel/timeline/types.ts'
import { useNewCase } from '../cases/new-case-button.tsx'
import { Composer } from '../timeline/composer.tsx'
import { ChannelTools, SidePanel } from '../timeline/side-panels.tsx'
import { TimelineView } from '../timeline/timeline-view.tsx'
import { usePeople, useShell, useStore, useWords } from '../ui/hooks.ts'
import { lazyPage } from '../ui/lazy-page.tsx'
import { Blank, IconButton } from '../ui/parts.tsx'
import { Skeleton } from '../ui/skeleton.tsx'
import { useChannelName } from '../ui/topics.tsx'
import { ChannelFace } from './channel-row.tsx'
import { ConfirmedNotice, HoldNotice, RoomKindNotice } from './room-notice.tsx'

const MembersPanel = lazyPage(async () => ({ default: (await import('./members-panel.tsx')).MembersPanel }))

export function ChannelPage(props: { route: Extract<Route, { page: 'channel' }> }) {
  const { session, router, channels } = useShell()
  const words = useWords()
  const name = useChannelName()
  const people = usePeople()
  const newCase = useNewCase()
  const listed = useStore(channels.state)
  useStore(session.trust.version)
  const { roomId, eventId, panel } = props.route
  const room = session.client.getRoom(roomId)
  const joined = room?.getMyMembership() === 'join'
  const [models, setModels] = useState<{ timeline: TimelineModel; composer: ComposerModel } | undefined>(
    undefined,
  )
  const [target, setTarget] = useState<string | undefined>(undefined)

  useEffect(() => {
    if (!room || !joined) return
    const made = { timeline: createTimeline(session, room), composer: createComposer(session, room) }
    setModels(made)
    return () => {
      made.timeline.close()
      made.composer.close()
      setModels(undefined)
    }
  }, [session, room, joined])

  // Whoever opens it has seen it: the mark has done its work.
  useEffect(() => {
    if (room && joined && isMarkedUnread(room))
      void channels.prefs.markUnread(roomId, false).catch(() => undefined)
  }, [channels, room, joined, roomId])

  useEffect(() => {
    if (!models || !eventId) return
    let current = true
    void models.timeline.show(eventId).then((found) => {
      const thread = found ? undefined : threadOf(room?.findEventById(eventId))
      if (current && thread) return router.go({ page: 'channel', roomId, thread }, { replace: true })
      if (current && found) setTarget(eventId)
      // The address goes back to the channel's own: reloading or returning should not jump again.
      if (current) router.go({ page: 'channel', roomId }, { replace: true })
    })
    return () => {
      current = false
    }
  }, [models, eventId, roomId, router])

  if (!room || !joined) {
    return (
      <Blank title={words.channel.notFound} hint={words.channel.notFoundHint}>
        <button
          type="button"
          className="button primary"
          onClick={() => router.go({ page: 'channels' }, { replace: true })}
        >
          {words.errors.toChannels}
        </button>
      </Blank>
    )
  }
  const { topic, known, kind } = topicOf(session, room)
  const own = [...listed.conversations, ...listed.archived].find((one) => one.roomId === roomId)
  const shown = { kind, topic, known, name: own?.name ?? plainName(room.name) }
  const count = people.members(roomId).filter((person) => person.membership === 'join').length
  return (
    <div className={`channel ${panel || props.route.thread ? 'with-panel' : ''}`}>
      {/* Where the list is not beside it, the page still begins with its first heading. */}
      <h1 className="visually-hidden only-narrow">{words.channels.title}</h1>
      <section className="channel-column">
        <header className="channel-head">
          <IconButton
            label={words.back}
            className="only-narrow"
            testId="back"
            onClick={() => router.go({ page: 'channels' })}
          >
            <ArrowLeft />
          </IconButton>
          <ChannelFace channel={shown} />
          <div className="channel-title">
            <h2>{name(shown)}</h2>
            <span className="muted">
              {words.channel.members(Math.max(count, room.getJoinedMemberCount()))}
            </span>
          </div>
          {known && (
            <IconButton
              label={words.cases.fresh}
              testId="channel-new-case"
              onClick={() => void newCase(roomId)}
            >
              <FilePlus2 />
            </IconButton>
          )}
          {known && (
            <IconButton
              label={words.rules.open}
              testId="rules-open"
              onClick={() => router.go({ page: 'rules', roomId })}
            >
              <AlarmClock />
            </IconButton>
          )}
          {models && <ChannelTools room={room} route={props.route} />}
          <IconButton
            label={words.channel.openMembers}
            testId="members-open"
            expanded={panel === 'members'}
            onClick={() => router.go({ page: 'channel', roomId, ...(panel ? {} : { panel: 'members' }) })}
          >
            <Users />
          </IconButton>
        </header>
        {!models && <Skeleton shape="talk" />}
        {models && (
          <>
            <RoomKindNotice kind={kind} />
            <TimelineView
              room={room}
              kind={kind}
              timeline={models.timeline}
              composer={models.composer}
              target={target}
              onTargetShown={() => setTarget(undefined)}
            />
            {kind.kind === 'open' ? (
              <p className="composer-closed" data-testid="composer-none">
                {words.room.noComposer}
              </p>
            ) : (
              <>
                <ConfirmedNotice room={room} />
                <HoldNotice room={room} />
                <Composer room={room} model={models.composer} onSent={models.timeline.backToLive} />
              </>
            )}
          </>
        )}
      </section>
      <SidePanel room={room} route={props.route} />
      {panel === 'members' && (
        <MembersPanel room={room} onClose={() => router.go({ page: 'channel', roomId })} />
      )}
    </div>
  )
}
