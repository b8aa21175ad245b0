/** What the gateway asks of the server it stands in, and what it offers it. */
import type { Answer, Call, Subscription, SyncBody } from './contract.ts'
import type { Identity, Session } from './session.ts'

export interface GatewayHost {
  /** @throws what `answerOf` turns into an answer */
  authenticate(accessToken: string, address: string): Promise<Identity>
  /**
   * A sync body for what came after `since`; undefined when there is nothing. `acknowledged` is the token the device is
   * known to have: what was pushed after it may be lost on the way.
   */
  sync(
    identity: Identity,
    since: string,
    subscription: Subscription,
    acknowledged: string,
  ): Promise<SyncBody | undefined>
  /**
   * The device has everything up to this sync token: it acknowledged the push, or asks for what follows.
   * @throws what `answerOf` turns into an answer, when the token is none of this server's
   */
  acknowledged?(identity: Identity, token: string): void
  call(identity: Identity, call: Call): Promise<unknown>
  answerOf(error: unknown): Answer
  /** Tells when a device's session ended. Returns the unsubscribe function. */
  onSessionEnded(listener: (userId: string, deviceId: string) => void): () => void
}

export interface RealtimeGateway {
  sessionsOf(userId: string): Iterable<Session>
  sessions(): Iterable<Session>
  /** Works out what a session has not been told yet, and pushes it. */
  refresh(session: Session): void
  /** One body for many sessions that are all live: encoded once for all that were told up to the same token. */
  broadcast(to: readonly Session[], body: SyncBody): void
  close(): Promise<void>
}
