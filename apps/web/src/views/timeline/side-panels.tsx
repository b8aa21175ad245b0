import { MessagesSquare, Pin } from 'lucide-react'
import type { Room } from 'matrix-js-sdk'
import type { Route } from '../../viewmodel/session/types.ts'
import { useShell, useStore, useWords } from '../ui/hooks.ts'
import { lazyPage } from '../ui/lazy-page.tsx'
import { IconButton } from '../ui/parts.tsx'

const MarkedPanel = lazyPage(async () => ({ default: (await import('./marked-panel.tsx')).MarkedPanel }))
const ThreadPanel = lazyPage(async () => ({ default: (await import('./thread-panel.tsx')).ThreadPanel }))
const ThreadsPanel = lazyPage(async () => ({ default: (await import('./threads-panel.tsx')).ThreadsPanel }))

type ChannelRoute = Extract<Route, { page: 'channel' }>

/** What stands beside the messages of a channel. */
export function SidePanel(props: { room: Room; route: ChannelRoute }) {
  const { room, route } = props
  if (route.thread) return <ThreadPanel key={route.thread} room={room} rootId={route.thread} />
  if (route.panel === 'threads') return <ThreadsPanel room={room} />
  if (route.panel === 'pinned') return <MarkedPanel room={room} />
  return null
}

/** The way there, once there is something. */
export function ChannelTools(props: { room: Room; route: ChannelRoute }) {
  return (
    <>
      <MarkedButton {...props} />
      <ThreadsButton {...props} />
    </>
  )
}

function MarkedButton(props: { room: Room; route: ChannelRoute }) {
  const { room, route } = props
  const { session, router } = useShell()
  const words = useWords()
  useStore(session.marked.version)
  const isOpen = route.panel === 'pinned'
  if (session.marked.pinned(room).length + session.marked.starred(room).length === 0 && !isOpen) return null
  return (
    <IconButton
      label={words.messages.marked}
      testId="marked-open"
      expanded={isOpen}
      onClick={() =>
        router.go({ page: 'channel', roomId: room.roomId, ...(isOpen ? {} : { panel: 'pinned' }) })
      }
    >
      <Pin />
    </IconButton>
  )
}

function ThreadsButton(props: { room: Room; route: ChannelRoute }) {
  const { room, route } = props
  const { session, router } = useShell()
  const words = useWords()
  useStore(session.threads.version)
  const cases = useStore(session.cases.known)
  const roots = session.threads.rootsIn(room).filter((id) => !cases.has(id))
  const isOpen = route.panel === 'threads' || route.thread !== undefined
  if (roots.length === 0 && !isOpen) return null
  const unread = roots.filter(
    (id) => session.threads.follows(room, id) && session.threads.unread(room, id) > 0,
  )
  return (
    <span className="with-dot" data-unread={unread.length}>
      <IconButton
        label={unread.length > 0 ? words.messages.threadsUnread(unread.length) : words.messages.threads}
        testId="threads-open"
        expanded={isOpen}
        onClick={() =>
          router.go({ page: 'channel', roomId: room.roomId, ...(isOpen ? {} : { panel: 'threads' }) })
        }
      >
        <MessagesSquare />
      </IconButton>
    </span>
  )
}
