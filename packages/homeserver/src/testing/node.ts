/**
 * A node for tests: the real one, on an ephemeral port, alone in the world. What it would ask of other servers goes to
 * `partner`, which a test fills in; signatures of events and requests are taken as good.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { InstitutionSummary } from '@enlace/directory'
import { Catalogue } from '@enlace/directory/catalogue'
import { parseConfig } from '../config.ts'
import type { Context } from '../context.ts'
import type { Directory } from '../directory/types.ts'
import type { Federation } from '../federation/types.ts'
import { startListeners } from '../http/listeners.ts'
import type { Route } from '../http/route.ts'
import { clientRoutes } from '../index.ts'
import { type NodeOverrides, type OpenNode, openNode } from '../node.ts'
import type { PostToGateway } from '../push/types.ts'

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
  /** As if one part alone had crashed: closed, and opened again. `meanwhile` runs in between. */
  reopen: OpenNode['reopen']
  close(): Promise<void>
}

export const PASSWORD = 'una contraseña larga'

/** A directory of these institutions and no others. */
export function directoryOf(
  institutions: Readonly<Record<string, Pick<InstitutionSummary, 'country' | 'kind'>>>,
): Directory {
  const all = Object.entries(institutions).map(
    ([key, { country, kind }]): InstitutionSummary => ({
      key,
      organization_id: '',
      name: key,
      country,
      department: '',
      municipality: '',
      kind,
      services: [],
      confirmed: false,
      freshness: 'overdue',
      server_name: null,
    }),
  )
  return {
    institution: (key) => all.find((one) => one.key === key),
    all: () => all,
    catalogue: (view) => new Catalogue([], Date.now(), view),
    record: () => undefined,
    records: () => [],
    keep: () => {},
    follow: () => {},
    refresh: async () => {},
    onChange: () => {},
    close: () => {},
  }
}

export async function startTestNode(
  /** A configuration file's keys; `password_alone`: nobody must have a second factor, as on a demo, whatever the node's name. */
  { password_alone, ...config }: Record<string, unknown> & { password_alone?: true } = {},
  options: { dataDir?: string; overrides?: NodeOverrides } = {},
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
  if (password_alone)
    parsed.sign_in.second_factor = { official: 'optional', coordinator: 'optional', staff: 'optional' }
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
  const alone: NodeOverrides = {
    keyRing: async (_ctx, standard) => ({
      ...(await standard()),
      verifyEvent: async () => ({ ok: true }),
      verifyJson: async () => true,
    }),
    federation: async (_ctx, standard) => ({
      ...(await standard()),
      // The partner answers whatever is asked: only the caller knows the shape it wants.
      request: async <T>(destination: string, args: Parameters<Federation['request']>[1]) =>
        (await partner.request(destination, args)) as T,
      download: (destination, args) => partner.download(destination, args),
      serversSharingRoomWith: async (userId) => partner.sharing(userId),
      async sendEdu(destinations, edu) {
        edus.push({ destinations, ...structuredClone(edu) })
      },
    }),
    pushGateway: () => ({
      post: (url, notification) => partner.push(url, notification),
      close: async () => {},
    }),
  }
  const node = await openNode(parsed, { ...alone, ...options.overrides })
  const { ctx } = node
  await ctx.escalations.start()
  const [listener] = await startListeners(ctx, { client: clientRoutes, federation: [], operations: [] }, {})
  const url = listener!.url

  const call: TestNode['call'] = async (method, path, { token, body, raw, type } = {}) => {
    const answer = await fetch(
      /^\/(?:[_.]|oauth2)/.test(path) ? url + path : `${url}/_matrix/client/v3${path}`,
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
    routes: clientRoutes,
    edus,
    partner,
    call,
    reopen: node.reopen,

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
      await node.close()
      if (options.dataDir === undefined) await rm(dataDir, { recursive: true, force: true })
    },
  }
}
