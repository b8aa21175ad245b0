import type { PublicKeyCredentialRequestOptionsJSON } from '@simplewebauthn/browser'
import { loadEncryptionModule } from '../../lib/encryption-module.ts'
import { leaving } from '../../lib/leaving.ts'
import { createRequest } from '../../lib/request.ts'
import { createStore } from '../../lib/store.ts'
import { totalOf } from '../../lib/waiting.ts'
import { isCancelled, webauthn } from '../../lib/webauthn.ts'
import { appealSuspension } from '../../model/reports/suspension.ts'
import type { LoginOutcome } from '../../model/session/login.ts'
import type { StoredSession } from '../../model/session/stored-session.ts'
import type { Session } from '../../model/session/types.ts'
import { endDevice, isClearedAway, isClearedWhole } from './cleared-away.ts'
import { endWithPage } from './end-with-page.ts'
import { createOneTab } from './one-tab.ts'
import { comingBack, goingOut } from './provider-return.ts'
import type { App, AppState, SignInNext } from './types.ts'
import { waitingIn } from './waiting.ts'

/** The browser checks what is in them; the server made them. */
const optionsOf = (given: unknown) => given as PublicKeyCredentialRequestOptionsJSON

/** A disk that does not answer keeps no page open: neither one that is to be locked nor one that another tab asks for. */
const DISK_MS = 3_000

export function createApp(baseUrl: string): App {
  const state = createStore<AppState>({ phase: 'signed-out' })
  let stopWatching: (() => void) | undefined
  /** Aborted when another tab asks for the session while this one is still opening it. */
  let opening = new AbortController()

  // Fetched while the person types, so that the sign-in page itself stays small.
  const parts = () =>
    Promise.all([
      import('../../model/session/login.ts'),
      import('../../model/session/stored-session.ts'),
    ]).then(([login, stored]) => ({
      ...login,
      ...stored,
    }))
  const heavy = () => import('../../model/session/session.ts')
  const localData = () => import('../../model/session/local-data.ts')
  /** What is heavy comes while the person still types; what failed is asked for again when it is needed. */
  const fetchAhead = () => {
    void Promise.all([heavy().then((session) => session.fetchAhead()), locks(), place()]).catch(
      () => undefined,
    )
    void loadEncryptionModule().catch(() => undefined)
  }
  const locks = () => import('./device-lock.ts')
  const place = () => import('./make-place.ts')
  /** Nothing of this sign-in is to stay on the computer. */
  let volatile = false
  let stopIdle: (() => void) | undefined

  const tab = createOneTab({
    asked() {
      if (state.get().phase === 'opening') opening.abort()
      else
        void leave().then(() => {
          tab.free()
          state.set({ phase: 'taken' })
        })
    },
    overruled() {
      opening.abort()
      void leave().then(() => state.set({ phase: 'taken' }))
    },
  })

  /** A lock shuts by itself; a session that is to leave nothing ends. */
  function watchIdle(session: Session): void {
    void import('./idle-watch.ts').then(async ({ watchIdle }) => {
      const stop = await watchIdle(session, volatile, () => void (volatile ? signOut(true) : shutNow()))
      if (state.get().phase === 'ready') stopIdle = stop
      else stop()
    })
    if (volatile) endWithPage(baseUrl, session.tokens)
  }

  /** What was decrypted goes with the page: it begins anew, locked. */
  async function shutNow(): Promise<void> {
    await leave()
    tab.free()
    await (await locks()).shut()
    location.reload()
  }

  function stopFollowing(): void {
    stopIdle?.()
    stopIdle = undefined
    stopWatching?.()
    stopWatching = undefined
  }

  async function leave(): Promise<void> {
    stopFollowing()
    leaving()
    const now = state.get()
    if (now.phase !== 'ready') return
    const late = new Promise<void>((over) => setTimeout(over, DISK_MS))
    await Promise.race([now.session.close(), late])
  }

  async function open(password?: string, steal = false): Promise<void> {
    state.set({ phase: 'opening', step: 'encryption' })
    opening = new AbortController()
    const { signal } = opening
    let suspended = false
    fetchAhead()
    try {
      const [{ readSession, currentSeat }, { openSession }, lock] = await Promise.all([
        parts(),
        heavy(),
        locks(),
      ])
      if (!(await tab.take(steal))) {
        state.set({ phase: 'taken' })
        return
      }
      const seat = currentSeat()
      const seal = seat && !volatile ? await lock.sealOf(seat.userId, seat.deviceId) : 'none'
      if (seat && seal === 'locked') {
        tab.free()
        state.set({ phase: 'locked', userId: seat.userId, lock: (await lock.lockOf(seat.userId))! })
        return
      }
      const stored = await readSession()
      if (!stored) {
        tab.free()
        const isCleared = !volatile && (await isClearedAway(seat))
        state.set({ phase: 'signed-out', ...(isCleared ? { notice: 'evicted' } : {}) })
        return
      }
      const session = await openSession(baseUrl, stored, {
        ...(password === undefined ? {} : { password }),
        ...(typeof seal === 'object' ? { seal } : {}),
        volatile,
        signal,
        onSuspended() {
          suspended = true
        },
        onStep: (step) => !signal.aborted && state.set({ phase: 'opening', step }),
      })
      if (signal.aborted) {
        await session.close()
        tab.free()
        state.set({ phase: 'taken' })
        return
      }
      stopWatching = session.ended.subscribe(() => void onEnded(session))
      state.set({ phase: 'ready', session })
      watchIdle(session)
      if (session.ended.get()) await onEnded(session)
    } catch {
      if (signal.aborted) {
        tab.free()
        state.set({ phase: 'taken' })
        return
      }
      const stored = await parts()
        .then(({ readSession }) => readSession())
        .catch(() => undefined)
      if (suspended) {
        tab.free()
        state.set({
          phase: 'signed-out',
          notice: 'suspended',
          ...(stored ? { keptUser: stored.userId } : {}),
        })
        return
      }
      if (stored && (await isOverdue(stored))) mustAdd(stored, () => open())
      else if (state.get().phase === 'opening') state.set({ phase: 'open-failed' })
    }
  }

  async function onEnded(session: Session): Promise<void> {
    const how = session.ended.get()
    if (!how) return
    if (how === 'evicted') await endDevice(session)
    await leave()
    if (how === 'expired' || how === 'suspended') {
      tab.free()
      state.set({ phase: 'signed-out', notice: how, keptUser: session.userId })
      return
    }
    const { deleteLocalData } = await localData()
    await deleteLocalData(session.userId, session.deviceId)
    tab.free()
    state.set({ phase: 'signed-out', notice: how })
  }

  /** The password of this sign-in, for what opens with it: the first keys. */
  let typed: string | undefined
  /** Ways of signing in that the person began. A browser has one dialog: what it offers unasked gives way to them. */
  let begun = 0
  type Loaded = Awaited<ReturnType<typeof parts>>

  async function attempt(
    send: (loaded: Loaded, options: { deviceId?: string; deviceName: string }) => Promise<LoginOutcome>,
  ): Promise<SignInNext> {
    let loaded: Loaded
    const was = state.get()
    try {
      loaded = await parts()
    } catch {
      return 'offline'
    }
    // Signing in a second time would end the tokens of a session that is open in another tab.
    if (!(await tab.take(false))) {
      state.set({ phase: 'taken' })
      return undefined
    }
    const { deviceName, currentSeat, keepSessions, writeSession } = loaded
    let outcome: LoginOutcome
    keepSessions(!volatile)
    const before = currentSeat()
    try {
      outcome = await send(loaded, {
        deviceName: deviceName(navigator.userAgent),
        // After an expired session the same device goes on, with its keys.
        ...(before ? { deviceId: before.deviceId } : {}),
      })
    } catch (error) {
      tab.free()
      return isCancelled(error) ? 'cancelled' : 'offline'
    }
    if (outcome.kind !== 'ok') tab.free()
    if (outcome.kind === 'too_many') return { waitSeconds: outcome.waitSeconds }
    if (outcome.kind === 'second_step') return { step: outcome.step }
    if (outcome.kind === 'suspended' && outcome.notice) return { suspended: outcome.notice }
    if (outcome.kind !== 'ok') return outcome.kind
    const password = typed
    typed = undefined
    const { session } = outcome
    const { mayComeIn, makePlace } = await place()
    if (!volatile && !(await mayComeIn(baseUrl, state, session, before))) {
      tab.free()
      state.set(was)
      return 'cancelled'
    }
    await makePlace(session, before, volatile)
    const enter = async () => {
      await writeSession(session)
      await open(password)
    }
    if (outcome.due) mustAdd(session, enter, password)
    else await enter()
    return undefined
  }

  function mustAdd(session: StoredSession, enter: () => Promise<void>, password?: string): void {
    const { accessToken, userId } = session
    state.set({
      phase: 'must-add',
      request: createRequest(baseUrl, fetch, () => accessToken),
      userId,
      ...(password === undefined ? {} : { password }),
      done: () => void enter(),
    })
  }

  /** Whether nothing opens because the time to add a second factor is over. */
  async function isOverdue({ accessToken, userId }: StoredSession): Promise<boolean> {
    const request = createRequest(baseUrl, fetch, () => accessToken)
    const factors = await import('./factors.ts')
      .then(({ readFactors }) => readFactors({ request, userId }))
      .catch(() => undefined)
    return factors?.overdue === true
  }

  return {
    state,
    start() {
      const back = comingBack()
      volatile = back?.volatile ?? false
      if (back?.token !== undefined) void enterWithToken(back.token)
      else if (localStorage.getItem('enlace.session') !== null) void open()
      else {
        if (isClearedWhole()) state.set({ phase: 'signed-out', notice: 'evicted' })
        void parts()
        addEventListener('input', fetchAhead, { once: true })
      }
    },
    appeal: (token, words) => appealSuspension(baseUrl, token, words),
    signIn(user, password) {
      begun += 1
      typed = password
      return attempt(({ login }, options) => login(baseUrl, user, password, options))
    },
    secondStep(step, given) {
      begun += 1
      return attempt(async ({ loginSecondStep }, options) => {
        const proof =
          'passkey' in given
            ? {
                passkey: await (await webauthn()).startAuthentication({
                  optionsJSON: optionsOf(step.passkey),
                }),
              }
            : given
        return loginSecondStep(baseUrl, step.session, proof, options)
      })
    },
    async ways() {
      const loaded = await parts().catch(() => undefined)
      const [offered, grants] = await Promise.all([
        loaded?.offeredWays(baseUrl),
        import('../../model/session/device-grant.ts').catch(() => undefined),
      ])
      return {
        otherDevice: await grants?.grantPlaces(baseUrl),
        passkeys: 'PublicKeyCredential' in globalThis && offered?.passkeys === true,
        providers: offered?.providers ?? [],
      }
    },
    async signInAt(provider) {
      const { providerAddress } = await parts()
      location.assign(providerAddress(baseUrl, provider, goingOut(volatile)))
    },
    async signInWithPasskey(quietly = false) {
      if (!quietly) begun += 1
      const before = begun
      try {
        const { browserSupportsWebAuthnAutofill, startAuthentication } = await webauthn()
        if (quietly && !(await browserSupportsWebAuthnAutofill())) return 'cancelled'
        const { passkeyChallenge } = await parts()
        const optionsJSON = optionsOf(await passkeyChallenge(baseUrl))
        if (quietly && begun !== before) return 'cancelled'
        const response = await startAuthentication({
          optionsJSON,
          useBrowserAutofill: quietly,
          verifyBrowserAutofillInput: false,
        })
        typed = undefined
        return await attempt(({ loginWithPasskey }, options) => loginWithPasskey(baseUrl, response, options))
      } catch (error) {
        return isCancelled(error) ? 'cancelled' : 'offline'
      }
    },
    signOut: () => signOut(),
    enter(send, password) {
      begun += 1
      typed = password
      return attempt((_, options) => send(options))
    },
    async deviceBefore() {
      const { currentSeat, readSession } = await parts()
      const stored = currentSeat() && !volatile ? await readSession().catch(() => undefined) : undefined
      return stored && { baseUrl, deviceId: stored.deviceId, accessToken: stored.accessToken }
    },
    async forget() {
      const [{ currentSeat, forgetSession }, { deleteLocalData }] = await Promise.all([parts(), localData()])
      const seat = currentSeat()
      await forgetSession()
      if (seat) await deleteLocalData(seat.userId, seat.deviceId)
      tab.free()
      state.set({ phase: 'signed-out' })
    },
    useHere: () => void open(undefined, true),
    retry: () => void open(),
    leaveNothing(yes) {
      volatile = yes
    },
    keepsNothing: () => volatile,
    async unlock(given) {
      const now = state.get()
      if (now.phase !== 'locked') return undefined
      const { unlock } = await locks()
      const problem = await unlock(now.userId, given)
      if (!problem) await open()
      else if (problem.kind === 'lost') await this.forget()
      return problem
    },
    async lock() {
      if (state.get().phase === 'ready') await shutNow()
    },
    async changePerson() {
      const { leaveSeat } = await parts()
      const wasOpen = state.get().phase === 'ready'
      if (wasOpen) await leave()
      leaveSeat()
      tab.free()
      await (await locks()).shut()
      history.replaceState(null, '', '/')
      if (wasOpen) location.reload()
      else state.set({ phase: 'signed-out' })
    },
    others: async () => (await parts()).otherSeats().map(({ userId }) => userId),
    async takeSeat(userId) {
      if ((await parts()).takeSeat(userId)) await open()
    },
  }

  /** Back from the institution's own provider. */
  async function enterWithToken(token: string): Promise<void> {
    state.set({ phase: 'opening', step: 'encryption' })
    const before = (await parts().catch(() => undefined))?.currentSeat()
    const problem = await attempt(({ loginWithToken }, options) => loginWithToken(baseUrl, token, options))
    if (problem === undefined) return
    state.set({
      phase: 'signed-out',
      ...(problem === 'cancelled'
        ? {}
        : {
            notice:
              problem === 'suspended'
                ? 'suspended'
                : problem === 'offline'
                  ? 'providerOffline'
                  : 'providerFailed',
          }),
      ...(before ? { keptUser: before.userId } : {}),
    })
  }

  /** @param alone nobody was there to be asked: what was lost by it is said to whoever comes */
  async function signOut(alone = false): Promise<void> {
    const now = state.get()
    if (now.phase !== 'ready') return
    stopFollowing()
    const loses = alone && totalOf(waitingIn(now.session)) > 0
    const told = await now.session.signOut()
    tab.free()
    state.set({
      phase: 'signed-out',
      notice: loses ? 'signedOutLost' : told ? 'signedOut' : 'signedOutOffline',
    })
    history.replaceState(null, '', '/')
    // Whoever signs in next begins at the channels, not on the page that was left.
    dispatchEvent(new PopStateEvent('popstate'))
  }
}
