/**
 * What the parts of a node may ask of each other: the list. Each face is declared in its folder's `types.ts`; `node.ts`
 * opens the parts, in its order. Services take the whole context and use what they need when they are called.
 */

import type { SigningKey } from '@enlace/room-model'
import type { AccountData, Filters } from './account-data/types.ts'
import type { Factors } from './accounts/factors/types.ts'
import type { Accounts, Devices, Tokens } from './accounts/types.ts'
import type { Alerts } from './alerts/types.ts'
import type { Audit } from './audit/types.ts'
import type { Backup } from './backup/types.ts'
import type { Cases } from './cases/types.ts'
import type { Config } from './config.ts'
import type { Conversations } from './conversations/types.ts'
import type { Delivery } from './delivery/types.ts'
import type { Departures } from './departures/types.ts'
import type { Digests } from './digests/types.ts'
import type { Directory, DirectoryBooks } from './directory/types.ts'
import type { Duty } from './duty/types.ts'
import type { DeviceKeys, Envelopes, IdentityResets, KeyBackup, ToDevice } from './e2ee/types.ts'
import type { Ephemeral } from './ephemeral/types.ts'
import type { Escalations } from './escalations/types.ts'
import type {
  Compatibility,
  Federation,
  FederationClient,
  FederationList,
  KeyRing,
  ServerKeys,
} from './federation/types.ts'
import type { Clock } from './lib/clock.ts'
import type { Logger } from './log.ts'
import type { Media } from './media/types.ts'
import type { Meetings } from './meetings/types.ts'
import type { Notices } from './notices/types.ts'
import type { Oauth } from './oauth/types.ts'
import type { Metrics } from './observe/types.ts'
import type { People } from './people/types.ts'
import type { Channels, Policy } from './policy/types.ts'
import type { Profiles } from './profile/types.ts'
import type { Push, PushGateway } from './push/types.ts'
import type { Reports } from './reports/types.ts'
import type { Restored } from './restore/types.ts'
import type { Retention } from './retention/types.ts'
import type { Aliases, Rooms } from './rooms/types.ts'
import type { Settings } from './settings/types.ts'
import type { Database } from './storage/types.ts'
import type { Stream } from './stream/stream.ts'
import type { SyncEngine } from './sync/types.ts'

export type Context = {
  readonly runtime: Runtime
  readonly clock: Clock
  readonly config: Config
  readonly settings: Settings
  readonly log: Logger
  readonly metrics: Metrics
  readonly db: Database
  readonly restored: Restored
  readonly stream: Stream
  readonly serverName: string
  readonly serverKeys: ServerKeys
  readonly signingKey: SigningKey
  readonly audit: Audit
  readonly backup: Backup
  readonly rooms: Rooms
  readonly tokens: Tokens
  readonly accounts: Accounts
  readonly devices: Devices
  readonly factors: Factors
  readonly oauth: Oauth
  readonly federation: Federation
  readonly compatibility: Compatibility
  readonly federationList: FederationList
  readonly federationClient: FederationClient
  readonly keyRing: KeyRing
  readonly deviceKeys: DeviceKeys
  readonly identityResets: IdentityResets
  readonly envelopes: Envelopes
  readonly toDevice: ToDevice
  readonly keyBackup: KeyBackup
  readonly profiles: Profiles
  readonly media: Media
  readonly ephemeral: Ephemeral
  readonly accountData: AccountData
  readonly filters: Filters
  readonly push: Push
  readonly pushGateway: PushGateway
  readonly people: People
  readonly policy: Policy
  readonly channels: Channels
  readonly conversations: Conversations
  readonly aliases: Aliases
  readonly directory: Directory
  readonly directoryBooks: DirectoryBooks
  readonly sync: SyncEngine
  readonly cases: Cases
  readonly retention: Retention
  readonly alerts: Alerts
  readonly meetings: Meetings
  readonly notices: Notices
  readonly digests: Digests
  readonly duty: Duty
  readonly escalations: Escalations
  readonly delivery: Delivery
  readonly departures: Departures
  readonly reports: Reports
}

/** What neither the configuration file says nor another part: ordinary nodes all have the same. */
export type Runtime = {
  /** Only the demo network lets its well-known password in. */
  allowDemoPassword: boolean
  /** How many times faster than their settings escalation chains run: 1 but in tests. */
  escalationPace: number
}
