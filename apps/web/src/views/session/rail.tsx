import {
  BarChart3,
  BookUser,
  Building2,
  CalendarClock,
  FolderKanban,
  Handshake,
  Lock,
  MessageCircle,
  Search,
  Settings,
  ShieldAlert,
} from 'lucide-react'
import { type ReactNode, useEffect } from 'react'
import { deviceLocks, readDeviceLock } from '../../viewmodel/session/device-lock.ts'
import type { Route } from '../../viewmodel/session/types.ts'
import { useShell, useStore, useWords } from '../ui/hooks.ts'

type Section =
  | 'channels'
  | 'board'
  | 'directory'
  | 'duty'
  | 'search'
  | 'measures'
  | 'meetings'
  | 'institution'
  | 'settings'

/** The way between the parts of Enlace: a rail beside the list, at the foot of the page on a telephone. */
export function Rail(props: { route: Route; unread: number; urgent: boolean }) {
  const { app, router, session, alerts } = useShell()
  const words = useWords()
  const locks = useStore(deviceLocks)
  useEffect(() => void readDeviceLock(session.userId), [session])
  const waiting = useStore(alerts.waitingCases)
  const toConfirm = useStore(alerts.toConfirm)
  const security = useStore(session.encryption.state)
  const here = sectionOf(props.route)
  const item = (
    page: Section,
    label: string,
    Icon: typeof Lock,
    testId: string,
    mark?: ReactNode,
    where?: 'desk',
  ) => (
    <button
      type="button"
      data-testid={testId}
      className={`nav-item ${where === 'desk' ? 'nav-desk' : ''}`}
      aria-current={here === page ? 'page' : undefined}
      title={label}
      onClick={() => router.go({ page })}
    >
      <span className="nav-icon" aria-hidden="true">
        <Icon />
      </span>
      <span>{label}</span>
      {mark}
    </button>
  )
  return (
    <nav className="nav" aria-label={words.rail.label}>
      <img className="nav-brand" src="/icon.svg" alt="" width="32" height="32" />
      {item(
        'channels',
        words.nav.channels,
        MessageCircle,
        'nav-channels',
        props.unread > 0 && here !== 'channels' && (
          <span className={`mark nav-count nav-desk ${props.urgent ? 'urgent' : ''}`}>
            <span aria-hidden="true">{props.unread > 99 ? '99+' : props.unread}</span>
            <span className="visually-hidden">{words.channels.unread(props.unread)}</span>
          </span>
        ),
      )}
      {item(
        'board',
        words.cases.nav,
        FolderKanban,
        'board-open',
        waiting > 0 && (
          <span className="mark nav-count" data-testid="board-waiting">
            <span aria-hidden="true">{waiting}</span>
            <span className="visually-hidden">{words.cases.waitingForYou(waiting)}</span>
          </span>
        ),
      )}
      {item(
        'directory',
        words.rail.directory,
        BookUser,
        'directory-open',
        toConfirm !== undefined && (
          <span className="mark nav-count" data-testid="directory-to-confirm">
            <span aria-hidden="true">!</span>
            <span className="visually-hidden">{words.rail.overdue}</span>
          </span>
        ),
      )}
      {item('duty', words.rail.duty, CalendarClock, 'rail-duty', undefined, 'desk')}
      {item('search', words.nav.search, Search, 'search-open')}
      {item('meetings', words.rail.meetings, Handshake, 'rail-meetings', undefined, 'desk')}
      {item('measures', words.rail.measures, BarChart3, 'measures-open')}
      {item('institution', words.rail.institution, Building2, 'rail-institution', undefined, 'desk')}
      <span className="nav-space" />
      {locks && (
        <button
          type="button"
          className="nav-item nav-desk"
          data-testid="nav-lock"
          title={words.lock.nav}
          onClick={() => void app.lock()}
        >
          <span className="nav-icon" aria-hidden="true">
            <Lock />
          </span>
          <span>{words.lock.nav}</span>
        </button>
      )}
      {item(
        'settings',
        words.nav.settings,
        Settings,
        'settings-open',
        (security === 'unsaved' || security === 'unconfirmed') && (
          <ShieldAlert className="nav-mark" aria-hidden="true" />
        ),
      )}
    </nav>
  )
}

/** On a telephone the rail is on the pages it leads to; those behind them have their whole height to themselves. */
export const isDeep = (route: Route): boolean =>
  !['channels', 'board', 'directory', 'search', 'measures', 'settings'].includes(route.page)

function sectionOf(route: Route): Section | undefined {
  switch (route.page) {
    case 'channels':
    case 'channel':
    case 'rules':
      return 'channels'
    case 'board':
    case 'case':
    case 'new-case':
      return 'board'
    case 'directory':
    case 'directory-entry':
    case 'import':
    case 'export':
    case 'entry-edit':
    case 'entry-review':
    case 'entry-history':
    case 'suggestions':
    case 'overdue':
    case 'materials':
    case 'risks':
      return 'directory'
    case 'duty':
    case 'search':
    case 'measures':
    case 'meetings':
    case 'settings':
      return route.page
    case 'new-device':
      return 'settings'
    case 'resets':
    case 'institution':
    case 'office':
    case 'network':
      return 'institution'
    default:
      return undefined
  }
}
