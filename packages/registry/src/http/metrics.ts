import type { NextFunction, Request, Response } from 'express'
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'

export interface Measures {
  /** milliseconds since the Unix epoch; undefined while no list is published */
  listExpiresAt(): number | undefined
  listVersion(): number | undefined
  /** when coordinators must have signed anew */
  targetsExpireAt(): number | undefined
  rootExpiresAt(): number | undefined
  institutions(): number
}

export interface Metrics {
  middleware(req: Request, res: Response, next: NextFunction): void
  render(): Promise<{ type: string; text: string }>
}

/** Figures for an operator; labels come from a closed set, so that a scan of made-up paths adds no series. */
export function createMetrics(measures: Measures): Metrics {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  const requests = new Counter({
    name: 'enlace_registry_requests_total',
    help: 'Requests answered, by route and status class.',
    labelNames: ['route', 'status'],
    registers: [registry],
  })
  const duration = new Histogram({
    name: 'enlace_registry_request_seconds',
    help: 'Time to answer a request.',
    buckets: [0.002, 0.005, 0.01, 0.05, 0.2, 1],
    registers: [registry],
  })
  const gauge = (name: string, help: string, read: () => number | undefined) =>
    new Gauge({
      name,
      help,
      registers: [registry],
      collect() {
        this.set(read() ?? 0)
      },
    })
  gauge('enlace_federation_list_version', 'Version of the published federation list.', measures.listVersion)
  gauge('enlace_federation_list_expires_seconds', 'When the published list expires, in Unix time.', () =>
    Math.floor((measures.listExpiresAt() ?? 0) / 1000),
  )
  gauge('enlace_trust_targets_expire_seconds', 'When the signatures of the list end, in Unix time.', () =>
    Math.floor((measures.targetsExpireAt() ?? 0) / 1000),
  )
  gauge('enlace_trust_root_expires_seconds', 'When the root expires, in Unix time.', () =>
    Math.floor((measures.rootExpiresAt() ?? 0) / 1000),
  )
  gauge('enlace_registry_institutions', 'Institutions in the directory.', measures.institutions)

  return {
    middleware(req, res, next) {
      const stop = duration.startTimer()
      res.once('finish', () => {
        stop()
        requests.inc({ route: routeOf(req.path), status: `${Math.floor(res.statusCode / 100)}xx` })
      })
      next()
    },
    async render() {
      return { type: registry.contentType, text: await registry.metrics() }
    },
  }
}

const routes = new Set([
  'organizations',
  'services',
  'service_at_locations',
  'taxonomies',
  'taxonomy_terms',
  'federation-list',
  'root.json',
  'trust',
  'healthz',
  'readyz',
  'metrics',
  '_enlace',
  'publico',
])

function routeOf(path: string): string {
  const first = path.split('/', 2)[1] ?? ''
  return first === '' ? 'root' : routes.has(first) ? first : 'other'
}
