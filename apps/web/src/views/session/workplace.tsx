import {
  BarChart3,
  BookUser,
  FolderKanban,
  Lock,
  MessageCircle,
  MessagesSquare,
  Search,
  Settings,
  ShieldAlert,
  WifiOff,
} from 'lucide-react'
import { lazy, Suspense, useEffect, useState } from 'react'
import { createAlerts, ring } from '../../viewmodel/calls/alerts.ts'
import type { Alerts } from '../../viewmodel/calls/types.ts'
import { createChannels } from '../../viewmodel/channels/channel-list.ts'
import type { ChannelsModel } from '../../viewmodel/channels/types.ts'
import { keepHistoryOpen } from '../../viewmodel/history/helpers.ts'
import { deviceLocks, readDeviceLock } from '../../viewmodel/session/device-lock.ts'
import type { Route, Session } from '../../viewmodel/session/types.ts'
import { createResets } from '../../viewmodel/trust/resets.ts'
import type { Resets } from '../../viewmodel/trust/types.ts'
import { AlertBanner } from '../calls/alert-banner.tsx'
import { ChannelList } from '../channels/channel-list.tsx'
import { ChannelPage } from '../channels/channel-page.tsx'
import { OfficePage } from '../institution/office-nav.tsx'
import { SearchKey } from '../search/search-key.tsx'
import { ResetsBanner } from '../trust/resets-banner.tsx'
import { ShellContext, useApp, useShell, useStore, useTitle, useWords } from '../ui/hooks.ts'
import { Blank, Spinner } from '../ui/parts.tsx'
import { OwnNewsNotice } from './own-identity.tsx'
import { FirmReminder, FirstKey, SecurityBanner } from './recovery.tsx'
import { IncomingVerification } from './verify.tsx'

const BoardPage = lazy(() => import('../cases/board-page.tsx'))
const CasePage = lazy(() => import('../cases/case-page.tsx'))
const NewCasePage = lazy(() => import('../cases/new-case-page.tsx'))
const DirectoryPage = lazy(() => import('../directory/directory-page.tsx'))
const ImportPage = lazy(() => import('../interchange/import-page.tsx'))
const ExportPage = lazy(() => import('../interchange/export-page.tsx'))
const EntryPage = lazy(() => import('../directory/entry-page.tsx'))
const EntryEditPage = lazy(() => import('../upkeep/edit-page.tsx'))
const EntryReviewPage = lazy(() => import('../upkeep/review-page.tsx'))
const EntryHistoryPage = lazy(() => import('../upkeep/history-page.tsx'))
const SuggestionsPage = lazy(() => import('../upkeep/suggestions-page.tsx'))
const OverduePage = lazy(() => import('../upkeep/overdue-page.tsx'))
const DutyPage = lazy(() => import('../duty/duty-page.tsx'))
const RulesPage = lazy(() => import('../channels/rules-page.tsx'))
const SearchPage = lazy(() => import('../search/search-page.tsx'))
const MeasuresPage = lazy(() => import('../measures/measures-page.tsx'))
const InstitutionPage = lazy(() => import('../institution/institution-page.tsx'))
const NetworkPage = lazy(() => import('../institution/network-page.tsx'))
const AsksBanner = lazy(() => import('../history/asks-banner.tsx'))
const TrustBanner = lazy(() => import('../institution/trust-banner.tsx'))
const LockDemand = lazy(() => import('./lock-demand.tsx'))
const ResetsPage = lazy(() => import('../trust/resets-page.tsx'))
const FactorPrompt = lazy(() => import('./factor-prompt.tsx'))
const ReportNews = lazy(() => import('../reports/report-news.tsx'))
const SharePage = lazy(() => import('../phone/share-page.tsx'))
const ShortcutPage = lazy(() => import('../phone/shortcut-page.tsx'))
const InstallOffer = lazy(() => import('../phone/install-offer.tsx'))
const SettingsPage = lazy(() => import('./settings-page.tsx'))

export default function Workplace(props: { session: Session }) {
  const { session } = props
  const { app, router } = useApp()
  const [models, setModels] = useState<
    { channels: ChannelsModel; alerts: Alerts; resets: Resets } | undefined
  >(undefined)
  useEffect(() => {
    const made = {
      channels: createChannels(session),
      alerts: createAlerts(session, ring),
      resets: createResets(session),
    }
    setModels(made)
    const letGo = keepHistoryOpen(session)
    return () => {
      letGo()
      made.channels.close()
      made.alerts.close()
      made.resets.close()
    }
  }, [session])
  if (!models) return null
  return (
    <ShellContext value={{ app, router, session, ...models }}>
      <Frame />
    </ShellContext>
  )
}

function Frame() {
  const { router, alerts, channels } = useShell()
  const words = useWords()
  const route = useStore(router.route)
  const open = useStore(alerts.open)
  const { corridors, invites } = useStore(channels.state)
  const unread =
    corridors.reduce(
      (sum, corridor) => sum + corridor.channels.reduce((part, one) => part + one.unread, 0),
      0,
    ) + invites.length
  useTitle(`${open.length > 0 ? `⚠ ${words.urgent.banner} · ` : unread > 0 ? `(${unread}) ` : ''}Enlace`)
  useEffect(() => {
    const count = open.length + unread
    if (count > 0) void navigator.setAppBadge?.(count).catch(() => undefined)
    else void navigator.clearAppBadge?.().catch(() => undefined)
  }, [open.length, unread])

  const full = route.page !== 'channels'
  return (
    <div className={`frame ${full ? 'frame-page' : 'frame-list'}`}>
      <SearchKey />
      <AlertBanner />
      <ConnectionBanner />
      <OwnNewsNotice />
      <Suspense>
        <LockDemand />
      </Suspense>
      <ResetsBanner here={route.page === 'resets'} />
      <Suspense>
        <AsksBanner />
        <TrustBanner here={route.page === 'network'} />
        <FactorPrompt here={route.page === 'settings'} />
        <InstallOffer />
        <ReportNews here={route.page === 'office' && route.part === 'reports'} />
      </Suspense>
      <div className="frame-body">
        <aside className="side">
          <SecurityBanner />
          <ChannelList current={route.page === 'channel' ? route.roomId : undefined} />
          <Nav route={route} />
        </aside>
        <main className="content">
          <Suspense
            fallback={
              <div className="page-center">
                <Spinner label={words.loading} />
              </div>
            }
          >
            <Page route={route} />
          </Suspense>
        </main>
      </div>
      <FirstKey />
      <FirmReminder />
      <IncomingVerification />
    </div>
  )
}

function Page(props: { route: Route }) {
  const { router } = useShell()
  const words = useWords()
  const { route } = props
  switch (route.page) {
    case 'channel':
      return <ChannelPage key={route.roomId} route={route} />
    case 'board':
      return <BoardPage />
    case 'case':
      return <CasePage key={route.caseId} caseId={route.caseId} />
    case 'new-case':
      return <NewCasePage key={route.draftId} draftId={route.draftId} />
    case 'directory':
      return <DirectoryPage />
    case 'import':
      return <ImportPage />
    case 'export':
      return <ExportPage />
    case 'directory-entry':
      return <EntryPage key={route.key} entryKey={route.key} />
    case 'entry-edit':
      return <EntryEditPage key={route.key} entryKey={route.key} />
    case 'entry-review':
      return <EntryReviewPage key={route.key} entryKey={route.key} />
    case 'entry-history':
      return <EntryHistoryPage key={route.key} entryKey={route.key} />
    case 'suggestions':
      return <SuggestionsPage />
    case 'overdue':
      return <OverduePage />
    case 'duty':
      return <DutyPage />
    case 'rules':
      return <RulesPage key={route.roomId} roomId={route.roomId} />
    case 'search':
      return <SearchPage />
    case 'measures':
      return <MeasuresPage />
    case 'resets':
      return <ResetsPage />
    case 'institution':
      return <InstitutionPage institution={route.key} />
    case 'office':
      return <OfficePage key={`${route.part} ${route.detail ?? ''}`} route={route} />
    case 'network':
      return <NetworkPage />
    case 'share':
      return <SharePage />
    case 'shortcut':
      return <ShortcutPage key={route.to} to={route.to} />
    case 'settings':
      return <SettingsPage />
    case 'invitation':
      return <Blank title={words.people.open.signedIn} hint={words.people.open.signedInHint} />
    case 'channels':
      return (
        <Blank icon={<MessagesSquare />} title={words.channels.choose} hint={words.channels.chooseHint} />
      )
    default:
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
}

function Nav(props: { route: Route }) {
  const { app, router, session, alerts } = useShell()
  const words = useWords()
  const locks = useStore(deviceLocks)
  useEffect(() => void readDeviceLock(session.userId), [session])
  const waiting = useStore(alerts.waitingCases)
  const toConfirm = useStore(alerts.toConfirm)
  const security = useStore(session.encryption.state)
  const items = [
    { page: 'channels', label: words.nav.channels, Icon: MessageCircle, testId: 'nav-channels' },
    { page: 'board', label: words.cases.nav, Icon: FolderKanban, testId: 'board-open' },
    { page: 'directory', label: words.directory.nav, Icon: BookUser, testId: 'directory-open' },
    { page: 'search', label: words.nav.search, Icon: Search, testId: 'search-open' },
    { page: 'measures', label: words.measures.nav, Icon: BarChart3, testId: 'measures-open' },
    { page: 'settings', label: words.nav.settings, Icon: Settings, testId: 'settings-open' },
  ] as const
  const here = sectionOf(props.route)
  return (
    <nav className="nav">
      {items.map(({ page, label, Icon, testId }) => (
        <button
          key={page}
          type="button"
          data-testid={testId}
          className="nav-item"
          aria-current={here === page ? 'page' : undefined}
          onClick={() => router.go({ page })}
        >
          <Icon aria-hidden="true" />
          <span>{label}</span>
          {page === 'board' && waiting > 0 && (
            <span className="mark nav-count" data-testid="board-waiting">
              <span aria-hidden="true">{waiting}</span>
              <span className="visually-hidden">{words.cases.waitingForYou(waiting)}</span>
            </span>
          )}
          {page === 'directory' && toConfirm !== undefined && (
            <span className="mark nav-count" data-testid="directory-to-confirm">
              <span aria-hidden="true">!</span>
              <span className="visually-hidden">{words.upkeep.overdue}</span>
            </span>
          )}
          {page === 'settings' && (security === 'unsaved' || security === 'unconfirmed') && (
            <ShieldAlert className="nav-mark" aria-hidden="true" />
          )}
        </button>
      ))}
      {locks && (
        <button
          type="button"
          className="nav-item nav-lock"
          data-testid="nav-lock"
          onClick={() => void app.lock()}
        >
          <Lock aria-hidden="true" />
          <span>{words.lock.nav}</span>
        </button>
      )}
    </nav>
  )
}

function sectionOf(route: Route) {
  if (route.page === 'channel' || route.page === 'rules') return 'channels'
  if (['duty', 'resets', 'institution', 'office', 'network'].includes(route.page)) return 'settings'
  if (
    route.page.startsWith('directory') ||
    route.page === 'import' ||
    route.page === 'export' ||
    route.page.startsWith('entry-') ||
    route.page === 'suggestions' ||
    route.page === 'overdue'
  )
    return 'directory'
  return route.page === 'case' || route.page === 'new-case' ? 'board' : route.page
}

const PATIENCE_MS = 3_000

function ConnectionBanner() {
  const { session } = useShell()
  const words = useWords()
  const connection = useStore(session.connection)
  const [shown, setShown] = useState(false)
  useEffect(() => {
    // A short break is not worth mentioning.
    setShown(false)
    if (connection === 'online') return
    const timer = setTimeout(() => setShown(true), connection === 'offline' ? 300 : PATIENCE_MS)
    return () => clearTimeout(timer)
  }, [connection])
  if (!shown || connection === 'online') return null
  return (
    <div className="banner banner-quiet" role="status" data-testid="connection-banner">
      <WifiOff aria-hidden="true" />
      <span>{words.connection[connection]}</span>
    </div>
  )
}
