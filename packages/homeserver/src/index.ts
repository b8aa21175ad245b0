/** `createHomeserver`: a node with its listeners. */
import { accountDataRoutes } from './account-data/routes.ts'
import { accountRoutes } from './accounts/routes.ts'
import { alertRoutes } from './alerts/routes.ts'
import { auditRoutes } from './audit/routes.ts'
import { caseRoutes } from './cases/routes.ts'
import type { Config } from './config.ts'
import type { Context } from './context.ts'
import { conversationRoutes } from './conversations/routes.ts'
import { deliveryRoutes } from './delivery/routes.ts'
import { departureRoutes } from './departures/routes.ts'
import { createPublicSite } from './directory/public-site.ts'
import { directoryRoutes } from './directory/routes.ts'
import { dutyRoutes } from './duty/routes.ts'
import { encryptionRoutes } from './e2ee/routes.ts'
import { ephemeralRoutes } from './ephemeral/routes.ts'
import { escalationRoutes } from './escalations/routes.ts'
import { exportRoutes } from './exports/routes.ts'
import { federationRoutes } from './federation/routes.ts'
import { trustClientRoutes } from './federation/trust/routes.ts'
import { startListeners } from './http/listeners.ts'
import { operationsRoutes } from './http/operations.ts'
import type { Route } from './http/route.ts'
import { serverInfoRoutes } from './http/server-info.ts'
import type { RunningListener } from './http/types.ts'
import { webClient } from './http/web.ts'
import { mediaRoutes } from './media/client-routes.ts'
import { uploadRoutes } from './media/upload-routes.ts'
import { meetingRoutes } from './meetings/routes.ts'
import { type NodeOverrides, openNode } from './node.ts'
import { oauthRoutes } from './oauth/routes.ts'
import { statusRoutes } from './operator/routes.ts'
import { openOperatorSocket } from './operator/socket.ts'
import { demoNotes } from './operator/standing.ts'
import { institutionPeopleRoutes } from './people/routes.ts'
import { policyRoutes } from './policy/routes.ts'
import { profileRoutes } from './profile/routes.ts'
import { pushRoutes } from './push/routes.ts'
import { reportRoutes } from './reports/routes.ts'
import { specReportRoutes } from './reports/spec-routes.ts'
import { retentionRoutes } from './retention/routes.ts'
import { roomRoutes } from './rooms/routes.ts'
import { syncRoutes } from './sync/routes.ts'
import { attachRealtime } from './sync/socket.ts'

export type { Config } from './config.ts'
export type { Context } from './context.ts'
export { type NodeOverrides, openNode } from './node.ts'

/** Every endpoint of the client-server API and of Enlace's own; each feature owns its endpoints. */
export const clientRoutes: readonly Route[] = [
  ...accountRoutes,
  ...oauthRoutes,
  ...encryptionRoutes,
  ...accountDataRoutes,
  ...profileRoutes,
  ...ephemeralRoutes,
  ...pushRoutes,
  ...serverInfoRoutes,
  ...mediaRoutes,
  ...uploadRoutes,
  ...roomRoutes,
  ...syncRoutes,
  ...directoryRoutes,
  ...deliveryRoutes,
  ...policyRoutes,
  ...institutionPeopleRoutes,
  ...caseRoutes,
  ...meetingRoutes,
  ...retentionRoutes,
  ...exportRoutes,
  ...alertRoutes,
  ...escalationRoutes,
  ...conversationRoutes,
  ...dutyRoutes,
  ...trustClientRoutes,
  ...statusRoutes,
  ...departureRoutes,
  ...specReportRoutes,
  ...reportRoutes,
  ...auditRoutes,
]

export type HomeserverOptions = {
  /** Folder of the built web client, for listeners that serve `web`. */
  webRoot?: string
  /** Parts to be opened otherwise than usual. */
  overrides?: NodeOverrides
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
  const node = await openNode(config, options.overrides)
  const { ctx } = node
  await options.beforeListening?.(ctx)
  const site = createPublicSite(ctx)
  const listeners = await startListeners(
    ctx,
    { client: clientRoutes, federation: federationRoutes, operations: operationsRoutes(ctx) },
    {
      web: options.webRoot === undefined ? undefined : webClient(options.webRoot),
      publicSite: site?.serve,
    },
  )
  const realtime = listeners
    .filter((listener) => listener.serves.includes('client'))
    .map((listener) => attachRealtime(ctx, listener.server, clientRoutes))
  const operator = await openOperatorSocket(ctx)
  // A restored node tells its partners before it sends them anything else.
  await ctx.restored.start()
  await ctx.federation.start()
  await ctx.deviceKeys.resume()
  await ctx.alerts.start()
  await ctx.directoryBooks.start()
  // Who was called may have answered since the backup: nobody is called again before that is known.
  const escalating = ctx.restored.caughtUp.then(() => ctx.escalations.start())
  escalating.catch((error: unknown) => ctx.log.error({ err: error }, 'escalations not begun'))
  if (!ctx.restored.status()) await escalating
  await ctx.backup.start()
  await ctx.reports.resume()
  ctx.audit.start()
  for (const { words } of demoNotes(ctx.config)) ctx.log.warn({ say: words }, 'this node is a demonstration')
  ctx.log.info({ listeners: listeners.map(({ url, serves }) => ({ url, serves })) }, 'node running')
  return {
    ctx,
    listeners,
    async close() {
      await operator.close()
      site?.close()
      await Promise.all(realtime.map((one) => one.close()))
      await Promise.all(listeners.map((listener) => listener.close()))
      await node.close()
    },
  }
}
