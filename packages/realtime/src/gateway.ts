/** The server's end: sessions, flow control, calls. It knows no homeserver: what it needs comes as `GatewayHost`. */
import type { Server as HttpServer } from 'node:http'
import { Server } from 'socket.io'
import {
  type Answer,
  acknowledgementSchema,
  type ClientToServerEvents,
  callSchema,
  MAX_MESSAGE_BYTES,
  REALTIME_PATH,
  type ServerToClientEvents,
  type SyncBody,
  subscriptionSchema,
  tokenSchema,
  WINDOW,
} from './contract.ts'
import { type Identity, Session } from './session.ts'
import type { GatewayHost, RealtimeGateway } from './types.ts'

const MAX_SOCKETS_PER_USER = 20
const MAX_CALLS_UNDER_WAY = 100
/** What a timer can count. A token that is good for longer has its connection made anew by then. */
const MAX_TIMER_MS = 2 ** 31 - 1

export type { Identity, Session } from './session.ts'
export type { GatewayHost, RealtimeGateway } from './types.ts'

export function createRealtimeGateway(httpServer: HttpServer, host: GatewayHost): RealtimeGateway {
  const io = new Server<ClientToServerEvents, ServerToClientEvents>(httpServer, {
    path: REALTIME_PATH,
    serveClient: false,
    maxHttpBufferSize: MAX_MESSAGE_BYTES,
    // A first synchronisation is long and a phone pays for its bytes; small frames are mostly ciphertext. Without a window
    // kept between messages, no connection holds memory.
    perMessageDeflate: {
      threshold: 2_048,
      serverNoContextTakeover: true,
      clientNoContextTakeover: true,
      serverMaxWindowBits: 14,
      concurrencyLimit: 4,
      zlibDeflateOptions: { level: 6, memLevel: 7 },
    },
    httpCompression: { threshold: 2_048 },
    pingInterval: 25_000,
    pingTimeout: 20_000,
    connectTimeout: 15_000,
    cors: { origin: '*' },
    transports: ['polling', 'websocket'],
  })
  const byUser = new Map<string, Set<Session>>()
  const sessions = new Set<Session>()

  io.use((socket, next) => {
    const given = tokenSchema.safeParse(socket.handshake.auth['token'])
    const admit = async () => {
      if (!given.success) return NO_TOKEN
      const identity = await host.authenticate(given.data, socket.handshake.address)
      if (isFull(identity.userId)) endAbandoned(identity.userId)
      if (isFull(identity.userId)) return TOO_MANY_SOCKETS
      socket.data = identity
      return undefined
    }
    admit()
      .catch((error: unknown) => host.answerOf(error))
      .then((answer) => next(answer && Object.assign(new Error('refused'), { data: answer })))
  })

  io.on('connection', (socket) => {
    const session = new Session(socket, socket.data as Identity)
    sessions.add(session)
    const mine = byUser.get(session.identity.userId) ?? new Set()
    // Those that came at once passed the check at the door together.
    if (mine.size >= MAX_SOCKETS_PER_USER) {
      sessions.delete(session)
      socket.disconnect(true)
      return
    }
    byUser.set(session.identity.userId, mine.add(session))
    let expiry = armExpiry(session)
    let calls = 0

    socket.on('subscribe', (raw, answer) => {
      if (typeof answer !== 'function') return
      const parsed = subscriptionSchema.safeParse(raw)
      if (!parsed.success) return answer(badCall(parsed.error.issues[0]?.message))
      session.subscription = parsed.data
      session.since = parsed.data.since
      session.unacknowledged = []
      session.pushed = 0
      session.acknowledged = 0
      session.again = session.busy
      answer({ status: 200, body: {} })
      // Also what it got by HTTP meanwhile: no push will follow that could be acknowledged.
      if (noteArrived(session, parsed.data.since)) refresh(session)
    })
    socket.on('ack', (raw) => {
      const parsed = acknowledgementSchema.safeParse(raw)
      if (!parsed.success) return
      const acknowledged = Math.min(Math.max(session.acknowledged, parsed.data), session.pushed)
      const token = session.unacknowledged
        .splice(0, acknowledged - session.acknowledged)
        .findLast((one) => one !== '')
      session.acknowledged = acknowledged
      if (token !== undefined && !noteArrived(session, token)) return
      if (session.again) refresh(session)
    })
    socket.on('position', (answer) => {
      if (typeof answer !== 'function') return
      answer(session.subscription && !session.busy && !session.again ? session.since : null)
    })
    socket.on('call', (raw, answer) => {
      if (typeof answer !== 'function') return
      const parsed = callSchema.safeParse(raw)
      if (!parsed.success) return answer(badCall(parsed.error.issues[0]?.message))
      if (calls >= MAX_CALLS_UNDER_WAY) {
        return answer({
          status: 429,
          body: { errcode: 'M_LIMIT_EXCEEDED', error: 'Too many requests at once.', retry_after_ms: 500 },
        })
      }
      calls += 1
      host
        .call(session.identity, parsed.data)
        .then(
          (body) => answer({ status: 200, body }),
          (error: unknown) => answer(host.answerOf(error)),
        )
        .finally(() => {
          calls -= 1
        })
    })
    socket.on('token', (raw, answer) => {
      if (typeof answer !== 'function') return
      const parsed = tokenSchema.safeParse(raw)
      if (!parsed.success) return answer(badCall('not a token'))
      host.authenticate(parsed.data, socket.handshake.address).then(
        (identity) => {
          const { userId, deviceId } = session.identity
          if (identity.userId !== userId || identity.deviceId !== deviceId) return end(session)
          session.identity = identity
          clearTimeout(expiry)
          expiry = armExpiry(session)
          answer({ status: 200, body: {} })
        },
        (error: unknown) => answer(host.answerOf(error)),
      )
    })
    socket.on('disconnect', () => {
      clearTimeout(expiry)
      session.subscription = undefined
      sessions.delete(session)
      mine.delete(session)
      if (mine.size === 0) byUser.delete(session.identity.userId)
    })
  })

  const stopListening = host.onSessionEnded((userId, deviceId) => {
    for (const session of byUser.get(userId) ?? [])
      if (session.identity.deviceId === deviceId) end(session, false)
  })

  function isFull(userId: string): boolean {
    return (byUser.get(userId)?.size ?? 0) >= MAX_SOCKETS_PER_USER
  }

  /**
   * A connection that breaks between two polls looks alive until its ping runs out, 45 s later. On a bad network those of
   * one phone would fill the account's places and keep it out itself.
   */
  function endAbandoned(userId: string): void {
    for (const { socket } of [...(byUser.get(userId) ?? [])])
      if (!socket.conn.transport.writable) socket.disconnect(true)
  }

  function armExpiry(session: Session): NodeJS.Timeout {
    const left = Math.max(0, session.identity.expiresAt - Date.now())
    const timer = setTimeout(() => end(session), Math.min(left, MAX_TIMER_MS))
    timer.unref()
    return timer
  }

  function end(session: Session, softLogout = true): void {
    session.socket.emit('ended', {
      errcode: 'M_UNKNOWN_TOKEN',
      error: 'This session has ended. Sign in again.',
      soft_logout: softLogout,
    })
    session.socket.disconnect(true)
  }

  /** The client falls back to HTTP, where it is told properly what is wrong. */
  function refuse(session: Session, error: unknown): void {
    session.socket.emit('ended', host.answerOf(error).body as Record<string, unknown>)
    session.socket.disconnect(true)
  }

  /** @returns false when the token is none, and the session therefore ended */
  function noteArrived(session: Session, token: string): boolean {
    session.arrived = token
    try {
      host.acknowledged?.(session.identity, token)
      return true
    } catch (error) {
      refuse(session, error)
      return false
    }
  }

  /** Computes what a session has not had yet and pushes it; again if something came meanwhile. */
  function refresh(session: Session): void {
    if (session.busy || session.pushed - session.acknowledged >= WINDOW) {
      session.again = true
      return
    }
    const { subscription } = session
    if (!subscription) return
    session.busy = true
    session.again = false
    host
      .sync(session.identity, session.since, subscription, session.arrived)
      .then(
        (body) => {
          if (!body || session.subscription !== subscription) return
          const from = session.since
          notePush(session, body)
          session.socket.emit('sync', body, from)
        },
        (error: unknown) => refuse(session, error),
      )
      .finally(() => {
        session.busy = false
        if (session.again && session.subscription) refresh(session)
      })
  }

  return {
    sessionsOf: (userId) => byUser.get(userId) ?? [],
    sessions: () => sessions,
    refresh,
    broadcast(to, body) {
      // Those that share a channel were mostly told the last thing together: few groups, each encoded once.
      for (const [from, group] of Map.groupBy(to, (session) => session.since)) {
        for (const session of group) notePush(session, body)
        if (group.length === 1) group[0]!.socket.emit('sync', body, from)
        else io.to(group.map((session) => session.socket.id)).emit('sync', body, from)
      }
    },
    async close() {
      stopListening()
      io.disconnectSockets(true)
      // The HTTP server belongs to whoever made it.
      io.engine.close()
    },
  }
}

function notePush(session: Session, body: SyncBody): void {
  session.pushed += 1
  session.unacknowledged.push(body.next_batch)
  session.since = body.next_batch
}

const NO_TOKEN: Answer = {
  status: 401,
  body: { errcode: 'M_MISSING_TOKEN', error: 'Sign in first: no access token was given.' },
}
const TOO_MANY_SOCKETS: Answer = {
  status: 429,
  body: {
    errcode: 'M_LIMIT_EXCEEDED',
    error: 'This account has too many connections. Close some of its windows.',
    retry_after_ms: 10_000,
  },
}

function badCall(message = 'not understood'): Answer {
  return { status: 400, body: { errcode: 'M_BAD_JSON', error: `The request is not valid: ${message}.` } }
}
