import { MessagesSquare, WifiOff } from 'lucide-react'
import { lazy, Suspense, useEffect, useState } from 'react'
import '../../styles/index.css'
import { createAlerts, ring } from '../../viewmodel/calls/alerts.ts'
import type { Alerts } from '../../viewmodel/calls/types.ts'
import { createChannels } from '../../viewmodel/channels/channel-list.ts'
import { linkNotices, totalUnread } from '../../viewmodel/channels/notices-link.ts'
import type { ChannelsModel } from '../../viewmodel/channels/types.ts'
import { keepHistoryOpen } from '../../viewmodel/history/helpers.ts'
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
import { Blank } from '../ui/parts.tsx'
import { Skeleton } from '../ui/skeleton.tsx'
import { OwnNewsNotice } from './own-identity.tsx'
import { isDeep, Rail } from './rail.tsx'
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
const NewDevicePage = lazy(() => import('./new-device-page.tsx'))
const ReportNews = lazy(() => import('../reports/report-news.tsx'))
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
    const notices = linkNotices(session, made.channels, router)
    return () => {
      letGo()
      notices.close()
      made.channels.close()
      made.alerts.close()
      made.resets.close()
    }
  }, [session, router])
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
  const unread = totalUnread(useStore(channels.state))
  useTitle(`${open.length > 0 ? `⚠ ${words.urgent.banner} · ` : unread > 0 ? `(${unread}) ` : ''}Enlace`)
  useEffect(() => {
    const count = open.length + unread
    if (count > 0) void navigator.setAppBadge?.(count).catch(() => undefined)
    else void navigator.clearAppBadge?.().catch(() => undefined)
  }, [open.length, unread])

  const full = route.page !== 'channels'
  return (
    <div className={`frame ${full ? 'frame-page' : 'frame-list'} ${isDeep(route) ? 'frame-deep' : ''}`}>
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
        <ReportNews here={route.page === 'office' && route.part === 'reports'} />
      </Suspense>
      <div className="frame-body">
        <Rail route={route} unread={unread} urgent={open.length > 0} />
        <aside className="side">
          <SecurityBanner />
          <ChannelList current={route.page === 'channel' ? route.roomId : undefined} />
        </aside>
        <main className="content">
          <Suspense fallback={<Skeleton shape={shapeOf(route.page)} label={words.loading} />}>
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
    case 'settings':
      return <SettingsPage />
    case 'new-device':
      return <NewDevicePage code={route.code} />
    case 'invitation':
      return <Blank title={words.people.open.signedIn} hint={words.people.open.signedInHint} />
    case 'channels':
      return (
        <Blank icon={<MessagesSquare />} title={words.channels.choose} hint={words.channels.chooseHint}>
          {(['directory', 'duty', 'board'] as const).map((page) => (
            <button key={page} type="button" className="button" onClick={() => router.go({ page })}>
              {words.rail.first[page]}
            </button>
          ))}
        </Blank>
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

const shapeOf = (page: Route['page']) =>
  page === 'channel' ? 'talk' : page === 'board' || page === 'directory' ? 'cards' : 'rows'

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
