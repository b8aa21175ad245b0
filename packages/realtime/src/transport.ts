/**
 * The client's end: a `fetchFn` for matrix-js-sdk, which stays unchanged. `GET /sync` is answered from what the server
 * pushes, the hot requests travel as acknowledged calls, everything else and every doubtful case goes by HTTP.
 *
 * Nothing is lost or repeated: the SDK's `since` is the only cursor. A push is handed over only in answer to a request
 * for exactly what it follows; after a break, or when a push is missing, the subscription begins again at the SDK's token.
 */
import { io, type Socket } from 'socket.io-client'
import {
  type Answer,
  type Call,
  type ClientToServerEvents,
  MAX_MESSAGE_BYTES,
  REALTIME_PATH,
  type ServerToClientEvents,
  type Subscription,
  type SyncBody,
} from './contract.ts'

export type ConnectionState = 'connecting' | 'connected' | 'reconnecting' | 'offline'

export type RealtimeTransport = {
  /** For `createClient({ fetchFn })`. */
  fetchFn: typeof fetch
  readonly state: ConnectionState
  /** ms since the epoch of the last word from the server; undefined before the first. */
  readonly lastHeardAt: number | undefined
  /** Returns the unsubscribe function. */
  onState(listener: (state: ConnectionState) => void): () => void
  close(): void
}

export type TransportOptions = {
  /** Where the client-server API is, e.g. `https://enlace.example.org`. */
  baseUrl: string
  /** For tests. */
  fetch?: typeof fetch
  /** How long a call may take before it is made again by HTTP, ms. */
  callTimeoutMs?: number
  /** The shortest and the longest pause before the connection is made again, ms. */
  reconnectMs?: readonly [first: number, longest: number]
}

type ClientSocket = Socket<ServerToClientEvents, ClientToServerEvents>
type Waiter = { settle: (body: SyncBody | undefined) => void }

const CALL_TIMEOUT_MS = 20_000
/** How long the server may take to say that pushes begin, ms; HTTP answers meanwhile. */
const SUBSCRIBE_TIMEOUT_MS = 10_000
const RECONNECT_MS = [500, 10_000] as const
const ACK_EVERY = 8
const COUNTS = 'device_one_time_keys_count'
const FALLBACKS = 'device_unused_fallback_key_types'

export function createRealtimeTransport(options: TransportOptions): RealtimeTransport {
  const httpFetch = options.fetch ?? globalThis.fetch.bind(globalThis)
  const listeners = new Set<(state: ConnectionState) => void>()
  let socket: ClientSocket | undefined
  const reconnectMs = options.reconnectMs ?? RECONNECT_MS
  let token: string | undefined
  let state: ConnectionState = 'connecting'
  let lastHeardAt: number | undefined
  let closed = false

  /** The token the SDK has been given. */
  let given: string | undefined
  /** Connections given up since pushes last began, and the pause before another is made. */
  let forgotten = 0
  let pause: ReturnType<typeof setTimeout> | undefined
  /** What the server pushes by now; undefined while it has not said so. */
  let subscription: Subscription | undefined
  let attempts = 0
  let queue: SyncBody[] = []
  /** Pushes of this subscription handed to the SDK, and how many of those the server was told of. */
  let taken = 0
  let acknowledged = 0
  let waiter: Waiter | undefined
  /** One-time and fallback keys of this device on the server, as last told. */
  let keyCounts: Record<string, unknown> | undefined

  function setState(next: ConnectionState): void {
    if (state === next) return
    state = next
    for (const listener of listeners) listener(next)
  }

  function connect(accessToken: string): void {
    if (closed) return
    token = accessToken
    if (socket || pause) return
    const opened: ClientSocket = io(options.baseUrl, {
      path: REALTIME_PATH,
      // The token goes in the first message, never in an address that proxies write down.
      auth: (give) => give({ token }),
      transports: ['websocket', 'polling'],
      tryAllTransports: true,
      reconnectionDelay: reconnectMs[0],
      reconnectionDelayMax: reconnectMs[1],
      timeout: 15_000,
      // Another connection of this page is none of ours.
      forceNew: true,
    })
    socket = opened
    watchOpening(opened)
    opened.io.on('reconnect_attempt', () => queueMicrotask(() => watchOpening(opened)))
    opened.on('connect', () => {
      lastHeardAt = Date.now()
      setState('connected')
    })
    opened.on('disconnect', () => {
      setState(closed ? 'offline' : 'reconnecting')
      // What was said into a connection that turned out dead (a phone that slept) is not for the next one.
      opened.sendBuffer = []
      drop()
      // Socket.IO does not seek a server that said goodbye: it starts again.
      if (!opened.active) forget(opened)
    })
    opened.on('connect_error', () => {
      setState('reconnecting')
      drop()
      // A refused handshake is not tried again by itself; a new token will be, with the SDK's next request.
      if (!opened.active) forget(opened, false)
    })
    opened.on('ended', () => forget(opened, false))
    opened.on('sync', (body, from) => {
      lastHeardAt = Date.now()
      // Still of an earlier subscription.
      if (!subscription || socket !== opened) return
      if (from !== told()) return drop()
      queue.push(body)
      hand()
    })
  }

  /**
   * A connection that closes without an error before its first message leaves Socket.IO waiting until `timeout`. So does a
   * proxy that agrees to a WebSocket and then hangs up.
   */
  function watchOpening(opened: ClientSocket): void {
    opened.io.engine?.once('close', () => {
      if (socket === opened && opened.io._readyState === 'opening') forget(opened)
    })
  }

  /**
   * Gives a connection up. Another is made after a pause, longer each time, and not by all of a server's clients at once;
   * `seek`: without waiting for the SDK's next request, which after a failure takes its time.
   */
  function forget(old: ClientSocket, seek = true): void {
    if (socket === old) {
      socket = undefined
      const ms = Math.min(reconnectMs[0] * 2 ** forgotten, reconnectMs[1]) * (0.5 + Math.random() / 2)
      forgotten += 1
      pause = setTimeout(() => {
        pause = undefined
        if (seek && token !== undefined) connect(token)
      }, ms)
    }
    old.disconnect()
    drop()
  }

  /** Up to where the pushes that came reach. */
  const told = () => queue.at(-1)?.next_batch ?? given

  /** The subscription is gone: what was pushed and not handed over will be pushed again from the SDK's token. */
  function drop(): void {
    subscription = undefined
    queue = []
    const waiting = waiter
    waiter = undefined
    waiting?.settle(undefined)
  }

  function hand(): void {
    if (!waiter || queue.length === 0) return
    const { settle } = waiter
    waiter = undefined
    const body = queue.shift()!
    given = body.next_batch
    taken += 1
    settle(body)
  }

  /** @returns whether pushes come from now on. What arrives before the server's answer is of an earlier subscription. */
  function subscribe(wanted: Subscription): Promise<boolean> {
    const opened = socket
    if (!opened?.connected) return Promise.resolve(false)
    drop()
    attempts += 1
    const attempt = attempts
    return new Promise((done) => {
      opened.timeout(SUBSCRIBE_TIMEOUT_MS).emit('subscribe', wanted, (error, answer) => {
        if (attempt !== attempts || socket !== opened) return done(false)
        if (error || answer.status !== 200) {
          // Nobody there, or one that does not answer: not worth waiting for at every request.
          if (error && opened.connected) forget(opened)
          return done(false)
        }
        forgotten = 0
        taken = 0
        acknowledged = 0
        given = wanted.since
        subscription = wanted
        done(true)
      })
    })
  }

  /** Long without news: is there really none? The last push of all leaves no gap behind when it gets lost. */
  function checkPosition(): void {
    const opened = socket
    const asked = subscription
    if (!asked || !opened?.connected) return
    opened.timeout(SUBSCRIBE_TIMEOUT_MS).emit('position', (error, at) => {
      if (subscription !== asked || socket !== opened) return
      if (error) forget(opened)
      else if (at !== null && at !== told()) drop()
    })
  }

  /** @returns undefined when HTTP has to answer */
  async function sync(url: URL, signal: AbortSignal | null | undefined): Promise<Response | undefined> {
    const since = url.searchParams.get('since')
    const timeout = Number(url.searchParams.get('timeout') ?? 0)
    if (since === null || url.searchParams.get('full_state') === 'true' || !socket?.connected)
      return undefined
    const presence = url.searchParams.get('set_presence')
    const wanted: Subscription = {
      since,
      ...(url.searchParams.has('filter') ? { filter: url.searchParams.get('filter')! } : {}),
      ...(url.searchParams.get('use_state_after') === 'true' ? { useStateAfter: true } : {}),
      ...(presence === 'offline' || presence === 'unavailable' || presence === 'online'
        ? { setPresence: presence }
        : {}),
    }
    const same =
      subscription !== undefined &&
      given === since &&
      subscription.filter === wanted.filter &&
      subscription.useStateAfter === wanted.useStateAfter
    // While this one waited for the server's word, another request may have begun elsewhere, or the connection broke.
    if (!same && !((await subscribe(wanted)) && subscription === wanted && given === since)) return undefined
    // The SDK asks for what follows: it has dealt with what it was handed. Before that nothing counts as arrived.
    if (taken > acknowledged && (queue.length === 0 || taken - acknowledged >= ACK_EVERY)) {
      acknowledged = taken
      socket?.emit('ack', taken)
    }
    const body = await new Promise<SyncBody | undefined | 'aborted'>((done) => {
      // Only one request waits at a time: a new one replaces it.
      waiter?.settle(undefined)
      const finish = (value: SyncBody | undefined | 'aborted') => {
        clearTimeout(timer)
        signal?.removeEventListener('abort', onAbort)
        done(value)
      }
      const mine: Waiter = { settle: finish }
      const release = (value: SyncBody | undefined | 'aborted') => {
        if (waiter === mine) waiter = undefined
        finish(value)
      }
      const onAbort = () => release('aborted')
      const timer = setTimeout(
        () => {
          if (timeout > 0) checkPosition()
          release({ next_batch: since })
        },
        Math.max(timeout, 0),
      )
      if (signal?.aborted) return onAbort()
      signal?.addEventListener('abort', onAbort, { once: true })
      waiter = mine
      hand()
    })
    if (body === 'aborted') throw new DOMException('The request was aborted.', 'AbortError')
    return body && json(200, await withKeyCounts(body))
  }

  /**
   * In `/sync` a missing count means that the server has no one-time keys left, and clients upload more. Pushes that
   * many devices share do not carry it; there it means "as before".
   */
  async function withKeyCounts(body: SyncBody): Promise<SyncBody> {
    if (COUNTS in body) {
      keyCounts = { [COUNTS]: body[COUNTS], ...(FALLBACKS in body ? { [FALLBACKS]: body[FALLBACKS] } : {}) }
      return body
    }
    keyCounts ??= await askKeyCounts()
    return { ...body, ...keyCounts }
  }

  /** An upload of nothing is answered with the counts (client-server API, "POST /keys/upload"). */
  async function askKeyCounts(): Promise<Record<string, unknown> | undefined> {
    try {
      const answer = await httpFetch(`${options.baseUrl}/_matrix/client/v3/keys/upload`, {
        method: 'POST',
        headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' },
        body: '{}',
      })
      const body = (await answer.json()) as Record<string, unknown>
      return answer.ok ? { [COUNTS]: body['one_time_key_counts'] } : undefined
    } catch {
      return undefined
    }
  }

  /** @returns undefined when HTTP has to answer: the same transaction id makes the repetition harmless */
  async function call(request: Call): Promise<Response | undefined> {
    if (!socket?.connected) return undefined
    try {
      const answer: Answer = await socket
        .timeout(options.callTimeoutMs ?? CALL_TIMEOUT_MS)
        .emitWithAck('call', request)
      lastHeardAt = Date.now()
      return json(answer.status, answer.body)
    } catch {
      return undefined
    }
  }

  const fetchFn: typeof fetch = async (resource, init) => {
    const url = new URL(resource instanceof Request ? resource.url : resource, options.baseUrl)
    const method = (init?.method ?? (resource instanceof Request ? resource.method : 'GET')).toUpperCase()
    const authorization = new Headers(
      init?.headers ?? (resource instanceof Request ? resource.headers : undefined),
    ).get('Authorization')
    const bearer = authorization?.startsWith('Bearer ') ? authorization.slice(7) : undefined
    if (
      bearer !== undefined &&
      url.pathname.startsWith('/_matrix/client/') &&
      url.origin === new URL(options.baseUrl).origin
    ) {
      noteToken(bearer)
      const served =
        method === 'GET' && /\/(v3|r0)\/sync$/.test(url.pathname)
          ? await sync(url, init?.signal)
          : await hot(method, url.pathname, init?.body, init?.signal)
      if (served) return served
    }
    try {
      const answer = await httpFetch(resource, init)
      lastHeardAt = Date.now()
      if (method === 'POST' && url.pathname.endsWith('/logout') && answer.ok) stop()
      return answer
    } catch (error) {
      if (!init?.signal?.aborted && !socket?.connected) setState('offline')
      throw error
    }
  }

  function noteToken(bearer: string): void {
    if (token !== bearer && socket?.connected) {
      token = bearer
      const opened = socket
      opened
        .timeout(CALL_TIMEOUT_MS)
        .emitWithAck('token', bearer)
        .catch(() => forget(opened))
    }
    connect(bearer)
  }

  async function hot(
    method: string,
    path: string,
    body: RequestInit['body'],
    signal: AbortSignal | null | undefined,
  ): Promise<Response | undefined> {
    const request = callOf(method, path, body)
    if (!request) return undefined
    if (signal?.aborted) throw new DOMException('The request was aborted.', 'AbortError')
    return call(request)
  }

  function stop(): void {
    socket?.disconnect()
    socket = undefined
    clearTimeout(pause)
    pause = undefined
    token = undefined
    keyCounts = undefined
    drop()
  }

  return {
    fetchFn,
    get state() {
      return state
    },
    get lastHeardAt() {
      return lastHeardAt
    },
    onState(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    close() {
      closed = true
      stop()
      setState('offline')
    },
  }
}

/** The hot requests, by their HTTP form. */
function callOf(method: string, path: string, body: RequestInit['body']): Call | undefined {
  const match =
    /^\/_matrix\/client\/(?:v3|r0)\/(rooms\/[^/]+\/(?:send|redact|typing|receipt)|sendToDevice)\/(.+)$/.exec(
      path,
    )
  // Larger than a socket message may be: by HTTP.
  if (!match || (typeof body === 'string' && body.length > MAX_MESSAGE_BYTES / 4)) return undefined
  let content: Record<string, unknown>
  try {
    content = typeof body === 'string' && body !== '' ? (JSON.parse(body) as Record<string, unknown>) : {}
  } catch {
    return undefined
  }
  const [, room, kind] = match[1]!.split('/')
  let parts: string[]
  let roomId: string
  try {
    parts = match[2]!.split('/').map(decodeURIComponent)
    roomId = decodeURIComponent(room ?? '')
  } catch {
    return undefined
  }
  if (match[1] === 'sendToDevice') {
    return method === 'PUT' && parts.length === 2
      ? { name: 'sendToDevice', eventType: parts[0]!, txnId: parts[1]!, body: content }
      : undefined
  }
  if (method === 'PUT' && kind === 'send' && parts.length === 2) {
    return { name: 'send', roomId, eventType: parts[0]!, txnId: parts[1]!, body: content }
  }
  if (method === 'PUT' && kind === 'redact' && parts.length === 2) {
    return { name: 'redact', roomId, eventId: parts[0]!, txnId: parts[1]!, body: content }
  }
  if (method === 'PUT' && kind === 'typing' && parts.length === 1) {
    return { name: 'typing', roomId, userId: parts[0]!, body: content }
  }
  if (method === 'POST' && kind === 'receipt' && parts.length === 2) {
    return { name: 'receipt', roomId, receiptType: parts[0]!, eventId: parts[1]!, body: content }
  }
  return undefined
}

function json(status: number, body: unknown): Response {
  return new Response(JSON.stringify(body), { status, headers: { 'Content-Type': 'application/json' } })
}
