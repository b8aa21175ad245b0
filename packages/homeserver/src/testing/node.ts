/**
 * A node for tests: real database, rooms, accounts, encryption and HTTP on an ephemeral port, alone in the world. What
 * it would ask of other servers goes to `partner`, which a test fills in.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { generateSigningKey } from '@enlace/room-model'
import { createAccountData } from '../account-data/account-data.ts'
import { createFilters } from '../account-data/filters.ts'
import { accountDataRoutes } from '../account-data/routes.ts'
import { accountRoutes } from '../accounts/routes.ts'
import { createAccountServices } from '../accounts/services.ts'
import { createAlerts } from '../alerts/alerts.ts'
import { alertRoutes } from '../alerts/routes.ts'
import { createCases } from '../cases/cases.ts'
import { caseRoutes } from '../cases/routes.ts'
import { parseConfig } from '../config.ts'
import type { Context } from '../context.ts'
import { createDelivery } from '../delivery/delivery.ts'
import { deliveryRoutes } from '../delivery/routes.ts'
import { enlaceRoutes } from '../directory/routes.ts'
import { encryptionRoutes } from '../e2ee/routes.ts'
import { createEncryptionServices } from '../e2ee/services.ts'
import { createEphemeral } from '../ephemeral/ephemeral.ts'
import { ephemeralRoutes } from '../ephemeral/routes.ts'
import { createEscalations, type EscalationOptions } from '../escalations/escalations.ts'
import { escalationRoutes } from '../escalations/routes.ts'
import type { Federation } from '../federation/types.ts'
import { startListeners } from '../http/listeners.ts'
import type { Route } from '../http/route.ts'
import { serverInfoRoutes } from '../http/server-info.ts'
import { createLogger } from '../log.ts'
import { mediaRoutes } from '../media/client-routes.ts'
import { createMedia } from '../media/media.ts'
import { createMetrics } from '../observe/metrics.ts'
import { createPolicy } from '../policy/policy.ts'
import { createProfiles } from '../profile/profiles.ts'
import { profileRoutes } from '../profile/routes.ts'
import { createPush } from '../push/push.ts'
import type { PostToGateway } from '../push/push-gateway.ts'
import { pushRoutes } from '../push/routes.ts'
import { createAliases } from '../rooms/aliases.ts'
import { createRooms } from '../rooms/rooms.ts'
import { roomRoutes } from '../rooms/routes.ts'
import { openDatabase, positionStore } from '../storage/db.ts'
import { Stream } from '../stream/stream.ts'
import { syncRoutes } from '../sync/routes.ts'
import { createSyncEngine } from '../sync/sync-engine.ts'

export type SentEdu = { destinations: readonly string[]; edu_type: string; content: Record<string, unknown> }

export type Answer = { status: number; body: Record<string, unknown>; headers: Headers; bytes: Buffer }

export type TestNode = {
  ctx: Context
  url: string
  /** The endpoints it serves. */
  routes: readonly Route[]
  /** EDUs handed to the outbox, in order. */
  edus: SentEdu[]
  /** How another server answers requests; replaceable. */
  partner: {
    request: (
      destination: string,
      args: { method: string; path: string; body?: unknown; query?: Record<string, string | string[]> },
    ) => Promise<unknown>
    download: Federation['download']
    sharing: (userId: string) => string[]
    push: PostToGateway
  }
  call(
    method: string,
    path: string,
    options?: { token?: string; body?: unknown; raw?: Uint8Array | string; type?: string },
  ): Promise<Answer>
  register(
    localpart: string,
    more?: Record<string, unknown>,
  ): Promise<{ userId: string; token: string; deviceId: string; refreshToken?: string }>
  login(localpart: string, more?: Record<string, unknown>): Promise<Answer>
  close(): Promise<void>
}

export const PASSWORD = 'una contraseña larga'

export async function startTestNode(
  config: Record<string, unknown> = {},
  options: { allowDemoPassword?: boolean; dataDir?: string; escalations?: EscalationOptions } = {},
): Promise<TestNode> {
  const dataDir = options.dataDir ?? (await mkdtemp(join(tmpdir(), 'enlace-test-')))
  const parsed = parseConfig({
    server_name: 'hn.example',
    data_dir: dataDir,
    listeners: [{ port: 0, serves: ['client', 'federation'] }],
    registration: 'open',
    rate_limits: 'off',
    password_hash: { memory_kib: 64, passes: 1 },
    log_level: 'silent',
    ...config,
  })
  const log = createLogger(parsed.log_level, parsed.server_name)
  const db = await openDatabase(parsed, log)
  const edus: SentEdu[] = []
  const partner: TestNode['partner'] = {
    request: async () => {
      throw new Error('unreachable')
    },
    download: async () => {
      throw new Error('unreachable')
    },
    sharing: () => [],
    push: async () => ({ gone: [] }),
  }
  // What a node alone in the world needs of the federation; the rest is not called here.
  const federation = {
    checkServer: () => {},
    ready: () => true,
    hosts: () => false,
    request: (destination: string, args: never) => partner.request(destination, args),
    download: (destination: string, args: never) => partner.download(destination, args),
    serversSharingRoomWith: async (userId: string) => partner.sharing(userId),
    async sendEdu(
      destinations: readonly string[],
      edu: { edu_type: string; content: Record<string, unknown> },
    ) {
      edus.push({ destinations, ...structuredClone(edu) })
    },
  } as unknown as Federation
  const ctx = {
    config: parsed,
    log,
    metrics: createMetrics(),
    db,
    stream: await Stream.open(await positionStore(db)),
    serverName: parsed.server_name,
    signingKey: generateSigningKey(),
    federation,
    keyRing: { verifyEvent: async () => ({ ok: true }), verifyJson: async () => true },
    directory: { institution: () => undefined, all: () => [], close: () => {} },
  } as unknown as Context
  const rooms = await createRooms(ctx)
  ctx.rooms = rooms
  ctx.aliases = await createAliases(ctx)
  ctx.policy = createPolicy(ctx)
  Object.assign(ctx, await createAccountServices(ctx, options), await createEncryptionServices(ctx))
  ctx.profiles = await createProfiles(ctx)
  ctx.accountData = await createAccountData(ctx)
  ctx.filters = await createFilters(ctx)
  ctx.ephemeral = await createEphemeral(ctx)
  ctx.push = await createPush(ctx, { post: (url, notification) => partner.push(url, notification) })
  ctx.media = await createMedia(ctx)
  ctx.cases = await createCases(ctx)
  ctx.alerts = await createAlerts(ctx)
  ctx.escalations = await createEscalations(ctx, options.escalations)
  await ctx.escalations.start()
  ctx.delivery = await createDelivery(ctx)
  ctx.sync = createSyncEngine(ctx)
  const routes = [
    ...accountRoutes,
    ...encryptionRoutes,
    ...accountDataRoutes,
    ...profileRoutes,
    ...ephemeralRoutes,
    ...pushRoutes,
    ...serverInfoRoutes,
    ...mediaRoutes,
    ...roomRoutes,
    ...enlaceRoutes,
    ...deliveryRoutes,
    ...caseRoutes,
    ...alertRoutes,
    ...escalationRoutes,
    ...syncRoutes,
  ]
  const [listener] = await startListeners(
    ctx,
    {
      client: routes,
      federation: [],
      operations: [],
    },
    {},
  )
  const url = listener!.url

  const call: TestNode['call'] = async (method, path, { token, body, raw, type } = {}) => {
    const answer = await fetch(
      path.startsWith('/_') || path.startsWith('/.') ? url + path : `${url}/_matrix/client/v3${path}`,
      {
        method,
        headers: {
          ...(token === undefined ? {} : { Authorization: `Bearer ${token}` }),
          ...(type === undefined ? {} : { 'Content-Type': type }),
        },
        ...(raw !== undefined
          ? { body: raw as string }
          : body === undefined
            ? {}
            : { body: JSON.stringify(body) }),
      },
    )
    const bytes = Buffer.from(await answer.arrayBuffer())
    const isJson = answer.headers.get('content-type')?.startsWith('application/json')
    return {
      status: answer.status,
      headers: answer.headers,
      bytes,
      body: isJson ? (JSON.parse(bytes.toString()) as Record<string, unknown>) : {},
    }
  }

  return {
    ctx,
    url,
    routes,
    edus,
    partner,
    call,

    async register(localpart, more = {}) {
      const { status, body } = await call('POST', '/register', {
        body: { auth: { type: 'm.login.dummy' }, username: localpart, password: PASSWORD, ...more },
      })
      if (status !== 200) throw new Error(`register: ${status} ${JSON.stringify(body)}`)
      return {
        userId: body['user_id'] as string,
        token: body['access_token'] as string,
        deviceId: body['device_id'] as string,
        ...(body['refresh_token'] ? { refreshToken: body['refresh_token'] as string } : {}),
      }
    },

    login: (localpart, more = {}) =>
      call('POST', '/login', {
        body: {
          type: 'm.login.password',
          identifier: { type: 'm.id.user', user: localpart },
          password: PASSWORD,
          ...more,
        },
      }),

    async close() {
      await listener!.close()
      await ctx.escalations.close()
      await ctx.alerts.close()
      ctx.ephemeral.close()
      await ctx.push.close()
      await ctx.delivery.close()
      await ctx.cases.close()
      await rooms.close()
      await db.close()
      if (options.dataDir === undefined) await rm(dataDir, { recursive: true, force: true })
    },
  }
}
