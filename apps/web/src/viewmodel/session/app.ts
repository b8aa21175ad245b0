import type { PublicKeyCredentialRequestOptionsJSON } from '@simplewebauthn/browser'
import { createRequest } from '../../lib/request.ts'
import { createStore } from '../../lib/store.ts'
import { isCancelled, webauthn } from '../../lib/webauthn.ts'
import type { LoginOutcome } from '../../model/session/login.ts'
import type { StoredSession } from '../../model/session/stored-session.ts'
import type { Session } from '../../model/session/types.ts'
import type { App, AppState, SignInNext } from './types.ts'
import { keepEncryptionModule } from './updates.ts'

const LOCK = 'enlace-session'
/** How long the other tab may take to leave. */
const LEAVING_MS = 5_000
const SESSION_KEY = 'enlace.session'

/** The browser checks what is in them; the server made them. */
const optionsOf = (given: unknown) => given as PublicKeyCredentialRequestOptionsJSON

export function createApp(baseUrl: string): App {
  const state = createStore<AppState>({ phase: 'signed-out' })
  let release: (() => void) | undefined
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

  /** The encryption store must never be open in two tabs. @returns false when another tab has it */
  async function takeLock(steal: boolean): Promise<boolean> {
    if (!navigator.locks || release) return true
    if (!steal) return requestLock({ ifAvailable: true })
    // The other tab is asked first, so that it can finish writing; one that does not answer is overruled.
    tabs?.postMessage('leave')
    return (
      (await requestLock({ signal: AbortSignal.timeout(LEAVING_MS) })) || (await requestLock({ steal: true }))
    )
  }

  /** @returns whether this tab got the lock */
  function requestLock(options: LockOptions): Promise<boolean> {
    return new Promise((resolve) => {
      let had = false
      navigator.locks
        .request(LOCK, options, (lock) => {
          had = lock !== null
          resolve(had)
          if (!had) return undefined
          return new Promise<void>((done) => {
            release = done
          })
        })
        .catch(() => {
          resolve(false)
          if (!had) return
          // Another tab took over.
          release = undefined
          opening.abort()
          void leave().then(() => state.set({ phase: 'taken' }))
        })
    })
  }

  function freeLock(): void {
    release?.()
    release = undefined
  }

  const tabs = typeof BroadcastChannel === 'undefined' ? undefined : new BroadcastChannel(LOCK)
  tabs?.addEventListener('message', () => {
    if (!release) return
    if (state.get().phase === 'opening') {
      opening.abort()
      return
    }
    void leave().then(() => {
      freeLock()
      state.set({ phase: 'taken' })
    })
  })

  async function leave(): Promise<void> {
    stopWatching?.()
    stopWatching = undefined
    const now = state.get()
    if (now.phase === 'ready') await now.session.close()
  }

  async function open(password?: string, steal = false): Promise<void> {
    state.set({ phase: 'opening', step: 'encryption' })
    opening = new AbortController()
    const { signal } = opening
    let suspended = false
    try {
      const [{ readSession }, { openSession }] = await Promise.all([parts(), heavy()])
      if (!(await takeLock(steal))) {
        state.set({ phase: 'taken' })
        return
      }
      const stored = await readSession()
      if (!stored) {
        freeLock()
        state.set({ phase: 'signed-out' })
        return
      }
      const session = await openSession(baseUrl, stored, {
        ...(password === undefined ? {} : { password }),
        signal,
        onSuspended() {
          suspended = true
        },
        onStep: (step) => !signal.aborted && state.set({ phase: 'opening', step }),
      })
      if (signal.aborted) {
        await session.close()
        freeLock()
        state.set({ phase: 'taken' })
        return
      }
      stopWatching = session.ended.subscribe(() => void onEnded(session))
      state.set({ phase: 'ready', session })
      void keepEncryptionModule()
      if (session.ended.get()) await onEnded(session)
    } catch {
      if (signal.aborted) {
        freeLock()
        state.set({ phase: 'taken' })
        return
      }
      const stored = await parts()
        .then(({ readSession }) => readSession())
        .catch(() => undefined)
      if (suspended) {
        freeLock()
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
    await leave()
    if (how === 'expired' || how === 'suspended') {
      freeLock()
      state.set({ phase: 'signed-out', notice: how, keptUser: session.userId })
      return
    }
    const { deleteLocalData } = await heavy()
    await deleteLocalData(session.userId, session.deviceId)
    freeLock()
    state.set({ phase: 'signed-out', notice: 'removed' })
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
    try {
      loaded = await parts()
    } catch {
      return 'offline'
    }
    // Signing in a second time would end the tokens of a session that is open in another tab.
    if (!(await takeLock(false))) {
      state.set({ phase: 'taken' })
      return undefined
    }
    const { deviceName, readSession, writeSession } = loaded
    let outcome: LoginOutcome
    try {
      const before = await readSession()
      outcome = await send(loaded, {
        deviceName: deviceName(navigator.userAgent),
        // After an expired session the same device goes on, with its keys.
        ...(before ? { deviceId: before.deviceId } : {}),
      })
    } catch (error) {
      freeLock()
      return isCancelled(error) ? 'cancelled' : 'offline'
    }
    if (outcome.kind !== 'ok') freeLock()
    if (outcome.kind === 'too_many') return { waitSeconds: outcome.waitSeconds }
    if (outcome.kind === 'second_step') return { step: outcome.step }
    if (outcome.kind !== 'ok') return outcome.kind
    const password = typed
    typed = undefined
    const { session } = outcome
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
      if (localStorage.getItem(SESSION_KEY) !== null) void open()
      else void parts()
    },
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
    async passkeys() {
      if (!('PublicKeyCredential' in globalThis)) return false
      const loaded = await parts().catch(() => undefined)
      return loaded?.offersPasskeys(baseUrl) ?? false
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
    enter(send, password) {
      begun += 1
      typed = password
      return attempt((_, options) => send(options))
    },
    async signOut() {
      const now = state.get()
      if (now.phase !== 'ready') return
      stopWatching?.()
      stopWatching = undefined
      const told = await now.session.signOut()
      freeLock()
      state.set({ phase: 'signed-out', notice: told ? 'signedOut' : 'signedOutOffline' })
      history.replaceState(null, '', '/')
    },
    async forget() {
      const [{ readSession, forgetSession }, { deleteLocalData }] = await Promise.all([parts(), heavy()])
      const stored = await readSession()
      await forgetSession()
      if (stored) await deleteLocalData(stored.userId, stored.deviceId)
      freeLock()
      state.set({ phase: 'signed-out' })
    },
    useHere: () => void open(undefined, true),
    retry: () => void open(),
  }
}
