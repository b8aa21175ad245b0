import type { StoredEvent } from '../rooms/types.ts'
import type { Pushers } from './pushers.ts'
import type { PushRules } from './rules.ts'

export interface Push {
  /**
   * Unread counts of a room for a user, kept incrementally in memory (client-server API, "Receiving notifications").
   * The two counts are those of the whole room, threads included; for a client that asks for thread counts, take
   * those of `threads` off them.
   */
  unread(
    userId: string,
    roomId: string,
  ): Promise<{
    notification_count: number
    highlight_count: number
    threads?: Record<string, { notification_count: number; highlight_count: number }>
  }>
  /** Content of `m.push_rules`. */
  rules(userId: string): Promise<Record<string, unknown>>
  /** Whom the person ignores (`m.ignored_user_list`); in memory. */
  ignoredBy(userId: string): Promise<ReadonlySet<string>>
  /** What the person's push rules say of an event. */
  judge(
    userId: string,
    event: StoredEvent,
  ): Promise<{ notify: boolean; highlight: boolean; actions: readonly unknown[] }>
  pushRules: PushRules
  pushers: Pushers
  close(): Promise<void>
  /** The pushers a device made go with it. */
  removeDevice(userId: string, deviceId: string): Promise<void>
}

/** push-gateway.ts: requests to push gateways (push gateway API). */
export interface PushGateway {
  post: PostToGateway
  close(): Promise<void>
}

/** `gone`: the gateway will never deliver to these keys. @throws when the gateway cannot be reached or refuses */
export type PostToGateway = (
  url: string,
  notification: Record<string, unknown>,
) => Promise<{ gone: string[] }>
