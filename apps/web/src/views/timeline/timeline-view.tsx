import { ArrowDown, EyeOff, LockKeyhole, LockKeyholeOpen } from 'lucide-react'
import type { Room } from 'matrix-js-sdk'
import { useCallback, useEffect, useMemo, useRef, useState } from 'react'
import { Virtuoso, type VirtuosoHandle } from 'react-virtuoso'
import { rightsIn } from '../../viewmodel/channels/members.ts'
import type { RoomKind } from '../../viewmodel/channels/types.ts'
import type { Route } from '../../viewmodel/session/types.ts'
import type {
  ComposerModel,
  MemberLine,
  TimelineItem,
  TimelineModel,
} from '../../viewmodel/timeline/types.ts'
import { day } from '../../words/format.ts'
import { EscalationRow } from '../calls/escalation-row.tsx'
import { CaseCard } from '../cases/case-card.tsx'
import { ClosedCard } from '../history/closed-card.tsx'
import { useLanguage, usePeople, useShell, useStore, useWords } from '../ui/hooks.ts'
import { lazyPage } from '../ui/lazy-page.tsx'
import { Problem, Spinner } from '../ui/parts.tsx'
import { MessageRow } from './message-row.tsx'
import { useStickToBottom } from './stick-to-bottom.ts'
import { StickyDay } from './sticky-day.tsx'

const UrgentDialog = lazyPage(
  async () => ({ default: (await import('../calls/urgent-dialog.tsx')).UrgentDialog }),
  'dialog',
)

const HIGHLIGHT_MS = 2_500

export function TimelineView(props: {
  room: Room
  kind: RoomKind
  timeline: TimelineModel
  composer: ComposerModel
  target: string | undefined
  onTargetShown(): void
}) {
  const { room, kind, timeline, composer, target, onTargetShown } = props
  const { session } = useShell()
  const words = useWords()
  const people = usePeople()
  const state = useStore(timeline.state)
  const connection = useStore(session.connection)
  const list = useRef<VirtuosoHandle>(null)
  const [atBottom, setAtBottom] = useState(true)
  const [seen, setSeen] = useState<string | undefined>(undefined)
  const [urgent, setUrgent] = useState<string | undefined>(undefined)
  /** The message jumped to. The list is made anew around it: one being measured would scroll back to its own start. */
  const [place, setPlace] = useState<{ key: string | undefined; jumps: number }>({ key: undefined, jumps: 0 })
  const [highlight, setHighlight] = useState<string | undefined>(undefined)
  const { items } = state
  const lastKey = items.at(-1)?.key
  const end = useStickToBottom(list, state.live)
  const { letGo } = end
  const rights = useMemo(() => rightsIn(room, session.userId), [room, session.userId])

  useEffect(() => {
    if (atBottom) setSeen(lastKey)
  }, [atBottom, lastKey])

  const toEnd = useStore(timeline.toEnd)
  useEffect(() => {
    if (toEnd === 0) return
    setPlace(({ jumps }) => ({ key: undefined, jumps }))
    end.stick()
  }, [toEnd])

  const visible = useVisible()
  useEffect(() => {
    // Again when the connection is back: what was said while it was away was not heard.
    if (atBottom && visible && state.newest !== undefined && connection === 'online') timeline.markRead()
  }, [atBottom, visible, state.newest, connection, timeline])

  const goTo = useCallback(
    (key: string) => {
      letGo()
      setAtBottom(false)
      setPlace(({ jumps }) => ({ key, jumps: jumps + 1 }))
      setHighlight(key)
    },
    [letGo],
  )
  useEffect(() => {
    if (!target || !items.some((item) => item.key === target)) return
    goTo(target)
    onTargetShown()
  }, [target, items, onTargetShown, goTo])
  useEffect(() => {
    if (highlight === undefined) return
    const timer = setTimeout(() => setHighlight(undefined), HIGHLIGHT_MS)
    return () => clearTimeout(timer)
  }, [highlight])

  const seenIndex = items.findIndex((item) => item.key === seen)
  const fresh =
    atBottom || seenIndex < 0
      ? 0
      : items.slice(seenIndex + 1).filter((item) => item.kind === 'message' && !item.mine).length

  const jump = useCallback(
    (eventId: string) => {
      if (items.some((item) => item.key === eventId)) goTo(eventId)
      else void timeline.show(eventId).then((found) => found && goTo(eventId))
    },
    [items, timeline, goTo],
  )
  const placeIndex = place.key === undefined ? -1 : items.findIndex((item) => item.key === place.key)

  const typists = state.typing.map((id) => people.person(id, room.roomId).title)
  return (
    <div className="timeline">
      <div className="timeline-list" role="log" aria-label={words.channels.title} aria-live="polite">
        <StickyDay items={items} />
        <Virtuoso
          key={`${state.live ? 'live' : 'past'} ${place.jumps}`}
          ref={list}
          data={items as TimelineItem[]}
          firstItemIndex={state.firstIndex}
          initialTopMostItemIndex={
            placeIndex < 0 ? { index: 'LAST', align: 'end' } : { index: placeIndex, align: 'center' }
          }
          alignToBottom
          followOutput={end.follow}
          scrollerRef={end.scrollerRef}
          totalListHeightChanged={end.settle}
          atBottomThreshold={80}
          atBottomStateChange={setAtBottom}
          startReached={() => void timeline.loadOlder()}
          endReached={() => void timeline.loadNewer()}
          increaseViewportBy={{ top: 600, bottom: 300 }}
          computeItemKey={(_index, item) => item.key}
          components={{ Header: TopOfList, Footer: EndOfList }}
          context={{ loading: state.loadingOlder }}
          itemContent={(_index, item) => (
            <Row
              item={item}
              room={room}
              kind={kind}
              composer={composer}
              canRedactOthers={rights.redactOthers}
              highlighted={item.key === highlight}
              onUrgent={setUrgent}
              onJump={jump}
            />
          )}
        />
      </div>
      {state.failure && connection === 'online' && (
        <Problem
          action={
            <button type="button" className="button" onClick={() => void timeline.loadOlder()}>
              {words.retry}
            </button>
          }
        >
          {words.channel.olderFailed}
        </Problem>
      )}
      {(!atBottom || !state.live) && (
        <button
          type="button"
          className={`to-bottom ${fresh > 0 ? 'fresh' : ''}`}
          data-testid="to-bottom"
          onClick={timeline.backToLive}
        >
          <ArrowDown aria-hidden="true" />
          <span className={fresh > 0 || !state.live ? '' : 'visually-hidden'}>
            {!state.live
              ? words.channel.backToLive
              : fresh > 0
                ? words.channel.toBottomNew(fresh)
                : words.channel.toBottom}
          </span>
        </button>
      )}
      <div className="typing" aria-live="polite" data-testid="typing">
        {typists.length === 1 && words.channel.typingOne(typists[0]!)}
        {typists.length > 1 && words.channel.typingMany(typists.length)}
      </div>
      {urgent && <UrgentDialog room={room} eventId={urgent} onClose={() => setUrgent(undefined)} />}
    </div>
  )
}

function TopOfList(props: { context?: { loading: boolean } }) {
  const words = useWords()
  return <div className="list-edge">{props.context?.loading && <Spinner label={words.channel.older} />}</div>
}

const EndOfList = () => <div className="list-end" />

function useVisible(): boolean {
  const [visible, setVisible] = useState(document.visibilityState === 'visible')
  useEffect(() => {
    const update = () => setVisible(document.visibilityState === 'visible')
    document.addEventListener('visibilitychange', update)
    return () => document.removeEventListener('visibilitychange', update)
  }, [])
  return visible
}

function Row(props: {
  item: TimelineItem
  room: Room
  kind: RoomKind
  composer: ComposerModel
  canRedactOthers: boolean
  highlighted: boolean
  onUrgent(eventId: string): void
  onJump(eventId: string): void
}) {
  const { item, room } = props
  const words = useWords()
  const language = useLanguage()
  switch (item.kind) {
    case 'start':
      return (
        <p className="timeline-start">
          {props.kind.kind === 'open' ? (
            <LockKeyholeOpen aria-hidden="true" />
          ) : (
            <LockKeyhole aria-hidden="true" />
          )}
          {props.kind.kind === 'channel' ? words.channel.start : words.room[props.kind.kind].start}
        </p>
      )
    case 'hidden':
      return (
        <p className="hidden-line" data-testid="message-hidden">
          <EyeOff aria-hidden="true" />
          {words.message.unencrypted(item.count)}
        </p>
      )
    case 'closed':
      return <ClosedCard count={item.count} roomId={room.roomId} />
    case 'day':
      return (
        <h3 className="day">
          <span>{day(item.ts, language, words)}</span>
        </h3>
      )
    case 'unread':
      return (
        <p className="unread-line">
          <span>{words.channel.newMessages}</span>
        </p>
      )
    case 'members':
      return <MemberLines changes={item.changes} roomId={room.roomId} />
    case 'escalation':
      return <EscalationRow item={item} room={room} onJump={props.onJump} />
    case 'case':
      return <CaseCard state={item.state} />
    case 'thing':
      return <ThingLine item={item} roomId={room.roomId} />
    case 'message':
      return <MessageRow {...props} item={item} />
  }
}

const SPELLED_OUT = 2

/** One line that leads to the page where it is. */
function ThingLine(props: { item: Extract<TimelineItem, { kind: 'thing' }>; roomId: string }) {
  const { router } = useShell()
  const words = useWords().thing
  const people = usePeople()
  const { thing, key, sender } = props.item
  const to: Record<typeof thing, Route> = {
    meeting: { page: 'meetings', meetingId: key },
    risk: { page: 'risks' },
    material: { page: 'materials', materialId: key },
  }
  return (
    <p className="member-line" data-testid={`thing-${thing}`}>
      {words[thing](people.person(sender, props.roomId).title)}
      <button type="button" className="link-button" onClick={() => router.go(to[thing])}>
        {words.open}
      </button>
    </p>
  )
}

function MemberLines(props: { changes: readonly MemberLine[]; roomId: string }) {
  const words = useWords()
  const people = usePeople()
  const name = (id: string) => people.person(id, props.roomId).title
  const lines = props.changes.map((one) => words.member[one.change](name(one.userId), name(one.by)))
  if (lines.length <= SPELLED_OUT) {
    return lines.map((line) => (
      <p key={line} className="member-line">
        {line}
      </p>
    ))
  }
  return (
    <details className="member-lines">
      <summary>{words.member.many(lines.length)}</summary>
      {props.changes.map((one, index) => (
        <p key={`${one.userId}-${one.change}`} className="member-line">
          {lines[index]}
        </p>
      ))}
    </details>
  )
}
