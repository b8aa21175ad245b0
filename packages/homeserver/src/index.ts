/** `createHomeserver`: wires one node by hand, in dependency order, and owns its shutdown. */
import { mkdir } from 'node:fs/promises'
import { createAccountData } from './account-data/account-data.ts'
import { createFilters } from './account-data/filters.ts'
import { accountDataRoutes } from './account-data/routes.ts'
import { accountRoutes } from './accounts/routes.ts'
import { createAccountServices } from './accounts/services.ts'
import { createAlerts } from './alerts/alerts.ts'
import { alertRoutes } from './alerts/routes.ts'
import type { Clock } from './alerts/types.ts'
import { createCases } from './cases/cases.ts'
import { caseRoutes } from './cases/routes.ts'
import type { Config } from './config.ts'
import type { Context } from './context.ts'
import { createDelivery } from './delivery/delivery.ts'
import { deliveryRoutes } from './delivery/routes.ts'
import { createDirectory } from './directory/directory.ts'
import { enlaceRoutes } from './directory/routes.ts'
import { encryptionRoutes } from './e2ee/routes.ts'
import { createEncryptionServices } from './e2ee/services.ts'
import { createEphemeral } from './ephemeral/ephemeral.ts'
import { ephemeralRoutes } from './ephemeral/routes.ts'
import { createEscalations, type EscalationOptions } from './escalations/escalations.ts'
import { escalationRoutes } from './escalations/routes.ts'
import { createFederation } from './federation/federation.ts'
import { federationRoutes } from './federation/routes.ts'
import { openSigningKey } from './federation/signing-key.ts'
import { startHousekeeping } from './housekeeping.ts'
import { startListeners } from './http/listeners.ts'
import { operationsRoutes } from './http/operations.ts'
import { serverInfoRoutes } from './http/server-info.ts'
import type { RunningListener } from './http/types.ts'
import { webClient } from './http/web.ts'
import { createLogger } from './log.ts'
import { mediaRoutes } from './media/client-routes.ts'
import { createMedia } from './media/media.ts'
import { createMetrics } from './observe/metrics.ts'
import { createPolicy } from './policy/policy.ts'
import { createProfiles } from './profile/profiles.ts'
import { profileRoutes } from './profile/routes.ts'
import { createPush } from './push/push.ts'
import { pushRoutes } from './push/routes.ts'
import { createAliases } from './rooms/aliases.ts'
import { createRooms } from './rooms/rooms.ts'
import { roomRoutes } from './rooms/routes.ts'
import { openDatabase, positionStore } from './storage/db.ts'
import { Stream } from './stream/stream.ts'
import { syncRoutes } from './sync/routes.ts'
import { attachRealtime } from './sync/socket.ts'
import { createSyncEngine } from './sync/sync-engine.ts'

export type { Config } from './config.ts'
export type { Context } from './context.ts'

export type HomeserverOptions = {
  /** Folder of the built web client, for listeners that serve `web`. */
  webRoot?: string
  /** Only the demo network lets its well-known password in. */
  allowDemoPassword?: boolean
  /** The wall clock that alerts go by; tests move it. */
  clock?: Clock
  /** Other clocks for escalations: for tests. */
  escalations?: EscalationOptions
  /** Runs when every service is up and before the first connection is taken. */
  beforeListening?: (ctx: Context) => Promise<void>
}

export type Homeserver = {
  ctx: Context
  listeners: readonly RunningListener[]
  /** Stops taking requests, lets running ones end, sends nothing more, closes the database. */
  close(): Promise<void>
}

export async function createHomeserver(config: Config, options: HomeserverOptions = {}): Promise<Homeserver> {
  const node = await openNode(config, options)
  const { ctx, federation } = node
  const routes = {
    client: [
      ...accountRoutes,
      ...encryptionRoutes,
      ...accountDataRoutes,
      ...profileRoutes,
      ...ephemeralRoutes,
      ...pushRoutes,
      ...serverInfoRoutes,
      ...mediaRoutes,
      ...roomRoutes,
      ...syncRoutes,
      ...enlaceRoutes,
      ...deliveryRoutes,
      ...caseRoutes,
      ...alertRoutes,
      ...escalationRoutes,
    ],
    federation: federationRoutes(federation),
    operations: operationsRoutes(ctx),
  }
  const listeners = await startListeners(ctx, routes, {
    web: options.webRoot === undefined ? undefined : webClient(options.webRoot),
  })
  const realtime = listeners
    .filter((listener) => listener.serves.includes('client'))
    .map((listener) => attachRealtime(ctx, listener.server, routes.client))
  await federation.start()
  await ctx.deviceKeys.resume()
  await ctx.alerts.start()
  await ctx.escalations.start()
  ctx.log.info({ listeners: listeners.map(({ url, serves }) => ({ url, serves })) }, 'node running')
  return {
    ctx,
    listeners,
    async close() {
      await Promise.all(realtime.map((one) => one.close()))
      await Promise.all(listeners.map((listener) => listener.close()))
      await node.close()
    },
  }
}

/** A node without its listeners: what the operator's commands work on. */
export async function openNode(config: Config, options: HomeserverOptions = {}) {
  await mkdir(config.data_dir, { recursive: true, mode: 0o700 })
  const log = createLogger(config.log_level, config.server_name)
  const db = await openDatabase(config, log)
  // Services are added in dependency order; each uses the others at call time only.
  const ctx = {
    config,
    log,
    metrics: createMetrics(),
    db,
    serverName: config.server_name,
    signingKey: await openSigningKey(config.data_dir),
    stream: await Stream.open(await positionStore(db)),
  } as Context
  const rooms = await createRooms(ctx)
  ctx.rooms = rooms
  ctx.aliases = await createAliases(ctx)
  ctx.policy = createPolicy(ctx)
  ctx.directory = await createDirectory(ctx)
  const federation = await createFederation(ctx)
  ctx.federation = federation
  ctx.keyRing = federation.keyRing
  Object.assign(ctx, await createAccountServices(ctx, options), await createEncryptionServices(ctx))
  ctx.profiles = await createProfiles(ctx)
  ctx.accountData = await createAccountData(ctx)
  ctx.filters = await createFilters(ctx)
  ctx.ephemeral = await createEphemeral(ctx)
  ctx.push = await createPush(ctx)
  ctx.media = await createMedia(ctx)
  ctx.sync = createSyncEngine(ctx)
  ctx.delivery = await createDelivery(ctx)
  ctx.cases = await createCases(ctx)
  ctx.alerts = await createAlerts(ctx, options)
  ctx.escalations = await createEscalations(ctx, options.escalations)
  const housekeeping = startHousekeeping(ctx)
  await options.beforeListening?.(ctx)
  return {
    ctx,
    federation,
    async close() {
      ctx.directory.close()
      housekeeping.close()
      await ctx.escalations.close()
      await ctx.alerts.close()
      ctx.ephemeral.close()
      await ctx.push.close()
      // Hands the outbox what devices have acknowledged.
      await ctx.delivery.close()
      await federation.close()
      await ctx.cases.close()
      await rooms.close()
      await db.close()
    },
  }
}
