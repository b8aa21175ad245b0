import type { Requester } from '../http/types.ts'
import type { ClientEvent, StoredEvent } from '../rooms/types.ts'

export interface SyncEngine {
  /** One /sync answer. Waits up to `timeoutMs` for something new. */
  sync(args: {
    requester: Requester
    since?: string
    filter?: Record<string, unknown>
    fullState?: boolean
    timeoutMs: number
    setPresence?: string
    useStateAfter?: boolean
    /** The token the device is known to have; what it was sent after that is kept. Default: `since`. */
    acknowledged?: string
    signal: AbortSignal
  }): Promise<Record<string, unknown>>
  /** For lazy-loaded members: whether a device that has everything up to `since` was told who somebody is. */
  knowsMember(device: DeviceId, roomId: string, member: string, since: number): boolean
  /** Client format with `unsigned` (age, transaction_id for the sending device, prev_content, redacted_because, m.relations). */
  clientEvent(event: StoredEvent, viewer: { userId: string; deviceId?: string }): Promise<ClientEvent>
}

/**
 * Lazy-loaded members (client-server API, "Lazy-loading room members"): which memberships a device has been told, and in
 * the answer up to which position.
 */
export interface LazyMembers {
  forget(device: DeviceId, roomId: string): void
  /** Whether the device, which has everything up to `since`, knows the member. */
  knows(device: DeviceId, roomId: string, member: string, since: number): boolean
  tell(device: DeviceId, roomId: string, members: Iterable<string>, at: number): void
}

export type DeviceId = { userId: string; deviceId: string }
