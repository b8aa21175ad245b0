/** A node, part by part: the one list by which every node is wired, in production and in tests. */
import { mkdir } from 'node:fs/promises'
import { createAccountData } from './account-data/account-data.ts'
import { createFilters } from './account-data/filters.ts'
import { createAccounts } from './accounts/accounts.ts'
import { createDevices } from './accounts/devices.ts'
import { createFactors } from './accounts/factors/factors.ts'
import { openAccountModels } from './accounts/models.ts'
import { createTokens } from './accounts/tokens.ts'
import { createAlerts } from './alerts/alerts.ts'
import { createAudit } from './audit/audit.ts'
import { createBackup } from './backup/backup.ts'
import { createCases } from './cases/cases.ts'
import type { Config } from './config.ts'
import type { Context } from './context.ts'
import { createConversations } from './conversations/conversations.ts'
import { createDelivery } from './delivery/delivery.ts'
import { createDepartures } from './departures/departures.ts'
import { createDigests } from './digests/digests.ts'
import { createDirectoryBooks } from './directory/books/directory-books.ts'
import { createDirectory } from './directory/directory.ts'
import { createDuty } from './duty/duty.ts'
import { createDeviceKeys } from './e2ee/device-keys.ts'
import { createEnvelopes } from './e2ee/envelopes.ts'
import { createIdentityResets } from './e2ee/identity-resets.ts'
import { createKeyBackup } from './e2ee/key-backup.ts'
import { openEncryptionModels } from './e2ee/models.ts'
import { createToDevice } from './e2ee/to-device.ts'
import { createEphemeral } from './ephemeral/ephemeral.ts'
import { createEscalations } from './escalations/escalations.ts'
import { createFederationClient } from './federation/client.ts'
import { startCompatibility } from './federation/compatibility.ts'
import { createFederation } from './federation/federation.ts'
import { createKeyRing } from './federation/key-ring.ts'
import { openFederationList } from './federation/list.ts'
import { openServerKeys } from './federation/server-keys.ts'
import { startHousekeeping } from './housekeeping.ts'
import { systemClock } from './lib/clock.ts'
import { type Composed, compose, type Overrides, type Parts, shared } from './lib/compose.ts'
import { createLogger } from './log.ts'
import { createMedia } from './media/media.ts'
import { createMeetings } from './meetings/meetings.ts'
import { createNotices } from './notices/notices.ts'
import { createOauth } from './oauth/oauth.ts'
import { createMetrics } from './observe/metrics.ts'
import { createPeople } from './people/people.ts'
import { createChannels } from './policy/channels.ts'
import { createPolicy } from './policy/policy.ts'
import { createProfiles } from './profile/profiles.ts'
import { createPush } from './push/push.ts'
import { createPushGateway } from './push/push-gateway.ts'
import { createReports } from './reports/reports.ts'
import { createRestored } from './restore/restored.ts'
import { createRetention } from './retention/retention.ts'
import { createAliases } from './rooms/aliases.ts'
import { createRooms } from './rooms/rooms.ts'
import { createSettings } from './settings/settings.ts'
import { openDatabase, positionStore } from './storage/db.ts'
import { runMigrations } from './storage/migrations.ts'
import { Stream } from './stream/stream.ts'
import { createSyncEngine } from './sync/sync-engine.ts'

/** Parts of a node to be opened in another way than usual, by name. */
export type NodeOverrides = Overrides<Context>

/** A node without its listeners. */
export type OpenNode = { ctx: Context } & Pick<Composed<Context>, 'close' | 'reopen'>

/** Services take the whole node and use the others when called; those that read another at once stand below it. */
function nodeParts(config: Config): Parts<Context> {
  const accountModels = shared((ctx: Context) => openAccountModels(ctx.db))
  const encryptionModels = shared((ctx: Context) => openEncryptionModels(ctx.db))
  return {
    config: () => config,
    runtime: () => ({ allowDemoPassword: false, escalationPace: 1 }),
    clock: () => systemClock,
    log: () => createLogger(config.log_level, config.server_name),
    settings: createSettings,
    metrics: () => createMetrics(),
    serverName: () => config.server_name,
    db: (ctx) => openMigrated(config, ctx),
    serverKeys: () => openServerKeys(config.data_dir),
    signingKey: (ctx) => ctx.serverKeys.current,
    audit: createAudit,
    restored: createRestored,
    stream: async (ctx) => Stream.open(await positionStore(ctx.db)),
    backup: createBackup,
    rooms: createRooms,
    aliases: createAliases,
    channels: createChannels,
    directory: createDirectory,
    federationList: openFederationList,
    federationClient: (ctx) => createFederationClient(ctx, ctx.federationList.check),
    keyRing: (ctx) => createKeyRing(ctx, ctx.federationClient, ctx.federationList, ctx.serverKeys.retired),
    federation: createFederation,
    compatibility: startCompatibility,
    accounts: async (ctx) => createAccounts(ctx, await accountModels(ctx), ctx.runtime),
    devices: async (ctx) => createDevices(ctx, await accountModels(ctx)),
    factors: createFactors,
    tokens: async (ctx) => createTokens(ctx, await accountModels(ctx), ctx.clock),
    oauth: createOauth,
    deviceKeys: async (ctx) => createDeviceKeys(ctx, await encryptionModels(ctx)),
    identityResets: createIdentityResets,
    envelopes: createEnvelopes,
    toDevice: async (ctx) => createToDevice(ctx, await encryptionModels(ctx)),
    keyBackup: (ctx) => createKeyBackup(ctx.db),
    profiles: createProfiles,
    policy: createPolicy,
    people: createPeople,
    accountData: createAccountData,
    filters: createFilters,
    ephemeral: createEphemeral,
    pushGateway: createPushGateway,
    push: createPush,
    media: createMedia,
    sync: createSyncEngine,
    delivery: createDelivery,
    cases: createCases,
    retention: createRetention,
    directoryBooks: createDirectoryBooks,
    alerts: (ctx) => createAlerts(ctx, { clock: ctx.clock }),
    meetings: createMeetings,
    notices: createNotices,
    duty: createDuty,
    escalations: (ctx) => createEscalations(ctx, { clock: ctx.clock, pace: ctx.runtime.escalationPace }),
    conversations: createConversations,
    departures: createDepartures,
    reports: createReports,
    digests: createDigests,
  }
}

/** No part sees data in an older form than its own. */
async function openMigrated(config: Config, { log }: Pick<Context, 'log'>): Promise<Context['db']> {
  const db = await openDatabase(config, log)
  try {
    await runMigrations(db, log)
    return db
  } catch (error) {
    await db.close()
    throw error
  }
}

/** What the operator's commands and `createHomeserver` work on. `overrides` name what is opened otherwise. */
export async function openNode(config: Config, overrides: NodeOverrides = {}): Promise<OpenNode> {
  await mkdir(config.data_dir, { recursive: true, mode: 0o700 })
  const { whole: ctx, close, reopen } = await compose(nodeParts(config), overrides)
  const housekeeping = startHousekeeping(ctx)
  return {
    ctx,
    reopen,
    close() {
      housekeeping.close()
      return close()
    },
  }
}
