import { initAsync } from '@matrix-org/matrix-sdk-crypto-wasm'
import {
  ClientEvent,
  createClient,
  HttpApiEvent,
  IndexedDBStore,
  type MatrixClient,
  type MatrixEvent,
  PendingEventOrdering,
  RoomEvent,
  SyncState,
} from 'matrix-js-sdk'
import { deleteDatabase } from '../../lib/delete-database.ts'
import { loadEncryptionModule } from '../../lib/encryption-module.ts'
import { memoryStorage } from '../../lib/memory-storage.ts'
import { openOwnDatabase } from '../../lib/own-database.ts'
import { createRequest, createTextRequest, ENLACE } from '../../lib/request.ts'
import type { Seal } from '../../lib/seal/seal.ts'
import { silent } from '../../lib/silent.ts'
import { coalesce, createStore } from '../../lib/store.ts'
import { createVolatileDatabase } from '../../lib/volatile-database.ts'
import { createEscalations } from '../calls/escalations.ts'
import { createCaseDrafts } from '../cases/case-drafts.ts'
import { createCases } from '../cases/cases.ts'
import { targetsIn } from '../cases/targets.ts'
import { createPeople } from '../channels/people.ts'
import { roomKind } from '../channels/room-kind.ts'
import { createDeviceDirectory } from '../directory/device-directory.ts'
import { deskInWorker } from '../directory/worker-line.ts'
import { createEnvelope } from '../envelope/envelope.ts'
import { createHistoryGround } from '../history/ground.ts'
import { createHistory } from '../history/history.ts'
import { createKeyDesk } from '../history/key-desk.ts'
import { createDisclosures } from '../reports/disclosures.ts'
import { createDeviceErasures, ERASURES_TYPE, removeOverFirst } from '../retention/device-erasures.ts'
import { createForgetting } from '../retention/open-things.ts'
import { followWords } from '../search/follow-words.ts'
import { createLookBack, pagesOf } from '../search/look-back.ts'
import { createSearchIndex } from '../search/search-index.ts'
import { searchDeskInWorker } from '../search/search-line.ts'
import { createTextFiles } from '../search/text-files.ts'
import { createBesideMessages } from '../timeline/beside-messages.ts'
import { createMedia } from '../timeline/media.ts'
import { createOutbox } from '../timeline/outbox.ts'
import { keepGaps } from '../timeline/own-in-gap.ts'
import { keepOrder } from '../timeline/own-place.ts'
import { createOutgoingGate } from '../trust/outgoing-gate.ts'
import { createTrust } from '../trust/trust.ts'
import { createEncryption, createKeyCallbacks } from './encryption.ts'
import { createEnlaceApi } from './enlace-api.ts'
import { createKeptSync } from './kept-sync.ts'
import { markKey } from './key-mark.ts'
import { withKnownAnswers } from './known-answers.ts'
import { cryptoName, deleteLocalData, storeName } from './local-data.ts'
import { createOwnIdentity } from './own-identity.ts'
import { firstSync, known } from './patience.ts'
import type { Me } from './records.ts'
import { createRestart } from './restart.ts'
import { followStanding } from './standing.ts'
import { readSession, type StoredSession, writeSession } from './stored-session.ts'
import { createTokens } from './tokens.ts'
import { createTransport } from './transport.ts'
import type { Connection, KeyAct, OpeningStep, Session, SessionEnd } from './types.ts'

const DIRECTORY_AFTER_MS = 15_000
const SAVE_AFTER_MS = 2_000
const SAVE_AT_LEAST_MS = 20_000

/** What the SDK would fetch only once the encryption module is there. */
export const fetchAhead = () => import('matrix-js-sdk/lib/rust-crypto/index.js')

/** Opens what this browser keeps of an account. When `signal` aborts, it returns early and the caller closes the session. */
export async function openSession(
  baseUrl: string,
  stored: StoredSession,
  options: {
    password?: string
    /** of the account's device key; absent: a device from before there were any */
    seal?: Seal
    /** nothing is to stay on this computer */
    volatile?: boolean
    signal: AbortSignal
    onStep(step: OpeningStep): void
    onSuspended?(): void
  },
): Promise<Session> {
  const { userId, deviceId } = stored
  const { seal, volatile = false } = options
  options.onStep('encryption')
  const connection = createStore<Connection>(navigator.onLine ? 'connecting' : 'offline')
  const ended = createStore<SessionEnd | undefined>(undefined)
  const me = createStore<Me | undefined>(undefined)
  let client: MatrixClient | undefined
  const tokens = createTokens({
    baseUrl,
    session: stored,
    persist: writeSession,
    stored: readSession,
    onChange: (token) => client?.setAccessToken(token),
  })
  const gate = createOutgoingGate()
  const transport = createTransport(baseUrl, tokens, gate, () => {
    ended.set('suspended')
    options.onSuspended?.()
  })
  const keyCallbacks = createKeyCallbacks()
  const database = volatile
    ? createVolatileDatabase()
    : await openOwnDatabase(userId, seal, () => ended.set('evicted'))
  const store = new IndexedDBStore({
    indexedDB,
    dbName: storeName(userId),
    localStorage: volatile ? memoryStorage() : localStorage,
  })
  const keptSync = createKeptSync(database)
  store._backend = keptSync
  // Earlier versions kept the last sync in the SDK's own database, in the clear.
  void deleteDatabase(`matrix-js-sdk:${storeName(userId)}`).catch(() => undefined)
  client = createClient({
    baseUrl,
    userId,
    deviceId,
    accessToken: stored.accessToken,
    fetchFn: withKnownAnswers(transport.fetch, database, baseUrl),
    store,
    timelineSupport: true,
    cryptoCallbacks: keyCallbacks.callbacks,
    disableVoip: true,
    logger: silent,
  })
  const opened = client
  // The SDK waits for them when it starts: they come while the module does.
  void opened.getVersions().catch(() => undefined)
  void fetchAhead().catch(() => undefined)
  const request = createRequest(baseUrl, transport.fetch, () => tokens.current())
  // Asked while the module comes and starts, which reads nothing of what may be over.
  const withoutOver = removeOverFirst(request, database).catch(() => undefined)
  const module = URL.createObjectURL(await loadEncryptionModule())
  await initAsync(module)
  URL.revokeObjectURL(module)
  const storageKey = await seal?.keyFor('encryption store')
  await opened.initRustCrypto({
    cryptoDatabasePrefix: cryptoName(userId, deviceId),
    useIndexedDB: !volatile,
    ...(storageKey ? { storageKey } : {}),
  })
  storageKey?.fill(0)
  await withoutOver
  await store.startup().catch(() => undefined)

  const api = createEnlaceApi(request)
  const media = createMedia(baseUrl, transport.fetch, tokens)
  const people = createPeople(opened, api, database)
  const ownIdentity = await createOwnIdentity(opened, request, database)
  const tell = (act: KeyAct) => void request('POST', `${ENLACE}/key-acts`, act).catch(() => undefined)
  const encryption = createEncryption(opened, keyCallbacks, database, tell)
  const stopMarking = encryption.kept.subscribe(
    () => options.volatile || markKey(userId, encryption.kept.get()),
  )
  const restart = await createRestart({
    client: opened,
    request,
    database,
    own: ownIdentity,
    adopt: encryption.adopt,
  })
  const searchIndex = createSearchIndex(database, { makeDesk: searchDeskInWorker })
  const directory = createDeviceDirectory({
    baseUrl,
    tokens,
    desk: deskInWorker(userId, { seal: seal?.base, volatile }),
  })
  let directoryTimer: ReturnType<typeof setTimeout> | undefined
  const escalations = createEscalations(opened, api, request, me, {
    actorOf(userId) {
      const { institution, role } = people.person(userId)
      return { ...(institution ? { institution } : {}), ...(role ? { role } : {}) }
    },
    countryOf: (key) => cases.institutions.get().get(key)?.country,
  })
  const trust = await createTrust({
    client: opened,
    request,
    database,
    gate,
    personOf: (userId) => people.person(userId),
  })
  const outbox = await createOutbox(opened, media, database, trust)
  const beside = await createBesideMessages(opened, userId, request, database)
  const desk = createKeyDesk(opened, media.uploadSealed)
  const envelope = await createEnvelope({
    client: opened,
    request,
    database,
    desk,
    encryption,
    identities: trust.identities,
    institution: () => me.get()?.institution?.key,
  })
  const disclosures = await createDisclosures({ client: opened, database, desk })
  const history = await createHistory({
    me: userId,
    deviceId,
    database,
    desk,
    told: (roomId, to) => tell({ act: 'keys_given', room_id: roomId, user_id: to }),
    ground: createHistoryGround({ client: opened, request, people, encryption, trust }),
  })
  const stopWakingHistory = [trust.version, people.version, encryption.state].map((one) =>
    one.subscribe(history.wake),
  )
  const stopWakingEnvelope = [trust.version, me].map((one) => one.subscribe(envelope.wake))
  const requestText = createTextRequest(baseUrl, transport.fetch, () => tokens.current())
  const cases = createCases({
    client: opened,
    request,
    requestText,
    api,
    media,
    sealed: trust,
    database,
    me,
    isChannel(roomId) {
      const room = opened.getRoom(roomId)
      return room !== null && roomKind(opened, trust.encryptionOf, room).kind === 'channel'
    },
  })
  const caseDrafts = await createCaseDrafts({
    database,
    cases,
    userId,
    targets: (roomId, institution) => targetsIn(opened.getRoom(roomId), institution),
  })
  const erasures = createDeviceErasures({
    request,
    database,
    forget: createForgetting({ client, keptSync, cases, caseDrafts, outbox, searchIndex, media }),
  })
  // Who may acknowledge depends on roles, and those arrive after the events.
  const stopWatchingRoles = people.version.subscribe(() => escalations.reduce())

  const textFiles = createTextFiles({ media, database, searchIndex })
  const { index, stop: stopIndexing } = followWords(opened, searchIndex, textFiles)
  const lookBack = createLookBack({ client: opened, page: pagesOf(opened), searchIndex, database })
  // The SDK saves every five minutes; a start without network has to show what was seen last.
  const saveSoon = coalesce(() => void store.save(true), SAVE_AFTER_MS, SAVE_AT_LEAST_MS)
  const onTimeline = (event: MatrixEvent) => {
    index(event)
    saveSoon()
    if (event.status === null && event.getSender() === userId && event.getId()) {
      outbox.arrived(event.getId()!, event.getUnsigned().transaction_id)
      beside.parts.gestures.arrived()
    }
  }
  const stopKeepingOrder = keepOrder(opened)
  keepGaps(opened)
  opened.on(RoomEvent.Timeline, onTimeline)
  opened.on(RoomEvent.LocalEchoUpdated, onTimeline)
  opened.on(ClientEvent.AccountData, (event) => {
    if (event.getType() === ERASURES_TYPE) void erasures.look()
  })

  const onEnd = (error: { data?: { soft_logout?: boolean } }) =>
    ended.set(error.data?.soft_logout === true ? 'expired' : 'removed')
  opened.on(HttpApiEvent.SessionLoggedOut, onEnd as never)

  const standing = followStanding({ me, api, database, connection })

  let password = options.password
  /** Until then the page itself sees to the keys. */
  let isOpen = false
  function cameOnline(): void {
    void erasures.look()
    outbox.wake()
    beside.parts.gestures.wake()
    history.wake()
    envelope.wake()
    disclosures.wake()
    caseDrafts.wake()
    void escalations.refresh()
    void standing.load()
    void restart.look()
    void ownIdentity.look()
    // Kept for a day without a network, whether or not anybody looked at it; not while the page is starting.
    clearTimeout(directoryTimer)
    directoryTimer = setTimeout(() => void directory.refresh(), DIRECTORY_AFTER_MS)
    if (!isOpen) return
    if (encryption.state.get() === 'failed') void encryption.prepare(password).then(encryption.complete)
    else void encryption.complete()
  }
  const onSync = (state: SyncState) => {
    const before = connection.get()
    if (state === SyncState.Prepared || state === SyncState.Syncing) {
      if (!opened.isInitialSyncComplete()) return
      connection.set('online')
      if (before !== 'online') cameOnline()
    } else if (state === SyncState.Error) connection.set('offline')
    else if (state === SyncState.Reconnecting || state === SyncState.Catchup)
      connection.set(navigator.onLine ? 'connecting' : 'offline')
  }
  opened.on(ClientEvent.Sync, onSync)
  const stopWatchingTransport = transport.onState((state) => {
    // The SDK would wait some seconds before it looks again.
    if (state === 'connected') opened.retryImmediately()
    if (state === 'offline') connection.set('offline')
    else if (state === 'reconnecting' && connection.get() === 'online') connection.set('connecting')
    else if (state === 'connected' && opened.getSyncState() === SyncState.Syncing) {
      const before = connection.get()
      connection.set('online')
      if (before !== 'online') cameOnline()
    }
  })
  const onOffline = () => connection.set('offline')
  const onOnline = () => {
    connection.set('connecting')
    opened.retryImmediately()
    outbox.wake()
    beside.parts.gestures.wake()
  }
  window.addEventListener('offline', onOffline)
  window.addEventListener('online', onOnline)
  const onHidden = () => {
    if (document.visibilityState !== 'hidden') return
    void searchIndex.flush()
    void caseDrafts.flush()
    void store.save(true)
  }
  document.addEventListener('visibilitychange', onHidden)

  options.onStep('messages')
  const synced = Promise.withResolvers<void>()
  const prepared = encryption.prepare(options.password, synced.promise)
  await opened.startClient({
    initialSyncLimit: 30,
    lazyLoadMembers: true,
    pendingEventOrdering: PendingEventOrdering.Chronological,
    disablePresence: true,
  })
  await firstSync(opened, options.signal)
  synced.resolve()
  if (!options.signal.aborted) {
    options.onStep('keys')
    await Promise.race([prepared, known(encryption.state, options.signal)])
  }
  isOpen = true
  // What failed beside a first sync that came is not for the next connection: there is one.
  const again = encryption.state.get() === 'failed' && connection.get() === 'online'
  void (again ? encryption.prepare(password) : prepared).then(encryption.complete)
  if (encryption.state.get() !== 'failed') password = undefined
  void standing.load()
  void ownIdentity.look()
  void escalations.refresh()
  for (const room of opened.getRooms()) if (room.getMyMembership() === 'join') people.need(room.roomId)
  for (const room of opened.getRooms()) for (const event of room.getLiveTimeline().getEvents()) index(event)
  void store.save(true)

  let closing: Promise<void> | undefined
  const close = (): Promise<void> => {
    closing ??= closeAll()
    return closing
  }
  async function closeAll(): Promise<void> {
    window.removeEventListener('offline', onOffline)
    window.removeEventListener('online', onOnline)
    document.removeEventListener('visibilitychange', onHidden)
    stopWatchingTransport()
    stopWatchingRoles()
    for (const stop of [...stopWakingHistory, ...stopWakingEnvelope]) stop()
    history.close()
    envelope.close()
    disclosures.close()
    stopKeepingOrder()
    stopIndexing()
    standing.close()
    outbox.close()
    beside.close()
    await caseDrafts.close()
    erasures.close()
    cases.close()
    people.close()
    escalations.close()
    stopMarking()
    encryption.close()
    trust.close()
    ownIdentity.close()
    restart.close()
    media.close()
    clearTimeout(directoryTimer)
    directory.close()
    saveSoon.cancel()
    lookBack.stop()
    textFiles.close()
    await searchIndex.flush().catch(() => undefined)
    searchIndex.close()
    if (ended.get() === undefined) await store.save(true)
    opened.stopClient()
    opened.removeAllListeners()
    transport.close()
    // Whoever opens it next, in another tab, reads what was written last.
    await database.close()
  }

  return {
    client: opened,
    userId,
    deviceId,
    baseUrl,
    request,
    api,
    tokens,
    database,
    media,
    people,
    outbox,
    ...beside.parts,
    history,
    disclosures,
    escalations,
    cases,
    caseDrafts,
    erasures,
    searchIndex,
    lookBack,
    directory,
    encryption,
    envelope,
    trust,
    ownIdentity,
    restart,
    me,
    connection,
    ended,
    close,
    async signOut() {
      let told = true
      // What was written a moment ago opens with the keys of this device alone until they are in the backup.
      if (connection.get() !== 'offline') await encryption.backUp().catch(() => undefined)
      opened.stopClient()
      try {
        await request('POST', '/_matrix/client/v3/logout', {})
      } catch {
        told = false
      }
      await close()
      await deleteLocalData(userId, deviceId)
      return told
    },
  }
}
