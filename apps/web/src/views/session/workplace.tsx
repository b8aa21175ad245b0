import { MessagesSquare, WifiOff } from 'lucide-react'
import { useEffect, useState } from 'react'
import '../../styles/index.css'
import { createAlerts, ring } from '../../viewmodel/calls/alerts.ts'
import type { Alerts } from '../../viewmodel/calls/types.ts'
import { createChannels } from '../../viewmodel/channels/channel-list.ts'
import { linkNotices, totalUnread } from '../../viewmodel/channels/notices-link.ts'
import type { ChannelsModel } from '../../viewmodel/channels/types.ts'
import { keepHistoryOpen } from '../../viewmodel/history/helpers.ts'
import type { Route, Session } from '../../viewmodel/session/types.ts'
import { keepSending } from '../../viewmodel/session/unsent.ts'
import { createResets } from '../../viewmodel/trust/resets.ts'
import type { Resets } from '../../viewmodel/trust/types.ts'
import { AlertBanner } from '../calls/alert-banner.tsx'
import { ChannelList } from '../channels/channel-list.tsx'
import { ChannelPage } from '../channels/channel-page.tsx'
import { SearchKey } from '../search/search-key.tsx'
import { ResetsBanner } from '../trust/resets-banner.tsx'
import { ShellContext, useApp, useMedia, useShell, useStore, useTitle, useWords } from '../ui/hooks.ts'
import { lazyPage } from '../ui/lazy-page.tsx'
import { Blank } from '../ui/parts.tsx'
import { IncomingVerification } from './incoming-verification.tsx'
import { OwnNewsNotice } from './own-identity.tsx'
import { isDeep, Rail } from './rail.tsx'
import { FirmReminder, FirstKey, SecurityBanner } from './recovery.tsx'
import { StorageBanner } from './storage-banner.tsx'

const BoardPage = lazyPage(() => import('../cases/board-page.tsx'), 'cards')
const CasePage = lazyPage(() => import('../cases/case-page.tsx'))
const NewCasePage = lazyPage(() => import('../cases/new-case-page.tsx'))
const DirectoryPage = lazyPage(() => import('../directory/directory-page.tsx'), 'cards')
const ImportPage = lazyPage(() => import('../interchange/import-page.tsx'))
const ExportPage = lazyPage(() => import('../interchange/export-page.tsx'))
const EntryPage = lazyPage(() => import('../directory/entry-page.tsx'))
const EntryEditPage = lazyPage(() => import('../upkeep/edit-page.tsx'))
const EntryReviewPage = lazyPage(() => import('../upkeep/review-page.tsx'))
const EntryHistoryPage = lazyPage(() => import('../upkeep/history-page.tsx'))
const SuggestionsPage = lazyPage(() => import('../upkeep/suggestions-page.tsx'))
const OverduePage = lazyPage(() => import('../upkeep/overdue-page.tsx'))
const SignedInAlready = lazyPage(() => import('../people/signed-in-already.tsx'))
const DutyPage = lazyPage(() => import('../duty/duty-page.tsx'))
const RulesPage = lazyPage(() => import('../channels/rules-page.tsx'))
const SearchPage = lazyPage(() => import('../search/search-page.tsx'))
const MeasuresPage = lazyPage(() => import('../measures/measures-page.tsx'))
const MeetingsPage = lazyPage(() => import('../meetings/meetings-page.tsx'), 'cards')
const MaterialsPage = lazyPage(() => import('../materials/materials-page.tsx'), 'cards')
const RisksPage = lazyPage(() => import('../risks/risks-page.tsx'), 'cards')
const InstitutionPage = lazyPage(() => import('../institution/institution-page.tsx'))
const OfficePage = lazyPage(async () => ({
  default: (await import('../institution/office-nav.tsx')).OfficePage,
}))
const NetworkPage = lazyPage(() => import('../institution/network-page.tsx'))
const AsksBanner = lazyPage(() => import('../history/asks-banner.tsx'), 'quiet')
const TrustBanner = lazyPage(() => import('../institution/trust-banner.tsx'), 'quiet')
const LockDemand = lazyPage(() => import('./lock-demand.tsx'), 'quiet')
const ResetsPage = lazyPage(() => import('../trust/resets-page.tsx'))
const FactorPrompt = lazyPage(() => import('./factor-prompt.tsx'), 'quiet')
const NewDevicePage = lazyPage(() => import('./new-device-page.tsx'))
const IdleWarning = lazyPage(() => import('./idle-warning.tsx'), 'quiet')
const ReportNews = lazyPage(() => import('../reports/report-news.tsx'), 'quiet')
const SharePage = lazyPage(() => import('../phone/share-page.tsx'))
const ShortcutPage = lazyPage(() => import('../phone/shortcut-page.tsx'))
const InstallOffer = lazyPage(() => import('../phone/install-offer.tsx'), 'quiet')
const SettingsPage = lazyPage(() => import('./settings-page.tsx'))

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
    const stopSending = keepSending(session)
    const notices = linkNotices(session, made.channels, router)
    return () => {
      letGo()
      stopSending()
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
  const { app, router, session, alerts, channels } = useShell()
  const making = useStore(session.encryption.completing)
  const shown = useStore(session.encryption.firstKey) !== undefined
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
  // On a phone the list is a page of its own, so that it is what assistive technology goes to.
  const isPage = !useMedia('(min-width: 768px)') && !full
  return (
    <div
      className={`frame ${full ? 'frame-page' : 'frame-list'} ${isDeep(route) ? 'frame-deep' : ''}`}
      data-keys={making ? 'making' : shown ? 'shown' : 'settled'}
    >
      <SearchKey />
      <AlertBanner />
      <ConnectionBanner />
      <OwnNewsNotice />
      <StorageBanner />
      <LockDemand />
      <ResetsBanner here={route.page === 'resets'} />
      <AsksBanner />
      <TrustBanner here={route.page === 'network'} />
      <FactorPrompt here={route.page === 'settings'} />
      <InstallOffer />
      <ReportNews here={route.page === 'office' && route.part === 'reports'} />
      <div className="frame-body">
        <Rail route={route} unread={unread} urgent={open.length > 0} />
        <div className="side" role={isPage ? 'main' : 'complementary'}>
          <SecurityBanner />
          <ChannelList current={route.page === 'channel' ? route.roomId : undefined} />
        </div>
        <main className="content">
          <Page route={route} />
        </main>
      </div>
      <FirstKey />
      <FirmReminder />
      <IncomingVerification />
      {app.keepsNothing() && <IdleWarning />}
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
    case 'meetings':
      return <MeetingsPage meetingId={route.meetingId} />
    case 'materials':
      return <MaterialsPage {...route} />
    case 'risks':
      return <RisksPage />
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
    case 'new-device':
      return <NewDevicePage code={route.code} />
    case 'invitation':
      return <SignedInAlready />
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
