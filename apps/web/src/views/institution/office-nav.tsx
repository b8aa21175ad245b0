import {
  Activity,
  Archive,
  DoorOpen,
  Flag,
  History,
  KeyRound,
  type LucideIcon,
  UserRoundCheck,
  Users,
} from 'lucide-react'

import { type ComponentType, type ReactNode, useEffect, useRef } from 'react'
import type { OfficePart, Route } from '../../viewmodel/session/types.ts'
import type { Words } from '../../words/types.ts'
import { useShell, useStore, useWords } from '../ui/hooks.ts'
import { lazyPage } from '../ui/lazy-page.tsx'
import { Blank } from '../ui/parts.tsx'

/** A page draws `nav` below its head: it does not import the table that loads it. */
type OfficePageProps = { detail: string | undefined; nav: ReactNode }

/**
 * The pages of whoever runs an institution, in the order of the tabs. A page is a line here, loaded when it is opened;
 * `for` says who finds the tab.
 */
const officePages: readonly {
  part: OfficePart | 'key'
  Icon: LucideIcon
  label(words: Words): string
  for: 'everyone' | 'coordinators'
  /** absent: the page has a place of its own in the workplace */
  Page?: ComponentType<OfficePageProps>
}[] = [
  {
    part: 'people',
    Icon: Users,
    label: (words) => words.office.tabs.people,
    for: 'coordinators',
    Page: lazyPage(() => import('../people/people-page.tsx')),
  },
  { part: 'key', Icon: KeyRound, label: (words) => words.office.tabs.key, for: 'everyone' },
  {
    part: 'leaving',
    Icon: DoorOpen,
    label: (words) => words.leaving.tab,
    for: 'coordinators',
    Page: lazyPage(() => import('../departures/departures-page.tsx')),
  },
  {
    part: 'succession',
    Icon: UserRoundCheck,
    label: (words) => words.succession.tab,
    for: 'everyone',
    Page: lazyPage(() => import('../departures/succession-page.tsx')),
  },
  {
    part: 'status',
    Icon: Activity,
    label: (words) => words.office.tabs.status,
    for: 'coordinators',
    Page: lazyPage(() => import('../status/status-page.tsx')),
  },
  {
    part: 'activity',
    Icon: History,
    label: (words) => words.office.tabs.activity,
    for: 'coordinators',
    Page: lazyPage(() => import('../activity/activity-page.tsx')),
  },
  {
    part: 'reports',
    Icon: Flag,
    label: (words) => words.reports.tab,
    for: 'everyone',
    Page: lazyPage(() => import('../reports/reports-page.tsx')),
  },
  {
    part: 'retention',
    Icon: Archive,
    label: (words) => words.office.tabs.retention,
    for: 'everyone',
    Page: lazyPage(() => import('../retention/retention-page.tsx')),
  },
]

/** The row of tabs on each of these pages; a single one is not worth a row. */
export function OfficeNav(props: { here: OfficePart | 'key' }) {
  const { router, session } = useShell()
  const words = useWords()
  const me = useStore(session.me)
  const current = useRef<HTMLButtonElement>(null)
  const shown = officePages.filter(
    (one) => one.part === props.here || one.for === 'everyone' || me?.role === 'coordinator',
  )
  // On a phone the row is wider than the screen; it grows when the role is known, and narrows when the phone is turned.
  // In braces: newer browsers answer a scroll with a promise.
  useEffect(() => {
    const show = () => {
      void current.current?.scrollIntoView({ block: 'nearest', inline: 'center' })
    }
    show()
    addEventListener('resize', show)
    return () => removeEventListener('resize', show)
  }, [shown.length])
  if (shown.length < 2) return null
  return (
    <nav className="office-nav" aria-label={words.office.tabs.label}>
      {shown.map(({ part, Icon, label }) => (
        <button
          key={part}
          ref={part === props.here ? current : undefined}
          type="button"
          className="office-tab"
          data-testid={`office-${part}`}
          aria-current={part === props.here ? 'page' : undefined}
          onClick={() => router.go(part === 'key' ? { page: 'institution' } : { page: 'office', part })}
        >
          <Icon aria-hidden="true" />
          <span>{label(words)}</span>
        </button>
      ))}
    </nav>
  )
}

/** Draws the page that the table has for the address. */
export function OfficePage({ route }: { route: Extract<Route, { page: 'office' }> }) {
  const { router } = useShell()
  const words = useWords()
  const Page = officePages.find(({ part }) => part === route.part)?.Page
  if (Page) return <Page detail={route.detail} nav={<OfficeNav here={route.part} />} />
  return (
    <Blank title={words.errors.notFound} hint={words.errors.notFoundHint}>
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
