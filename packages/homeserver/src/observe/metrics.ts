/** Figures for an operator. Labels come from closed sets, so that a scan of made-up paths or servers adds no series. */
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import type { Metrics } from './types.ts'

const MAX_DESTINATIONS = 50
const MAX_OF_EACH = 100
const METHODS = new Set(['GET', 'PUT', 'POST', 'DELETE', 'HEAD', 'OPTIONS'])

export function createMetrics(): Metrics {
  const registry = new Registry()
  // Process, garbage collection, and the event loop's delay since figures were asked for last.
  collectDefaultMetrics({ register: registry })
  const registers = [registry]
  const requests = new Histogram({
    name: 'enlace_http_request_seconds',
    help: 'Time to answer a request, by pattern of the endpoint and class of the status. /sync waits by design.',
    labelNames: ['method', 'route', 'via', 'status'],
    buckets: [0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 30],
    registers,
  })
  const limited = new Counter({
    name: 'enlace_http_rate_limited_total',
    help: 'Requests refused because there were too many, by bucket.',
    labelNames: ['bucket'],
    registers,
  })
  const federation = new Histogram({
    name: 'enlace_federation_request_seconds',
    help: 'Time until a partner answered, or was given up; "other" once there are too many of them.',
    labelNames: ['destination', 'outcome'],
    buckets: [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
    registers,
  })
  const database = new Histogram({
    name: 'enlace_database_command_seconds',
    help: 'Time of a database command, by command and collection.',
    labelNames: ['command', 'collection', 'outcome'],
    buckets: [0.001, 0.005, 0.01, 0.025, 0.1, 0.5, 2.5, 10],
    registers,
  })
  const open = {
    realtime: new Set<() => number | Promise<number>>(),
    http: new Set<() => number | Promise<number>>(),
  }
  const sum = async (readers: Iterable<() => number | Promise<number>>) => {
    let total = 0
    for (const read of readers) total += await read()
    return total
  }
  const destinations = new Set<string>()

  /** Anybody may name a server that does not exist: only listed ones and those that answered get a label of their own. */
  function labelOf(destination: string, real: boolean): string {
    if (destinations.has(destination)) return destination
    if (!real || destinations.size >= MAX_DESTINATIONS) return 'other'
    destinations.add(destination)
    return destination
  }

  const metrics: Metrics = {
    request({ method, route, via, status }, ms) {
      const labels = {
        method: METHODS.has(method) ? method : 'other',
        route,
        via,
        status: status === 'aborted' ? status : `${Math.floor(status / 100)}xx`,
      }
      requests.observe(labels, ms / 1000)
    },
    rateLimited: (bucket) => limited.inc({ bucket }),
    federationRequest({ destination, listed, outcome }, ms) {
      const label = labelOf(destination, listed || outcome !== 'unreachable')
      federation.observe({ destination: label, outcome }, ms / 1000)
    },
    databaseCommand({ command, collection, ok }, ms) {
      database.observe({ command, collection, outcome: ok ? 'ok' : 'failed' }, ms / 1000)
    },
    countOpen(kind, read) {
      open[kind].add(read)
      return () => void open[kind].delete(read)
    },
    gauge(name, help, read) {
      new Gauge({
        name,
        help,
        registers,
        async collect() {
          this.set(await read())
        },
      })
    },
    gaugeOfEach(name, help, label, read) {
      new Gauge({
        name,
        help,
        labelNames: [label],
        registers,
        async collect() {
          const readings = await read()
          this.reset()
          for (const reading of readings.slice(0, MAX_OF_EACH))
            this.set({ [label]: reading.label }, reading.value)
        },
      })
    },
    async render() {
      return { type: registry.contentType, text: await registry.metrics() }
    },
  }
  metrics.gauge('enlace_realtime_sessions', 'Devices connected over a socket.', () => sum(open.realtime))
  metrics.gauge('enlace_http_connections', 'Open connections of all listeners.', () => sum(open.http))
  return metrics
}
