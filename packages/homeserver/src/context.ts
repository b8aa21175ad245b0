/**
 * The composition root: what every part of a node may ask of every other part. `createHomeserver` (index.ts) wires the
 * services by hand in dependency order and owns shutdown. Services take the whole context and use what they need at
 * call time; what is declared here is what crosses folders, the rest stays inside its folder.
 */

import type { SigningKey } from '@enlace/room-model'
import type { AccountData, Filters } from './account-data/types.ts'
import type { Accounts, Devices, Tokens } from './accounts/types.ts'
import type { Alerts } from './alerts/types.ts'
import type { Cases } from './cases/cases.ts'
import type { Config } from './config.ts'
import type { Delivery } from './delivery/delivery.ts'
import type { Directory } from './directory/types.ts'
import type { KeyBackup } from './e2ee/key-backup.ts'
import type { DeviceKeys, ToDevice } from './e2ee/types.ts'
import type { Ephemeral } from './ephemeral/types.ts'
import type { Escalations } from './escalations/escalations.ts'
import type { Federation, KeyRing } from './federation/types.ts'
import type { Logger } from './log.ts'
import type { Media } from './media/types.ts'
import type { Metrics } from './observe/types.ts'
import type { Policy } from './policy/types.ts'
import type { Profiles } from './profile/types.ts'
import type { Push } from './push/types.ts'
import type { Aliases } from './rooms/aliases.ts'
import type { Rooms } from './rooms/types.ts'
import type { Database } from './storage/db.ts'
import type { Stream } from './stream/stream.ts'
import type { SyncEngine } from './sync/types.ts'

export type Context = {
  config: Config
  log: Logger
  metrics: Metrics
  db: Database
  stream: Stream
  /** The server's own name and signing key (data_dir/signing.key). */
  serverName: string
  signingKey: SigningKey
  rooms: Rooms
  tokens: Tokens
  accounts: Accounts
  devices: Devices
  federation: Federation
  keyRing: KeyRing
  deviceKeys: DeviceKeys
  toDevice: ToDevice
  keyBackup: KeyBackup
  profiles: Profiles
  media: Media
  ephemeral: Ephemeral
  accountData: AccountData
  filters: Filters
  push: Push
  policy: Policy
  aliases: Aliases
  directory: Directory
  sync: SyncEngine
  cases: Cases
  alerts: Alerts
  escalations: Escalations
  delivery: Delivery
}
