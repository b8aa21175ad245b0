/** What is written down of each request when it is over: one line of the access log, one observation. */
import type { Config } from '../config.ts'
import type { Logger } from '../log.ts'
import { withRequest } from './request-scope.ts'
import type { FinishedRequest, Metrics, RequestScope } from './types.ts'

/** Asked for every few seconds by machines: they would bury the rest. */
const QUIET = new Set(['/healthz', '/readyz', '/metrics'])

/** No path, no query, no address, no account: a line says what was asked of the node and how it went, not by whom. */
export function requestFinished(
  { config, log, metrics }: { config: Config; log: Logger; metrics: Metrics },
  scope: RequestScope,
  finished: FinishedRequest,
): void {
  const { method, via, status, ms, bytes } = finished
  metrics.request({ method, route: scope.route, via, status }, ms)
  const level = QUIET.has(scope.route) ? 'debug' : 'info'
  if (config.access_log === 'on' && log.isLevelEnabled(level)) {
    const { route, who, origin } = scope
    const line = { method: method.slice(0, 10), route, status, ms: Math.round(ms), bytes, via, who, origin }
    withRequest(scope, () => log[level](line, 'request'))
  }
  scope.endedAt = performance.now()
}
