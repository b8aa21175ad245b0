/** What an operator's tools ask of a node: is it alive, is it usable, how is it doing. */
import { readFile } from 'node:fs/promises'
import { ConfigError } from '../config.ts'
import type { Context } from '../context.ts'
import { forbidden } from '../errors.ts'
import { isSameText } from '../lib/same-text.ts'
import { watchDatabase } from '../observe/database.ts'
import { answered, type Route, route } from './route.ts'

type Watched = Pick<Context, 'db' | 'metrics'> & {
  stream: Pick<Context['stream'], 'stable' | 'projections'>
  federation: Pick<Context['federation'], 'ready' | 'waiting'>
}

export function operationsRoutes(ctx: Watched): Route[] {
  const { metrics } = ctx
  watchDatabase(ctx.db.connection, metrics)
  metrics.gauge('enlace_stream_position', 'Highest stable position of the room log.', () => ctx.stream.stable)
  metrics.gauge(
    'enlace_federation_list_usable',
    '1 while the federation list is verified and not expired.',
    () => (ctx.federation.ready() ? 1 : 0),
  )
  metrics.gaugeOfEach(
    'enlace_outbox_lag_seconds',
    'Age of the oldest event that a partner has not accepted yet.',
    'destination',
    async () =>
      (await ctx.federation.waiting()).map(({ serverName, ms }) => ({ label: serverName, value: ms / 1000 })),
  )
  metrics.gaugeOfEach(
    'enlace_projection_lag_positions',
    'How far a consumer of the room log is behind its end, in positions.',
    'projection',
    () => [...ctx.stream.projections].map(([label, lag]) => ({ label, value: lag() })),
  )
  return [
    route({
      method: 'GET',
      path: '/healthz',
      auth: 'none',
      rateLimit: 'none',
      handler: () => ({ status: 'ok' }),
    }),
    route({
      method: 'GET',
      path: '/readyz',
      auth: 'none',
      rateLimit: 'none',
      async handler({ res }) {
        const checks = { database: await ctx.db.ping(), federation_list: ctx.federation.ready() }
        const ready = Object.values(checks).every(Boolean)
        res.statusCode = ready ? 200 : 503
        res.setHeader('Content-Type', 'application/json')
        res.end(JSON.stringify({ status: ready ? 'ready' : 'not ready', checks }))
        return answered
      },
    }),
  ]
}

/**
 * GET /metrics. Figures of a node are for its own operator: on a listener of their own, or for whoever has the token.
 * @param token `undefined` where whoever reaches the listener may read
 */
export function metricsRoute(ctx: Context, token: string | undefined): Route {
  return route({
    method: 'GET',
    path: '/metrics',
    auth: 'none',
    rateLimit: 'none',
    async handler({ req, res }) {
      if (token !== undefined && !isSameText(req.headers.authorization ?? '', `Bearer ${token}`)) {
        throw forbidden('Only with the token for figures.')
      }
      const { type, text } = await ctx.metrics.render()
      res.setHeader('Content-Type', type)
      res.end(text)
      return answered
    },
  })
}

/** @throws when the file cannot be read, or holds nothing worth the name */
export async function readMetricsToken(file: string | undefined): Promise<string | undefined> {
  if (file === undefined) return undefined
  const token = (await readFile(file, 'utf8')).trim()
  if (token.length < 16)
    throw new ConfigError(
      `metrics_token_file: ${file} debe tener al menos 16 caracteres. / ${file} must hold at least 16 characters.`,
    )
  return token
}
